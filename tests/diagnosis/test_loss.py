"""A loss that does not move."""

import numpy as np
import pytest

from keras_xavier.statistics import Layer

NAME = "loss_does_not_move"
GUESS = np.log(20)
STEPS = (0, 50, 100, 200, 300, 400)
LINEAR = tuple(Layer(f"dense_{i}", "Dense", "relu", 20, 420, 0.0) for i in range(3))


def test_a_loss_that_stays(write, find):
    finding = find(write(steps=STEPS, losses=[2.0, *[1.995] * 5], layers=LINEAR), NAME)
    assert finding.steps == (0, 400)
    assert finding.layers == ()
    assert finding.figure.figure == "training-curves"


def test_a_loss_that_falls(write, find):
    losses = np.linspace(2, 1.9, 6)
    assert find(write(steps=STEPS, losses=losses, layers=LINEAR), NAME) is None


def test_a_loss_that_rises_does_not_fall(write, find):
    losses = np.linspace(2, 3, 6)
    assert find(write(steps=STEPS, losses=losses, layers=LINEAR), NAME)


def test_a_loss_that_fell_before_it_was_first_told(write, find):
    steps = (1000, 2000, 3000, 4000, 5000)
    assert find(write(steps=steps, losses=[0.1] * 5, layers=LINEAR), NAME) is None


def test_where_guessing_leads_is_nowhere(write, find):
    """From the loss of weights that were drawn to that of guessing it does move."""
    losses = [2 * GUESS, *[GUESS] * 5]
    finding = find(write(steps=STEPS, losses=losses), NAME)
    assert "guessing gives 2.996" in finding.explanation


@pytest.mark.parametrize("losses", [[2 * GUESS, 2, 1, 1, 1, 1], [9, 8, 7, 6, 5, 4]])
def test_better_than_guessing_or_on_its_way(write, find, losses):
    assert find(write(steps=STEPS, losses=losses), NAME) is None


@pytest.mark.parametrize("steps", [(0, 1, 2, 3, 4, 5), (0, 200)])
def test_too_little_to_tell(write, find, steps):
    losses = [2.0] * len(steps)
    assert find(write(steps=steps, losses=losses), NAME) is None


def test_a_run_without_metrics(write, find):
    assert find(write(), NAME) is None
