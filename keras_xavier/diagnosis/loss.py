"""A loss that does not decrease, or that rises."""

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
from keras_xavier.diagnosis.guessing import loss_of_guessing
from keras_xavier.diagnosis.reading import Array, NotChecked, read_metrics
from keras_xavier.diagnosis.remedies import learning_rate, try_it
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec, ReferenceLine
from keras_xavier.network.recorded import mapping
from keras_xavier.runs import Run

NAMES = ("loss", "probe_loss")
"""Metrics to check; the first with enough values is used."""

Series = tuple[str, NDArray[np.int64], Array]


def loss_values(run: Run, thresholds: Thresholds) -> Series:
    """Returns the name, the steps and the finite values of the loss.

    Raises:
        NotChecked: If there are too few values for a trend.
    """
    metrics = read_metrics(run)
    begun = int(run.steps[0]) if run.records else 0
    for name in NAMES:
        if name not in metrics:
            continue
        steps, values = metrics[name]
        finite = np.isfinite(values)
        steps, values = steps[finite], values[finite]
        long = len(values) >= thresholds.min_losses
        if long and steps[-1] - begun >= thresholds.min_updates:
            return name, steps, values
    raise NotChecked("the loss has too few values")


def loss_not_decreasing(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds a loss that stays at its initial value or at the level of guessing."""
    name, steps, values = loss_values(run, thresholds)
    if values[0] == 0:
        return
    guess = loss_of_guessing(run, thresholds)
    fall = (values[0] - values.min()) / abs(values[0])
    rest = values[len(values) // 4 :]
    level = bool(rest[0] - rest.min() < thresholds.loss_change * abs(rest[0]))
    bound = -math.inf if guess is None else (1 - thresholds.loss_change) * guess
    no_better = guess is not None and bool(values.min() > bound)
    # A later first value may belong to a network that has converged.
    since_the_start = steps[0] <= thresholds.min_updates // 2
    constant = fall < thresholds.loss_change and since_the_start
    late = steps[-1] - steps[0] >= thresholds.many_updates
    late = (
        late and guess is not None and values.max() < thresholds.near_guessing * guess
    )
    stuck = level or constant or late
    if not (constant if guess is None else no_better and stuck):
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
        lines=(
            ReferenceLine(float(values[0]), f"initial {name}", "loss")
            if guess is None
            else ReferenceLine(guess, "loss at chance", "loss"),
        ),
        summary=(
            f"The {name} starts at {values[0]:.4g} and reaches a minimum of "
            f"{values.min():.4g} in {steps[-1] - steps[0]:,} updates"
            + ("." if guess is None else f", no better than guessing ({guess:.4g}).")
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


def loss_rising(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds a loss that ends above its first value and above its lowest one."""
    name, steps, values = loss_values(run, thresholds)
    if mapping(run.attributes.get("training")).get("optimizers"):
        raise NotChecked("several optimizers minimize different losses")
    first, last, lowest = float(values[0]), float(values[-1]), float(values.min())
    guess = loss_of_guessing(run, thresholds)
    # A small loss fluctuates.
    small = guess is not None and last < thresholds.solved_share * guess
    rises = np.diff(values) > 0
    steady = rises.mean() > 0.5 or last > (1 + thresholds.unsteady_rise) * first
    risen = last >= first and last - lowest > thresholds.loss_rise * abs(lowest)
    if small or not (risen and steady):
        return
    yield Finding(
        name=FindingName.LOSS_RISING,
        severity=Severity.ERROR,
        layers=(),
        steps=(int(steps[int(values.argmin())]), int(steps[-1])),
        numbers=(
            Number(f"first {name}", first),
            Number(f"lowest {name}", lowest),
            Number(f"last {name}", last),
        ),
        figure=FigureSpec("training-curves"),
        lines=(ReferenceLine(lowest, f"lowest {name}", "loss"),),
        summary=f"The {name} rises from {lowest:.4g} to {last:.4g}.",
        explanation=(
            "Updates increase the loss that they should decrease: they are too long, "
            "or they go uphill, because the learning rate or the loss has the wrong "
            "sign."
        ),
        remedy="Check the sign of the loss and of the learning rate. If both are "
        "right, lower the learning rate about tenfold.",
        source="Goodfellow, Bengio & Courville (2016), section 11.4.1",
    )
