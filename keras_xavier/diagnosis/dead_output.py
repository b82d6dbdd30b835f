"""Outputs that are 0 for every example."""

from collections.abc import Iterable

import numpy as np

from keras_xavier.diagnosis.dead_units import latest_records
from keras_xavier.diagnosis.finding import Finding, FindingName, Number, Severity
from keras_xavier.diagnosis.heads import Head, activation_change, heads
from keras_xavier.diagnosis.output_values import RANGES
from keras_xavier.diagnosis.reading import (
    Mask,
    NotChecked,
    read,
    read_all_rows,
    read_counts,
)
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Statistic

RECTIFIERS = ("relu", "relu6")
"""Activation functions that are 0, with slope 0, for all negative values."""


def dead_output(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds outputs whose rectifier is 0 for all examples of the last records."""
    known = [head for head in heads(run) if has_rectifier(head)]
    counts = read_counts(run, Quantity.ACTIVATION)
    for head in known:
        row = head.output.row
        if row is None:
            continue
        examples = counts[row] / max(run.layers[row].units, 1)
        if not examples * run.records >= thresholds.min_examples:
            raise NotChecked("the run has too few examples")
        dead = zeros(run, row)
        others = np.flatnonzero(~dead)
        first = int(others[-1]) + 1 if len(others) else 0
        least = latest_records(examples, run.records, thresholds)
        if run.records - first < least or are_zero(run, head.output.target):
            continue
        yield finding(run, head, row, first)


def finding(run: Run, head: Head, row: int, first: int) -> Finding:
    highest = read(run, Quantity.PREACTIVATION, Statistic.MAX)[first:, row]
    known = highest[np.isfinite(highest)]
    evidence = [Number("largest preactivation", one) for one in sorted(known)[-1:]]
    step = int(run.steps[first])
    return Finding(
        name=FindingName.DEAD_OUTPUT,
        severity=Severity.ERROR,
        layers=head.layers(run),
        steps=(step, int(run.steps[-1])),
        numbers=(Number("share of zeros of the output", 1.0), *evidence),
        figure=FigureSpec("layer-curves", Quantity.PREACTIVATION, band="percentiles"),
        summary=f"The output {head.name} is 0 for all examples from step {step:,} on: "
        f"its {(head.output.activation or '').replace('relu', 'ReLU')} is dead.",
        explanation=(
            "All its preactivations are negative, where the slope of its activation "
            "function is 0, so no gradient reaches any layer, and the network cannot "
            "learn."
        ),
        remedy=f"Use a linear output in {head.name}. If predictions must not be "
        "negative, use softplus.",
        change=activation_change(run, head, None),
        source="Maas, Hannun & Ng (2013), section 2; Lu et al. (2019), Dying ReLU and "
        "initialization",
    )


def has_rectifier(head: Head) -> bool:
    """Returns whether the output is 0, with slope 0, for negative preactivations."""
    name, values = head.output.activation, head.values
    return name in RECTIFIERS and (values is None or values.lower == RANGES[name][0])


def zeros(run: Run, row: int) -> Mask:
    """Returns the records in which an output is 0 for all examples."""
    if run.layers[row].lower == 0:
        share = read(run, Quantity.ACTIVATION, Statistic.ZERO)[:, row]
        return np.asarray(share >= 1)
    # The row has the values before an activation that is no layer.
    return np.asarray(read(run, Quantity.ACTIVATION, Statistic.MAX)[:, row] <= 0)


def are_zero(run: Run, target: int | None) -> bool:
    """Returns whether the targets are 0, too."""
    if target is None:
        return False
    mean, std = (
        read_all_rows(run, Quantity.ACTIVATION, one)[:, target]
        for one in (Statistic.MEAN, Statistic.STD)
    )
    return bool(np.nanmax(np.hypot(mean, std), initial=0.0) == 0)
