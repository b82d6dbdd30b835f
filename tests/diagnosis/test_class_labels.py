"""Losses and activations that do not fit labels of classes."""

import numpy as np
import pytest

RANDOM = np.random.default_rng(0)
CLASSES = np.arange(300) % 3
ONE_HOT = np.eye(3)[CLASSES]
SEVERAL = RANDOM.integers(0, 2, (300, 3))
BITS = np.arange(300) % 2
CC = {"class": "categorical_crossentropy", "from_logits": False}
SOFTMAX = {"activation": "softmax", "units": 3}
SEVERAL_LABELS = "softmax_for_several_labels"
REGRESSION = "regression_loss_for_classes"
STEPS = (0, 50, 100, 200)


@pytest.mark.parametrize("loss", [CC, "mse", "my_loss"])
def test_several_labels(program, find, loss):
    finding = find(program(SEVERAL, loss, SOFTMAX), SEVERAL_LABELS)
    assert "labels on average" in finding.summary
    if loss != "my_loss":
        assert 'activation="sigmoid"' in finding.change.after
        assert 'loss="binary_crossentropy"' in finding.change.after


@pytest.mark.parametrize(
    ("y", "settings"),
    [
        (ONE_HOT, SOFTMAX),
        (ONE_HOT * 0.9 + 0.1 / 3, SOFTMAX),
        (SEVERAL, {"activation": "sigmoid", "units": 3}),
        (RANDOM.dirichlet(np.ones(3), 300), SOFTMAX),
        (CLASSES, SOFTMAX),
    ],
)
def test_one_label_smooth_labels_and_sigmoids(program, find, y, settings):
    assert find(program(y, CC, settings), SEVERAL_LABELS) is None


def test_positions_without_a_label(program, find):
    """Padding has no label."""
    y = ONE_HOT * (np.arange(300) % 4 > 0)[:, None]
    last = {
        "name": "last",
        "class": "Activation",
        "settings": {"activation": "softmax"},
    }
    run = program(y, CC, {"units": 3}, last=[{**last, "shape": [None, 9, 3]}])
    assert find(run, SEVERAL_LABELS) is None
    run = program(y, CC, {"units": 3}, last=[{**last, "shape": [None, 3]}])
    assert find(run, SEVERAL_LABELS)


@pytest.mark.parametrize(
    ("losses", "severity"),
    [((0.23, 0.22, 0.22, 0.22), "error"), ((0.23, 0.1, 0.05, 0.02), "note")],
)
def test_squared_error_of_classes(program, find, losses, severity):
    """The severity depends on what the network has learned nevertheless."""
    for y, settings in ((ONE_HOT, SOFTMAX), (BITS, {"activation": "sigmoid"})):
        run = program(y, "mse", settings, seen=STEPS, losses=losses)
        finding = find(run, REGRESSION)
        assert finding.severity in (severity, "warning")
        assert (finding.severity == "note") == (severity == "note")
        assert "crossentropy" in finding.change.after


@pytest.mark.parametrize("loss", ["hinge", "mean_absolute_error", "log_cosh"])
def test_other_losses_of_classes(program, find, loss):
    assert find(program(ONE_HOT, loss, SOFTMAX), REGRESSION)


def test_numbers_of_classes_that_are_broadcast(program, find):
    run = program(CLASSES, "mse", SOFTMAX)
    finding = find(run, REGRESSION)
    assert finding.severity == "error"
    assert 'loss="sparse_categorical_crossentropy"' in finding.change.after
    assert find(run, "targets_out_of_range") is None


@pytest.mark.parametrize(
    ("y", "loss", "settings"),
    [
        (ONE_HOT, "mse", {"units": 3}),
        (SEVERAL, "mse", {"activation": "sigmoid", "units": 3}),
        (RANDOM.random(300), "mse", {"activation": "sigmoid"}),
        (ONE_HOT, "categorical_hinge", SOFTMAX),
        (ONE_HOT, "kld", SOFTMAX),
        (BITS, "squared_hinge", {"activation": "tanh"}),
    ],
)
def test_suitable_losses(program, find, y, loss, settings):
    assert find(program(y, loss, settings), REGRESSION) is None
