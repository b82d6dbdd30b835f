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

from keras_xavier.histogram_bins import BIN_COUNT, NONFINITE_BINS, find_bins
from keras_xavier.statistics import PERCENTILES

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
    """What the counts of some tensors tell.

    Attributes:
        histogram: Counts in the stored bins, uint32 of shape `(tensor, BIN_COUNT)`.
        percentiles: Those of `PERCENTILES`, float64 of shape `(tensor, percentile)`;
            NaN if no value is finite.
        zero: Share of zeros, and what is too small for a normal float32, of shape
            `(tensor,)`.
        nonfinite: Share of NaN and ±Inf, of shape `(tensor,)`.
    """

    histogram: NDArray[np.uint32]
    percentiles: NDArray[np.float64]
    zero: NDArray[np.float64]
    nonfinite: NDArray[np.float64]


def summarize_counts(counts: Counts, shift: int, bins: NDArray[np.int16]) -> Summary:
    """Turns the fine counts of some tensors into what is stored.

    A percentile is interpolated between two values, as by `numpy.percentile`, and
    each of these is placed within its fine bin according to its rank there. So
    they are off by less than the width of a fine bin, 1.6 %.

    Args:
        counts: Fine counts of shape `(tensor, table_size(shift))`.
        shift: The number of bits that were shifted out.
        bins: The stored bin of each fine bin, see `stored_bins`; the same for all
            tensors, or one row for each.

    Returns:
        Histograms, percentiles and shares.
    """
    tensors, size = counts.shape
    if tensors == 0:
        return Summary(
            np.zeros((0, BIN_COUNT), np.uint32),
            np.zeros((0, len(PERCENTILES))),
            np.zeros(0),
            np.zeros(0),
        )
    row, fine = np.divmod(np.flatnonzero(counts != 0), size)
    number = counts[row, fine].astype(np.int64)
    stored = bins[fine] if bins.ndim == 1 else bins[row, fine]
    histogram = np.bincount(row * BIN_COUNT + stored, number, tensors * BIN_COUNT)
    finite = stored < BIN_COUNT - len(NONFINITE_BINS)
    near, far = fine_layout(shift)
    zero = finite & (near[fine] == far[fine])

    total = np.maximum(1, np.bincount(row, number, tensors))
    percentiles = _percentiles(
        tensors, row[finite], number[finite], near[fine[finite]], far[fine[finite]]
    )
    return Summary(
        histogram.reshape(tensors, BIN_COUNT).astype(np.uint32),
        percentiles,
        np.bincount(row[zero], number[zero], tensors) / total,
        np.bincount(row[~finite], number[~finite], tensors) / total,
    )


def _percentiles(
    tensors: int,
    row: NDArray[np.intp],
    number: Counts,
    near: NDArray[np.float64],
    far: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Percentiles of values in bins.

    Args:
        tensors: Number of tensors.
        row: The tensor of each bin, ascending.
        number: Values in each bin, at least 1. In each tensor come the positive
            bins, then the negative ones, both away from 0.
        near: Ends of the bins that are nearer to 0.
        far: Their other ends.
    """
    total = np.bincount(row, number, tensors).astype(np.int64)[:, None]
    if not len(number):
        return np.full((tensors, len(PERCENTILES)), np.nan)
    # The negative bin of what counts as 0 ends at -0.
    below_zero = number * np.signbit(far)
    negative = np.bincount(row, below_zero, tensors).astype(np.int64)[:, None]
    before = np.cumsum(total)[:, None] - total
    up_to = np.cumsum(number)
    ranks = np.array(list(PERCENTILES.values())) / 100 * np.maximum(total - 1, 0)
    below = np.floor(ranks).astype(np.int64)
    values = []
    for rank in (below, np.minimum(below + 1, np.maximum(total - 1, 0))):
        # Where values are negative, the largest come first.
        place = before + np.where(rank < negative, total - 1 - rank, rank - negative)
        index = np.minimum(np.searchsorted(up_to, place, "right"), len(number) - 1)
        within = (place - (up_to - number)[index] + 0.5) / number[index]
        values.append(near[index] + within * (far[index] - near[index]))
    between = ranks - below
    return np.where(total > 0, (1 - between) * values[0] + between * values[1], np.nan)


@lru_cache(maxsize=8)
def fine_layout(shift: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ends of the fine bins, those nearer to 0 and the others; those of zeros are 0."""
    bits = np.arange((INFINITE >> shift) + 1, dtype=np.uint32) << np.uint32(shift)
    edges = bits.view(np.float32).astype(np.float64)
    edges[-1] = 2.0**128
    near, far = np.zeros((2, table_size(shift) // 2))
    normal = 1 << (MANTISSA_BITS - shift)
    near[normal : len(edges) - 1] = edges[normal:-1]
    far[normal : len(edges) - 1] = edges[normal + 1 :]
    return np.concatenate([near, -near]), np.concatenate([far, -far])


def stored_bins(shift: int, edges: NDArray[np.float64]) -> NDArray[np.int16]:
    """The stored bin of each fine bin: that of its member which is nearest to 0."""
    bits = np.arange(table_size(shift), dtype=np.uint32) << np.uint32(shift)
    return find_bins(bits.view(np.float32), edges).astype(np.int16)
