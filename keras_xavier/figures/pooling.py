"""Sums of the histograms of many steps."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from keras_xavier.figures.binning import (
    Bounded,
    Histogram,
    Outline,
    each_histogram,
    finite_bounds,
    histogram,
    outline,
)
from keras_xavier.figures.data import HistogramsOverTimeData
from keras_xavier.figures.facets import Key
from keras_xavier.figures.limits import Limits
from keras_xavier.figures.shares import share_remarks

Floats = NDArray[np.float64]
Sums = tuple[Floats, Floats, Floats]
"""Cumulative histograms of shape (step, edge), their edges, and totals."""


def accumulate(data: HistogramsOverTimeData, layer: int) -> Sums:
    """Returns the cumulative histograms of a layer; see `Sums`."""
    counts, edges, totals = each_histogram(data.counts[:, layer], data.edges[layer])
    sums = np.pad(np.cumsum(counts, axis=1), ((0, 0), (1, 0)))
    return sums, edges, np.maximum(totals, 1.0)[:, np.newaxis]


def pool(
    runs: Sequence[HistogramsOverTimeData],
    keys: Sequence[Key],
    between: Limits = (-np.inf, np.inf),
) -> list[Bounded]:
    """Returns the sum over all steps of the histograms of each layer, and its bounds.

    Args:
        runs: Histograms of each run.
        keys: The layers.
        between: Steps in view; a histogram lasts until the next step.
    """
    left, right = between
    pooled = []
    for data in runs:
        first = np.searchsorted(data.steps[1:], left, side="right")
        last = np.searchsorted(data.steps, right)
        pooled.append(data.counts[first:last].sum(axis=0, dtype=np.int64))
    return [
        (histogram(pooled[i][j], runs[i].edges[j]), finite_bounds(runs[i].bounds, j))
        for i, j in keys
    ]


def densities(
    sums: Sums, pooled: Bounded, view: Limits, threshold: float | None
) -> tuple[Floats, Floats]:
    """Returns the densities of the histograms of a layer, and their common edges.

    Args:
        sums: The cumulative histograms.
        pooled: Their sum.
        view: Limits of the axis of values.
        threshold: As in `outline`.
    """
    whole = outline(pooled[0], *sorted(view), threshold=threshold)
    below, edges, totals = sums
    counts = np.diff(below[:, np.searchsorted(edges, whole.edges)])
    return counts / totals / whole.widths, whole.edges


def outlines(
    each: Sequence[Histogram | None],
    pooled: Bounded,
    view: Limits,
    threshold: float | None,
) -> list[Outline | None]:
    """Returns the outlines of some histograms of a layer on common edges.

    Args:
        each: The histograms.
        pooled: Their sum.
        view: Limits of the axis of values.
        threshold: As in `outline`.
    """
    edges = outline(pooled[0], *view, threshold=threshold).edges
    return [
        None if one is None else outline(one, *view, threshold=threshold, edges=edges)
        for one in each
    ]


def unseen(pooled: Sequence[Bounded], names: Sequence[str], view: Limits) -> list[str]:
    """Returns remarks on invisible values.

    Args:
        pooled: The histogram of each layer.
        names: Names of the layers.
        view: Limits of the axis of values.
    """
    low, high = view
    pairs = list(zip(names, pooled, strict=True))
    outside = {
        name: one.outside(low, high) / max(one.total, 1.0) for name, (one, _) in pairs
    }
    zeros = {name: one.zeros / max(one.total, 1.0) for name, (one, _) in pairs}
    remarks = share_remarks("out of view", outside) + share_remarks("exactly 0", zeros)
    lost = sum(one.nonfinite for one, _ in pooled)
    if lost:
        remarks.append(f"NaN or ±Inf: {lost:,.0f} values")
    return remarks
