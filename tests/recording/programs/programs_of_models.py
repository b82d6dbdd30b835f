"""Programs with unusual models and layers."""

from collections import namedtuple

import keras
import numpy as np
from keras import layers, ops
from program import (
    BACKEND,
    SIZE,
    WORDS,
    OwnStep,
    X,
    Y,
    dense,
    fit,
    program,
    sequential,
)


class Plain(keras.Model):
    """A subclassed model."""

    def __init__(self, *inner):
        super().__init__()
        self.inner = list(inner)
        self.last = dense(2, name="last")

    def call(self, x):
        for layer in self.inner:
            x = layer(x)
        return self.last(x)


def subclassed(*inner, kind=Plain, **options):
    model = kind(*inner)
    model.compile("sgd", "mse", **options)
    return model


@program(probe="recorded")
def unbuilt(*callbacks):
    model = keras.Sequential([dense(3, activation="tanh"), dense()])
    model.compile("adam", "mse")
    return fit(model, *callbacks)


@program(backends=("tensorflow",), steps=1)
def unbuilt_and_eager(*callbacks):
    class Counting(Plain):
        calls = 0

        def call(self, x):
            self.calls += 1
            return super().call(x) * (2 if self.calls == 3 else 1)

    model = subclassed(kind=Counting, run_eagerly=True)
    return *fit(model, *callbacks), model.calls


class Pair(OwnStep):
    """Layers and a training step, but no `call`."""

    def __init__(self):
        super().__init__()
        self.net = keras.Sequential([keras.Input((4,)), dense(1, name="net")])
        if BACKEND != "tensorflow":
            # Otherwise Keras calls the model.
            self.built = True

    def objective(self, data):
        return ops.mean((self.net(data) - 1) ** 2)


@program(probe="warned")
def without_call(*callbacks):
    model = Pair()
    model.compile("sgd")
    return fit(model, *callbacks, y=None)


class TwoArguments(OwnStep):
    def __init__(self):
        super().__init__()
        self.net = dense(2)
        if BACKEND != "tensorflow":
            self.net.build((None, 4))
            self.built = True

    def call(self, a, b):
        return self.net(a + b)

    def objective(self, data):
        x, y = data
        return ops.mean((self(x, 2 * x) - y) ** 2)


@program(probe="warned")
def two_arguments(*callbacks):
    model = TwoArguments()
    model.compile("sgd")
    return fit(model, *callbacks)


class Reshaping(OwnStep):
    """Calls itself on other data than `fit` gets."""

    def __init__(self):
        super().__init__()
        self.net = dense(2)

    def call(self, x):
        return self.net(x)

    def objective(self, data):
        x, y = data
        return ops.mean((self(ops.concatenate([x, x], -1)) - y) ** 2)


@program(backends=("tensorflow",))
def other_inputs_than_the_data(*callbacks):
    model = Reshaping()
    model.compile("sgd")
    return fit(model, *callbacks)


class ByValue(Plain):
    """Depends on values of tensors."""

    def call(self, x):
        if float(ops.convert_to_numpy(x).mean()) > 0:
            x = 2 * x
        return super().call(x)


@program(backends=("tensorflow",), probe="recorded")
def values_in_python(*callbacks):
    return fit(subclassed(dense(), kind=ByValue, run_eagerly=True), *callbacks)


class ByCount(Plain):
    """Leaves a layer out in some batches."""

    count = 0

    def call(self, x):
        self.count += 1
        return self.last(self.inner[0](x) if self.count % 3 else x)


@program(backends=("tensorflow", "torch"), probe="recorded", steps=4)
def another_path_in_each_batch(*callbacks):
    model = subclassed(dense(4, name="first"), kind=ByCount, run_eagerly=True)
    model(X)
    return *fit(model, *callbacks), model.count


class OnlyInTraining(layers.Layer):
    def call(self, x, training=False):
        if not training:
            raise AssertionError("only in training")
        return x


# On other backends, Keras builds the model out of training.
@program(probe="warned")
def a_layer_that_fails_out_of_training(*callbacks):
    class Training(OwnStep):
        def __init__(self):
            super().__init__()
            self.net, self.odd = dense(2), OnlyInTraining()
            self.net.build((None, 4))
            self.odd.built = self.built = True

        def call(self, x, training=False):
            return self.odd(self.net(x), training=training)

        def objective(self, data):
            x, y = data
            return ops.mean((self(x, training=True) - y) ** 2)

    model = Training()
    model.compile("sgd")
    return fit(model, *callbacks)


class KeywordOnly(layers.Layer):
    def call(self, *, x):
        return {"a": x, "b": None}


Two = namedtuple("Two", "first second")


class Tupled(layers.Layer):
    def call(self, x):
        return Two(x, (x, [x]))


class Nothing(layers.Layer):
    def call(self, x):
        return None


class Odd(Plain):
    """Layers with odd arguments and results, and with equal names."""

    def __init__(self):
        super().__init__()
        self.keyword = KeywordOnly(name="last")
        self.tupled = Tupled(name="last")
        self.nothing = Nothing(name="last")

    def call(self, x):
        x = self.keyword(x=x)["a"]
        assert self.nothing(x) is None
        two = self.tupled(x)
        return self.last(two.first) + self.last(two.second[1][0])


@program(probe="recorded")
def odd_results_of_layers(*callbacks):
    return fit(subclassed(kind=Odd), *callbacks)


class Guarded(Plain):
    """Refuses new attributes after its construction."""

    def __setattr__(self, name, value):
        if getattr(self, "_complete", False) and name.startswith("my"):
            raise AttributeError(name)
        super().__setattr__(name, value)


@program()
def a_model_that_guards_its_attributes(*callbacks):
    model = subclassed(kind=Guarded)
    model._complete = True
    return fit(model, *callbacks)


@program(batch="warned", probe="warned", backends=("tensorflow", "torch"))
def a_model_without_weights(*callbacks):
    return fit(sequential(layers.Rescaling(2.0)), *callbacks, y=X)


@program(steps=1)
def no_trainable_weights(*callbacks):
    layer = dense()
    layer.trainable = False
    return fit(sequential(layer, layers.Activation("tanh")), *callbacks)


@program()
def frozen_layers(*callbacks):
    frozen = dense(3)
    frozen.trainable = False
    return fit(sequential(frozen, layers.BatchNormalization(), dense()), *callbacks)


@program()
def low_rank_adaptation(*callbacks):
    model = sequential(dense(4), dense())
    model.layers[0].enable_lora(2)
    model.compile("adam", "mse")
    return fit(model, *callbacks)


@program()
def quantized_layers(*callbacks):
    model = sequential(dense(4), dense(2, name="last"))
    model.layers[0].quantize("int8")
    model.layers[0].enable_lora(2)
    model.compile("sgd", "mse")
    return fit(model, *callbacks)


@program()
def mixed_precision(*callbacks):
    model = sequential(dense(4, dtype="mixed_bfloat16"), dense())
    return fit(model, *callbacks)


@program()
def masks(*callbacks):
    model = sequential(
        layers.Embedding(6, 3, mask_zero=True),
        layers.GlobalAveragePooling1D(),
        dense(),
        shape=(5,),
        dtype="int32",
    )
    return fit(model, *callbacks, x=WORDS)


@program()
def a_stateful_recurrent_layer(*callbacks):
    inputs = keras.Input(batch_shape=(4, 3, 2))
    outputs = dense()(layers.SimpleRNN(2, stateful=True)(inputs))
    model = keras.Model(inputs, outputs)
    model.compile("sgd", "mse")
    return fit(model, *callbacks, x=X[:, :3, None].repeat(2, -1), shuffle=False)


@program(backends=("jax", "torch"))
def rematerialization(*callbacks):
    with keras.RematScope(mode="full"):
        layer = dense(4, activation="tanh")
    return fit(sequential(layer, dense()), *callbacks)


@program(probe="recorded")
def custom_gradients(*callbacks):
    @ops.custom_gradient
    def reversed_gradient(x):
        def gradient(*args, upstream=None):
            return -(args[0] if upstream is None else upstream)

        return x, gradient

    class Reversed(layers.Layer):
        def call(self, x):
            return reversed_gradient(x)

    return fit(sequential(dense(4), Reversed(), dense()), *callbacks)


@program()
def several_outputs(*callbacks):
    inputs = keras.Input((4,))
    outputs = {"a": dense(name="a")(inputs), "b": dense(1, name="b")(inputs)}
    model = keras.Model(inputs, outputs)
    model.compile("sgd", {"a": "mse", "b": "mae"}, loss_weights={"a": 1.0, "b": 0.5})
    return fit(model, *callbacks, y={"a": Y, "b": Y[:, :1]})


@program(backends=("tensorflow",))
def ragged_inputs(*callbacks):
    import tensorflow as tf

    class Ragged(Plain):
        def call(self, x):
            return self.last(tf.reduce_mean(self.inner[0](x.to_tensor()), 1))

    rows = tf.RaggedTensor.from_row_lengths(X, [1, 2] * (SIZE // 3))
    data = tf.data.Dataset.from_tensor_slices((rows, Y[: SIZE * 2 // 3])).batch(4)
    model = subclassed(dense(3), kind=Ragged)
    return fit(model, *callbacks, x=data, y=None, batch_size=None, shuffle=False)


@program(backends=("tensorflow",))
def words(*callbacks):
    import tensorflow as tf

    words = np.array([f"a b{i} c" for i in range(SIZE)])
    vectorize = layers.TextVectorization(output_sequence_length=3)
    vectorize.adapt(words)
    inputs = keras.Input((), dtype="string")
    x = layers.Embedding(20, 3)(vectorize(inputs))
    model = keras.Model(inputs, dense()(layers.Flatten()(x)))
    model.compile("sgd", "mse")
    return fit(model, *callbacks, x=tf.constant(words))


@program(probe="recorded")
def random_numbers(*callbacks):
    class Noise(layers.Layer):
        def call(self, x):
            if BACKEND == "torch":
                import torch

                x = x + torch.randn(x.shape)
            return x + np.random.normal()  # noqa: NPY002

    model = sequential(dense(3), Noise(), layers.Dropout(0.5), dense())
    return *fit(model, *callbacks), np.random.normal()  # noqa: NPY002


@program(probe="recorded")
def a_counter_in_a_layer(*callbacks):
    class Counter(layers.Layer):
        calls = 0

        def call(self, x):
            self.calls += 1
            return x * (1 if self.calls < 6 else 2)

    model = sequential(dense(3), Counter(), dense())
    return *fit(model, *callbacks), model.layers[1].calls
