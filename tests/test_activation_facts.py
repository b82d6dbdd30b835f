"""Bounds and slopes of the activation functions of Keras, compared with its values."""

import functools
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from keras_xavier import activations
from keras_xavier.activation_facts import facts
from keras_xavier.activation_table import ACTIVATION_TABLE
from keras_xavier.keras_activation_table import KERAS_FACTS
from keras_xavier.probing.saturation import saturation
from keras_xavier.theory.nonlinearities import NumPyOps

S = np.linspace(-9.0005, 9.0005, 18_001)
STEP = 1e-6
CASES = [
    *((name, {}) for name in KERAS_FACTS if name != "threshold"),
    ("relu", {"max_value": 6.0}),
    ("relu", {"max_value": 2.0, "negative_slope": 0.1, "threshold": 0.5}),
    ("relu", {"negative_slope": 1.5, "threshold": 1.0}),
    ("leaky_relu", {"negative_slope": 0.01}),
    ("elu", {"alpha": 0.3}),
    ("elu", {"alpha": 2.0}),
    ("celu", {"alpha": 0.5}),
    ("gelu", {"approximate": True}),
    ("squareplus", {"b": 1}),
    ("soft_shrink", {"threshold": 0.2}),
    ("hard_shrink", {"threshold": 1.0}),
    ("threshold", {"threshold": 0.5, "default_value": 2.0}),
]
every = pytest.mark.parametrize(("name", "parameters"), CASES, ids=str)
DOCUMENTATION = Path(__file__).parent.parent / "docs/reference/api/activations.md"


def function(name, parameters):
    package = getattr(activations, name, None)
    return functools.partial(getattr(keras.activations, name, package), **parameters)


def formulas(name, parameters):
    return KERAS_FACTS[name](**parameters).computed_with(NumPyOps())


def smooth(known, distance=2e-3):
    """Returns values of s at which a slope is defined."""
    kinks = [*known.kinks, np.inf]
    return S[np.abs(S[:, None] - kinks).min(axis=1) > distance]


@every
def test_formulas_match_keras(name, parameters):
    known, s = formulas(name, parameters), S.astype("float32")
    z = keras.ops.convert_to_numpy(function(name, parameters)(s))
    np.testing.assert_allclose(known.function(S), z, rtol=1e-5, atol=3e-6)
    found = facts(function(name, parameters))
    assert found.largest_slope == known.largest_slope
    slope = keras.ops.convert_to_numpy(found.slope(keras.ops.convert_to_tensor(s)))
    np.testing.assert_allclose(slope, known.slope(S), rtol=1e-4, atol=1e-5)


@every
def test_the_slope_is_the_derivative(name, parameters):
    known = formulas(name, parameters)
    s = smooth(known)
    rise = known.function(s + STEP) - known.function(s - STEP)
    np.testing.assert_allclose(known.slope(s), rise / (2 * STEP), atol=1e-5)


@every
def test_bounds_and_the_largest_slope_are_reached_and_not_exceeded(name, parameters):
    known = formulas(name, parameters)
    slope = np.abs(known.slope(np.r_[S, -1e4, 1e4])).max()
    assert slope == pytest.approx(known.largest_slope, rel=1e-3)
    assert slope <= known.largest_slope * (1 + 1e-9)
    z = known.function(np.r_[S, -1e5, 1e5])
    for found, bound in ((z.min(), known.lower), (z.max(), known.upper)):
        near = pytest.approx(bound, abs=1e-3)
        assert found == near if np.isfinite(bound) else abs(found) > 100
    assert z.min() >= known.lower - 1e-9
    assert z.max() <= known.upper + 1e-9


@every
def test_the_slope_follows_from_the_value_where_it_can(name, parameters):
    known = formulas(name, parameters)
    if known.slope_from_value is None:
        wavy = {"gelu", "silu", "sine", "mish", "hard_silu", "tanh_shrink", "threshold"}
        assert name in wavy
        return
    s = smooth(known)
    found = known.slope_from_value(known.function(s))
    np.testing.assert_allclose(found, known.slope(s), rtol=1e-6, atol=1e-7)


@every
def test_extreme_preactivations_have_a_slope(name, parameters):
    known = facts(function(name, parameters))
    extremes = np.float32([-3e38, -1e5, 0.0, 1e5, 3e38])
    slope = known.slope(keras.ops.convert_to_tensor(extremes))
    slope = np.abs(keras.ops.convert_to_numpy(slope))
    assert (slope <= known.largest_slope * (1 + 1e-6)).all()


def test_every_activation_of_keras_has_facts_or_a_documented_reason():
    text = DOCUMENTATION.read_text(encoding="utf-8")
    for name in dir(keras.activations):
        activation = getattr(keras.activations, name)
        if not callable(activation) or name in {"get", "serialize", "deserialize"}:
            continue
        if name == "threshold":
            activation = functools.partial(activation, threshold=1.0, default_value=0)
        assert facts(activation) or f"| `{name}` |" in text, name


@pytest.mark.parametrize(
    ("activation", "same"),
    [
        (layers.ReLU(), "relu"),
        (layers.ReLU(max_value=6.0), keras.activations.relu6),
        (layers.LeakyReLU(0.2), "leaky_relu"),
        (layers.ELU(), "elu"),
        (keras.ops.gelu, functools.partial(keras.activations.gelu, approximate=True)),
        (keras.ops.silu, "swish"),
        (keras.ops.sin, "sine"),
    ],
    ids=lambda one: getattr(one, "__name__", type(one).__name__),
)
def test_layers_and_operations_have_the_facts_of_their_function(activation, same):
    one, other = facts(activation), facts(same)
    s = keras.ops.convert_to_tensor(S.astype("float32"))
    for name in ("function", "slope"):
        values = [
            keras.ops.convert_to_numpy(getattr(known, name)(s))
            for known in (one, other)
        ]
        np.testing.assert_array_equal(*values)
    assert (one.lower, one.upper) == (other.lower, other.upper)


def test_the_same_function_has_the_same_facts():
    """Compiled functions are cached by them."""
    assert facts(layers.LeakyReLU(0.1)) is facts(layers.LeakyReLU(0.1))
    assert facts("relu") is facts(keras.activations.relu) is facts(layers.ReLU())


@pytest.mark.parametrize(
    "unknown",
    [
        layers.PReLU(),
        layers.Softmax(),
        layers.Dense(3),
        functools.partial(keras.activations.relu, threshold="high"),
        functools.partial(keras.activations.threshold, threshold=1.0),
        functools.partial(keras.activations.tanh, sharpness=2),
        functools.partial(lambda s: s),
        lambda s: s,
        print,
        3,
    ],
    ids=lambda one: getattr(one, "__name__", type(one).__name__),
)
def test_other_functions_have_no_facts(unknown):
    assert facts(unknown) is None


def test_a_value_is_saturated_where_the_absolute_slope_is_small():
    """GELU falls at -2: its slope is negative there, and not small."""
    known = facts("gelu")
    s = keras.ops.convert_to_tensor(np.float32([-6.0, -2.0, -1.0, 2.0]))
    flags = saturation(known, from_value=False)(s)
    assert keras.ops.convert_to_numpy(flags).tolist() == [True, False, False, False]
    random = np.random.default_rng(0).normal(size=200_000).astype("float32")
    flags = saturation(known, from_value=False)(keras.ops.convert_to_tensor(random))
    share = float(np.mean(keras.ops.convert_to_numpy(flags)))
    slope = np.abs(formulas("gelu", {}).slope(random.astype("float64")))
    assert share == pytest.approx(np.mean(slope < 0.05 * known.largest_slope), abs=1e-4)


def test_names_of_this_package_are_those_that_can_be_chosen():
    assert [*activations.ACTIVATIONS] == [known.name for known in ACTIVATION_TABLE]
