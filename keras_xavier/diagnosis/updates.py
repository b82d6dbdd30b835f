"""Updates that are too large or too small relative to the weights."""

from collections.abc import Iterable

import numpy as np

from keras_xavier.diagnosis.finding import (
    Finding,
    FindingName,
    Number,
    Severity,
)
from keras_xavier.diagnosis.reading import (
    Array,
    NotChecked,
    Stretch,
    has_matrix,
    lasting,
    layer_names,
    listed,
    read,
)
from keras_xavier.diagnosis.remedies import better, learning_rate, try_it
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec, ReferenceLine
from keras_xavier.figure_spec.reference_values import TYPICAL_UPDATE
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Statistic, update_ratio

MOMENTS = (Statistic.MEAN, Statistic.STD)
RULE_OF_THUMB = TYPICAL_UPDATE
FROZEN = "training leaves it as it is"
"""Why a run has no gradient of weights with trainable=False."""
SOURCE = (
    "Bottou (2012), Stochastic gradient descent tricks; Karpathy, notes to CS231n, "
    "ratio of weights to updates; Run.update_ratio"
)


def read_update_ratio(run: Run) -> Array:
    """Reads the size of updates relative to the weights, shape (record, layer)."""
    update, weight = (
        np.stack([read(run, quantity, one) for one in MOMENTS], axis=-1)
        for quantity in (Quantity.WEIGHT_UPDATE, Quantity.WEIGHT)
    )
    return update_ratio(update, weight)


def typical_update(run: Run) -> float:
    """Returns the median update-to-weight ratio of the layer with the largest one.

    Raises:
        NotChecked: If updates of the weights are not recorded.
    """
    ratio = read_update_ratio(run)[:, has_matrix(run)]
    ratio = ratio[:, np.isfinite(ratio).any(axis=0)]
    if not ratio.size:
        raise NotChecked("updates of the weights are not recorded")
    return float(np.nanmax(np.nanmedian(ratio, axis=0)))


def updates_too_large(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds layers whose updates exceed a tenth of the weights."""
    ratio = read_update_ratio(run)
    late = run.steps >= thresholds.first_updates
    matrix = has_matrix(run)
    affected: dict[int, Stretch] = {}
    for index in np.flatnonzero(matrix):
        large = ratio[:, index] > thresholds.large_update
        drawn = ratio[:1, index] > thresholds.overwriting_update
        where = lasting(large[late], thresholds.consecutive_records)
        if where and np.count_nonzero(late) >= thresholds.consecutive_records:
            before = int(np.count_nonzero(~late))
            affected[int(index)] = Stretch(
                before + where.first, before + where.last, where.over
            )
        elif drawn.any():
            affected[int(index)] = Stretch(0, 0, over=True)
    if not affected:
        return
    order = sorted(affected)
    layers = layer_names(run, order)
    start = min(where.first for where in affected.values())
    end = max(where.last for where in affected.values())
    largest = float(np.nanmax(ratio[start : end + 1, order]))
    is_error = largest > thresholds.overwriting_update
    rate = learning_rate(run)
    factor = max(largest / RULE_OF_THUMB, 10.0)
    yield Finding(
        name=FindingName.UPDATES_TOO_LARGE,
        severity=Severity.ERROR if is_error else Severity.WARNING,
        layers=layers,
        steps=(int(run.steps[start]), int(run.steps[end])),
        numbers=(
            Number("largest update-to-weight ratio", largest),
            Number("rule of thumb", RULE_OF_THUMB),
            *(() if rate is None else (Number("learning rate", rate),)),
        ),
        figure=FigureSpec("update-ratio", step=int(run.steps[start])),
        lines=(
            ReferenceLine(thresholds.large_update, "threshold"),
            ReferenceLine(RULE_OF_THUMB, "rule of thumb"),
        ),
        summary=(
            f"Single updates change the weights of {listed(layers)} by up to "
            f"{of_their_size(largest)}."
        ),
        explanation=(
            "The learning rate is too high for these "
            f"layers: about {RULE_OF_THUMB:.1%} is typical. Each update overwrites "
            "what earlier updates have learned, and may saturate or kill units."
        ),
        remedy="Lower the learning rate"
        + ("" if rate is None else f" from {rate:g}")
        + f" by a factor of about {factor:,.0f}, or clip gradients with the "
        "optimizer's global_clipnorm=1.0.",
        command=try_it(run, learning_rate=(rate or 0.1) / factor),
        source=SOURCE,
    )


def of_their_size(ratio: float) -> str:
    """Describes the size of an update relative to the weights.

    >>> of_their_size(0.25), of_their_size(3.0), of_their_size(2e-5)
    ('25% of their size', '3 times their size', '0.002% of their size')
    """
    if ratio >= 1:
        return f"{ratio:.2g} times their size"
    if ratio >= 0.1:
        return f"{ratio:.0%} of their size"
    if ratio < 1e-5:
        return "less than 0.001% of their size"
    return f"{100 * ratio:.2g}% of their size"


def hardly_moved(layers: tuple[str, ...], most: float, updates: int) -> str:
    if not most > 0:
        return f"No recorded update changes the weights of {listed(layers)}."
    return (
        f"Updates hardly change the weights of {listed(layers)}: the largest recorded "
        f"update by {of_their_size(most)}, and {updates:,} updates of this size by "
        f"{of_their_size(most * updates)}."
    )


def updates_too_small(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds layers whose updates are negligible in all records."""
    steps = run.steps
    if len(steps) < thresholds.consecutive_records:
        return
    updates = int(steps[-1] - steps[0])
    if updates < thresholds.min_updates:
        return
    ratio = read_update_ratio(run)
    known = ~np.isnan(ratio).any(axis=0) & has_matrix(run)
    known &= [one.absent.get(Quantity.WEIGHT_GRADIENT) != FROZEN for one in run.layers]
    largest = np.where(known, ratio.max(axis=0), np.inf)
    small = largest < thresholds.small_update
    small &= largest * updates < thresholds.small_movement
    affected = [int(index) for index in np.flatnonzero(small)]
    if not affected:
        return
    layers = layer_names(run, affected)
    most = float(largest[affected].max())
    rate = learning_rate(run)
    every = len(affected) == np.count_nonzero(known)
    factor = min(RULE_OF_THUMB / most, 1e6) if most > 0 else 10.0
    yield Finding(
        name=FindingName.UPDATES_TOO_SMALL,
        severity=Severity.ERROR if every else Severity.WARNING,
        layers=layers,
        steps=(int(steps[0]), int(steps[-1])),
        numbers=(
            Number("largest update-to-weight ratio", most),
            Number("largest total change", most * updates),
            Number("rule of thumb", RULE_OF_THUMB),
            *(() if rate is None else (Number("learning rate", rate),)),
        ),
        figure=FigureSpec("update-ratio", step=int(steps[-1])),
        lines=(
            ReferenceLine(thresholds.small_update, "threshold"),
            ReferenceLine(RULE_OF_THUMB, "rule of thumb"),
        ),
        summary=hardly_moved(layers, most, updates),
        explanation=(
            (
                "The learning rate is too low."
                if every
                else "Other layers have larger updates, so the gradient does not reach "
                "these layers."
            )
            + " These weights stay at their initial values."
        ),
        remedy=(
            f"Raise the learning rate by a factor of about {factor:,.0f}."
            if every
            else "See the findings on gradients, dead units and saturation for the "
            "cause. Or use an optimizer such as Adam, whose steps do not shrink with "
            "the gradient."
        ),
        command=try_it(run, learning_rate=(rate or 1e-3) * factor)
        if every
        else try_it(run, **better(run)),
        source=SOURCE,
    )
