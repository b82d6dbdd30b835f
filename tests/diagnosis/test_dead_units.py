"""Rectified units that never answer."""

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
    """Share of zeros in the gradients of W, of a share of dead units in each layer."""
    alive = 1 - np.array([0, *dead, 0])
    return 1 - alive[:-1] * alive[1:]


@pytest.mark.parametrize("dead", [(0.6, 0, 0, 0), (0.1, 0.7, 0.2, 0.9), (0, 0, 0, 0.5)])
def test_the_share_of_dead_units_follows_from_zeros_of_the_gradients(write, find, dead):
    run = write({GRADIENT_ZEROS: gradient_zeros(dead)}, layers=relu())
    found = dead_share(run, Thresholds())
    np.testing.assert_allclose(found[:4], dead, atol=1e-6)
    finding = find(run, "dead_units", dead_share=0.45)
    expected = [f"hidden_{i}" for i, share in enumerate(dead, 1) if share > 0.45]
    assert list(finding.layers) == expected
    assert finding.severity is Severity.WARNING


def test_a_third_of_dead_units_is_lived_with(write, find):
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


def test_a_unit_that_is_silent_for_a_few_examples_only_is_not_dead(write, find):
    few = np.zeros((5, BIN_COUNT), np.uint32)
    few[:, 300] = 20 * 5
    zeros = gradient_zeros((0.6, 0.6, 0.6, 0.6))
    run = write(
        {GRADIENT_ZEROS: zeros},
        layers=relu(),
        histograms={Quantity.ACTIVATION: few},
    )
    assert find(run, "dead_units") is None


def test_units_that_a_batch_happens_to_leave_silent_are_not_dead(write, find):
    zeros = np.tile(gradient_zeros((0.6, 0, 0, 0)), (11, 1))
    zeros[-2] = 0
    assert find(write({GRADIENT_ZEROS: zeros}, layers=relu()), "dead_units") is None


def test_zeros_of_the_inputs_kill_no_unit(write, find):
    zeros = [0.8, 0, 0, 0, 0]
    assert find(write({GRADIENT_ZEROS: zeros}, layers=relu()), "dead_units") is None


def test_a_network_that_has_learned_all_is_not_dead(write, find):
    """Where a softmax is 1 to the last bit, no gradient is left for any weight."""
    settled = (Quantity.PREACTIVATION_GRADIENT, Statistic.ZERO)
    zeros = [0, 0, 0, 0, 0.9]
    run = write({GRADIENT_ZEROS: zeros, settled: zeros}, layers=relu())
    assert find(run, "dead_units") is None
    zeros = gradient_zeros((0, 0.9, 0, 0))
    run = write({GRADIENT_ZEROS: zeros, settled: 0.95}, layers=relu())
    assert find(run, "dead_units") is None
    run = write({GRADIENT_ZEROS: 1.0, settled: 1.0}, layers=relu())
    assert find(run, "dead_units") is None


def test_layers_between_which_one_is_not_recorded_tell_nothing(write, find):
    chain = {"hidden_1": 0.0, "hidden_2": 0.0, "hidden_3": 0.0, "other": 0.0}
    chain |= {"hidden_4": 0.0, "output": 0.0}
    zeros = gradient_zeros((0, 0, 0.8, 0))
    run = write({GRADIENT_ZEROS: zeros}, layers=relu())
    assert find(run, "dead_units").layers == ("hidden_3",)
    attributes = {"bias_variances": chain}
    run = write({GRADIENT_ZEROS: zeros}, layers=relu(), attributes=attributes)
    assert find(run, "dead_units") is None
