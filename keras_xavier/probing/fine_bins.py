"""From fine counts to histograms and percentiles, with NumPy.

The upper bits of a float32 are its sign, its exponent (its octave) and the first
bits of its mantissa, so shifting the others out gives the index of a fine bin.
Devices count these, one pass over the values; all that histograms and percentiles
need is in the counts. The bins that are stored are groups of fine bins.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from keras_xavier.statistics import BIN_COUNT, PERCENTILES, SMALLEST_NORMAL, count

Counts = NDArray[np.int64]

SHIFT = 17
"""Leaves 64 fine bins to the octave, 1.6 % wide or less."""
SHIFT_FOR_LINEAR = 15
"""Leaves 256 to the octave: in the upper octave of tanh one for each linear bin."""
MANTISSA_BITS = 23
INFINITE = 255 << MANTISSA_BITS
"""Bits of Inf; those of NaN are larger."""


def table_size(shift: int) -> int:
    """Number of fine bins, those of negative values in the second half."""
    return 1 << (32 - shift)


@dataclass(frozen=True)
class Summary:
    """What the counts of one tensor tell.

    Attributes:
        histogram: Counts in the stored bins, uint32 of shape `(BIN_COUNT,)`.
        percentiles: Those of `PERCENTILES`, float64; NaN if no value is finite.
        zero: Share of zeros, and what is too small for a normal float32.
        nonfinite: Share of NaN and ±Inf.
    """

    histogram: NDArray[np.uint32]
    percentiles: NDArray[np.float64]
    zero: float
    nonfinite: float


def summarize_counts(counts: Counts, shift: int, edges: NDArray[np.float64]) -> Summary:
    """Turns the fine counts of one tensor into what is stored.

    A percentile is interpolated between two values, as by `numpy.percentile`, and
    each of these is placed within its fine bin according to its rank there. So
    they are off by less than the width of a fine bin, 1.6 %.

    Args:
        counts: Fine counts of shape `(table_size(shift),)`.
        shift: The number of bits that were shifted out.
        edges: Edges of the stored bins; see `keras_xavier.statistics`.

    Returns:
        Histogram, percentiles and shares.
    """
    layout = fine_layout(shift)
    positive, negative = np.split(counts, 2)
    first_infinite = INFINITE >> shift
    ascending = np.concatenate(
        [negative[:first_infinite][::-1], positive[:first_infinite]]
    )
    up_to = np.concatenate([[0], np.cumsum(ascending, dtype=np.int64)])
    starts = first_fine_bins(shift, edges.tobytes())
    histogram = np.zeros(BIN_COUNT, np.uint32)
    histogram[: len(starts) - 1] = np.diff(up_to[starts])
    infinite = negative[first_infinite], positive[first_infinite]
    nan = counts.sum(dtype=np.int64) - up_to[-1] - sum(infinite)
    histogram[-3:] = (*infinite, nan)
    size = max(1, int(up_to[-1] + sum(infinite) + nan))
    middle = first_infinite
    normal = 1 << (MANTISSA_BITS - shift)
    zeros = up_to[middle + normal] - up_to[middle - normal]
    return Summary(
        histogram,
        _percentiles(ascending, up_to, layout),
        float(zeros / size),
        float((sum(infinite) + nan) / size),
    )


def _percentiles(
    ascending: Counts, up_to: Counts, layout: tuple[NDArray[np.float64], ...]
) -> NDArray[np.float64]:
    finite = up_to[-1]
    if finite == 0:
        return np.full(len(PERCENTILES), np.nan)
    lower, upper = layout
    ranks = np.array(list(PERCENTILES.values())) / 100 * (finite - 1)
    below = np.floor(ranks).astype(np.int64)
    pair = np.stack([below, np.minimum(below + 1, finite - 1)])
    index = np.searchsorted(up_to, pair, side="right") - 1
    place = (pair - up_to[index] + 0.5) / ascending[index]
    values = lower[index] + place * (upper[index] - lower[index])
    between = ranks - below
    return (1 - between) * values[0] + between * values[1]


@lru_cache(maxsize=8)
def fine_layout(shift: int) -> tuple[NDArray[np.float64], ...]:
    """Lower and upper ends of the finite fine bins, in ascending order."""
    bits = np.arange((INFINITE >> shift) + 1, dtype=np.uint32) << np.uint32(shift)
    edges = bits.view(np.float32).astype(np.float64)
    edges[-1] = 2.0**128
    # What is too small for a normal float32 counts as 0.
    edges[edges < SMALLEST_NORMAL] = 0
    lower = np.concatenate([-edges[:0:-1], edges[:-1]])
    upper = np.concatenate([-edges[-2::-1], edges[1:]])
    zero = 1 << (MANTISSA_BITS - shift)
    middle = len(edges) - 1
    lower[middle - zero : middle + zero] = upper[middle - zero : middle + zero] = 0
    return lower, upper


@lru_cache(maxsize=64)
def first_fine_bins(shift: int, edges: bytes) -> Counts:
    """Where each stored bin begins among the finite fine bins in ascending order.

    Each fine bin goes to where `keras_xavier.statistics.count` puts its member that
    is nearest to 0; an edge inside of a fine bin would be a mistake in the edges.
    """
    bits = np.arange(INFINITE >> shift, dtype=np.uint32) << np.uint32(shift)
    nearest = bits.view(np.float32)
    nearest[nearest < SMALLEST_NORMAL] = 0
    members = np.concatenate([-nearest[::-1], nearest])
    known = np.frombuffer(edges)
    counts = count(members, known)[:-3]
    used = np.count_nonzero(~np.isnan(known)) - 1
    return np.concatenate([[0], np.cumsum(counts[:used], dtype=np.int64)])
