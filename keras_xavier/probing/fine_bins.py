"""Computes histograms and percentiles from fine counts, with NumPy.

The upper bits of a float32 are its sign, its exponent (its octave) and the first bits
of its mantissa, so shifting out the lower bits gives the index of a fine bin. The
device counts fine bins in one pass over the values; histograms and percentiles follow
from the counts. Each stored bin is a group of fine bins.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from keras_xavier.histogram_bins import BIN_COUNT, NONFINITE_BINS, find_bins
from keras_xavier.statistics import PERCENTILES

Counts = NDArray[np.int64]

SHIFT = 17
"""Leaves 64 fine bins in an octave, each at most 1.6 % wide."""
SHIFT_FOR_LINEAR = 15
"""Leaves 256 fine bins in an octave: one for each linear bin near the bound of tanh."""
MANTISSA_BITS = 23
INFINITE = 255 << MANTISSA_BITS
"""The bits of Inf; the bits of NaN are larger."""


def table_size(shift: int) -> int:
    """Returns the number of fine bins; the second half counts negative values."""
    return 1 << (32 - shift)


@dataclass(frozen=True)
class Summary:
    """Histograms and statistics of some tensors, computed from fine counts.

    Attributes:
        histogram: Array of uint32, of shape (tensor, `BIN_COUNT`). Counts in the stored
            bins.
        percentiles: Array of float64, of shape (tensor, percentile). The `PERCENTILES`;
            NaN if no value is finite.
        zero: Array of shape (tensor,). Share of zeros, subnormal values included.
        nonfinite: Array of shape (tensor,). Share of NaN and ±Inf.
    """

    histogram: NDArray[np.uint32]
    percentiles: NDArray[np.float64]
    zero: NDArray[np.float64]
    nonfinite: NDArray[np.float64]


def summarize_counts(counts: Counts, shift: int, bins: NDArray[np.int16]) -> Summary:
    """Computes histograms, percentiles and shares from the fine counts of tensors.

    A percentile is interpolated between two values, as by `numpy.percentile`. Each
    value is placed inside its fine bin according to its rank there, so the error is
    less than the width of a fine bin, 1.6 %.

    Args:
        counts: Array of shape (tensor, `table_size(shift)`). Fine counts.
        shift: int. Number of bits that were shifted out.
        bins: Array of int16, of shape (fine bin,) or (tensor, fine bin). The stored bin
            of each fine bin, see `stored_bins`.
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
    """Computes percentiles of values in bins.

    Args:
        tensors: int. Number of tensors.
        row: Array of shape (bin,). Index of the tensor, ascending.
        number: Array of shape (bin,). Values in each bin, at least 1. In each tensor
            the positive bins come first, then the negative bins, both away from 0.
        near: Array of shape (bin,). The edge of each bin that is nearer to 0.
        far: Array of shape (bin,). The other edge.
    """
    total = np.bincount(row, number, tensors).astype(np.int64)[:, None]
    if not len(number):
        return np.full((tensors, len(PERCENTILES)), np.nan)
    # The bin of negative zeros ends at -0.
    below_zero = number * np.signbit(far)
    negative = np.bincount(row, below_zero, tensors).astype(np.int64)[:, None]
    before = np.cumsum(total)[:, None] - total
    up_to = np.cumsum(number)
    ranks = np.array(list(PERCENTILES.values())) / 100 * np.maximum(total - 1, 0)
    below = np.floor(ranks).astype(np.int64)
    values = []
    for rank in (below, np.minimum(below + 1, np.maximum(total - 1, 0))):
        # Negative bins are in descending order.
        position = before + np.where(rank < negative, total - 1 - rank, rank - negative)
        index = np.minimum(np.searchsorted(up_to, position, "right"), len(number) - 1)
        within = (position - (up_to - number)[index] + 0.5) / number[index]
        values.append(near[index] + within * (far[index] - near[index]))
    between = ranks - below
    return np.where(total > 0, (1 - between) * values[0] + between * values[1], np.nan)


@lru_cache(maxsize=8)
def fine_layout(shift: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the edges of fine bins nearer to 0, and the other edges; 0 for zeros."""
    bits = np.arange((INFINITE >> shift) + 1, dtype=np.uint32) << np.uint32(shift)
    edges = bits.view(np.float32).astype(np.float64)
    edges[-1] = 2.0**128
    near, far = np.zeros((2, table_size(shift) // 2))
    normal = 1 << (MANTISSA_BITS - shift)
    near[normal : len(edges) - 1] = edges[normal:-1]
    far[normal : len(edges) - 1] = edges[normal + 1 :]
    return np.concatenate([near, -near]), np.concatenate([far, -far])


def stored_bins(shift: int, edges: NDArray[np.float64]) -> NDArray[np.int16]:
    """Returns the stored bin of each fine bin: the bin of its smallest magnitude."""
    bits = np.arange(table_size(shift), dtype=np.uint32) << np.uint32(shift)
    return find_bins(bits.view(np.float32), edges).astype(np.int16)
