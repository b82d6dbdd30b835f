"""Saturated layers, and top sigmoid layers stuck at 0."""

import numpy as np
import pytest

from keras_xavier.diagnosis import Severity
from keras_xavier.statistics import Layer, Quantity, Statistic

MEAN = Quantity.ACTIVATION, Statistic.MEAN
STD = Quantity.ACTIVATION, Statistic.STD
SHARE = Quantity.ACTIVATION, Statistic.SATURATED
RECORDS = 11


def layers(activation, lower, upper=1.0):
    hidden = (
        Layer(f"hidden_{i}", "Dense", activation, 20, 420, lower, upper)
        for i in range(1, 5)
    )
    return (*hidden, Layer("output", "Dense", "sigmoid", 20, 420, 0.0, 1.0))


def in_turn():
    """Layer 2 saturates at record 2, layer 1 at record 5, the output always."""
    share = np.zeros((RECORDS, 5))
    share[2:, 1] = 0.8
    share[5:, 0] = 0.6
    share[:, 4] = 1
    return share


def test_layers_are_listed_in_the_order_of_saturation(write, find):
    finding = find(write({SHARE: in_turn()}), "saturated_layer")
    assert finding.layers == ("hidden_2", "hidden_1")
    assert finding.steps == (2, 300)
    assert [number.value for number in finding.numbers[:2]] == [2, 16]
    assert "in this order" in finding.explanation
    assert finding.severity is Severity.WARNING
    assert finding.figure.figure == "saturation"


def test_the_inputs_are_blamed_only_if_the_weights_are_known(write, find):
    run = write({SHARE: 0.8}, steps=np.arange(1000, 1011))
    finding = find(run, "saturated_layer")
    assert "the inputs or the weights of the network are large" in finding.explanation


def test_severities_of_saturation(write, find):
    share = np.zeros((RECORDS, 5))
    share[:, 0] = 0.95
    assert find(write({SHARE: share}), "saturated_layer").severity is Severity.ERROR
    share[8:, 0] = 0.1
    assert find(write({SHARE: share}), "saturated_layer").severity is Severity.NOTE


def test_outputs_and_relu_are_ignored(write, find):
    share = np.zeros((RECORDS, 5))
    share[:, 4] = 1
    assert find(write({SHARE: share}), "saturated_layer") is None
    run = write({SHARE: 0.7}, layers=layers("relu", 0.0, np.inf))
    assert find(run, "saturated_layer") is None


def test_the_threshold_of_saturation(write, find):
    run = write({SHARE: [0.45, 0, 0, 0, 0]})
    assert find(run, "saturated_layer") is None
    assert find(run, "saturated_layer", saturated_share=0.4)


@pytest.fixture
def write_stuck(write):
    """Writes a sigmoid network whose top layer collapses to 0 after two records."""

    def make(until=RECORDS, share=0.0, **options):
        mean, std = np.full((RECORDS, 5), 0.5), np.full((RECORDS, 5), 0.1)
        mean[2:until, 3], std[2:until, 3] = 0.01, 0.001
        if until < RECORDS:
            mean[until:, 3], std[until:, 3] = 0.05, 0.05
        return write(
            {MEAN: mean, STD: std, SHARE: share},
            layers=layers("sigmoid", 0.0),
            **options,
        )

    return make


def test_a_stuck_top_layer(write_stuck, find):
    finding = find(write_stuck(), "top_layer_stuck")
    assert finding.layers == ("hidden_4",)
    assert finding.severity is Severity.ERROR
    assert finding.steps == (2, 300)
    assert "recovers" not in finding.summary
    assert finding.command == ""


def test_networks_of_this_package_get_a_command(write_stuck, find):
    chosen = {"activation": "sigmoid", "initializer": "standard"}
    chosen |= {"layers": 4, "units": 20}
    finding = find(write_stuck(hyperparameters=chosen), "top_layer_stuck")
    assert "--activation tanh" in finding.command


def test_a_top_layer_that_recovers(write_stuck, find):
    finding = find(write_stuck(until=7), "top_layer_stuck")
    assert finding.severity is Severity.NOTE
    assert finding.steps == (2, 32)
    assert "it recovers at step 64" in finding.summary
    assert finding.numbers[-1].value == 64


def test_saturated_layers_below_are_another_problem(write_stuck, find):
    assert find(write_stuck(share=0.9), "top_layer_stuck") is None


def test_a_sparse_layer_is_not_stuck(write, find):
    run = write({MEAN: 0.05, STD: 0.1}, layers=layers("sigmoid", 0.0))
    assert find(run, "top_layer_stuck") is None


def test_tanh_layers_do_not_get_stuck(write, find):
    run = write({MEAN: 0.01, STD: 0.001}, layers=layers("tanh", -1.0))
    assert find(run, "top_layer_stuck") is None
