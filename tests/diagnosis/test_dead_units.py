"""Dead units."""

import numpy as np
import pytest

from keras_xavier.diagnosis import Severity, Thresholds
from keras_xavier.diagnosis.dead_units import dead_share
from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.statistics import Layer, Quantity, Statistic

ZEROS = Quantity.ACTIVATION, Statistic.ZERO
RECORDS, LAYERS, UNITS = 11, 5, 20


def relu(kind="Dense", activation="relu"):
    hidden = (
        Layer(f"hidden_{i}", kind, activation, UNITS, 420, lower=0.0)
        for i in range(1, 5)
    )
    return (*hidden, Layer("output", kind, "softmax", UNITS, 420))


def zeros(dead, others=0.5):
    """Share of zeros of each unit for shares of dead units in the layers."""
    number = np.round(np.array([*dead, 0]) * UNITS)[:, None]
    return {Statistic.ZERO: np.where(np.arange(UNITS) < number, 1.0, others)}


def counted(examples):
    counts = np.zeros((LAYERS, BIN_COUNT), np.uint32)
    counts[:, 300] = UNITS * examples
    return {Quantity.ACTIVATION: counts}


@pytest.mark.parametrize("dead", [(0.6, 0, 0, 0), (0.1, 0.7, 0.2, 0.9), (0, 0, 0, 0.5)])
@pytest.mark.parametrize(
    ("kind", "activation"), [("Dense", "relu"), ("Conv2D", "relu6"), ("ReLU", "ReLU")]
)
def test_units_without_a_response_are_dead(write, find, dead, kind, activation):
    run = write(units=zeros(dead), layers=relu(kind, activation))
    np.testing.assert_allclose(dead_share(run, Thresholds())[:4], dead, atol=1e-6)
    finding = find(run, "dead_units", dead_share=0.45)
    expected = [f"hidden_{i}" for i, share in enumerate(dead, 1) if share > 0.45]
    assert list(finding.layers) == expected
    assert finding.severity is Severity.WARNING


def test_a_third_of_dead_units_is_tolerated(write, find):
    run = write(units=zeros((0.3, 0.3, 0.3, 0.3)), layers=relu())
    assert find(run, "dead_units") is None


def test_sparse_layers_are_not_dead(write, find):
    run = write({ZEROS: 0.99}, units={Statistic.ZERO: 0.99}, layers=relu())
    assert find(run, "dead_units") is None


def test_zeros_of_a_layer_without_activation_are_not_dead_units(write, find):
    """A residual branch or a low-rank adapter often begins with weights of 0."""
    run = write({ZEROS: 1.0}, units=zeros((1, 1, 1, 1)), layers=relu(activation=None))
    assert find(run, "dead_units") is None


@pytest.mark.parametrize("kind", ["Dense", "Conv2D"])
def test_layers_that_are_silent_as_a_whole(write, find, kind):
    run = write({ZEROS: [0.5, 1, 1, 0.5, 0]}, units=zeros((0, 1, 1, 0)), layers=relu())
    finding = find(run, "dead_units")
    assert finding.layers == ("hidden_2", "hidden_3")
    assert finding.severity is Severity.ERROR


def test_a_few_examples_are_no_evidence_for_dead_units(write, find):
    run = write(units=zeros((0.6, 0.6, 0.6, 0.6)), layers=relu(), histograms=counted(5))
    assert find(run, "dead_units") is None


def test_small_batches_are_evidence_together(write, find):
    run = write(units=zeros((0.6, 0, 0, 0)), layers=relu(), histograms=counted(10))
    assert find(run, "dead_units").layers == ("hidden_1",)


def test_units_that_are_silent_in_turn_are_not_dead(write, find):
    random = np.random.default_rng(0)
    silent = random.uniform(size=(RECORDS, LAYERS, UNITS)) < 0.7
    run = write(
        units={Statistic.ZERO: silent.astype(float)},
        layers=relu(),
        histograms=counted(10),
    )
    assert find(run, "dead_units") is None


def test_units_that_recover_are_not_dead(write, find):
    share = np.broadcast_to(
        zeros((0.6, 0, 0, 0))[Statistic.ZERO], (RECORDS, LAYERS, UNITS)
    ).copy()
    share[-2] = 0
    run = write(units={Statistic.ZERO: share}, layers=relu())
    assert find(run, "dead_units") is None
