"""The paper's linear analysis, compared with linear networks."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_xavier import theory

widths = st.lists(st.integers(300, 400), min_size=2, max_size=4)


@given(widths, st.integers(0, 2**31))
def test_variances_match_a_linear_network(widths, seed):
    rng = np.random.default_rng(seed)
    variances = [1.7 / inputs for inputs in widths[:-1]]
    kernels = [
        rng.normal(0, np.sqrt(variance), shape)
        for variance, shape in zip(variances, pairwise(widths), strict=True)
    ]
    z = [rng.normal(0, 2, (200, widths[0]))]
    for kernel in kernels:
        z.append(z[-1] @ kernel)
    back = [rng.normal(0, 3, (200, widths[-1]))]
    for kernel in kernels[::-1]:
        back.insert(0, back[0] @ kernel.T)
    forward = theory.forward_variances(widths, variances, input_variance=4)
    np.testing.assert_allclose([np.var(one) for one in z], forward, rtol=0.35)
    backward = theory.backward_variances(widths, variances, output_variance=9)
    np.testing.assert_allclose([np.var(one) for one in back], backward, rtol=0.35)
    weights = theory.weight_gradient_variances(
        widths, variances, input_variance=4, output_variance=9
    )
    measured = [
        np.mean(np.square(below)) * np.mean(np.square(above))
        for below, above in zip(z[:-1], back[1:], strict=True)
    ]
    np.testing.assert_allclose(measured, weights, rtol=0.6)


def test_weight_gradients_are_constant_although_signals_fade():
    """Equation 14 of the paper, for the standard initialization."""
    widths, variances = (
        [1000] * 6,
        [theory.initial_variance("standard", fan_in=1000, fan_out=1000)] * 5,
    )
    gradients = theory.weight_gradient_variances(widths, variances)
    np.testing.assert_allclose(gradients, gradients[0])
    assert theory.forward_variances(widths, variances)[-1] == pytest.approx(3**-5)
    assert theory.backward_variances(widths, variances)[0] == pytest.approx(3**-5)


@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_the_compromise_lies_between_both_conditions(fan_in, fan_out):
    conditions = theory.forward_condition(fan_in), theory.backward_condition(fan_out)
    compromise = theory.compromise(fan_in, fan_out)
    assert min(conditions) * (1 - 1e-12) <= compromise <= max(conditions) * (1 + 1e-12)
    assert compromise == theory.initial_variance(
        "normalized", fan_in=fan_in, fan_out=fan_out
    )


def test_an_extra_variance_raises_an_error():
    with pytest.raises(ValueError, match="Received: 2 widths and 2 variances"):
        theory.forward_variances([3, 4], [0.1, 0.1])
