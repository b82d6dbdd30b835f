"""Propagation through chains of layers, also with values that no network has."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.theory.propagation import (
    Chain,
    deviation,
    differences,
    gradients,
    moments,
    slope_correlations,
)

odd = st.sampled_from([0.0, 1e-300, 1e-3, 1e38, 1e69, 1e77, math.inf, math.nan])


def chain(name, *, layers=6, units=100, gain=1.0, bias=0.0, square=1.0):
    above = layers - 1
    sizes = (units,) * above, (gain,) * above, (bias,) * above
    return Chain((name,) * layers, *sizes, square)


@given(
    name=st.sampled_from(["relu", "tanh", "linear", "gelu", None]),
    gain=odd,
    bias=odd,
    square=odd,
    distance=st.sampled_from([0.0, 1e-12, 1.0, 2.0, math.nan]),
)
def test_any_values_give_numbers_or_nan(name, gain, bias, square, distance):
    layers = chain(name, gain=gain, bias=bias, square=square)
    for found in (
        *moments(layers),
        *differences(layers, distance),
        slope_correlations(layers, distance),
        gradients(layers, layers.gains, 1.0),
    ):
        assert found.shape == (6,)
    assert deviation(layers) >= 0 or math.isnan(deviation(layers))


@pytest.mark.parametrize("name", ["tanh", "relu", "sigmoid"])
def test_equal_examples_stay_equal(name):
    distances, apart = differences(chain(name), 0.0)
    np.testing.assert_array_equal(distances, 0)
    np.testing.assert_array_equal(apart, 0)


def test_a_linear_network_preserves_the_correlation():
    distances, apart = differences(chain("linear", gain=0.25), 0.3)
    np.testing.assert_allclose(distances, 0.3)
    np.testing.assert_allclose(apart, 0.3 * moments(chain("linear", gain=0.25))[0])


@pytest.mark.parametrize(
    ("name", "gain", "square", "layers", "ratio"),
    [("sigmoid", 1 / 3, 1 / 3, 5, 7.51e-4), ("relu", 2.0, 2.0, 20, 0.275)],
)
def test_the_part_of_the_signal_that_depends_on_the_input(
    name, gain, square, layers, ratio
):
    """Networks of width 1000 have 7.8e-4 and 0.28, with inputs that are orthogonal."""
    network = chain(name, gain=gain, square=square, layers=layers)
    _, apart = differences(network, 1.0)
    variance = moments(network)[2]
    assert (apart[-1] / variance[-1]) ** 0.5 == pytest.approx(ratio, rel=2e-3)


@pytest.mark.parametrize(
    ("name", "gain", "relative_variance"), [("relu", 2.0, 5), ("linear", 1.0, 2)]
)
def test_random_deviations_add_up(name, gain, relative_variance):
    """E[z⁴] / E[z²]² − 1 is 5 for a rectifier and 2 for Gaussians."""
    found = deviation(chain(name, gain=gain, layers=21, units=1000))
    assert found == pytest.approx((20 * relative_variance / 1000) ** 0.5 / 2)
