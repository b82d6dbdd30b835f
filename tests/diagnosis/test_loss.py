"""A loss that does not decrease, or that rises."""

import numpy as np
import pytest

from keras_xavier.diagnosis import Thresholds
from keras_xavier.diagnosis.guessing import loss_of_guessing
from keras_xavier.statistics import Layer

NAME = "loss_not_decreasing"
GUESS = np.log(20)
LABELS = np.repeat([0, 1, 2], [150, 100, 50])[:, None]
MANY = np.arange(99).repeat(3)
SOFTMAX = {"units": 99, "activation": "softmax"}
SKEWED = np.exp(np.random.default_rng(0).normal(size=(300, 1)))
ENTROPY = np.log(2) / 2 + np.log(3) / 3 + np.log(6) / 6
STEPS = (0, 50, 100, 200, 300, 400)
LINEAR = tuple(Layer(f"dense_{i}", "Dense", "relu", 20, 420, 0.0) for i in range(3))


def test_a_constant_loss(write, find):
    finding = find(write(steps=STEPS, losses=[2.0, *[1.995] * 5], layers=LINEAR), NAME)
    assert finding.steps == (0, 400)
    assert finding.layers == ()
    assert finding.figure.figure == "training-curves"


def test_a_decreasing_loss(write, find):
    losses = np.linspace(2, 1.9, 6)
    assert find(write(steps=STEPS, losses=losses, layers=LINEAR), NAME) is None


def test_an_increasing_loss(write, find):
    losses = np.linspace(2, 3, 6)
    assert find(write(steps=STEPS, losses=losses, layers=LINEAR), NAME)


def test_a_loss_that_decreased_before_its_first_value(write, find):
    steps = (1000, 2000, 3000, 4000, 5000)
    assert find(write(steps=steps, losses=[0.1] * 5, layers=LINEAR), NAME) is None


def test_a_loss_at_the_level_of_guessing(write, find):
    """The loss falls to the level of guessing, but no further."""
    losses = [2 * GUESS, *[GUESS] * 5]
    finding = find(write(steps=STEPS, losses=losses), NAME)
    assert "no better than guessing (2.996)" in finding.summary


@pytest.mark.parametrize("losses", [[2 * GUESS, 2, 1, 1, 1, 1], [9, 8, 7, 6, 5, 4]])
def test_a_loss_below_guessing_or_still_decreasing(write, find, losses):
    assert find(write(steps=STEPS, losses=losses), NAME) is None


@pytest.mark.parametrize("steps", [(0, 1, 2, 3, 4, 5), (0, 200)])
def test_too_few_values_or_updates(write, find, steps):
    losses = [2.0] * len(steps)
    assert find(write(steps=steps, losses=losses), NAME) is None


def test_a_run_without_metrics(write, find):
    assert find(write(), NAME) is None


def test_a_rising_loss_explains_a_loss_that_does_not_decrease(write, find):
    run = write(steps=STEPS, losses=np.linspace(2, 3, 6), layers=LINEAR)
    finding = find(run, "loss_rising")
    assert finding.summary == "The loss rises from 2 to 3."
    assert NAME in [one.name for one in finding.consequences]


@pytest.mark.parametrize(
    "losses",
    [
        [2, 1, 0.5, 0.2, 0.3, 0.25],
        [-1, -2, -3, -4, -5, -6],
        [0.2, 0.1, 0, -0.5, -1, -2],
    ],
)
def test_negative_and_falling_losses_do_not_rise(write, find, losses):
    run = write(steps=STEPS, losses=losses, layers=LINEAR)
    assert [find(run, name) for name in (NAME, "loss_rising")] == [None, None]


@pytest.mark.parametrize(
    ("y", "loss", "settings", "expected"),
    [
        (LABELS, "sparse_categorical_crossentropy", {"units": 3}, ENTROPY),
        (MANY, "sparse_categorical_crossentropy", SOFTMAX, np.log(99)),
        (LABELS == 0, "binary_crossentropy", {}, np.log(2)),
        (3 * LABELS, "mean_squared_error", {}, 9 * LABELS.var()),
        (LABELS, "mean_absolute_error", {}, 2 / 3),
        (SKEWED, "mae", {}, np.abs(SKEWED - np.median(SKEWED)).mean()),
        (10 * LABELS, "huber", {}, 20 / 3 - 1 / 2),
        (LABELS, {"class": "Huber", "reduction": "sum_over_batch_size"}, {}, None),
        (LABELS, {"class": "MeanSquaredError", "reduction": "sum"}, {}, None),
    ],
)
def test_the_loss_of_guessing(program, y, loss, settings, expected):
    if isinstance(loss, str) and "crossentropy" in loss:
        loss = {"class": loss, "from_logits": settings is not SOFTMAX}
    guess = loss_of_guessing(program(y, loss, settings), Thresholds())
    assert guess == (expected and pytest.approx(expected, rel=0.02))
