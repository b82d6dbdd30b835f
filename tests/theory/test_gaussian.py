"""Expectations over Gaussians, compared with closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.theory.gaussian import expectation

variances = st.floats(1e-10, 1e6)


@given(variance=variances, power=st.integers(0, 4))
def test_moments_of_a_gaussian(variance, power):
    moment = expectation(lambda s: s ** (2 * power), variance, ())
    expected = math.prod(range(1, 2 * power, 2)) * variance**power
    assert moment == pytest.approx(expected, rel=1e-9)


@given(variance=variances, threshold=st.floats(-100, 100))
def test_the_expectation_of_a_step_is_the_tail_probability(variance, threshold):
    share = expectation(lambda s: 1.0 * (s > threshold), variance, [threshold])
    expected = math.erfc(threshold / math.sqrt(2 * variance)) / 2
    assert share == pytest.approx(expected, abs=1e-12)


@given(variance=variances)
def test_the_mean_of_a_sigmoid_is_a_half(variance):
    mean = expectation(lambda s: (1 + np.tanh(s / 2)) / 2, variance, ())
    assert mean == pytest.approx(0.5, abs=1e-12)


def test_both_sides_of_a_kink_count_at_variance_zero():
    assert expectation(lambda s: 1.0 * (s > 0), 0.0, [0.0]) == pytest.approx(0.5)


@pytest.mark.parametrize("variance", [-1.0, math.nan, math.inf])
def test_invalid_variances_raise_an_error(variance):
    with pytest.raises(ValueError, match="`variance` must be finite and at least 0"):
        expectation(np.square, variance, ())
