"""Updates that are too large or too small for the weights."""

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
    Stretch,
    has_matrix,
    lasting,
    layer_names,
    listed,
    read,
)
from keras_xavier.diagnosis.remedies import better, learning_rate, try_it
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Statistic, update_ratio

MOMENTS = (Statistic.MEAN, Statistic.STD)
RULE_OF_THUMB = 1e-3
SOURCE = (
    "Bottou (2012), Stochastic gradient descent tricks; Karpathy, notes to CS231n, "
    "ratio of weights to updates; Run.update_ratio"
)


def read_update_ratio(run: Run) -> Array:
    """Reads the size of the updates relative to the weights, `(record, layer)`."""
    update, weight = (
        np.stack([read(run, quantity, one) for one in MOMENTS], axis=-1)
        for quantity in (Quantity.WEIGHT_UPDATE, Quantity.WEIGHT)
    )
    return update_ratio(update, weight)


def updates_too_large(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Layers whose weights are changed by a tenth or more in each update."""
    ratio = read_update_ratio(run)
    late = run.steps >= thresholds.first_updates
    matrix = has_matrix(run)
    ill: dict[int, Stretch] = {}
    for index in np.flatnonzero(matrix):
        large = ratio[:, index] > thresholds.large_update
        drawn = ratio[:1, index] > thresholds.overwriting_update
        where = lasting(large[late], thresholds.lasting_records)
        if where and np.count_nonzero(late) >= thresholds.lasting_records:
            before = int(np.count_nonzero(~late))
            ill[int(index)] = Stretch(
                before + where.first, before + where.last, where.over
            )
        elif drawn.any():
            ill[int(index)] = Stretch(0, 0, over=True)
    if not ill:
        return
    order = sorted(ill)
    layers = layer_names(run, order)
    start = min(where.first for where in ill.values())
    end = max(where.last for where in ill.values())
    largest = float(np.nanmax(ratio[start : end + 1, order]))
    grave = largest > thresholds.overwriting_update
    rate = learning_rate(run)
    factor = max(largest / RULE_OF_THUMB, 10.0)
    yield Finding(
        name=FindingName.UPDATES_TOO_LARGE,
        severity=Severity.ERROR if grave else Severity.WARNING,
        layers=layers,
        steps=(int(run.steps[start]), int(run.steps[end])),
        numbers=(
            Number("largest update, relative to the weights", largest),
            Number("rule of thumb", RULE_OF_THUMB),
            *(() if rate is None else (Number("learning rate", rate),)),
        ),
        figure=FigureSpec("update-ratio", step=int(run.steps[start])),
        explanation=(
            f"Single updates change the weights of {listed(layers)} by up to "
            f"{largest:.2g} times their size. The learning rate is too high for these "
            f"layers: about {RULE_OF_THUMB:g} times is usual. Each update overthrows "
            "what the ones before it have learned, and units may be thrown into "
            "saturation, or die."
        ),
        remedy=f"Lower the learning rate, to about a {factor:,.0f}th"
        + ("" if rate is None else f" of {rate:g}")
        + ", or clip gradients by the optimizer's global_clipnorm=1.0.",
        command=try_it(run, learning_rate=(rate or 0.1) / factor),
        source=SOURCE,
    )


def updates_too_small(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Layers that were never updated by more than next to nothing."""
    steps = run.steps
    if len(steps) < thresholds.lasting_records:
        return
    updates = int(steps[-1] - steps[0])
    if updates < thresholds.least_updates:
        return
    ratio = read_update_ratio(run)
    known = ~np.isnan(ratio).any(axis=0) & has_matrix(run)
    largest = np.where(known, ratio.max(axis=0), np.inf)
    small = largest < thresholds.small_update
    small &= largest * updates < thresholds.small_movement
    ill = [int(index) for index in np.flatnonzero(small)]
    if not ill:
        return
    layers = layer_names(run, ill)
    most = float(largest[ill].max())
    rate = learning_rate(run)
    every = len(ill) == np.count_nonzero(known)
    factor = min(RULE_OF_THUMB / most, 1e6) if most > 0 else 10.0
    yield Finding(
        name=FindingName.UPDATES_TOO_SMALL,
        severity=Severity.ERROR if every else Severity.WARNING,
        layers=layers,
        steps=(int(steps[0]), int(steps[-1])),
        numbers=(
            Number("largest update, relative to the weights", most),
            Number("farthest way in all updates", most * updates),
            Number("rule of thumb", RULE_OF_THUMB),
            *(() if rate is None else (Number("learning rate", rate),)),
        ),
        figure=FigureSpec("update-ratio", step=int(steps[-1])),
        explanation=(
            f"No recorded update changes the weights of {listed(layers)} by more than "
            f"{most:.2g} times their size, so {updates:,} of them come to "
            f"{most * updates:.2g} at most. "
            + (
                "The learning rate is too low."
                if every
                else "Other layers are updated by more, so it is the gradient that "
                "does not get here."
            )
            + " These weights stay as they were drawn."
        ),
        remedy=(
            f"Raise the learning rate about {factor:,.0f} times."
            if every
            else "Let the gradient through: see what is found of it, and of dead units "
            "and saturation; or take an optimizer such as Adam, whose steps do not "
            "shrink with it."
        ),
        command=try_it(run, learning_rate=(rate or 1e-3) * factor)
        if every
        else try_it(run, **better(run)),
        source=SOURCE,
    )
