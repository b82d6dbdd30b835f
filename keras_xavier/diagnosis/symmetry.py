"""Units of a layer that all compute the same."""

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
"""Share of values beside a multiple: rounding may part units at the edge of a bin."""
CERTAINTY = 20.0
"""Bits by which chance has to be excluded: one in a million."""
EQUAL = 1e-6
"""Spread of the weights relative to their size under which they are one number."""


def symmetry(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Hidden layers whose units are all alike, from the first record to the last."""
    if not run.records:
        return
    matrix = has_matrix(run)
    hiddens = [i for i in hidden_layers(run.layers) if run.layers[i].units > 1]
    alike = alike_units(run, 0) & alike_units(run, -1)
    still = still_one_number(run)
    ill = [i for i in hiddens if matrix[i] and (alike[i] or still[i])]
    if not ill:
        return
    layers = layer_names(run, ill)
    spread = read(run, Quantity.WEIGHT, Statistic.STD)[:, ill]
    units = sum(run.layers[index].units for index in ill)
    yield Finding(
        name=FindingName.SYMMETRY_NOT_BROKEN,
        severity=Severity.ERROR,
        layers=layers,
        steps=(int(run.steps[0]), int(run.steps[-1])),
        numbers=(
            Number("units in these layers", units, "units"),
            Number("of which differ", len(ill), "units"),
            Number("std of the weights at first, at most", float(spread[0].max())),
            Number("std of the weights at the end, at most", float(spread[-1].max())),
        ),
        figure=FigureSpec("histograms", Quantity.WEIGHT, step=int(run.steps[0])),
        explanation=(
            f"All units of {listed(layers)} compute the same, from the first record to "
            "the last. They began with the same weights, so each got the same gradient "
            "and made the same steps. A layer of many such units can do no more than "
            "one unit."
        ),
        remedy="Draw the weights at random, as Keras does by default: take the "
        "constant kernel_initializer away; biases may all begin at 0.",
        command=try_it(run, **better(run)),
        source="Rumelhart, Hinton & Williams (1986), symmetry breaking; Goodfellow, "
        "Bengio & Courville (2016), section 8.4",
    )


def alike_units(run: Run, record: int) -> NDArray[np.bool_]:
    """Where each value is there as often as there are units, `(layer,)`.

    If all units are alike, each count of a histogram is a multiple of their number.
    """
    found = np.zeros(len(run.layers), bool)
    if Quantity.ACTIVATION not in run.quantities:
        return found
    histograms = run.read_histogram(Quantity.ACTIVATION, record)
    for index, layer in enumerate(run.layers):
        if layer.units > 1:
            found[index] = is_multiple(
                histograms[index, : -len(NONFINITE_BINS)], layer.units
            )
    return found


def is_multiple(counts: NDArray[np.uint32], units: int) -> bool:
    """Whether counts are multiples of a number, and that by no chance.

    Example:

    >>> is_multiple(np.full(30, 64, np.uint32), 32)
    True
    >>> is_multiple(np.array([64, 0], np.uint32), 32)
    False
    """
    filled = counts[counts > 0].astype(np.int64)
    if (len(filled) - 1) * math.log2(units) < CERTAINTY:
        return False
    beside = np.minimum(filled % units, -filled % units).sum()
    by_chance = min(int(filled.sum()), len(filled) * units / 4)
    return bool(beside <= TOLERANCE * by_chance)


def still_one_number(run: Run) -> NDArray[np.bool_]:
    """Where all weights are one number in all records of several, `(layer,)`."""
    std = read(run, Quantity.WEIGHT, Statistic.STD)
    size = root_mean_square(run, Quantity.WEIGHT)
    one_number = (std <= EQUAL * size).all(axis=0)
    trained = run.records > 1 and run.steps[-1] > 0
    known = np.array([Quantity.WEIGHT_GRADIENT not in one.absent for one in run.layers])
    return one_number & known & trained
