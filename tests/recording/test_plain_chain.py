"""Descriptions of initial weights, for theory."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_xavier import initializers
from keras_xavier.recording.plain_chain import chain_attributes, mean_square


def describe(model, step=0, on_batches=False):
    return chain_attributes(model, step=step, on_batches=on_batches)


def sequential(*parts, shape=(8,)):
    return keras.Sequential([keras.Input(shape), *parts])


def functional(build):
    x = keras.Input((8,))
    return keras.Model(x, build(x))


def residual(x):
    z = layers.Dense(8)(x)
    return layers.add([z, layers.Dense(8)(z)])


def branch(x):
    z = layers.Dense(8)(x)
    return [layers.Dense(2)(z), layers.Dense(3)(z)]


def shared(x):
    layer = layers.Dense(8)
    return layer(layer(x))


def test_sequential_and_functional_chains_are_described_alike():
    def parts():
        return layers.Dense(4, "tanh", name="a"), layers.Dense(2, name="b")

    first, second = parts()
    for model in (sequential(*parts()), functional(lambda x: second(first(x)))):
        found = describe(model)
        assert found["not_predicted"] == ""
        assert found["bias_variances"] == {"a": 0.0, "b": 0.0}
        assert found["weight_variances"] == pytest.approx({"a": 2 / 12, "b": 2 / 6})


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: functional(residual), "several inputs"),
        (lambda: functional(branch), "branches"),
        (lambda: functional(shared), "called twice"),
        (
            lambda: sequential(layers.Dense(3), layers.BatchNormalization()),
            "(BatchNormalization)",
        ),
        (lambda: sequential(layers.Conv1D(3, 3), shape=(8, 2)), "(Conv1D)"),
        (lambda: sequential(layers.Masking(), layers.Dense(3), shape=(8, 2)), "(Mask"),
        (lambda: sequential(layers.ReLU(), layers.Dense(3)), "one activation"),
        (lambda: sequential(layers.Dense(3, "tanh"), layers.ReLU()), "one activation"),
        (
            lambda: functional(lambda x: layers.Dense(2)(ops.log(layers.Dense(3)(x)))),
            "(Log)",
        ),
        (
            lambda: sequential(layers.Dense(3, bias_initializer="ones")),
            "does not know Ones",
        ),
    ],
)
def test_other_models_have_a_reason(make, reason):
    found = describe(make())
    assert reason in found["not_predicted"]
    assert found["bias_variances"] is None


def test_layers_may_have_their_activation_function_in_another_layer():
    shared = layers.Activation("tanh", name="shared")
    found = describe(
        sequential(
            *(layers.Dense(4, name="a"), shared),
            *(layers.Dense(4, "relu", name="b"), layers.Dense(4, name="c")),
            *(layers.Dropout(0.0), shared),
            *(layers.Dense(3, name="d"), layers.Softmax(name="softmax")),
        )
    )
    assert found["not_predicted"] == ""
    assert list(found["bias_variances"]) == [*"abcd"]
    expected = {"a": "shared", "c": "shared:2", "d": "softmax"}
    assert found["activation_layers"] == expected


@pytest.mark.parametrize("kind", ["RandomNormal", "TruncatedNormal"])
def test_biases_may_be_normal(kind):
    initializer = getattr(keras.initializers, kind)(stddev=0.5, seed=0)
    layer = layers.Dense(5000, bias_initializer=initializer, name="a")
    found = describe(sequential(layer))
    variance = np.square(keras.ops.convert_to_numpy(layer.bias)).mean()
    assert found["bias_variances"]["a"] == pytest.approx(variance, rel=0.1)
    assert found["not_predicted"] == ""


def test_dropout_counts_on_training_batches_only():
    model = sequential(layers.Dense(3), layers.Dropout(0.2), layers.Dense(3))
    assert describe(model)["not_predicted"] == ""
    assert (
        "acts on training batches" in describe(model, on_batches=True)["not_predicted"]
    )


def test_trained_biases_are_noticed_before_the_first_update_only():
    critical = initializers.Critical("gelu", seed=0)
    model = sequential(
        layers.Dense(4, "tanh", name="zero"),
        layers.Dense(50, "gelu", bias_initializer=critical, name="critical"),
    )
    found = describe(model)
    assert found["not_predicted"] == ""
    for name in ("zero", "critical"):
        bias = model.get_layer(name).bias
        before = keras.ops.copy(bias.value)
        bias.assign(bias + 1.0)
        changed = describe(model)
        assert f"the biases of {name} are not initial" in changed["not_predicted"]
        # Resuming a run after training must not replace what it knew.
        later = describe(model, step=10)
        assert "not_predicted" not in later
        assert later["bias_variances"] == found["bias_variances"]
        bias.assign(before)


@pytest.mark.parametrize(
    "initializer",
    [
        *(initializers.get(name, seed=0) for name in ("standard", "normalized")),
        initializers.Critical("relu", seed=0),
        initializers.Critical("tanh", orthogonal=True, seed=0),
        *("he_normal", "he_uniform", "lecun_normal", "glorot_normal", "orthogonal"),
        keras.initializers.Orthogonal(gain=1.5),
        *("random_normal", "truncated_normal", "random_uniform"),
        keras.initializers.RandomUniform(-1.0, 0.5),
    ],
    ids=lambda one: type(one).__name__,
)
def test_the_mean_square_of_initial_weights(initializer):
    initializer = keras.initializers.get(initializer)
    kernel = keras.ops.convert_to_numpy(initializer((300, 200)))
    expected = mean_square(initializer, (300, 200))
    assert np.square(kernel).mean() == pytest.approx(expected, rel=0.03)


def test_the_mean_square_of_other_initializers_is_unknown():
    for initializer in (initializers.LSUV(), keras.initializers.Identity()):
        assert mean_square(initializer, (3, 3)) is None
