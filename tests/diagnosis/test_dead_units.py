"""Dead rectified units."""

import numpy as np
import pytest

from keras_xavier.diagnosis import Severity, Thresholds
from keras_xavier.diagnosis.dead_units import dead_share
from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.statistics import Layer, Quantity, Statistic

ZEROS = Quantity.ACTIVATION, Statistic.ZERO
GRADIENT_ZEROS = Quantity.WEIGHT_GRADIENT, Statistic.ZERO


def relu(kind="Dense"):
    hidden = (
        Layer(f"hidden_{i}", kind, "relu", 20, 420, lower=0.0) for i in range(1, 5)
    )
    return (*hidden, Layer("output", kind, "softmax", 20, 420))


def gradient_zeros(dead):
    """Share of zeros in the gradients of W for shares of dead units in the layers."""
    alive = 1 - np.array([0, *dead, 0])
    return 1 - alive[:-1] * alive[1:]


@pytest.mark.parametrize("dead", [(0.6, 0, 0, 0), (0.1, 0.7, 0.2, 0.9), (0, 0, 0, 0.5)])
def test_dead_units_follow_from_zeros_of_the_gradients(write, find, dead):
    run = write({GRADIENT_ZEROS: gradient_zeros(dead)}, layers=relu())
    found = dead_share(run, Thresholds())
    np.testing.assert_allclose(found[:4], dead, atol=1e-6)
    finding = find(run, "dead_units", dead_share=0.45)
    expected = [f"hidden_{i}" for i, share in enumerate(dead, 1) if share > 0.45]
    assert list(finding.layers) == expected
    assert finding.severity is Severity.WARNING


def test_a_third_of_dead_units_is_tolerated(write, find):
    zeros = gradient_zeros((0.3, 0.3, 0.3, 0.3))
    assert find(write({GRADIENT_ZEROS: zeros}, layers=relu()), "dead_units") is None


def test_sparse_layers_are_not_dead(write, find):
    assert find(write({ZEROS: 0.8}, layers=relu()), "dead_units") is None


@pytest.mark.parametrize("kind", ["Dense", "Conv2D"])
def test_layers_that_are_silent_as_a_whole(write, find, kind):
    zeros = [0.5, 1, 1, 0.5, 0]
    finding = find(write({ZEROS: zeros}, layers=relu(kind)), "dead_units")
    assert finding.layers == ("hidden_2", "hidden_3")
    assert finding.severity is Severity.ERROR


def test_a_few_examples_are_no_evidence_for_dead_units(write, find):
    few = np.zeros((5, BIN_COUNT), np.uint32)
    few[:, 300] = 20 * 5
    zeros = gradient_zeros((0.6, 0.6, 0.6, 0.6))
    run = write(
        {GRADIENT_ZEROS: zeros},
        layers=relu(),
        histograms={Quantity.ACTIVATION: few},
    )
    assert find(run, "dead_units") is None


def test_units_silent_in_one_batch_are_not_dead(write, find):
    zeros = np.tile(gradient_zeros((0.6, 0, 0, 0)), (11, 1))
    zeros[-2] = 0
    assert find(write({GRADIENT_ZEROS: zeros}, layers=relu()), "dead_units") is None


def test_zeros_of_the_inputs_do_not_count_as_dead_units(write, find):
    zeros = [0.8, 0, 0, 0, 0]
    assert find(write({GRADIENT_ZEROS: zeros}, layers=relu()), "dead_units") is None


def test_a_converged_network_is_not_dead(write, find):
    """If a softmax is exactly 1, no weight has a gradient."""
    settled = (Quantity.PREACTIVATION_GRADIENT, Statistic.ZERO)
    zeros = [0, 0, 0, 0, 0.9]
    run = write({GRADIENT_ZEROS: zeros, settled: zeros}, layers=relu())
    assert find(run, "dead_units") is None
    zeros = gradient_zeros((0, 0.9, 0, 0))
    run = write({GRADIENT_ZEROS: zeros, settled: 0.95}, layers=relu())
    assert find(run, "dead_units") is None
    run = write({GRADIENT_ZEROS: 1.0, settled: 1.0}, layers=relu())
    assert find(run, "dead_units") is None


def test_layers_around_an_unrecorded_layer_are_ignored(write, find):
    chain = {"hidden_1": 0.0, "hidden_2": 0.0, "hidden_3": 0.0, "other": 0.0}
    chain |= {"hidden_4": 0.0, "output": 0.0}
    zeros = gradient_zeros((0, 0, 0.8, 0))
    run = write({GRADIENT_ZEROS: zeros}, layers=relu())
    assert find(run, "dead_units").layers == ("hidden_3",)
    attributes = {"bias_variances": chain}
    run = write({GRADIENT_ZEROS: zeros}, layers=relu(), attributes=attributes)
    assert find(run, "dead_units") is None
