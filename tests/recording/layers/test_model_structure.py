"""Nested models, shared layers, several inputs and outputs, selected layers."""

import keras
import numpy as np
import pytest
from keras import layers, ops
from one_update import (
    WEIGHTS,
    around,
    make_data,
    output_of,
    train,
)


def test_spectral_normalization(run, source):
    inner = layers.Dense(4, "tanh", name="inner")
    model = around((6,), layers.SpectralNormalization(inner, name="it"))
    trained = train(model, run, source)
    assert trained.names == ["it/inner", "last"]
    trained.check_absent("it/inner", {})
    trained.check("it/inner", "weight", trained.before[inner.kernel.path])


def test_names_of_nested_layers_begin_with_the_model_name(run, source):
    inner = keras.Sequential([layers.Dense(4, "tanh", name="hidden")], name="inner")
    outer = layers.Dense(5, "relu", name="hidden")
    model = around((6,), outer, inner)
    x, _ = make_data(model)
    expected = output_of(model, outer, x, training=True)
    nested = ops.convert_to_numpy(inner(expected))
    trained = train(model, run, source)
    assert trained.names == ["hidden", "inner/hidden", "last"]
    trained.check("hidden", "activation", expected)
    trained.check("inner/hidden", "activation", nested)
    trained.check_weights("inner/hidden", inner.layers[0].kernel)


def test_a_shared_layer_has_a_row_for_each_call(run, source):
    inputs = keras.Input((6,))
    shared = layers.Dense(6, "tanh", name="shared")
    once = shared(inputs)
    last = layers.Dense(1, name="last")(shared(once))
    model = keras.Model(inputs, last)
    x, _ = make_data(model)
    first = ops.convert_to_numpy(shared(x))
    second = ops.convert_to_numpy(shared(first))
    trained = train(model, run, source)
    assert trained.names == ["shared", "shared:2", "last"]
    trained.check_absent("shared", {})
    trained.check_absent(
        "shared:2", dict.fromkeys(WEIGHTS, "the row of its first call has it")
    )
    trained.check("shared", "activation", first)
    trained.check("shared:2", "activation", second)
    trained.check_weights("shared", shared.kernel)
    # The gradient of the bias is the sum over both calls.
    bias = trained.before[shared.bias.path] - trained.after[shared.bias.path]
    means = [
        trained.measured(name, "preactivation_gradient")[0]
        for name in ("shared", "shared:2")
    ]
    np.testing.assert_allclose(sum(means) * first.size, bias.sum(), rtol=1e-3)


def test_several_inputs_and_outputs(run, source):
    inputs = [keras.Input((6,), name=name) for name in ("first", "second")]
    x = layers.Concatenate()(
        [
            layers.Dense(3, "relu", name="left")(inputs[0]),
            layers.Dense(3, "tanh", name="right")(inputs[1]),
        ]
    )
    outputs = [layers.Dense(1, name="one")(x), layers.Dense(2, name="two")(x)]
    model = keras.Model(inputs, outputs)
    x, _ = make_data(model)
    expected = [ops.convert_to_numpy(output) for output in model(x)]
    trained = train(model, run, source)
    assert set(trained.names) == {"left", "right", "one", "two"}
    for name in trained.names:
        layer = model.get_layer(name)
        trained.check_absent(name, {})
        trained.check_weights(name, layer.kernel)
        trained.check_gradient(name, layer.bias)
    trained.check("one", "activation", expected[0])
    trained.check("two", "activation", expected[1])


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ("first", ["first"]),
        ("*t", ["first", "act", "last"]),
        (["last", "fi*"], ["first", "last"]),
        (layers.Activation, ["act"]),
        ([layers.Flatten, "last"], ["flatten", "last"]),
        (lambda layer: layer.name.startswith("l"), ["last"]),
    ],
    ids=["name", "glob", "several", "class", "mixed", "function"],
)
def test_layers_are_selected(chosen, names, run):
    model = around(
        (6,), layers.Dense(4, name="first"), layers.Activation("tanh", name="act")
    )
    trained = train(model, run, layers=chosen)
    found = [name if "flatten" not in name else "flatten" for name in trained.names]
    assert found == names
    for name in trained.names:
        assert np.isfinite(trained.measured(name, "activation")[:4]).all()
