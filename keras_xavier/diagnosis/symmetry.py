"""Units of a layer that all compute the same function."""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from keras_xavier.diagnosis.finding import (
    Finding,
    FindingName,
    Number,
    Severity,
)
from keras_xavier.diagnosis.reading import (
    has_matrix,
    layer_names,
    listed,
    read,
    root_mean_square,
)
from keras_xavier.diagnosis.remedies import better, try_it
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.histogram_bins import NONFINITE_BINS
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Statistic, hidden_layers

TOLERANCE = 0.05
"""Share of values off a multiple: rounding may separate units at the edge of a bin."""
CERTAINTY = 20.0
"""Bits of evidence against chance: one in a million."""
EQUAL = 1e-6
"""Std of the weights, relative to their size, below which they count as equal."""


def symmetry(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds hidden layers whose units are equal from the first to the last record."""
    if not run.records:
        return
    matrix = has_matrix(run)
    candidates = [i for i in hidden_layers(run.layers) if run.layers[i].units > 1]
    equal = are_units_equal(run, 0) & are_units_equal(run, -1)
    constant = are_weights_constant(run)
    affected = [i for i in candidates if matrix[i] and (equal[i] or constant[i])]
    if not affected:
        return
    layers = layer_names(run, affected)
    spread = read(run, Quantity.WEIGHT, Statistic.STD)[:, affected]
    units = sum(run.layers[index].units for index in affected)
    yield Finding(
        name=FindingName.SYMMETRY_NOT_BROKEN,
        severity=Severity.ERROR,
        layers=layers,
        steps=(int(run.steps[0]), int(run.steps[-1])),
        numbers=(
            Number("total", units, "units"),
            Number("distinct", len(affected), "units"),
            Number("largest initial std of the weights", float(spread[0].max())),
            Number("largest final std of the weights", float(spread[-1].max())),
        ),
        figure=FigureSpec("histograms", Quantity.WEIGHT, step=int(run.steps[0])),
        explanation=(
            f"All units of {listed(layers)} compute the same function, from the first "
            "record to the last. They started with equal weights, so they received "
            "equal gradients and equal updates. A layer of identical units is no more "
            "expressive than one unit."
        ),
        remedy="Initialize the weights randomly, as Keras does by default: remove the "
        "constant kernel_initializer. Biases may all be 0.",
        command=try_it(run, **better(run)),
        source="Rumelhart, Hinton & Williams (1986), symmetry breaking; Goodfellow, "
        "Bengio & Courville (2016), section 8.4",
    )


def are_units_equal(run: Run, record: int) -> NDArray[np.bool_]:
    """Returns whether the units of each layer are equal, shape (layer,).

    If they are, each count of a histogram is a multiple of the number of units.
    """
    found = np.zeros(len(run.layers), bool)
    if Quantity.ACTIVATION not in run.quantities:
        return found
    histograms = run.read_histogram(Quantity.ACTIVATION, record)
    for index, layer in enumerate(run.layers):
        # Counts of a part of the values are no multiples.
        if layer.units > 1 and Quantity.ACTIVATION not in layer.counted:
            found[index] = is_multiple(
                histograms[index, : -len(NONFINITE_BINS)], layer.units
            )
    return found


def is_multiple(counts: NDArray[np.uint32], units: int) -> bool:
    """Returns whether counts are multiples of a number, beyond chance.

    Example:

    >>> is_multiple(np.full(30, 64, np.uint32), 32)
    True
    >>> is_multiple(np.array([64, 0], np.uint32), 32)
    False
    """
    filled = counts[counts > 0].astype(np.int64)
    if (len(filled) - 1) * math.log2(units) < CERTAINTY:
        return False
    remainder = np.minimum(filled % units, -filled % units).sum()
    random = min(int(filled.sum()), len(filled) * units / 4)
    return bool(remainder <= TOLERANCE * random)


def are_weights_constant(run: Run) -> NDArray[np.bool_]:
    """Returns whether all weights of a layer are equal in all records, by layer."""
    std = read(run, Quantity.WEIGHT, Statistic.STD)
    size = root_mean_square(run, Quantity.WEIGHT)
    are_equal = (std <= EQUAL * size).all(axis=0)
    trained = run.records > 1 and run.steps[-1] > 0
    known = np.array([Quantity.WEIGHT_GRADIENT not in one.absent for one in run.layers])
    return are_equal & known & trained
