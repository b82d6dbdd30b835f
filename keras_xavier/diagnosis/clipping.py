"""Gradient clipping that leaves almost nothing of the gradient."""

import math
from collections.abc import Iterable

import numpy as np

from keras_xavier.diagnosis.code_changes import optimizer_line
from keras_xavier.diagnosis.finding import Finding, FindingName, Number, Severity
from keras_xavier.diagnosis.learned import has_learned
from keras_xavier.diagnosis.loss import loss_values
from keras_xavier.diagnosis.program import CLIPPING, is_number, optimizer
from keras_xavier.diagnosis.reading import (
    NotChecked,
    has_matrix,
    read_counts,
    read_metrics,
    root_mean_square,
    whole,
)
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.diagnosis.updates import of_their_size, typical_update
from keras_xavier.figure_spec import FigureSpec, ReferenceLine
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity

USUAL = 1.0
EPSILON = 1e-7
"""Default of optimizers that divide by the size of the gradient."""


def clipping_too_strong(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds clipping far below the size of the gradient, with small updates."""
    settings = optimizer(run)
    known = {name: settings.get(name) for name in CLIPPING}
    set_to = {name: float(one) for name, one in known.items() if is_number(one)}
    if not set_to:
        return
    loss_values(run, thresholds)
    typical = typical_update(run)
    name, limit = next(iter(set_to.items()))
    size = clipped_size(run, name)
    strong = size > thresholds.clipping * max(limit, 0.0)
    small = typical < thresholds.slow_update
    if not (strong and small and reaches_updates(run, name, limit)):
        return
    if has_learned(run, thresholds):
        return
    what = {
        "clipnorm": "the norm of the gradient of each weight matrix",
        "global_clipnorm": "the norm of the gradient",
        "clipvalue": "each element of the gradient",
    }[name]
    measured = (
        "size of an element (root mean square)" if name == "clipvalue" else "norm"
    )
    times = float(f"{size / limit:.1g}") if limit > 0 else math.inf
    yield Finding(
        name=FindingName.CLIPPING_TOO_STRONG,
        severity=Severity.WARNING,
        layers=(),
        steps=whole(run),
        numbers=(
            Number(f"median {measured} of the gradient", size),
            Number(name, limit),
            Number("typical update-to-weight ratio", typical),
        ),
        figure=FigureSpec("update-ratio", step=whole(run)[-1]),
        lines=(ReferenceLine(thresholds.slow_update, "threshold"),),
        summary=(
            f"Gradient clipping is too strong: {name}={limit:g} limits {what}, which "
            f"is about {size:.2g}."
        ),
        explanation=(
            f"Clipping makes the gradient, and with it each update, about {times:,.0f} "
            f"times smaller: a typical update changes the weights by "
            f"{of_their_size(typical)}, and about 0.1% is usual."
            if math.isfinite(times)
            else "A limit of 0 leaves nothing of the gradient."
        ),
        remedy=f"Use {name}={USUAL:g}, or leave clipping out. Clipping is meant for "
        "rare gradients that are much larger than others.",
        change=optimizer_line(run, **{name: USUAL}),
        source="Pascanu, Mikolov & Bengio (2013), On the difficulty of training "
        "recurrent neural networks, section 3.2",
    )


def clipped_size(run: Run, name: str) -> float:
    """Returns the size of what an argument limits, the median of the records.

    Raises:
        NotChecked: If gradients are not recorded.
    """
    if name == "global_clipnorm":
        norms = read_metrics(run).get("gradient_norm")
        sizes = np.empty(0) if norms is None else norms[1]
    else:
        found = root_mean_square(run, Quantity.WEIGHT_GRADIENT)
        if name == "clipnorm":
            found = found * np.sqrt(read_counts(run, Quantity.WEIGHT))
        found = found[:, has_matrix(run)]
        found = found[:, np.isfinite(found).any(axis=0)]
        sizes = np.nanmedian(found, axis=1) if found.size else np.empty(0)
    sizes = sizes[np.isfinite(sizes)]
    if not len(sizes):
        raise NotChecked("gradients of the weights are not recorded")
    return float(np.median(sizes))


def reaches_updates(run: Run, name: str, limit: float) -> bool:
    """Returns whether the size of the gradient determines the size of updates.

    Optimizers such as Adam divide by it, unless it is below their epsilon.
    """
    settings = optimizer(run)
    if settings.get("class") == "SGD":
        return True
    epsilon = settings.get("epsilon", EPSILON)
    largest = float(read_counts(run, Quantity.WEIGHT)[has_matrix(run)].max())
    element = limit if name == "clipvalue" else limit / math.sqrt(largest)
    return is_number(epsilon) and element < 10 * epsilon
