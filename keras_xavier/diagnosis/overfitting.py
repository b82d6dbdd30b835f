"""A validation loss that rises while the training loss falls."""

from collections.abc import Iterable

import numpy as np

from keras_xavier.diagnosis.finding import Finding, FindingName, Number, Severity
from keras_xavier.diagnosis.reading import NotChecked, read_metrics
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec, ReferenceLine
from keras_xavier.runs import Run

RISE = 1.1
"""Ratio of the last to the lowest validation loss; less is noise."""


def overfitting(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds a validation loss that has risen while the training loss fell."""
    metrics = read_metrics(run)
    if "val_loss" not in metrics or "loss" not in metrics:
        raise NotChecked("there is no validation loss")
    steps, common, others = np.intersect1d(
        metrics["val_loss"][0], metrics["loss"][0], return_indices=True
    )
    validation, loss = metrics["val_loss"][1][common], metrics["loss"][1][others]
    if len(steps) < thresholds.min_losses or not np.isfinite(validation).all():
        raise NotChecked("the validation loss has too few values")
    best = int(validation.argmin())
    # One value may be an outlier.
    last = float(np.median(validation[-3:]))
    lowest = float(validation[best])
    if not (lowest > 0 and last > RISE * lowest and loss[-1] < loss[best]):
        return
    stopped = run.state == "stopped"
    yield Finding(
        name=FindingName.OVERFITTING,
        severity=Severity.NOTE if stopped else Severity.WARNING,
        layers=(),
        steps=(int(steps[best]), int(steps[-1])),
        numbers=(
            Number("lowest val_loss", lowest),
            Number("last val_loss", last),
            Number("epoch of the lowest val_loss", best + 1),
        ),
        figure=FigureSpec("training-curves"),
        lines=(ReferenceLine(RISE * lowest, f"{RISE:g} × lowest val_loss", "loss"),),
        summary=(
            f"The network overfits from epoch {best + 1:,} on: the validation loss "
            f"rises from {lowest:.3g} to {last:.3g}, while the training loss falls."
        ),
        explanation=(
            "The network memorizes properties of the training examples that other "
            "examples do not share. Weights of the best epoch generalize better."
        ),
        remedy="Stop early with the best weights. More data, augmentation, dropout, "
        "weight decay or a smaller network help, too.",
        change=None,
        source="Prechelt (1998), Early stopping – but when?",
    )
