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

    def diagnosed(
        losses,
        rate=0.0,
        penalty=None,
        decay=None,
        shrinks=1.0,
        of="kernel",
        before=(),
        **options,
    ):
        dropout = {"name": "drop", "class": "Dropout", "settings": {"rate": rate}}
        settings = {f"{of}_regularizer": penalty} if penalty else {}
        size = np.linspace(1, shrinks, 11)[:, None] * 0.2
        changes = {(Quantity.WEIGHT, Statistic.STD): size}
        if of == "activity":
            sizes = np.tile([1.0, 0.2, 1.0, TARGETS.std()], (11, 1))
            sizes[:, 2] = 5 * size[:, 0]
            changes = {(Quantity.ACTIVATION, Statistic.STD): sizes}
        run = program(
            *(TARGETS, LEVEL, settings),
            before=[dropout, *before],
            losses=losses,
            changes=changes,
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


def test_a_penalty_on_activations_that_pulls_them_to_0_is_named(found):
    penalty = {"class": "L1", "l1": 3.0}
    (finding,) = found(STUCK, penalty=penalty, shrinks=0.001, of="activity")
    assert (finding.name, finding.layers) == ("too_much_regularization", ("output",))
    assert "activity regularization L1 of 3" in finding.summary
    assert "the activations of output fell 1,000-fold" in finding.summary
    assert "l1=0.03" in finding.change.after


def test_a_penalty_that_outweighs_the_data_is_named(found):
    """The loss falls, but hardly because of the data."""
    losses = np.linspace(40, 2.4, 11)
    (finding,) = found(losses, penalty={"class": "L2", "l2": 0.1})
    assert finding.summary.endswith("% of the loss.")


def test_dropout_of_attention_counts(found):
    attention = {
        **{"name": "attend", "class": "MultiHeadAttention", "shape": [None, 20]},
        "settings": {"num_heads": 2, "key_dim": 8, "dropout": 0.9},
    }
    (finding,) = found(STUCK, before=[attention])
    assert finding.layers == ("attend",)
    assert "dropout=0.2" in finding.change.after


def test_dropout_that_makes_the_loss_nan_is_named(found):
    (finding,) = found(np.full(11, np.nan), rate=0.97)
    assert "makes the loss NaN or infinite" in finding.summary
    assert not found(np.full(11, np.nan), rate=0.6)


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


@pytest.mark.parametrize("of", ["kernel", "activity"])
def test_numbers_that_no_float_can_hold_are_unknown(found, of):
    wide = {"name": "wide", "class": "Dense", "shape": [None, *[2**62] * 20]}
    wide["settings"] = {"activity_regularizer": {"class": "L2", "l2": 1e-300}}
    penalty = {"class": "L2", "l2": 10**400}
    assert not found(STUCK, penalty=penalty, of=of, before=[wide])
