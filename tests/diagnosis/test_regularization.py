"""Dropout, penalties and weight decay that leave nothing to learn with."""

import numpy as np
import pytest

from keras_xavier.diagnosis import diagnose
from keras_xavier.diagnosis.regularization import (
    too_much_dropout,
    too_much_regularization,
)
from keras_xavier.statistics import Quantity, Statistic

RULES = [too_much_dropout, too_much_regularization]
TARGETS = np.random.default_rng(0).normal(size=300)
STUCK, LEARNS = np.linspace(1.5, 1.0, 11), np.geomspace(1.5, 0.3, 11)
LEVEL = {"class": "mean_squared_error"}


@pytest.fixture
def found(program):
    """Diagnoses a program with dropout, penalties or weight decay."""

    def diagnosed(losses, rate=0.0, penalty=None, decay=None, shrinks=1.0, **options):
        dropout = {"name": "drop", "class": "Dropout", "settings": {"rate": rate}}
        settings = {"kernel_regularizer": penalty} if penalty else {}
        size = np.linspace(1, shrinks, 11)[:, None] * 0.2
        run = program(
            *(TARGETS, LEVEL, settings),
            before=[dropout],
            losses=losses,
            changes={(Quantity.WEIGHT, Statistic.STD): size},
            attributes={
                "optimizer": {
                    **{"class": "AdamW", "learning_rate": 0.001},
                    "weight_decay": decay,
                }
            },
            **options,
        )
        return diagnose(run, rules=RULES)

    return diagnosed


def test_dropout_that_hides_the_signal_is_named(found):
    (finding,) = found(STUCK, rate=0.9)
    assert (finding.name, finding.layers) == ("too_much_dropout", ("drop",))
    assert "0.9" in finding.summary
    assert finding.change.after == "keras.layers.Dropout(0.2)"


@pytest.mark.parametrize(
    ("losses", "rate"), [(LEARNS, 0.9), (STUCK, 0.5), (STUCK, 0.6), (STUCK, "0.9")]
)
def test_dropout_with_which_networks_learn_is_fine(found, losses, rate):
    assert not found(losses, rate=rate)


def test_dropout_is_fine_if_the_validation_loss_falls(found):
    assert not found(STUCK, rate=0.9, metrics={"val_loss": LEARNS})


@pytest.mark.parametrize(
    "penalty", [{"class": "L2", "l2": 0.1}, {"class": "L1L2", "l1": 0.1, "l2": 0.1}]
)
def test_penalties_that_pull_the_weights_to_0_are_named(found, penalty):
    (finding,) = found(STUCK, penalty=penalty, shrinks=0.001)
    assert (finding.name, finding.layers) == ("too_much_regularization", ("output",))
    assert "L2 of 0.1" in finding.summary
    assert "l2=0.001" in finding.change.after


def test_weight_decay_that_pulls_the_weights_to_0_is_named(found):
    (finding,) = found(STUCK, decay=100.0, shrinks=1e-6)
    assert finding.name == "too_much_regularization"
    assert "weight decay of 100" in finding.summary
    assert "weight_decay=1.0" in finding.change.after


@pytest.mark.parametrize(
    "options",
    [
        {"losses": LEARNS, "penalty": {"class": "L2", "l2": 0.1}, "shrinks": 0.01},
        {"losses": STUCK, "penalty": {"class": "L2", "l2": 1e-4}},
        {"losses": STUCK, "penalty": {"class": "L2", "l2": "nan"}, "shrinks": 0.01},
        {"losses": STUCK, "decay": 0.004},
        {"losses": LEARNS, "decay": 100.0, "shrinks": 0.01},
        {"losses": STUCK, "shrinks": 0.01},
    ],
    ids=["learns", "weak", "nonsense", "default decay", "decay, learns", "without"],
)
def test_regularization_with_which_networks_learn_is_fine(found, options):
    assert not found(**options)
