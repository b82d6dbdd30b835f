"""Bins of the stored histograms: fixed edges and exact counts.

A bin is a range of float32 bit patterns, so that histograms of different steps,
replicas and runs can be added without rebinning.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

SMALLEST_NORMAL = 2.0**-126
SMALLEST_EXPONENT, LARGEST_EXPONENT = -40, 14
"""Logarithmic bins cover 2^-40 (9.1e-13) to 2^14 (16,384), with either sign."""
BINS_PER_OCTAVE = 16
LINEAR_BINS = 1024
"""Number of linear bins between minus and plus a power of two."""
LARGEST_BOUND = 2.0**120
"""Largest bound of an activation with linear bins."""
NONFINITE_BINS = ("-inf", "inf", "nan")
"""Last bins of every histogram, after the bins between edges."""


def logarithmic_edges() -> NDArray[np.float64]:
    """Returns the edges of the logarithmic bins, from -inf to inf.

    Each octave has 16 bins of equal width, so that a bin is a range of float32 bit
    patterns. Counts are exact, and a bin is between 3.2% and 6.3% wide. The middle
    bin counts zeros, |x| < 2^-126, and the bins beside it count other values up to
    2^-40. The outermost bins count values over 2^14. Bins are closed on the side nearer
    to 0.

    Returns:
        Array of float64, of shape `(EDGE_COUNT,)`: ascending and symmetric.

    Example:

    >>> len(logarithmic_edges()) == EDGE_COUNT
    True
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


def has_linear_bins(lower: float, upper: float) -> bool:
    """Returns whether bounds of an activation are a range that linear bins divide.

    The range contains 0, and float32 can represent the edges of its bins.

    Example:

    >>> has_linear_bins(-1.0, 1.0), has_linear_bins(0.0, float("inf"))
    (True, False)
    """
    largest = max(-lower, upper)
    representable = SMALLEST_NORMAL * LINEAR_BINS <= largest <= LARGEST_BOUND
    return bool(lower <= 0 <= upper and representable)


def linear_edges(lower: float, upper: float) -> NDArray[np.float64]:
    """Returns the edges of linear bins over the range of a bounded activation.

    A bin is 1/512 of the next power of two wide, which is 1/512 for tanh, so that it
    consists of ranges of float32 bit patterns and counts are exact. If a bound is a
    power of two, such as ±1 for tanh, values at the bound have their own bin beyond it,
    twice as wide. The first and the last bin extend to -inf and inf, and count values
    outside the range. Bins are closed on the side nearer to 0. Values too small for a
    normal float32 count as 0.

    Args:
        lower: float. Infimum of the activation.
        upper: float. Supremum of the activation.

    Returns:
        Array of float64, of shape `(EDGE_COUNT,)`: ascending, with NaN after the last
        edge.

    Raises:
        ValueError: If the range is empty, unbounded or does not contain 0, or if
            float32 cannot represent its bins.

    Example:

    >>> edges = linear_edges(-1.0, 1.0)
    >>> float(edges[2]), float(edges[3])
    (-1.0, -0.998046875)
    """
    if not has_linear_bins(lower, upper):
        raise ValueError(
            "Linear bins require a bounded range that contains 0, with lower < upper. "
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
    """Returns the left and right bound of each bin.

    Both bounds of `NONFINITE_BINS` are -inf, inf and NaN.

    Args:
        edges: Array of float64, of shape `(…, EDGE_COUNT)`.

    Returns:
        Tuple `(left, right)` of arrays of float64, of shape `(…, BIN_COUNT)`.

    Example:

    >>> left, right = bin_bounds(logarithmic_edges())
    >>> float(left[0]), float(right[0])
    (-inf, -16384.0)
    """
    own = np.array(NONFINITE_BINS, np.float64)
    last = np.broadcast_to(own, (*edges.shape[:-1], len(own)))
    left, right = edges[..., :-1], edges[..., 1:]
    return np.concatenate([left, last], -1), np.concatenate([right, last], -1)


def count(values: ArrayLike, edges: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Counts the values in each bin.

    Args:
        values: Array of any shape. Counted as float32.
        edges: Array of float64, of shape `(EDGE_COUNT,)`. From `logarithmic_edges` or
            `linear_edges`.

    Returns:
        Array of uint32, of shape `(BIN_COUNT,)`: the bins between edges, followed by
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
    """Finds the bin of each value, as an index into the result of `count`.

    Args:
        values: Array of float32, of shape `(value,)`.
        edges: Array of float64, of shape `(EDGE_COUNT,)`. From `logarithmic_edges` or
            `linear_edges`.

    Returns:
        Array of int, of shape `(value,)`.
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
