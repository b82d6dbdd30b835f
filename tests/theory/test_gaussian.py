"""Expectations over Gaussians against what is known in closed form."""

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
def test_a_step_counts_what_lies_above_it(variance, threshold):
    share = expectation(lambda s: 1.0 * (s > threshold), variance, [threshold])
    expected = math.erfc(threshold / math.sqrt(2 * variance)) / 2
    assert share == pytest.approx(expected, abs=1e-12)


@given(variance=variances)
def test_the_mean_of_a_sigmoid_is_a_half(variance):
    mean = expectation(lambda s: (1 + np.tanh(s / 2)) / 2, variance, ())
    assert mean == pytest.approx(0.5, abs=1e-12)


def test_without_variance_a_kink_has_both_of_its_sides():
    assert expectation(lambda s: 1.0 * (s > 0), 0.0, [0.0]) == pytest.approx(0.5)


@pytest.mark.parametrize("variance", [-1.0, math.nan, math.inf])
def test_what_is_no_variance_is_refused(variance):
    with pytest.raises(ValueError, match="`variance` must be a number, 0 or more"):
        expectation(np.square, variance, ())
