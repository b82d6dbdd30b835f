"""Units of a layer that all compute the same function."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from keras_xavier.diagnosis.code_changes import REMOVED, layer_line
from keras_xavier.diagnosis.finding import (
    Finding,
    FindingName,
    Number,
    Severity,
)
from keras_xavier.diagnosis.network import changed, weight_rows
from keras_xavier.diagnosis.reading import (
    NO_RECORDS,
    Array,
    NotChecked,
    has_matrix,
    layer_names,
    listed,
    read,
    root_mean_square,
    whole,
)
from keras_xavier.diagnosis.remedies import better, try_it
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.runs import Run
from keras_xavier.statistics import (
    Quantity,
    Statistic,
    unit_indices,
)

EQUAL = 1e-6
"""Std of the weights, relative to their size, below which they count as equal."""
EQUAL_UNITS = 1e-4
"""Difference between units, relative to their size: sums of equal products may be
rounded in another order."""
MOMENTS = (Statistic.MEAN, Statistic.STD)


def symmetry_not_broken(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds hidden layers whose units are equal from the first to the last record."""
    if not run.records:
        raise NotChecked(NO_RECORDS)
    if run.records < 2 and not len(run.unit_steps):
        raise NotChecked("the run has one record without single units")
    matrix = has_matrix(run)
    candidates = [i for i in weight_rows(run) if run.layers[i].units > 1 and matrix[i]]
    constant = are_weights_constant(run)
    equal = equal_units(run, candidates)
    affected = [i for i in candidates if constant[i] or i in equal]
    if not affected:
        return
    layers = layer_names(run, affected)
    spread = read(run, Quantity.WEIGHT, Statistic.STD)[:, affected]
    units = sum(run.layers[index].units for index in affected)
    yield Finding(
        name=FindingName.SYMMETRY_NOT_BROKEN,
        severity=Severity.ERROR,
        layers=layers,
        steps=whole(run),
        numbers=(
            Number("total", units, "units"),
            Number("distinct", len(affected), "units"),
            Number("largest initial std of the weights", float(spread[0].max())),
            Number("largest final std of the weights", float(spread[-1].max())),
        ),
        figure=FigureSpec("histograms", Quantity.WEIGHT, step=int(run.steps[0])),
        summary=(
            f"All units of {listed(layers)} compute the same function, from the first "
            "record to the last."
        ),
        explanation=(
            "They started with equal weights, so they received "
            "equal gradients and equal updates. A layer of identical units is no more "
            "expressive than one unit."
        ),
        remedy="Initialize the weights randomly, as Keras does by default: remove the "
        "constant kernel_initializer. Biases may all be 0.",
        change=changed(layer_line(run, layers[0], kernel_initializer=REMOVED)),
        command=try_it(run, **better(run)),
        source="Rumelhart, Hinton & Williams (1986), symmetry breaking; Goodfellow, "
        "Bengio & Courville (2016), section 8.4",
    )


def equal_units(run: Run, layers: list[int]) -> set[int]:
    """Returns the layers whose units respond equally in the first and last record.

    Equal units have equal means and standard deviations over the examples. Units that
    respond to no example at the end cannot be compared.
    """
    recorded = len(run.unit_steps)
    if not recorded or not layers:
        return set()
    ends = [
        run.read_units_of_layers(layers, MOMENTS, start=record, stop=record + 1)
        for record in (0, recorded - 1)
    ]
    moments = np.concatenate(ends).astype(np.float64)
    found = set()
    for place, index in enumerate(layers):
        units = len(unit_indices(run.layers[index].units))
        if have_equal_moments(moments[:, place, :units]):
            found.add(index)
    return found


def have_equal_moments(moments: Array) -> bool:
    """Returns whether units with moments of shape (record, unit, moment) are equal."""
    spread = np.ptp(moments, axis=1).max(axis=-1)
    size = np.sqrt(np.mean(np.sum(moments**2, axis=-1), axis=1))
    responds = moments[1, :, 1].min() > EQUAL_UNITS * size[1]
    return bool(responds and (spread <= EQUAL_UNITS * size).all())


def are_weights_constant(run: Run) -> NDArray[np.bool_]:
    """Returns whether all weights of a layer are equal in all records, by layer."""
    std = read(run, Quantity.WEIGHT, Statistic.STD)
    size = root_mean_square(run, Quantity.WEIGHT)
    are_equal = (std <= EQUAL * size).all(axis=0)
    trained = run.records > 1 and run.steps[-1] > 0
    known = np.array([Quantity.WEIGHT_GRADIENT not in one.absent for one in run.layers])
    return are_equal & known & trained
