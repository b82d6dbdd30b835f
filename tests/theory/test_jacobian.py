"""Singular values of Jacobians, compared with random matrices and the paper."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from keras_xavier import theory
from keras_xavier.theory.nonlinearities import nonlinearity


@pytest.mark.parametrize("shape", [(800, 800), (800, 400), (400, 800)])
@pytest.mark.parametrize(
    ("name", "variance"), [("tanh", 1.0), ("relu", 1.0), ("sigmoid", 4.0)]
)
def test_mean_and_std_of_a_random_layer(name, variance, shape):
    """Dead ReLU units count as singular values of 0, measured and predicted."""
    rng = np.random.default_rng(0)
    fan_in, fan_out = shape
    kernel = rng.normal(0, np.sqrt(1.7 / fan_in), (fan_out, fan_in))
    # Quantiles: of few random preactivations, 53% may be positive.
    shares = (np.arange(fan_out) + 0.5) / fan_out
    s = np.array([NormalDist(0, math.sqrt(variance)).inv_cdf(one) for one in shares])
    slopes = nonlinearity(name).slope(s)
    measured = np.linalg.svd(slopes[:, None] * kernel, compute_uv=False)
    predicted = theory.jacobian_singular_values(
        variance, name, weight_variance=1.7, fan_in=fan_in, fan_out=fan_out
    )
    assert measured.mean() == pytest.approx(predicted.mean, rel=0.01)
    assert measured.std() == pytest.approx(predicted.std, rel=0.01)


def test_values_reported_in_the_paper():
    """Section 4.2.1: 0.8 with the normalized initialization, 0.5 with the standard."""
    found = [
        theory.jacobian_singular_values(0.05, "tanh", weight_variance=one).mean
        for one in (1.0, 1 / 3)
    ]
    assert [round(one, 1) for one in found] == [0.8, 0.5]


def test_orthogonal_weights_and_small_inputs_give_an_isometry():
    found = theory.jacobian_singular_values(
        1e-3, "tanh", weight_variance=1.0, orthogonal=True
    )
    assert found.mean == pytest.approx(1, abs=2e-3)
    assert found.std < 2e-3


def test_orthogonal_weights_require_equal_widths():
    with pytest.raises(ValueError, match="equal width"):
        theory.jacobian_singular_values(
            1.0, "tanh", weight_variance=1.0, orthogonal=True, fan_in=2, fan_out=1
        )
