"""Merges stored bins into the intervals to draw; bins are never split.

Logarithmic bins near 0 are much narrower than an axis can show: drawn one by one, each
single value there would be a peak. So neighbors are merged until an interval is wide
enough to be visible. Its height is its share of all values over its true width.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from matplotlib.scale import SymmetricalLogTransform
from numpy.typing import NDArray

from keras_xavier.histogram_bins import NONFINITE_BINS, SMALLEST_NORMAL

Floats = NDArray[np.float64]

FINEST, COARSEST = 512, 64
"""Intervals across a linear view, for many and for few values."""
PER_DECADE = 10
"""Intervals in each decade of a logarithmic axis."""
LINEAR_PART = 0.7
"""Length in decades of either linear half in the middle of a symlog axis."""
ROBUST = (0.01, 0.99)
"""Quantiles that bound the typical values."""


@dataclass(frozen=True)
class Histogram:
    """A stored histogram; values that no axis can show are counted separately.

    Attributes:
        edges: Array of shape (bin + 1,). Finite edges, ascending.
        counts: Array of shape (bin,). Number of values in each bin, without zeros.
        below: float. Number of finite values below the first edge.
        above: float. Number of finite values above the last edge.
        zeros: float. Number of zeros; NaN for linear bins, which do not count zeros.
        nonfinite: float. Number of NaN, inf and -inf.
    """

    edges: Floats
    counts: Floats
    below: float
    above: float
    zeros: float
    nonfinite: float

    @cached_property
    def reach(self) -> float:
        """Largest absolute typical value; NaN without values."""
        return max(abs(x) for x in quantiles(self, *ROBUST))

    @cached_property
    def sums(self) -> Floats:
        """Number of values below each edge, of shape (bin + 1,)."""
        return np.concatenate([[0.0], np.cumsum(self.counts)])

    @cached_property
    def distance(self) -> float:
        """Width of intervals that the number of values allows, 2·IQR/n^(1/3).

        Freedman & Diaconis (1981); 0 without values.
        """
        q25, q75 = quantiles(self, 0.25, 0.75)
        n = max(float(self.sums[-1]), 1.0)
        return float(np.nan_to_num(2 * (q75 - q25) / n ** (1 / 3)))

    @cached_property
    def finite(self) -> float:
        """Number of finite values."""
        zeros = 0.0 if np.isnan(self.zeros) else self.zeros
        return float(self.sums[-1]) + self.below + self.above + zeros

    @property
    def total(self) -> float:
        """Number of values."""
        return self.finite + self.nonfinite

    def outside(self, low: float, high: float) -> float:
        """Returns the number of finite values in bins outside of limits."""
        out = (self.edges[1:] <= low) | (self.edges[:-1] >= high)
        return float(self.counts[out].sum()) + self.below + self.above


Bounded = tuple[Histogram, tuple[float, float] | None]
"""A histogram, and the bounds of its quantity if it has any."""


def finite_bounds(
    bounds: Sequence[tuple[float, float]], layer: int
) -> tuple[float, float] | None:
    """Returns the bounds of a layer, if it has any."""
    if bounds and np.isfinite(bounds[layer]).all():
        return bounds[layer]
    return None


def histogram(counts: NDArray[np.integer], edges: Floats) -> Histogram:
    """Makes a `Histogram` from counts (BIN_COUNT,) and edges (EDGE_COUNT,)."""
    known = edges[~np.isnan(edges)]
    values = counts.astype(np.float64)
    between = values[: len(known) - 1]
    inner = between[1:-1].copy()
    zeros = np.nan
    # A point mass has no density: remarks name it.
    if (zero := np.flatnonzero(known == -SMALLEST_NORMAL)).size:
        zeros, inner[zero[0] - 1] = inner[zero[0] - 1], 0.0
    return Histogram(
        edges=known[1:-1],
        counts=inner,
        below=float(between[0]),
        above=float(between[-1]),
        zeros=float(zeros),
        nonfinite=float(values[-len(NONFINITE_BINS) :].sum()),
    )


def each_histogram(
    counts: NDArray[np.integer], edges: Floats
) -> tuple[Floats, Floats, Floats]:
    """Prepares many histograms on the same edges, like `histogram`.

    Args:
        counts: Array of shape (histogram, BIN_COUNT).
        edges: Array of shape (EDGE_COUNT,).

    Returns:
        Counts of shape (histogram, bin), their edges of shape (bin + 1,), and the
        number of values in each histogram.
    """
    known = edges[~np.isnan(edges)]
    values = counts.astype(np.float64)
    lost = values[:, -len(NONFINITE_BINS) :].sum(axis=1)
    totals = values[:, : len(known) - 1].sum(axis=1) + lost
    inner = values[:, 1 : len(known) - 2]
    inner[:, np.flatnonzero(known == -SMALLEST_NORMAL) - 1] = 0.0
    return inner, known[1:-1], totals


def quantiles(data: Histogram, *levels: float) -> list[float]:
    """Returns quantiles of the values that are finite and not 0, to the width of a bin.

    Args:
        data: A histogram.
        levels: Between 0 and 1.

    Returns:
        The lower edge of the bin for levels below 0.5, else the upper edge. NaN if
        there are no values.
    """
    weights = np.concatenate([[data.below], data.counts, [data.above]])
    total = weights.sum()
    if not total:
        return [np.nan] * len(levels)
    below = np.cumsum(weights)
    result = []
    for level in levels:
        index = int(np.searchsorted(below, level * total, side="left"))
        # Skips the empty bins before the first and after the last value.
        index = min(max(index, np.flatnonzero(weights)[0]), np.flatnonzero(weights)[-1])
        edge = index - 1 if level < 0.5 else index
        result.append(float(data.edges[np.clip(edge, 0, len(data.edges) - 1)]))
    return result


def merge(data: Histogram, grid: Floats) -> tuple[Floats, Floats]:
    """Merges whole bins into intervals about as wide as the cells of a grid.

    Args:
        data: A histogram.
        grid: Ascending positions; each is moved to the nearest stored edge, the
            first and the last outward.

    Returns:
        Counts of shape (interval,) and stored edges of shape (interval + 1,).
    """
    last = len(data.edges) - 1
    right = np.clip(np.searchsorted(data.edges, grid), 1, last)
    nearer_left = grid - data.edges[right - 1] <= data.edges[right] - grid
    ends = [right[0] - 1, right[-1]]
    index = np.unique(np.concatenate([right - nearer_left, ends]))
    return np.diff(data.sums[index]), data.edges[index]


def between(data: Histogram, edges: Floats) -> Floats:
    """Returns the number of values between the given stored edges."""
    return np.diff(data.sums[np.searchsorted(data.edges, edges)])


def linear_grid(data: Histogram, low: float, high: float) -> Floats:
    """Returns ascending positions over a view, about as far apart as the values allow.

    The distance is a power of two, as stored edges are multiples of powers of two.
    """
    finest, coarsest = (high - low) / FINEST, (high - low) / COARSEST
    distance = min(max(data.distance, finest), coarsest)
    width = 2.0 ** np.floor(np.log2(distance))
    return np.arange(np.floor(low / width) - 1, np.ceil(high / width) + 2) * width


@dataclass(frozen=True)
class Outline:
    """A histogram as it is drawn.

    Attributes:
        heights: Share of all values per unit of the axis, of shape (interval,): the
            area under the outline is the share of the values that are drawn.
        edges: Ascending, of shape (interval + 1,).
        widths: Widths of the intervals in units of the axis.
    """

    heights: Floats
    edges: Floats
    widths: Floats

    def peak(self, low: float, high: float) -> float:
        """Returns the largest height within limits."""
        inside = (self.edges[1:] > low) & (self.edges[:-1] < high)
        return float(self.heights[inside].max(initial=0.0))


def outline(
    data: Histogram,
    low: float,
    high: float,
    *,
    threshold: float | None = None,
    edges: Floats | None = None,
) -> Outline:
    """Returns the outline of a histogram, in intervals that suit a view.

    Args:
        data: A histogram.
        low: Left limit of the view.
        high: Right limit of the view.
        threshold: Where the axis becomes logarithmic, to both sides; `None` if it is
            linear. A unit of a logarithmic axis is a decade.
        edges: Edges of the intervals, if they are given.
    """
    if threshold is None:
        counts, edges = (
            merge(data, linear_grid(data, low, high))
            if edges is None
            else (between(data, edges), edges)
        )
        widths = np.diff(edges)
    else:
        scale = SymmetricalLogTransform(10, threshold, LINEAR_PART)
        # This transform uses the threshold as its unit.
        first, last = PER_DECADE * scale.transform(np.array([low, high])) / threshold
        grid = np.arange(np.floor(first) - 1, np.ceil(last) + 2) / PER_DECADE
        counts, edges = (
            merge(data, scale.inverted().transform(grid * threshold))
            if edges is None
            else (between(data, edges), edges)
        )
        widths = np.diff(scale.transform(edges)) / threshold
    return Outline(counts / max(data.total, 1.0) / widths, edges, widths)
