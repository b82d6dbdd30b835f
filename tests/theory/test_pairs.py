"""Expectations over pairs of Gaussians, compared with closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_xavier.theory import mean_field
from keras_xavier.theory.nonlinearities import NONLINEARITIES
from keras_xavier.theory.pairs import pair_difference, pair_expectation

variances = st.floats(1e-6, 1e4)
distances = st.one_of(st.floats(1e-8, 2), st.floats(-8, 0).map(lambda x: 10**x))
ERF = NONLINEARITIES["gelu"].function.args[0].erf


def angle(distance):
    """Returns arccos(1 − distance), accurate for small distances."""
    return 2 * math.asin(math.sqrt(distance / 2))


def exact_relu(distance, variance):
    """Cho & Saul (2009): half of E[(φ(s) − φ(s'))²]."""
    t = angle(distance)
    # sin t − t cos t, by its series where it would lose precision.
    rest = t**3 / 3 - t**5 / 30 if t < 1e-2 else math.sin(t) - t * math.cos(t)
    return variance * (distance - rest / math.pi) / 2


def exact_erf(distance, variance):
    """Williams (1997): E[erf(s) erf(s')] = 2/π asin(2 q c / (1 + 2 q))."""
    a = 2 * variance / (1 + 2 * variance)
    b = a * (1 - distance)
    if b <= 0:
        return 2 / math.pi * (math.asin(a) - math.asin(b))
    # sin(asin a − asin b), where (a² − b²) has no cancellation.
    cosines = (1 - a) * (1 + a), (1 - b) * (1 + b)
    top = a * a * distance * (2 - distance)
    sine = top / (a * math.sqrt(cosines[1]) + b * math.sqrt(cosines[0]))
    return 2 / math.pi * math.asin(min(sine, 1.0))


def exact_step(distance, variance):
    return angle(distance) / (2 * math.pi)


def exact_sine(distance, variance):
    near, far = -variance * distance, -variance * (2 - distance)
    return (-math.expm1(near) + math.exp(far) - math.exp(-2 * variance)) / 2


@pytest.mark.parametrize(
    ("function", "exact", "kinks"),
    [
        (NONLINEARITIES["relu"].function, exact_relu, (0.0,)),
        (ERF, exact_erf, ()),
        (lambda s: 1.0 * (s > 0), exact_step, (0.0,)),
    ],
    ids=["relu", "erf", "step"],
)
@given(distance=distances, variance=variances)
def test_the_error_is_less_than_a_millionth(function, exact, kinks, distance, variance):
    """Also for nearly equal and nearly opposite examples, and far in saturation."""
    found = pair_difference(function, distance, variance, kinks)
    assert found == pytest.approx(exact(distance, variance), rel=1e-6)
    square = float(pair_difference(function, 2.0, variance, kinks))
    product = pair_expectation(function, 1 - distance, variance, kinks)
    total = pair_expectation(function, 1.0, variance, kinks)
    assert product + found == pytest.approx(total, abs=1e-6 * max(total, square))


@given(distance=distances, variance=st.floats(1e-6, 10))
def test_a_sine_is_accurate_up_to_a_variance_of_10(distance, variance):
    found = pair_difference(np.sin, distance, variance, ())
    assert found == pytest.approx(exact_sine(distance, variance), rel=1e-6)


@pytest.mark.parametrize("name", NONLINEARITIES)
@settings(max_examples=15)
@given(distance=distances, variance=st.floats(1e-4, 100))
def test_difference_and_product_agree_for_every_activation(name, distance, variance):
    if name == "sine":
        variance = min(variance, 10)
    phi = NONLINEARITIES[name]
    found = mean_field.difference(distance, variance, name)
    product = pair_expectation(phi.function, 1 - distance, variance, phi.kinks)
    square = mean_field.second_moment(variance, name)
    assert product + found == pytest.approx(square, rel=1e-6)


@pytest.mark.parametrize("name", ["relu", "hard_tanh"])
@given(distance=st.floats(0, 2))
def test_the_correlation_of_slopes(name, distance):
    found = mean_field.slope_correlation(distance, 1.0, name)
    if name == "relu":
        expected = (math.pi - math.acos(1 - distance)) / math.pi
        assert found == pytest.approx(expected, abs=1e-6)
    assert -1e-9 <= found <= 1 + 1e-9


@pytest.mark.parametrize(
    ("distance", "variance"), [(-0.1, 1.0), (2.1, 1.0), (1.0, -1.0), (1.0, math.nan)]
)
def test_invalid_arguments_raise_an_error(distance, variance):
    with pytest.raises(ValueError, match="must lie between -1 and 1, and `variance`"):
        pair_expectation(np.tanh, 1 - distance, variance, ())


@pytest.mark.parametrize("name", ["relu", "tanh", "sigmoid", "hard_tanh"])
@pytest.mark.parametrize("distance", [1e-10, 1e-3, 0.5, 2.0])
def test_few_values_are_computed(name, distance):
    """A layer of a network takes one integral, which is to take a millisecond."""
    phi, sizes = NONLINEARITIES[name], []

    def counted(s):
        sizes.append(s.size)
        return phi.function(s)

    pair_difference(counted, distance, 1.0, phi.kinks)
    assert sum(sizes) < 200_000
