"""Recurrent layers whose state grows from one time step to the next."""

from collections.abc import Iterable

import numpy as np

from keras_xavier.diagnosis.code_changes import REMOVED, layer_line
from keras_xavier.diagnosis.depth import extreme, severity, steps
from keras_xavier.diagnosis.finding import Finding, FindingName, Number
from keras_xavier.diagnosis.output_values import RECURRENT
from keras_xavier.diagnosis.program import graph, input_rows
from keras_xavier.diagnosis.reading import (
    NO_RECORDS,
    Array,
    NotChecked,
    lasting,
    read_all_rows,
)
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Statistic
from keras_xavier.text import sanitize


def exploding_recurrence(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds recurrent layers whose state is far larger than their inputs."""
    if not run.records:
        raise NotChecked(NO_RECORDS)
    rows = {layer.name: row for row, layer in enumerate(run.layers)}
    size = np.hypot(
        *(
            read_all_rows(run, Quantity.ACTIVATION, one)
            for one in (Statistic.MEAN, Statistic.STD)
        )
    )
    for name, layer in graph(run).items():
        if layer.kind not in RECURRENT or name not in rows:
            continue
        if (before := size_before(run, layer.inputs, rows, size)) is None:
            continue
        ratio = size[:, rows[name]] / np.where(before > 0, before, np.nan)
        where = lasting(
            ratio > thresholds.signal_ratio,
            thresholds.consecutive_records,
            np.isfinite(ratio),
        )
        if where is None:
            continue
        worst = extreme(ratio, where, fades=False)
        settings = {"recurrent_initializer": REMOVED, "activation": REMOVED}
        change = layer_line(run, name, **settings)
        yield Finding(
            name=FindingName.EXPLODING_SIGNAL,
            severity=severity(run, where, worst, thresholds),
            layers=(name,),
            steps=steps(run, where),
            numbers=(
                Number("size of the state relative to the inputs", worst),
                Number("size of the inputs", float(before[where.first])),
            ),
            figure=FigureSpec("layer-curves", quantity=Quantity.ACTIVATION),
            summary=f"The recurrence of {sanitize(name)} amplifies its state, which "
            f"becomes {worst:,.0f} times as large as the inputs.",
            explanation=(
                "Each time step multiplies the state by the recurrent weights. If "
                "they amplify it, and no activation function limits it, the state and "
                "its gradient grow exponentially with the length of the sequence."
            ),
            remedy="Use tanh, which limits the state, and orthogonal recurrent "
            "weights, which keep its size; both are defaults of Keras.",
            change=change if change and change.before != change.after else None,
            source="Pascanu, Mikolov & Bengio (2013); Saxe et al. (2014)",
        )


def size_before(
    run: Run, names: Iterable[str], rows: dict[str, int], size: Array
) -> Array | None:
    """Returns the size of the inputs of a layer; `None` if it is not recorded."""
    inputs = {run.layers[row].name.partition(":")[2]: row for row in input_rows(run)}
    found = [row for name in names if (row := (inputs | rows).get(name)) is not None]
    return size[:, found[0]] if len(found) == 1 else None
