"""Activation functions, compared with NumPy, and their bounds and slopes."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from keras_xavier import activations
from keras_xavier.activations import ACTIVATIONS, facts

GRID = np.linspace(-12, 12, 240_001, dtype=np.float32)
# Where a slope jumps, automatic differentiation and formula may differ.
SMOOTH = GRID[(np.abs(GRID) > 1e-4) & (np.abs(np.abs(GRID) - 1) > 1e-4)]

REFERENCE = {
    "sigmoid": lambda s: 1 / (1 + np.exp(-s)),
    "tanh": np.tanh,
    "softsign": lambda s: s / (1 + np.abs(s)),
    "scaled_tanh": lambda s: 1.7159 * np.tanh(2 * s / 3),
    "hard_tanh": lambda s: np.clip(s, -1, 1),
    "relu": lambda s: np.maximum(s, 0),
    "leaky_relu": lambda s: np.where(s > 0, s, 0.2 * s),
    "elu": lambda s: np.where(s > 0, s, np.expm1(s)),
    "selu": lambda s: (
        1.0507009873554805 * np.where(s > 0, s, 1.6732632423543772 * np.expm1(s))
    ),
    "gelu": lambda s: s * 0.5 * (1 + np.vectorize(math.erf)(s / np.sqrt(2))),
    "silu": lambda s: s / (1 + np.exp(-s)),
    "arctan": np.arctan,
    "sine": np.sin,
}


FACTS = tuple(facts(name) for name in ACTIVATIONS)
every = pytest.mark.parametrize("known", FACTS, ids=lambda known: known.name)


def value_and_slope(known, s):
    s = tf.constant(s)
    with tf.GradientTape() as tape:
        tape.watch(s)
        z = ACTIVATIONS[known.name](s)
    return np.asarray(z), np.asarray(tape.gradient(z, s))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values_match_the_formula(name):
    s = np.linspace(-6, 6, 2001)
    z = np.asarray(ACTIVATIONS[name](s.astype(np.float32)))
    np.testing.assert_allclose(z, REFERENCE[name](s), rtol=2e-5, atol=2e-6)


@every
def test_values_lie_between_the_bounds_and_approach_them(known):
    z, _ = value_and_slope(known, np.linspace(-1e4, 1e4, 2_000_001, dtype=np.float32))
    assert z.min() >= known.lower - 1e-5
    assert z.max() <= known.upper + 1e-5
    if np.isfinite(known.lower):
        assert z.min() == pytest.approx(known.lower, abs=2e-4)
    if np.isfinite(known.upper):
        assert z.max() == pytest.approx(known.upper, abs=2e-4)


@every
def test_slope_is_the_derivative(known):
    _, slope = value_and_slope(known, SMOOTH)
    np.testing.assert_allclose(known.slope(SMOOTH), slope, rtol=1e-4, atol=1e-5)


@every
def test_the_largest_slope_is_the_supremum(known):
    slope = np.abs(np.asarray(known.slope(GRID)))
    assert slope.max() == pytest.approx(known.largest_slope, rel=1e-3)
    assert slope.max() <= known.largest_slope * (1 + 1e-6)


@every
def test_slope_from_value_is_the_slope(known):
    if known.slope_from_value is None:
        assert known.name in {"gelu", "silu", "sine"}
        return
    s = SMOOTH[np.abs(SMOOTH) < 6]
    z, _ = value_and_slope(known, s)
    np.testing.assert_allclose(
        known.slope_from_value(z), known.slope(s), rtol=2e-3, atol=2e-5
    )


@every
@pytest.mark.parametrize("extreme", [-3e38, -1e5, 1e5, 3e38])
def test_extreme_preactivations_give_no_nan(known, extreme):
    z, slope = value_and_slope(known, np.float32([extreme]))
    assert not np.isnan(z).any()
    assert not np.isnan(slope).any()
    assert not np.isnan(known.slope(np.float32([extreme]))).any()


@given(st.sampled_from(FACTS), st.floats(-30, 30, width=32))
def test_no_slope_exceeds_the_largest(known, s):
    slope = float(np.asarray(known.slope(np.float32([s])))[0])
    assert abs(slope) <= known.largest_slope * (1 + 1e-5)


def test_facts_are_found_by_name_and_by_function():
    assert facts("tanh") is facts(activations.tanh) is facts(keras.activations.tanh)
    assert facts(keras.activations.gelu).name == "gelu"


@pytest.mark.parametrize(
    "unknown", [None, "linear", "softmax", "swash", keras.activations.linear]
)
def test_unknown_functions_have_no_facts(unknown):
    assert facts(unknown) is None


def test_the_error_for_an_unknown_name_lists_the_known_names():
    with pytest.raises(ValueError, match=r"softsign.*Received: name='sofsign'"):
        activations.get("sofsign")


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_saved_model_keeps_its_activation(name, tmp_path):
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4, activation=ACTIVATIONS[name])]
    )
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.layers[0].activation is ACTIVATIONS[name]
    x = np.linspace(-2, 2, 12, dtype=np.float32).reshape(4, 3)
    np.testing.assert_array_equal(loaded(x), model(x))


@pytest.mark.parametrize("name", sorted(ACTIVATIONS.keys() - {"leaky_relu"}))
def test_a_layer_takes_the_function_of_a_name(name):
    layer = keras.layers.Dense(3, activation=activations.get(name))
    assert layer.activation is ACTIVATIONS[name]
