"""What the list of runs shows of a run beyond its summary. No Qt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from keras_xavier.runs import Run
from keras_xavier.runs.damage import readable

if TYPE_CHECKING:
    from keras_xavier.diagnosis import Report

LOSSES = ("loss", "probe_loss", "val_loss")
"""The metrics of which the first recorded one is drawn as the loss."""
HIDDEN = "The lesson shows the findings after your prediction."
MAX_BUCKETS = 40
"""Of each bucket of steps, the lowest and the highest value are drawn."""


@dataclass(frozen=True, eq=False)
class Curve:
    """A metric over the steps, thinned.

    Attributes:
        steps: Ascending steps, of shape (point,).
        values: Values of the metric; NaN where it is not finite.
    """

    steps: NDArray[np.float64]
    values: NDArray[np.float64]


@dataclass(frozen=True)
class Digest:
    """Metrics of a run in brief.

    Attributes:
        last: Last value of each metric.
        last_steps: Step of the last value of each metric.
        loss: Name of the metric that is drawn; `""` without any.
        curve: The metric `loss`.
    """

    last: Mapping[str, float] = field(default_factory=dict)
    last_steps: Mapping[str, int] = field(default_factory=dict)
    loss: str = ""
    curve: Curve | None = None


def digest(run: Run) -> Digest:
    """Reads the metrics of a run."""
    found = {name: one for name, one in run.metrics().items() if len(one[0])}
    loss = next((name for name in LOSSES if name in found), "")
    return Digest(
        last={name: float(values[-1]) for name, (_, values) in found.items()},
        last_steps={name: int(steps[-1]) for name, (steps, _) in found.items()},
        loss=loss,
        curve=thinned(*found[loss]) if loss else None,
    )


def diagnose(run: Run) -> "Report":
    """Diagnoses a run."""
    # Not before: it takes longer to import than the window may take to open.
    from keras_xavier.diagnosis import examine

    return examine(readable(run))


def thinned(steps: NDArray[np.int64], values: NDArray[np.float64]) -> Curve:
    """Keeps the extremes of each bucket, in the order of their steps, and the end.

    >>> curve = thinned(np.arange(1000), np.arange(1000) % 500)
    >>> len(curve.steps), float(curve.values.max())
    (80, 499.0)
    """
    finite = np.where(np.isfinite(values), values, np.nan)
    if len(finite) <= 2 * MAX_BUCKETS:
        return Curve(steps.astype(float), finite)
    kept = []
    for bucket in np.array_split(np.arange(len(finite)), MAX_BUCKETS):
        known = bucket[np.isfinite(finite[bucket])]
        if len(known):
            ends = {known[np.argmin(finite[known])], known[np.argmax(finite[known])]}
            kept += sorted(ends)
        else:
            kept.append(bucket[0])
    if kept[-1] < len(finite) - 1:
        kept.append(len(finite) - 1)
    return Curve(steps[kept].astype(float), finite[kept])
