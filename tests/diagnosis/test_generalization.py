"""Overfitting, a gradient of 0, and constant outputs."""

import numpy as np
import pytest

from keras_xavier.diagnosis import Severity, Thresholds, zero_gradient
from keras_xavier.statistics import Layer, Quantity, Statistic

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


@pytest.mark.parametrize(
    ("trained", "phases", "is_found"),
    [
        (0, [], True),
        (5, [], False),
        (0, [{"step": 8, "iterations": 0, "reason": "compiled"}], False),
    ],
)
def test_a_model_without_trainable_weights(write, find, trained, phases, is_found):
    model = {"parameters": 420, "trainable_parameters": trained}
    run = write(attributes={"model": model, "phases": phases})
    finding = find(run, "nothing_trainable")
    assert bool(finding) == is_found
    if finding is not None:
        assert find(run, "zero_gradient") is None
        assert finding.summary == "No weight of the model is trainable."


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


@pytest.mark.parametrize(
    ("share", "spread", "summary"),
    [
        (0.1, 0.02, "output predicts the class 0 for all examples, to which 90%"),
        (0.1, 0.0, "The output output is the same for all examples."),
        (0.45, 0.0, "The output output is the same for all examples."),
        (0.45, 0.02, None),
    ],
)
def test_one_class_for_all_examples(program, share, spread, summary):
    """Weights of classes help only if one of them is rare."""
    labels = np.arange(300) < 300 * share
    activation = Quantity.ACTIVATION
    guess = -share * np.log(share) - (1 - share) * np.log(1 - share)
    run = program(
        labels,
        {"class": "BinaryCrossentropy", "from_logits": False},
        {"activation": "sigmoid"},
        losses=np.full(11, guess),
        first="LSTM",
        changes={
            (activation, Statistic.UNIT_STD): [1, 0.1, spread, labels.std()],
            (activation, Statistic.MEAN): [0, 0, share, share],
            (activation, Statistic.MIN): [-3, 0, share - spread, 0],
            (activation, Statistic.MAX): [3, 1, share + spread, 1],
        },
    )
    found = list(zero_gradient.constant_output(run, Thresholds()))
    assert [one.summary[: len(summary or "")] for one in found] == [summary] * bool(
        summary
    )
    if found:
        assert ("mask_zero" in found[0].remedy) == (spread == 0)


LABELS = np.repeat([0, 1, 2], 100)
SHUFFLED = np.linspace(1.11, 1.16, 11)
SLOWLY = np.linspace(1.12, 1.05, 11)


def labeled(program, losses, validation):
    loss = {"class": "SparseCategoricalCrossentropy", "from_logits": True}
    metrics = {"val_loss": validation}
    return program(LABELS, loss, {"units": 3}, losses=losses, metrics=metrics)


def test_labels_that_do_not_belong_to_their_inputs(program, find):
    finding = find(labeled(program, SLOWLY, SHUFFLED), "overfitting")
    assert finding.severity is Severity.ERROR
    assert "no better than guessing (1.1)" in finding.summary
    assert finding.remedy.startswith("Check that each label belongs to its input")


@pytest.mark.parametrize(
    ("losses", "validation"),
    [
        (SLOWLY, np.linspace(1.11, 1.07, 11)),
        (SLOWLY, 1.11 + 0.03 * (np.arange(11) % 2)),
        (np.linspace(1.0, 0.7, 11), np.linspace(0.9, 0.94, 11)),
    ],
    ids=["falls, too", "fluctuates", "generalizes"],
)
def test_small_rises_of_a_validation_loss(program, find, losses, validation):
    assert find(labeled(program, losses, validation), "overfitting") is None


def test_a_steady_rise_of_a_network_that_memorizes(write, find):
    rise = np.array([2, 1.5, 1.2, 1, 1, 1.01, 1.02, 1.04, 1.06, 1.07, 1.08])
    for last, is_found in ((0.1, True), (0.8, False)):
        run = write(losses=np.linspace(2, last, 11), metrics={"val_loss": rise})
        assert bool(find(run, "overfitting")) == is_found


def blocked_run(write, reason, between):
    absent = dict.fromkeys([Quantity.WEIGHT_GRADIENT], reason)
    layers = (
        Layer("hidden", "Dense", "relu", 20, 420, 0.0, absent=absent),
        Layer("output", "Dense", "softmax", 20, 420),
    )
    rows = [{"name": "hidden", "class": "Dense", "parameters": 420, "inputs": ["x"]}]
    for name in (*between, "output"):
        kind = name.capitalize() if name in between else "Dense"
        before = [rows[-1]["name"]]
        rows.append({"name": name, "class": kind, "inputs": before, "settings": {}})
    rows[-1]["parameters"] = 420
    model = {"layers": rows, "outputs": ["output"]}
    return write(layers=layers, attributes={"model": model})


def test_layers_that_no_gradient_reaches(write, find):
    reason = "the loss does not depend on it"
    finding = find(blocked_run(write, reason, ["round"]), "zero_gradient")
    assert finding.layers == ("hidden",)
    assert finding.summary == ("No gradient reaches hidden, as it does not pass round.")
    frozen = "training leaves it as it is"
    assert find(blocked_run(write, frozen, ["round"]), "zero_gradient") is None


@pytest.mark.parametrize(("last", "is_found"), [(0.08, False), (0.2, True)])
def test_a_small_loss_may_rise_a_little(write, find, last, is_found):
    """A network that keeps almost all that it has learned does not overfit."""
    validation = np.r_[np.geomspace(2, 0.07, 6), np.linspace(0.07, last, 5)]
    losses = np.geomspace(2, 0.001, 11)
    run = write(losses=losses, metrics={"val_loss": validation})
    assert bool(find(run, "overfitting")) == is_found
