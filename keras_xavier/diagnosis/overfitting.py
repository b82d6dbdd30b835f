"""A validation loss that rises while the training loss falls."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keras_xavier.diagnosis.batch_normalization import initial_share
from keras_xavier.diagnosis.finding import Finding, FindingName, Number, Severity
from keras_xavier.diagnosis.guessing import loss_of_guessing
from keras_xavier.diagnosis.reading import Array, NotChecked, read_metrics
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec, ReferenceLine
from keras_xavier.runs import Run

STOP_EARLY = (
    "Stop early with the best weights. More data, augmentation, dropout, weight decay "
    "or a smaller network help, too."
)
CHECK_LABELS = (
    "Check that each label belongs to its input: plot some inputs with their labels, "
    "and look for a place where only one of them is shuffled, sorted or filtered. If "
    "they match, the inputs may not determine the labels, or the network may need many "
    "more examples."
)


@dataclass(frozen=True)
class Losses:
    """Losses of the epochs with a validation loss.

    Attributes:
        steps: Array of int. Step of each epoch.
        loss: Array. Training loss.
        validation: Array. Validation loss.
    """

    steps: NDArray[np.int64]
    loss: Array
    validation: Array

    @property
    def best(self) -> int:
        """Index of the lowest validation loss."""
        return int(self.validation.argmin())

    @property
    def lowest(self) -> float:
        return float(self.validation[self.best])

    @property
    def last(self) -> float:
        """Last validation loss; the median of three, as one may be an outlier."""
        return float(np.median(self.validation[-3:]))

    def is_steady(self, thresholds: Thresholds) -> bool:
        """Returns whether the validation loss has risen far beyond fluctuations."""
        falls = -np.minimum(np.diff(self.validation[self.best :]), 0).sum()
        return bool(falls < thresholds.fluctuation * (self.last - self.lowest))


def overfitting(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds a validation loss that has risen while the training loss fell."""
    found = losses(run, thresholds)
    best, lowest, last = found.best, found.lowest, found.last
    epoch = best + 1
    if not (lowest > 0 and found.loss[-1] < found.loss[best]):
        return
    guess = loss_of_guessing(run, thresholds)
    rise = last / lowest
    learns = guess is None or lowest < thresholds.chance_share * guess
    is_memorizing = found.loss[-1] < thresholds.memorized_share * last
    is_late = best >= thresholds.late_share * len(found.steps)
    is_steady = not is_late and found.is_steady(thresholds)
    begun = int(run.steps[0]) if run.records else 0
    is_long = found.steps[-1] - begun >= thresholds.min_updates
    # Without anything that generalizes, the slightest rise is overfitting.
    is_nothing = not learns and is_long and last > found.loss[-1]
    if not (
        rise > thresholds.validation_rise
        or (is_steady and is_memorizing and rise > thresholds.steady_rise)
        or (is_steady and is_nothing and rise > 1 + thresholds.loss_change)
    ):
        return
    # A loss near 0 rises by some percent without a loss of accuracy.
    learned = (float(found.validation[0]) if guess is None else guess) - lowest
    keeps = last - lowest < thresholds.lost_share * learned
    if learns and keeps and rise < thresholds.large_rise:
        return
    guesses = () if guess is None else (Number("loss at chance", guess),)
    level = "" if learns else f", no better than guessing ({guess:.3g}),"
    stopped = run.state == "stopped"
    severity = Severity.WARNING if learns else Severity.ERROR
    yield Finding(
        name=FindingName.OVERFITTING,
        severity=Severity.NOTE if stopped else severity,
        layers=(),
        steps=(int(found.steps[best]), int(found.steps[-1])),
        numbers=(
            Number("lowest val_loss", lowest),
            Number("median of the last three val_loss", last),
            Number("epoch of the lowest val_loss", epoch),
            *guesses,
        ),
        figure=FigureSpec("training-curves"),
        lines=(ReferenceLine(lowest, "lowest val_loss", "loss"),),
        summary=(
            f"The network overfits from epoch {epoch:,} on: the validation loss "
            f"rises from {lowest:.3g}{level} to {last:.3g}, while the training loss "
            f"falls to {found.loss[-1]:.3g}."
        ),
        explanation=(
            "The network memorizes properties of the training examples that other "
            "examples do not share. "
            + (
                "Weights of the best epoch generalize better."
                if learns
                else "Nothing that it learns helps to predict other examples, as if "
                "labels and inputs were unrelated."
            )
        ),
        remedy=STOP_EARLY if learns else CHECK_LABELS,
        change=None,
        source="Prechelt (1998), Early stopping – but when?"
        + ("" if learns else "; Zhang et al. (2017), random labels"),
    )


def losses(run: Run, thresholds: Thresholds) -> Losses:
    """Returns the losses of the epochs.

    Raises:
        NotChecked: If there are too few, or no validation loss.
    """
    metrics = read_metrics(run)
    if "val_loss" not in metrics or "loss" not in metrics:
        raise NotChecked("there is no validation loss")
    steps, common, others = np.intersect1d(
        metrics["val_loss"][0], metrics["loss"][0], return_indices=True
    )
    validation, loss = metrics["val_loss"][1][common], metrics["loss"][1][others]
    if len(steps) < thresholds.min_losses or not np.isfinite(validation).all():
        raise NotChecked("the validation loss has too few values")
    if initial_share(run, int(steps[-1])) > thresholds.initial_statistics:
        raise NotChecked(
            "the moving statistics of batch normalization have not converged"
        )
    return Losses(steps, loss, validation)
