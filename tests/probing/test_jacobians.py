"""Singular values of Jacobians, compared with known or directly computed values."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_xavier import layer_jacobian_singular_values
from keras_xavier.models import mlp
from keras_xavier.probing import singular_values as products


def examples(*shape):
    return np.random.default_rng(1).normal(size=shape).astype("float32")


def singular_values(*matrices):
    return np.linalg.svd(np.stack(matrices), compute_uv=False)


def numbers(tensor):
    return keras.ops.convert_to_numpy(tensor)


def deep(units, depth=2, activation="tanh", inputs=6, **kwargs):
    hidden = [
        layers.Dense(units, activation, name=f"hidden_{i}", **kwargs)
        for i in range(1, depth + 1)
    ]
    return keras.Sequential([layers.Input((inputs,)), *hidden])


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(3)


def test_linear_layers_have_the_singular_values_of_their_kernels():
    model = keras.Sequential(
        [layers.Dense(8), layers.Dense(5, name="five"), layers.Dense(7, name="seven")]
    )
    five, seven = layer_jacobian_singular_values(model, examples(3, 4))
    assert five.layers == (model.layers[0].name, "five")
    assert seven.layers == ("five", "seven")
    for found in (five, seven):
        assert found.exact
        kernel = numbers(model.get_layer(found.layers[1]).kernel)
        expected = np.tile(singular_values(kernel), (3, 1))
        np.testing.assert_allclose(found.values, expected, rtol=1e-4)


def test_tanh_layers_have_the_singular_values_of_slopes_times_weights():
    model, x = deep(9), examples(4, 6)
    (found,) = layer_jacobian_singular_values(model, x)
    kernel = numbers(model.layers[1].kernel)
    slopes = 1 - numbers(model(x)) ** 2
    expected = singular_values(*(slope[:, None] * kernel.T for slope in slopes))
    np.testing.assert_allclose(found.values, expected, rtol=1e-4)


def test_unmeasured_layers_between_two_layers_are_part_of_the_jacobian():
    model = keras.Sequential(
        [
            layers.Input((6, 6, 1)),
            layers.Conv2D(2, 3, activation="tanh"),
            layers.AveragePooling2D(2, strides=1),
            layers.Conv2D(3, 2, activation="sigmoid"),
        ]
    )
    x = examples(2, 6, 6, 1)
    (found,) = layer_jacobian_singular_values(model, x)
    z = numbers(model.layers[0](x))

    def upper(z):
        return numbers(model.layers[2](model.layers[1](z))).reshape(len(z), -1)

    step = 0.01
    directions = step * np.eye(z[0].size, dtype="float32").reshape(-1, *z[0].shape)
    differences = [upper(z + directions) - upper(z - directions) for z in z]
    expected = singular_values(*differences) / (2 * step)
    assert found.values.shape == (2, 12)
    np.testing.assert_allclose(found.values, expected, rtol=0.01, atol=1e-4)


def test_only_paths_through_the_lower_layer_count():
    inputs = layers.Input((5,))
    first = layers.Dense(5, name="first")(inputs)
    second = layers.Dense(5, name="second")(first)
    model = keras.Model(inputs, layers.Add(name="sum")([inputs, first, second]))
    (found,) = layer_jacobian_singular_values(
        model, examples(1, 5), layers=["first", "sum"]
    )
    kernel = numbers(model.get_layer("second").kernel)
    expected = singular_values(np.eye(5) + kernel)
    np.testing.assert_allclose(found.values, expected, rtol=1e-4, atol=1e-5)


def test_independent_layers_in_succession_are_left_out():
    inputs = layers.Input((4,))
    branches = [layers.Dense(3, name=name)(inputs) for name in ("left", "right")]
    outputs = layers.Dense(2, name="both")(layers.Concatenate()(branches))
    model = keras.Model(inputs, outputs)
    model.trainable = False
    found = layer_jacobian_singular_values(model, examples(2, 4))
    assert [jacobian.layers for jacobian in found] == [("right", "both")]


def test_dead_units_have_a_jacobian_of_zero():
    model = deep(4, activation="relu", bias_initializer="ones")
    model.layers[1].bias.assign(np.full(4, -1000))
    (found,) = layer_jacobian_singular_values(model, examples(2, 6))
    np.testing.assert_array_equal(found.values, np.zeros((2, 4)))


def test_batch_normalization_runs_in_inference_mode():
    model = keras.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(4, name="dense"),
            layers.BatchNormalization(epsilon=0, name="normalization"),
        ]
    )
    model.layers[1].moving_variance.assign([1, 4, 16, 64])
    (found,) = layer_jacobian_singular_values(model, examples(2, 4))
    expected = np.tile([1, 1 / 2, 1 / 4, 1 / 8], (2, 1))
    np.testing.assert_allclose(found.values, expected, rtol=1e-5)


def test_each_call_of_a_layer_has_a_jacobian():
    inputs = layers.Input((4,))
    shared = layers.Dense(4, name="shared")
    model = keras.Model(inputs, shared(shared(inputs)))
    (found,) = layer_jacobian_singular_values(model, examples(1, 4))
    assert found.layers == ("shared", "shared:2")
    expected = singular_values(numbers(shared.kernel))
    np.testing.assert_allclose(found.values, expected, rtol=1e-4)


def test_models_may_have_several_inputs():
    a, b = layers.Input((3,), name="a"), layers.Input((2,), name="b")
    hidden = layers.Dense(4, name="hidden")(a)
    outputs = layers.Multiply(name="gated")([hidden, layers.Dense(4)(b)])
    model = keras.Model({"a": a, "b": b}, outputs)
    x = {"a": examples(2, 3), "b": examples(2, 2)}
    (found,) = layer_jacobian_singular_values(model, x, layers=["hidden", "gated"])
    gates = numbers(model.layers[-2](x["b"]))
    expected = -np.sort(-np.abs(gates), axis=1)
    np.testing.assert_allclose(found.values, expected, rtol=1e-4)


@pytest.mark.parametrize(
    "make",
    [
        lambda: (layers.Dense(40, "tanh"), layers.Dense(60, "tanh")),
        lambda: (layers.Dense(60, "relu"), layers.Dense(50, "softsign")),
        lambda: (layers.Reshape((8, 5)), layers.SimpleRNN(6, return_sequences=True)),
    ],
    ids=["wider", "narrower", "recurrent"],
)
def test_the_largest_singular_values_of_wide_layers_are_approximated(make, monkeypatch):
    lower, upper = make()
    model = keras.Sequential([layers.Input((40,)), lower, upper])
    x = examples(2, 40)
    names = [lower.name, upper.name]
    (every,) = layer_jacobian_singular_values(model, x, layers=names)
    monkeypatch.setattr(products, "EXACT_UNITS", 20)
    monkeypatch.setattr(products, "LEADING", 3)
    monkeypatch.setattr(products, "BLOCK", 5)
    (largest,) = layer_jacobian_singular_values(model, x, layers=names)
    assert every.exact
    assert not largest.exact
    assert largest.values.shape == (2, 3)
    np.testing.assert_allclose(largest.values, every.values[:, :3], rtol=0.01)
    (again,) = layer_jacobian_singular_values(model, x, layers=names)
    np.testing.assert_array_equal(again.values, largest.values)


@pytest.mark.parametrize(("lower", "upper"), [(3, 30), (30, 3)])
def test_a_narrow_layer_next_to_a_wide_layer_is_exact(lower, upper, monkeypatch):
    monkeypatch.setattr(products, "EXACT_UNITS", 20)
    model = keras.Sequential([layers.Dense(lower), layers.Dense(upper)])
    (found,) = layer_jacobian_singular_values(model, examples(1, 6))
    assert found.exact
    expected = singular_values(numbers(model.layers[1].kernel))
    np.testing.assert_allclose(found.values, expected, rtol=1e-4)


def test_the_batch_size_does_not_change_the_result():
    model, x = deep(10), examples(2, 6)
    (whole,) = layer_jacobian_singular_values(model, x)
    (parts,) = layer_jacobian_singular_values(model, x, batch_size=4)
    np.testing.assert_allclose(parts.values, whole.values, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("initializer", "reported"), [("normalized", 0.8), ("standard", 0.5)]
)
def test_new_networks_have_the_mean_that_the_paper_reports(initializer, reported):
    model = mlp((500,), classes=2, layers=4, units=500, initializer=initializer, seed=0)
    x = examples(1, 500) / 2
    found = layer_jacobian_singular_values(model, x, layers="hidden_*")
    means = [jacobian.values.mean() for jacobian in found]
    assert np.mean(means) == pytest.approx(reported, abs=0.05)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_is_supported(policy):
    model = deep(6, activation=None, dtype=policy)
    (found,) = layer_jacobian_singular_values(model, examples(1, 6))
    expected = singular_values(numbers(model.layers[1].kernel))
    np.testing.assert_allclose(found.values, expected, rtol=0.02, atol=0.02)


def test_recurrent_layers_have_one_jacobian():
    model = keras.Sequential(
        [
            layers.Embedding(10, 4, name="embedding"),
            layers.GRU(3, name="recurrent"),
            layers.Dense(2, name="output"),
        ]
    )
    words = np.array([[1, 2, 3, 4, 5], [6, 7, 8, 9, 0]])
    embedded, output = layer_jacobian_singular_values(model, words)
    assert embedded.layers == ("embedding", "recurrent")
    assert embedded.values.shape == (2, 3)
    assert (embedded.values > 0).all()
    expected = np.tile(singular_values(numbers(model.layers[2].kernel)), (2, 1))
    np.testing.assert_allclose(output.values, expected, rtol=1e-4)


def test_nonfinite_jacobians_have_nan_singular_values():
    model, x = deep(4), examples(2, 6)
    x[1] = np.nan
    (found,) = layer_jacobian_singular_values(model, x)
    assert np.isfinite(found.values[0]).all()
    assert np.isnan(found.values[1]).all()


def test_the_model_does_not_change():
    model = keras.Sequential(
        [
            layers.Input((6,)),
            layers.Dense(5, "tanh"),
            layers.Dropout(0.5, seed=1),
            layers.BatchNormalization(),
            layers.ReLU(),
        ]
    )
    variables = [numbers(variable) for variable in model.variables]
    attributes = [dict(vars(layer)) for layer in model.layers]
    layer_jacobian_singular_values(model, examples(2, 6))
    assert not model.compiled
    for before, now in zip(variables, model.variables, strict=True):
        np.testing.assert_array_equal(before, numbers(now))
    for before, layer in zip(attributes, model.layers, strict=True):
        assert all(vars(layer)[name] is value for name, value in before.items())
        assert vars(layer).keys() == before.keys()


def test_inputs_must_fit_the_model():
    with pytest.raises(ValueError, match=r"does not accept these inputs.*\(2, 5\)"):
        layer_jacobian_singular_values(deep(4), examples(2, 5))


@pytest.mark.parametrize(
    "x", [np.ones((0, 6)), {"a": np.ones((2, 6)), "b": np.ones((3, 6))}, np.float32(1)]
)
def test_examples_are_required(x):
    with pytest.raises(ValueError, match="at least one example"):
        layer_jacobian_singular_values(deep(4), x)


def test_two_layers_are_required():
    with pytest.raises(ValueError, match=r"two measured layers.*\['hidden_1'\]"):
        layer_jacobian_singular_values(deep(4, depth=1), examples(2, 6))
    with pytest.raises(ValueError, match=r"two measured layers.*\['hidden_2'\]"):
        layer_jacobian_singular_values(deep(4), examples(2, 6), layers="hidden_2")


def test_the_batch_size_must_be_positive():
    with pytest.raises(ValueError, match="batch_size=0"):
        layer_jacobian_singular_values(deep(4), examples(2, 6), batch_size=0)
