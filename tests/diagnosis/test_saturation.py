"""Saturated layers, and the sigmoid's disease."""

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
    """Layer 2 saturates at the third record, layer 1 at the sixth; the output too."""
    share = np.zeros((RECORDS, 5))
    share[2:, 1] = 0.8
    share[5:, 0] = 0.6
    share[:, 4] = 1
    return share


def test_layers_are_told_in_the_order_in_which_they_saturate(write, find):
    finding = find(write({SHARE: in_turn()}), "saturated_layer")
    assert finding.layers == ("hidden_2", "hidden_1")
    assert finding.steps == (2, 300)
    assert [number.value for number in finding.numbers[:2]] == [2, 16]
    assert "in this order" in finding.explanation
    assert finding.severity is Severity.WARNING
    assert finding.figure.figure == "saturation"


def test_nearly_all_is_an_error_and_what_is_over_a_note(write, find):
    share = np.zeros((RECORDS, 5))
    share[:, 0] = 0.95
    assert find(write({SHARE: share}), "saturated_layer").severity is Severity.ERROR
    share[8:, 0] = 0.1
    assert find(write({SHARE: share}), "saturated_layer").severity is Severity.NOTE


def test_an_output_may_saturate_and_zeros_of_relu_are_no_saturation(write, find):
    share = np.zeros((RECORDS, 5))
    share[:, 4] = 1
    assert find(write({SHARE: share}), "saturated_layer") is None
    run = write({SHARE: 0.7}, layers=layers("relu", 0.0, np.inf))
    assert find(run, "saturated_layer") is None


def test_half_saturated_is_not_enough_and_other_thresholds_are(write, find):
    run = write({SHARE: [0.45, 0, 0, 0, 0]})
    assert find(run, "saturated_layer") is None
    assert find(run, "saturated_layer", saturated_share=0.4)


@pytest.fixture
def sick(write):
    """A sigmoid network whose top layer goes to 0 after two records."""

    def make(until=RECORDS, share=0.0):
        mean, std = np.full((RECORDS, 5), 0.5), np.full((RECORDS, 5), 0.1)
        mean[2:until, 3], std[2:until, 3] = 0.01, 0.001
        if until < RECORDS:
            mean[until:, 3], std[until:, 3] = 0.05, 0.05
        return write(
            {MEAN: mean, STD: std, SHARE: share}, layers=layers("sigmoid", 0.0)
        )

    return make


def test_the_disease(sick, find):
    finding = find(sick(), "top_layer_stuck")
    assert finding.layers == ("hidden_4",)
    assert finding.severity is Severity.ERROR
    assert finding.steps == (2, 300)
    assert "free again" not in finding.explanation
    assert "--activation tanh" in finding.command


def test_its_end(sick, find):
    finding = find(sick(until=7), "top_layer_stuck")
    assert finding.severity is Severity.NOTE
    assert finding.steps == (2, 32)
    assert "at step 64 it is free again" in finding.explanation
    assert finding.numbers[-1].value == 64


def test_where_the_layers_below_are_saturated_it_is_another_disease(sick, find):
    assert find(sick(share=0.9), "top_layer_stuck") is None


def test_a_sparse_layer_is_not_stuck(write, find):
    run = write({MEAN: 0.05, STD: 0.1}, layers=layers("sigmoid", 0.0))
    assert find(run, "top_layer_stuck") is None


def test_it_is_a_disease_of_sigmoids(write, find):
    run = write({MEAN: 0.01, STD: 0.001}, layers=layers("tanh", -1.0))
    assert find(run, "top_layer_stuck") is None
