"""NaN and infinite values, and their origin."""

import math
from collections.abc import Iterable, Iterator

import numpy as np

from keras_xavier.diagnosis.finding import (
    Finding,
    FindingName,
    Number,
    Severity,
)
from keras_xavier.diagnosis.nonfinite_origin import (
    LOSSES,
    Kind,
    find_origin,
    nonfinite_losses,
    shares_of,
)
from keras_xavier.diagnosis.nonfinite_texts import (
    SAFE_LOSS,
    plural,
    text,
    values_of_outputs,
)
from keras_xavier.diagnosis.reading import layer_names
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.runs import Run
from keras_xavier.text import sanitize

SOURCE = "IEEE 754-2019, section 6; Pascanu, Mikolov & Bengio (2013), section 3.2"


def nonfinite_values(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds where NaN or infinite values begin: operation, layer and step."""
    shares = shares_of(run)
    worst = np.max([one.max(axis=1, initial=0) for one in shares.values()], axis=0)
    records = np.flatnonzero(worst > 0)
    if not len(records):
        yield from nonfinite_loss(run)
        return
    record = int(records[0])
    origin = find_origin(run, shares, record)
    step = int(run.steps[record])
    last_finite = int(run.steps[record - 1]) if record else None
    over = bool(worst[-1] == 0)
    now = np.any([share[record] > 0 for share in shares.values()], axis=0)
    affected = [int(one) for one in np.flatnonzero(now) if one != origin.row]
    described = text(run, thresholds, origin, record)
    known = (
        () if last_finite is None else (Number("last finite at", last_finite, "step"),)
    )
    end = (
        "Later records are finite again."
        if over
        else "They spread to all values that depend on them, and weights that are NaN "
        "stay NaN."
    )
    share = Number(f"nonfinite share of {plural(origin.quantity)}", origin.share)
    yield Finding(
        name=FindingName.NONFINITE_LOSS
        if origin.kind is Kind.LOSS
        else FindingName.NONFINITE_VALUES,
        severity=Severity.NOTE if over else Severity.ERROR,
        layers=(origin.name, *layer_names(run, affected)),
        steps=(step, int(run.steps[records[-1]])),
        numbers=(
            *(() if math.isnan(origin.share) else (share,)),
            Number("first nonfinite at", step, "step"),
            *known,
            Number("nonfinite in", len(records), "records"),
            *described.numbers,
        ),
        figure=FigureSpec("layer-curves", origin.quantity, step=step),
        summary=described.summary,
        explanation=f"{described.cause} {end}",
        remedy=described.remedy,
        command=described.command,
        source=SOURCE,
    )


def nonfinite_loss(run: Run) -> Iterator[Finding]:
    """Finds a loss or a metric that is not finite while all layers are."""
    found = nonfinite_losses(run)
    if not (found and run.records):
        return
    losses = [name for name in found if name in LOSSES]
    others = [name for name in found if name not in LOSSES]
    name = (losses or sorted(others, key=lambda one: not one.startswith("val_")))[0]
    step, before = found[name]
    record = len(run.steps) - 1
    what, range_text = values_of_outputs(run, record)
    of_validation = name.startswith("val_")
    known = () if before is None else (Number("last finite at", before, "step"),)
    yield Finding(
        name=FindingName.NONFINITE_LOSS,
        severity=Severity.ERROR
        if losses
        else Severity.WARNING
        if name == "val_loss"
        else Severity.NOTE,
        layers=(),
        steps=(step, max(step, int(run.steps[-1]))),
        numbers=(Number(f"{name} nonfinite from", step, "step"), *known),
        figure=FigureSpec("training-curves"),
        summary=f"The {sanitize(name)} is NaN or infinite from step {step:,} on, while "
        "the values and gradients of all layers are finite in all records.",
        explanation=(
            "The values begin in the computation of this metric or in validation data, "
            "not in a layer."
            if of_validation or not losses
            else "The values begin in the loss function: a logarithm of 0 or of "
            "negative numbers, a division by 0, or NaN in targets of batches that are "
            f"not recorded.{range_text}{what}"
        ),
        remedy=(
            "Check the validation data with numpy.isfinite(x).all(), and the metric "
            "for divisions by 0."
            if of_validation or not losses
            else "Use an output layer whose values suit the loss, such as softmax or "
            f"sigmoid before a logarithm. {SAFE_LOSS}"
        ),
        source=SOURCE,
    )
