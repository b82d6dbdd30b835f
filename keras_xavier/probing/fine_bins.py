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

from keras_xavier.statistics import (
    BIN_COUNT,
    NONFINITE_BINS,
    PERCENTILES,
    find_bins,
)

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


def summarize_counts(counts: Counts, shift: int, bins: NDArray[np.intp]) -> Summary:
    """Turns the fine counts of one tensor into what is stored.

    A percentile is interpolated between two values, as by `numpy.percentile`, and
    each of these is placed within its fine bin according to its rank there. So
    they are off by less than the width of a fine bin, 1.6 %.

    Args:
        counts: Fine counts of shape `(table_size(shift),)`.
        shift: The number of bits that were shifted out.
        bins: The stored bin of each fine bin, see `stored_bins`.

    Returns:
        Histogram, percentiles and shares.
    """
    used = np.flatnonzero(counts != 0)
    first_negative = np.searchsorted(used, len(counts) // 2)
    # Where values are negative they fall while their bits rise.
    ascending = np.concatenate([used[first_negative:][::-1], used[:first_negative]])
    numbers = counts[ascending].astype(np.int64)
    bins = bins[ascending]
    histogram = np.bincount(bins, numbers, BIN_COUNT)
    size = max(1, int(numbers.sum()))
    finite = bins < BIN_COUNT - len(NONFINITE_BINS)
    lower, upper = fine_layout(shift)
    ends = lower[ascending[finite]], upper[ascending[finite]]
    zeros = numbers[finite][ends[1] == ends[0]].sum()
    return Summary(
        histogram.astype(np.uint32),
        _percentiles(numbers[finite], *ends),
        float(zeros / size),
        float(numbers[~finite].sum() / size),
    )


def _percentiles(
    numbers: Counts, lower: NDArray[np.float64], upper: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Percentiles of values in ascending bins, with their numbers and ends."""
    if not len(numbers):
        return np.full(len(PERCENTILES), np.nan)
    up_to = np.cumsum(numbers)
    ranks = np.array(list(PERCENTILES.values())) / 100 * (up_to[-1] - 1)
    below = np.floor(ranks).astype(np.int64)
    pair = np.stack([below, np.minimum(below + 1, up_to[-1] - 1)])
    index = np.searchsorted(up_to, pair, side="right")
    place = (pair - (up_to - numbers)[index] + 0.5) / numbers[index]
    values = lower[index] + place * (upper[index] - lower[index])
    between = ranks - below
    return (1 - between) * values[0] + between * values[1]


@lru_cache(maxsize=8)
def fine_layout(shift: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper ends of the fine bins, by index; those of zeros are both 0."""
    bits = np.arange((INFINITE >> shift) + 1, dtype=np.uint32) << np.uint32(shift)
    edges = bits.view(np.float32).astype(np.float64)
    edges[-1] = 2.0**128
    near, far = np.zeros((2, table_size(shift) // 2))
    normal = 1 << (MANTISSA_BITS - shift)
    near[normal : len(edges) - 1] = edges[normal:-1]
    far[normal : len(edges) - 1] = edges[normal + 1 :]
    return np.concatenate([near, -far]), np.concatenate([far, -near])


def stored_bins(shift: int, edges: NDArray[np.float64]) -> NDArray[np.intp]:
    """The stored bin of each fine bin: that of its member which is nearest to 0."""
    bits = np.arange(table_size(shift), dtype=np.uint32) << np.uint32(shift)
    return find_bins(bits.view(np.float32), edges)
