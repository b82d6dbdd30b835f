"""A loss that does not decrease."""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from keras_xavier.diagnosis.finding import (
    Finding,
    FindingName,
    Number,
    Severity,
)
from keras_xavier.diagnosis.reading import Array
from keras_xavier.diagnosis.remedies import learning_rate, try_it
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.runs import Run

NAMES = ("loss", "probe_loss")
"""Metrics to check; the first with enough values is used."""


def loss_not_decreasing(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds a loss that stays at its initial value or at the level of guessing."""
    metrics = run.metrics()
    series = [(name, *metrics[name]) for name in NAMES if name in metrics]
    for name, steps, values in series:
        finite = np.isfinite(values)
        steps, values = steps[finite], values[finite]
        if len(values) < thresholds.min_losses or not values[0] > 0:
            continue
        begun = int(run.steps[0]) if run.records else 0
        if steps[-1] - begun < thresholds.min_updates:
            continue
        yield from check(run, thresholds, name, steps, values)
        return


def check(
    run: Run,
    thresholds: Thresholds,
    name: str,
    steps: NDArray[np.int64],
    values: Array,
) -> Iterable[Finding]:
    guess = guessing(run)
    fall = 1 - values.min() / values[0]
    level = late_fall(values) < thresholds.loss_change
    since_the_start = steps[0] <= thresholds.min_updates // 2
    bound = (1 - thresholds.loss_change) * (math.inf if guess is None else guess)
    no_better = bool(values.min() > bound)
    constant = fall < thresholds.loss_change and since_the_start
    if not (constant or (no_better and level)):
        return
    rate = learning_rate(run)
    guesses = () if guess is None else (Number("loss at chance", guess),)
    yield Finding(
        name=FindingName.LOSS_NOT_DECREASING,
        severity=Severity.ERROR,
        layers=(),
        steps=(int(steps[0]), int(steps[-1])),
        numbers=(
            Number(f"initial {name}", float(values[0])),
            Number(f"lowest {name}", float(values.min())),
            *guesses,
            Number(f"{name} known in", len(values), "records"),
        ),
        figure=FigureSpec("training-curves"),
        summary=(
            f"The {name} starts at {values[0]:.4g} and reaches a minimum of "
            f"{values.min():.4g} in {steps[-1] - steps[0]:,} updates"
            + (f"; guessing gives {guess:.4g}." if no_better else ".")
        ),
        explanation=(
            "Either no gradient reaches the weights, or the steps are too small or "
            "too large, or the targets are unrelated to the inputs. Other findings "
            "indicate the cause; without any, check the data."
        ),
        remedy="Check that the network can overfit ten examples. If it can, check that "
        "inputs and labels match; if not, try learning rates ten times higher and ten "
        "times lower.",
        command=try_it(run, learning_rate=(rate or 0.01) * 10),
        source="Goodfellow, Bengio & Courville (2016), section 11.5; Glorot & Bengio "
        "(2010), figure 2",
    )


def late_fall(values: Array) -> float:
    """Returns the fraction by which the loss falls after a quarter of its values."""
    late = values[len(values) // 4 :]
    return float(1 - late.min() / late[0])


def guessing(run: Run) -> float | None:
    """Returns the cross-entropy of uniform guessing; `None` without a softmax."""
    last = run.layers[-1]
    known = last.activation == "softmax" and last.units > 1
    return math.log(last.units) if known else None
