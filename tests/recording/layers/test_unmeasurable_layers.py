"""Layers that cannot be measured, or only in part, and the recorded reasons."""

import keras
import pytest
from keras import layers, ops
from one_update import (
    BACKEND,
    PASSES,
    WEIGHTS,
    around,
    train,
)

from keras_xavier.probing.layer_table import OUT_OF_REACH
from keras_xavier.statistics import Quantity


class Spare(layers.Layer):
    """A layer with an inner layer that it never calls."""

    def __init__(self, **options):
        super().__init__(**options)
        self.used = layers.Dense(4, name="used")
        self.spare = layers.Dense(4, name="spare")

    def build(self, shape):
        self.used.build(shape)
        self.spare.build(shape)

    def call(self, x):
        return self.used(x)


# Keras warns about weights without a gradient, with and without the callback.
@pytest.mark.filterwarnings("ignore:Gradients do not exist for variables:UserWarning")
def test_a_layer_that_is_never_called(run, source):
    trained = train(around((6,), Spare(name="it")), run, source)
    assert set(trained.names) == {"it/used", "it/spare", "last"}
    not_called = dict.fromkeys(PASSES, "the layer was not called")
    no_gradient = {Quantity.WEIGHT_GRADIENT: "the loss does not depend on it"}
    trained.check_absent("it/spare", not_called | no_gradient)
    trained.check_absent("it/used", {})


class Whole(layers.Layer):
    """A layer with integer outputs."""

    def build(self, shape):
        self.factor = self.add_weight(shape=(shape[-1],), name="factor")

    def call(self, x):
        return ops.argmax(x * self.factor, -1)


@pytest.mark.filterwarnings("ignore:Gradients do not exist for variables:UserWarning")
def test_an_integer_output(run, source):
    inputs = keras.Input((6,))
    hidden = layers.Dense(3, name="hidden")(inputs)
    outputs = [layers.Dense(1, name="last")(hidden), Whole(name="it")(hidden)]
    model = keras.Model(inputs, outputs)
    trained = train(model, run, source, loss=["mse", None])
    reasons = dict.fromkeys(PASSES, "its output is of the type int32")
    no_gradient = {Quantity.WEIGHT_GRADIENT: "the loss does not depend on it"}
    trained.check_absent("it", reasons | no_gradient)


class Loop(layers.Layer):
    """Calls a layer three times in a loop of the backend."""

    def __init__(self, **options):
        super().__init__(**options)
        self.inner = layers.Dense(6, "tanh", name="inner")

    def build(self, shape):
        self.inner.build(shape)

    def call(self, x):
        return ops.fori_loop(0, 3, lambda _, x: self.inner(x), x)


class Branch(Loop):
    """Calls a layer in one of two branches."""

    def call(self, x):
        return ops.cond(ops.max(x) > -1e9, lambda: self.inner(x), lambda: x)


class While(Loop):
    """Calls a layer while a condition holds."""

    def call(self, x):
        return ops.while_loop(
            lambda i, _: i < 3, lambda i, x: (i + 1, self.inner(x)), (0, x)
        )[1]


@pytest.mark.parametrize("kind", [Loop, Branch, While])
def test_a_layer_in_a_loop_or_a_branch(kind, run, source):
    if kind is While and BACKEND == "jax":
        pytest.skip("JAX cannot differentiate such a loop")
    layer = kind(name="it")
    trained = train(around((6,), layer), run, source)
    if BACKEND == "torch":
        # PyTorch runs a Python loop, and each call is recorded.
        calls = [f"it/inner{n}" for n in ("", ":2", ":3")[: 1 if kind is Branch else 3]]
        assert trained.names == [*calls, "last"]
        trained.check_absent("it/inner", {})
    else:
        assert set(trained.names) == {"it/inner", "last"}
        reason = OUT_OF_REACH
        trained.check_absent("it/inner", dict.fromkeys(PASSES, reason))
    trained.check_weights("it/inner", layer.inner.kernel)


@pytest.mark.skipif(BACKEND != "torch", reason="others change nothing in place")
def test_an_output_that_is_changed_in_place(run, source):
    class Doubling(layers.Layer):
        def call(self, x):
            return x.mul_(2.0)

    first = layers.Dense(4, name="first")
    trained = train(around((6,), first, Doubling()), run, source)
    trained.check_absent("first", dict.fromkeys(PASSES, OUT_OF_REACH))
    trained.check_weights("first", first.kernel)


def test_an_activation_layer_called_by_keyword(run, source):
    class Keyword(layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.inner = layers.Activation("tanh", name="inner")

        def call(self, x):
            return self.inner(inputs=x)

    trained = train(around((6,), layers.Dense(4), Keyword(name="it")), run, source)
    assert trained["it/inner"].activation == "tanh"
    trained.check_absent(
        "it/inner", dict.fromkeys(WEIGHTS, "the layer has no weights of its own")
    )


class Nothing(layers.Layer):
    """A layer without units."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 0), name="kernel")

    def call(self, x):
        return x @ self.kernel


def test_a_layer_without_units(run, source):
    inputs = keras.Input((6,))
    both = layers.Concatenate()([inputs, Nothing(name="nothing")(inputs)])
    model = keras.Model(inputs, layers.Dense(1, name="last")(both))
    trained = train(model, run, source)
    trained.check_absent(
        "nothing",
        dict.fromkeys(PASSES, "its output is empty")
        | dict.fromkeys(WEIGHTS, "the weights are empty"),
    )
    trained.check_absent("last", {})


@pytest.mark.parametrize("mode", ["full", "activations"])
def test_a_rematerialized_layer(mode, run, source):
    if mode == "full" and BACKEND == "tensorflow":
        pytest.skip("Keras cannot train it on TensorFlow")
    with keras.RematScope(mode=mode):
        layer = layers.Dense(4, "tanh", name="it")
    trained = train(around((6,), layer), run, source)
    assert trained.names == ["it", "last"]
    assert trained["it"].activation == "tanh"
    reason = "it is rematerialized, that is, computed again for the gradient"
    trained.check_absent("it", dict.fromkeys(PASSES, reason))
    trained.check_weights("it", layer.kernel)


def test_a_small_layer_in_a_rematerialization_scope(run, source):
    with keras.RematScope(mode="larger_than", output_size_threshold=1000):
        layer = layers.Dense(4, "tanh", name="it")
    trained = train(around((6,), layer), run, source)
    trained.check_absent("it", {})
    trained.check_weights("it", layer.kernel)
