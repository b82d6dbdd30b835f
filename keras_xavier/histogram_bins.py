"""Bins of the stored histograms: fixed edges, and exact counting.

A bin is a range of float32 bit patterns, so histograms add up over steps, replicas
and runs. Nothing is ever rebinned.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

SMALLEST_NORMAL = 2.0**-126
SMALLEST_EXPONENT, LARGEST_EXPONENT = -40, 14
"""Logarithmic bins reach from 2^-40 (9.1e-13) to 2^14 (16384), both signs."""
BINS_PER_OCTAVE = 16
LINEAR_BINS = 1024
"""As many linear bins reach from minus to plus a power of two."""
NONFINITE_BINS = ("-inf", "inf", "nan")
"""The last bins of every histogram, after those between edges."""


def logarithmic_edges() -> NDArray[np.float64]:
    """Edges of the symmetric logarithmic bins, from -inf to inf.

    Each octave holds 16 bins of equal width, so that a bin is a range of
    float32 bit patterns: counting is exact, and a bin is between 3.2 % and
    6.3 % wide. Around 0 lie the bin of zeros, |x| < 2^-126, and two bins for
    what is not zero but under 2^-40. The outermost bins hold what is over 2^14.
    Bins are closed on the side that is nearer to 0.

    Returns:
        Array of shape `(EDGE_COUNT,)`, ascending, symmetric.
    """
    octaves = 2.0 ** np.arange(SMALLEST_EXPONENT, LARGEST_EXPONENT)
    within = 1 + np.arange(BINS_PER_OCTAVE) / BINS_PER_OCTAVE
    magnitudes = np.concatenate(
        [
            [SMALLEST_NORMAL],
            np.outer(octaves, within).ravel(),
            [2.0**LARGEST_EXPONENT, np.inf],
        ]
    )
    return np.concatenate([-magnitudes[::-1], magnitudes])


EDGE_COUNT = len(logarithmic_edges())
BIN_COUNT = EDGE_COUNT - 1 + len(NONFINITE_BINS)


def linear_edges(lower: float, upper: float) -> NDArray[np.float64]:
    """Edges of linear bins over the range of a bounded activation.

    A bin is as wide as 1/512 of the power of two that holds the range, for tanh
    1/512, so that it is a range of float32 bit patterns, or several: counting is
    exact. A bound that is a power of two, such as the ±1 of tanh, can be reached;
    what reaches it has a bin of its own, twice as wide, beyond it. The first and
    the last of all bins lead to -inf and inf, and hold what lies outside of the
    range. Bins are closed on the side that is nearer to 0, and what is too small
    for a normal float32 counts as 0.

    Args:
        lower: Infimum of the activation.
        upper: Supremum of the activation.

    Returns:
        Array of shape `(EDGE_COUNT,)`, ascending; NaN after the last edge.

    Raises:
        ValueError: If the range is empty, unbounded or without 0.
    """
    if not (np.isfinite([lower, upper]).all() and lower <= 0 <= upper != lower):
        raise ValueError(
            "Linear bins need a bounded range around 0, with lower < upper. "
            f"Received: lower={lower}, upper={upper}"
        )
    power = 2.0 ** np.ceil(np.log2(max(-lower, upper)))
    width = power / (LINEAR_BINS / 2)
    inner = np.arange(np.floor(lower / width), np.ceil(upper / width) + 1) * width
    below = [-power - 2 * width] if lower == -power else []
    above = [power + 2 * width] if upper == power else []
    known = np.concatenate([[-np.inf], below, inner, above, [np.inf]])
    edges = np.full(EDGE_COUNT, np.nan)
    edges[: len(known)] = known
    return edges


def bin_bounds(
    edges: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where each bin begins and ends; `NONFINITE_BINS` do at -inf, inf and NaN.

    Args:
        edges: Array of shape `(…, EDGE_COUNT)`.

    Returns:
        Two arrays of shape `(…, BIN_COUNT)`.
    """
    own = np.array(NONFINITE_BINS, np.float64)
    last = np.broadcast_to(own, (*edges.shape[:-1], len(own)))
    left, right = edges[..., :-1], edges[..., 1:]
    return np.concatenate([left, last], -1), np.concatenate([right, last], -1)


def count(values: ArrayLike, edges: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Counts the values that fall into each bin.

    Args:
        values: Numbers of any shape; counted as float32.
        edges: Edges from `logarithmic_edges` or `linear_edges`.

    Returns:
        Array of uint32 of shape `(BIN_COUNT,)`: the bins between edges, then
        `NONFINITE_BINS`.

    Example:

    >>> counts = count([0.25, -3.0, np.nan], logarithmic_edges())
    >>> int(counts.sum()), int(counts[-1])
    (3, 1)
    """
    bins = find_bins(np.asarray(values, np.float32).ravel(), edges)
    return np.bincount(bins, minlength=BIN_COUNT).astype(np.uint32)


def find_bins(
    values: NDArray[np.float32], edges: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Finds the bin of each value, as an index into what `count` returns.

    Args:
        values: Array of shape `(value,)`.
        edges: Edges from `logarithmic_edges` or `linear_edges`.
    """
    with np.errstate(invalid="ignore"):
        wide = values.astype(np.float64)
    normal = np.where(np.abs(wide) < SMALLEST_NORMAL, 0, wide)
    known = edges[~np.isnan(edges)]
    bins = np.where(
        normal < 0,
        np.searchsorted(known, normal, side="left"),
        np.searchsorted(known, normal, side="right"),
    )
    bins -= 1
    for index, value in enumerate((-np.inf, np.inf)):
        bins[values == value] = BIN_COUNT - len(NONFINITE_BINS) + index
    bins[np.isnan(values)] = BIN_COUNT - 1
    return bins
