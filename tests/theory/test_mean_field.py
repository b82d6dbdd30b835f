"""Mean-field theory, compared with closed forms and the literature."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_xavier import activations, theory
from keras_xavier.theory.nonlinearities import NONLINEARITIES

variances = st.floats(1e-6, 1e3)


@given(variances, st.floats(0.1, 5), st.floats(0, 2))
def test_the_map_of_a_rectifier_is_a_line(variance, weights, biases):
    mapped = theory.variance_map(
        variance, "relu", weight_variance=weights, bias_variance=biases
    )
    assert mapped == pytest.approx(weights * variance / 2 + biases)


@given(variances)
def test_the_map_of_an_arc_sine_network(variance):
    """Williams (1997): E[erf(s)²] = 2/π asin(2q / (1 + 2q))."""
    mapped = theory.variance_map(
        variance, np.vectorize(math.erf, otypes=[float]), weight_variance=1.0
    )
    expected = 2 / math.pi * math.asin(2 * variance / (1 + 2 * variance))
    assert mapped == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", NONLINEARITIES)
def test_the_variance_map_preserves_its_fixed_point(name):
    weights = {"weight_variance": 1.5, "bias_variance": 0.3}
    q = theory.fixed_point(name, **weights)
    if math.isinf(q):
        assert theory.variance_map(1e6, name, **weights) > 1e6
    else:
        assert theory.variance_map(q, name, **weights) == pytest.approx(q, rel=1e-6)


def test_a_signal_vanishes_or_explodes_without_a_fixed_point():
    assert theory.fixed_point("tanh", weight_variance=0.5) == 0
    assert theory.fixed_point("relu", weight_variance=2.5) == math.inf


def test_gradients_vanish_in_the_ordered_and_explode_in_the_chaotic_phase():
    """Schoenholz et al. (2017), figure 1: the edge for tanh, σ_b² = 0 is σ_w² = 1."""
    for weights, vanish in ((0.9, True), (1.5, False)):
        q = theory.fixed_point("tanh", weight_variance=weights)
        gain = theory.gradient_gain(q, "tanh", weight_variance=weights)
        assert (gain < 1) is vanish


@given(st.floats(-1, 1))
def test_the_correlation_map_of_a_rectifier_is_the_arc_cosine_kernel(c):
    """Cho & Saul (2009)."""
    mapped = theory.correlation_map(c, "relu", variance=1.0, weight_variance=2.0)
    expected = (math.sqrt(1 - c * c) + c * (math.pi - math.acos(c))) / math.pi
    assert mapped == pytest.approx(expected, abs=1e-9)


def test_depth_scales_match_iterated_maps():
    """Two examples converge at the rate of the depth scale."""
    weights = {"weight_variance": 0.6, "bias_variance": 0.05}
    scales = theory.depth_scales("tanh", **weights)
    q = theory.fixed_point("tanh", **weights)
    c, distances = 0.0, []
    for _ in range(12):
        c = theory.correlation_map(c, "tanh", variance=q, **weights)
        distances.append(1 - c)
    rate = -1 / math.log(distances[-1] / distances[-2])
    assert rate == pytest.approx(scales.correlation, rel=0.01)
    variances = [4 * q]
    for _ in range(12):
        variances.append(theory.variance_map(variances[-1], "tanh", **weights))
    far = np.subtract(variances, q)
    assert -1 / math.log(far[-1] / far[-2]) == pytest.approx(scales.variance, rel=0.01)


def test_two_examples_stay_apart_in_the_chaotic_phase():
    scales = theory.depth_scales("tanh", weight_variance=3.0)
    assert scales.gradient < 0 < scales.correlation < math.inf


def test_depth_scales_need_a_fixed_point():
    with pytest.raises(ValueError, match="the variance explodes"):
        theory.depth_scales("relu", weight_variance=2.5)


@pytest.mark.parametrize("name", activations.ACTIVATIONS)
def test_gradients_are_constant_at_the_edge_of_chaos(name):
    point = theory.edge_of_chaos(name)
    gain = theory.gradient_gain(
        point.variance, name, weight_variance=point.weight_variance
    )
    assert gain == pytest.approx(1, abs=1e-6)
    mapped = theory.variance_map(
        point.variance,
        name,
        weight_variance=point.weight_variance,
        bias_variance=point.bias_variance,
    )
    assert mapped == pytest.approx(point.variance, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "weight_variance"), [("tanh", 1), ("relu", 2), ("softsign", 1)]
)
def test_the_edge_of_chaos_matches_the_literature(name, weight_variance):
    point = theory.edge_of_chaos(name)
    assert point.weight_variance == pytest.approx(weight_variance, rel=1e-6)
    assert point.bias_variance == 0


def test_a_constant_function_has_no_edge_of_chaos():
    with pytest.raises(ValueError, match="must have an edge of chaos"):
        theory.edge_of_chaos(np.ones_like)
