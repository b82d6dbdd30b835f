"""A loss that does not move."""

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
"""Metrics that are looked at, in this order; the first with enough values counts."""


def loss_does_not_move(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """A loss that has not left where it began, or where guessing leads."""
    metrics = run.metrics()
    series = [(name, *metrics[name]) for name in NAMES if name in metrics]
    for name, steps, values in series:
        finite = np.isfinite(values)
        steps, values = steps[finite], values[finite]
        if len(values) < thresholds.least_losses or not values[0] > 0:
            continue
        begun = int(run.steps[0]) if run.records else 0
        if steps[-1] - begun < thresholds.least_updates:
            continue
        yield from judge(run, thresholds, name, steps, values)
        return


def judge(
    run: Run,
    thresholds: Thresholds,
    name: str,
    steps: NDArray[np.int64],
    values: Array,
) -> Iterable[Finding]:
    guess = guessing(run)
    fall = 1 - values.min() / values[0]
    level = late_fall(values) < thresholds.loss_change
    since_the_start = steps[0] <= thresholds.least_updates // 2
    bound = (1 - thresholds.loss_change) * (math.inf if guess is None else guess)
    no_better = bool(values.min() > bound)
    still = fall < thresholds.loss_change and since_the_start
    if not (still or (no_better and level)):
        return
    rate = learning_rate(run)
    guesses = () if guess is None else (Number("loss of guessing", guess),)
    yield Finding(
        name=FindingName.LOSS_DOES_NOT_MOVE,
        severity=Severity.ERROR,
        layers=(),
        steps=(int(steps[0]), int(steps[-1])),
        numbers=(
            Number(f"first {name}", float(values[0])),
            Number(f"lowest {name}", float(values.min())),
            *guesses,
            Number("values of it", len(values), "records"),
        ),
        figure=FigureSpec("training-curves"),
        explanation=(
            f"The {name} is {values[0]:.4g} at first and {values.min():.4g} at the "
            f"lowest, in {steps[-1] - steps[0]:,} updates"
            + (f"; guessing gives {guess:.4g}. " if no_better else ". ")
            + "Either no gradient reaches the weights, or steps are too small or too "
            "large, or the targets have nothing to do with the inputs. Other findings "
            "tell which; without any, suspect the data."
        ),
        remedy="See first that the network can learn ten examples by heart; if it can, "
        "check that inputs and labels belong together, and if not, change the learning "
        "rate tenfold, up and down.",
        command=try_it(run, learning_rate=(rate or 0.01) * 10),
        source="Goodfellow, Bengio & Courville (2016), section 11.5; Glorot & Bengio "
        "(2010), figure 2",
    )


def late_fall(values: Array) -> float:
    """By which fraction the loss falls from the end of its first quarter on."""
    late = values[len(values) // 4 :]
    return float(1 - late.min() / late[0])


def guessing(run: Run) -> float | None:
    """Cross entropy of guessing among the classes of a softmax output, or `None`."""
    last = run.layers[-1]
    known = last.activation == "softmax" and last.units > 1
    return math.log(last.units) if known else None
