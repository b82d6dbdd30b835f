"""A loss that does not decrease."""

import numpy as np
import pytest

from keras_xavier.statistics import Layer

NAME = "loss_not_decreasing"
GUESS = np.log(20)
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
    assert "guessing gives 2.996" in finding.explanation


@pytest.mark.parametrize("losses", [[2 * GUESS, 2, 1, 1, 1, 1], [9, 8, 7, 6, 5, 4]])
def test_a_loss_below_guessing_or_still_decreasing(write, find, losses):
    assert find(write(steps=STEPS, losses=losses), NAME) is None


@pytest.mark.parametrize("steps", [(0, 1, 2, 3, 4, 5), (0, 200)])
def test_too_few_values_or_updates(write, find, steps):
    losses = [2.0] * len(steps)
    assert find(write(steps=steps, losses=losses), NAME) is None


def test_a_run_without_metrics(write, find):
    assert find(write(), NAME) is None
