"""Overfitting, a gradient of 0, and constant outputs."""

import numpy as np
import pytest

from keras_xavier.diagnosis import Severity
from keras_xavier.statistics import Quantity, Statistic

FALLING = np.linspace(2, 0.5, 11)
VALIDATION = np.array([2, 1.5, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8])


@pytest.mark.parametrize(
    ("state", "severity"),
    [("finished", Severity.WARNING), ("stopped", Severity.NOTE)],
)
def test_a_rising_validation_loss(write, find, state, severity):
    run = write(losses=FALLING, metrics={"val_loss": VALIDATION}, state=state)
    finding = find(run, "overfitting")
    assert finding.severity is severity
    assert "overfits from epoch 3 on" in finding.summary


@pytest.mark.parametrize(
    "validation",
    [FALLING, np.r_[VALIDATION[:3], np.full(7, 1.0), 1.5], np.r_[2.0, [1.05] * 10]],
    ids=["falling", "one outlier", "level"],
)
def test_a_validation_loss_without_a_trend(write, find, validation):
    run = write(losses=FALLING, metrics={"val_loss": validation})
    assert find(run, "overfitting") is None


@pytest.mark.parametrize(
    ("norms", "losses", "is_found"),
    [
        (np.zeros(11), np.full(11, 2.0), True),
        (np.r_[np.ones(5), np.zeros(6)], np.full(11, 2.0), True),
        (np.full(11, 1e-9), np.full(11, 2.0), False),
        (np.r_[np.ones(5), np.zeros(6)], np.linspace(2, 0.1, 11), False),
    ],
)
def test_a_gradient_of_exactly_zero(write, find, norms, losses, is_found):
    run = write(losses=losses, metrics={"gradient_norm": norms})
    assert bool(find(run, "zero_gradient")) == is_found


@pytest.mark.parametrize(("spread", "is_found"), [(1e-7, True), (0.01, False)])
def test_an_output_that_is_the_same_for_all_examples(write, find, spread, is_found):
    sizes = np.full((11, 5), 0.1)
    sizes[-4:, -1] = spread
    changes = {
        (Quantity.ACTIVATION, Statistic.UNIT_STD): sizes,
        (Quantity.ACTIVATION, Statistic.MEAN): 0.5,
    }
    model = {
        "layers": [
            {"name": "output", "class": "Dense", "parameters": 9, "settings": {}}
        ],
        "outputs": ["output"],
    }
    run = write(changes, attributes={"model": model})
    finding = find(run, "constant_output")
    assert bool(finding) == is_found
    if finding:
        assert finding.layers == ("output",)
