"""Reduces fine counts to histograms and percentiles.

The upper bits of a float32 are its sign, its exponent (its octave) and the first bits
of its mantissa, so shifting out the lower bits gives the index of a fine bin. The
device counts fine bins in one pass over the values, and reduces the counts: each stored
bin is a range of fine bins of either sign, and a percentile lies in one fine bin. Only
the bins of the percentiles and the stored histogram are copied to the host.

In a table of fine counts, the positive bins come first, then the negative bins, both
away from 0.
"""

from functools import lru_cache

import numpy as np
from keras import ops
from numpy.typing import NDArray

from keras_xavier.activation_table import ACTIVATION_TABLE
from keras_xavier.histogram_bins import (
    BIN_COUNT,
    BINS_PER_OCTAVE,
    LARGEST_EXPONENT,
    SMALLEST_EXPONENT,
    find_bins,
    linear_edges,
)
from keras_xavier.probing.backend import Tensor
from keras_xavier.statistics import PERCENTILES

MANTISSA_BITS = 23
EXPONENT_BIAS = 127
NONFINITE = 255
"""The exponent field of NaN and ±Inf."""
INFINITE = NONFINITE << MANTISSA_BITS
"""The bits of Inf; the bits of NaN are larger."""
SHIFT = 17
"""Leaves 64 fine bins in an octave, each at most 1.6% wide."""
SHIFT_FOR_LINEAR = 15
"""Leaves 256 fine bins in an octave: one for each linear bin near the bound of tanh."""
ROW = 256
"""Fine bins that are searched for a percentile after their row is found."""
PERCENTS = np.array([int(percent) for percent in PERCENTILES.values()], np.int32)

LINEAR_BOUNDS = tuple(
    dict.fromkeys(
        (known.lower, known.upper)
        for known in ACTIVATION_TABLE
        if np.isfinite([known.lower, known.upper]).all()
    )
)
"""Bounds of the activations that have linear bins."""


def table_size(shift: int) -> int:
    """Returns the number of fine bins; the second half counts negative values."""
    return 1 << (32 - shift)


def octave(shift: int) -> int:
    """Returns the number of fine bins in an octave."""
    return 1 << (MANTISSA_BITS - shift)


def count_zeros(counts: Tensor, shift: int) -> Tensor:
    """Counts zeros and subnormal values, given fine counts of shape (tensor, bin)."""
    return ops.sum(halves(counts)[:, :, : octave(shift)], axis=(1, 2))


def count_nonfinite(counts: Tensor, shift: int) -> Tensor:
    """Counts NaN and ±Inf, given fine counts of shape (tensor, bin)."""
    return ops.sum(halves(counts)[:, :, NONFINITE * octave(shift) :], axis=(1, 2))


def halves(counts: Tensor) -> Tensor:
    """Returns fine counts by sign, of shape (tensor, sign, bin)."""
    return ops.reshape(counts, (-1, 2, counts.shape[1] // 2))


def logarithmic_histogram(counts: Tensor) -> Tensor:
    """Sums fine counts with `SHIFT` in the logarithmic bins.

    Args:
        counts: Tensor of int32, of shape (tensor, `table_size(SHIFT)`).

    Returns:
        Tensor of int32, of shape (tensor, `BIN_COUNT`).
    """
    size = octave(SHIFT)
    first, last = (
        (EXPONENT_BIAS + exponent) * size
        for exponent in (SMALLEST_EXPONENT, LARGEST_EXPONENT)
    )
    infinite = NONFINITE * size
    by_sign = halves(counts)
    groups = (-1, 2, (last - first) * BINS_PER_OCTAVE // size, size // BINS_PER_OCTAVE)
    away_from_zero = ops.concatenate(
        [
            total(by_sign[:, :, size:first]),
            ops.sum(ops.reshape(by_sign[:, :, first:last], groups), axis=3),
            total(by_sign[:, :, last:infinite]),
        ],
        axis=2,
    )
    return ops.concatenate(
        [
            ops.flip(away_from_zero[:, 1], axis=1),
            ops.sum(total(by_sign[:, :, :size]), axis=1),
            away_from_zero[:, 0],
            by_sign[:, 1, infinite : infinite + 1],
            by_sign[:, 0, infinite : infinite + 1],
            ops.sum(total(by_sign[:, :, infinite + 1 :]), axis=1),
        ],
        axis=1,
    )


def total(counts: Tensor) -> Tensor:
    return ops.sum(counts, axis=2, keepdims=True)


def linear_histogram(counts: Tensor, bounds: Tensor | int) -> Tensor:
    """Sums fine counts with `SHIFT_FOR_LINEAR` in linear bins.

    Args:
        counts: Tensor of int32, of shape (tensor, `table_size(SHIFT_FOR_LINEAR)`).
        bounds: int, or tensor of int32. Index into `LINEAR_BOUNDS`.

    Returns:
        Tensor of int32, of shape (tensor, `BIN_COUNT`).
    """
    places, ranges = linear_ranges()
    first, last = places[1] // ROW, places[-4] // ROW
    infinite = places[-3]
    by_sign = halves(counts)
    rows = ops.reshape(by_sign, (-1, 2, by_sign.shape[2] // ROW, ROW))
    sums = ops.sum(rows, axis=3)
    before_row = ops.cumsum(sums, axis=2) - sums
    within = ops.cumsum(rows[:, :, first:last], axis=3)
    up_to = before_row[:, :, first:last, None] + within
    finite = before_row[:, :, infinite // ROW, None]
    with_infinite = finite + by_sign[:, :, infinite : infinite + 1]
    below = ops.concatenate(
        [
            ops.zeros_like(finite),
            before_row[:, :, first : first + 1],
            ops.reshape(up_to, (-1, 2, (last - first) * ROW)),
            finite,
            with_infinite,
            ops.sum(sums, axis=2, keepdims=True),
        ],
        axis=2,
    )
    chosen = ops.take(ops.convert_to_tensor(ranges), bounds, axis=0)
    flat = ops.reshape(below, (-1, 2 * len(places)))
    found = ops.reshape(ops.take(flat, chosen, axis=1), (-1, 2, 2, BIN_COUNT))
    starts, ends = ops.sum(found[:, 0], axis=1), ops.sum(found[:, 1], axis=1)
    return ends - starts


@lru_cache(maxsize=1)
def linear_ranges() -> tuple[list[int], NDArray[np.int32]]:
    """Returns the fine bins at which linear bins begin, and each linear bin's range.

    Returns:
        Tuple of a list of fine bins, ascending, and of an array of indices into the
        lists of both signs, of shape (`LINEAR_BOUNDS`, 2 · 2 · `BIN_COUNT`): side, sign
        and stored bin. The sides are the first fine bin of each stored bin, and the
        first fine bin after it.
    """
    half = table_size(SHIFT_FOR_LINEAR) // 2
    found = np.zeros((len(LINEAR_BOUNDS), 2, 2, BIN_COUNT), int)
    for index, bounds in enumerate(LINEAR_BOUNDS):
        bins = stored_bins(SHIFT_FOR_LINEAR, linear_edges(*bounds))
        for sign, stored in enumerate(bins.reshape(2, half)):
            changes = np.flatnonzero(np.diff(stored)) + 1
            starts, ends = np.r_[0, changes], np.r_[changes, half]
            found[index, 0, sign, stored[starts]] = starts
            found[index, 1, sign, stored[starts]] = ends
    infinite = NONFINITE * octave(SHIFT_FOR_LINEAR)
    inner = found[(found > 0) & (found < infinite)]
    first, last = inner.min() // ROW, inner.max() // ROW + 1
    places = [0, *range(first * ROW, last * ROW + 1), infinite, infinite + 1, half]
    ranges = np.searchsorted(places, found)
    # The places of both signs lie behind each other.
    ranges[:, :, 1] += len(places)
    return places, ranges.reshape(len(LINEAR_BOUNDS), -1).astype(np.int32)


def find_ranks(counts: Tensor) -> Tensor:
    """Finds the values that each percentile lies between.

    Args:
        counts: Tensor of int32, of shape (tensor, fine bin). Fine counts of finite
            values.

    Returns:
        Tensor of int32, of shape (tensor, percentile, 2, 3): the fine bin of the lower
        and of the upper value, the value's rank within the bin, and the count of the
        bin.
    """
    rows = ops.reshape(counts, (-1, counts.shape[1] // ROW, ROW))
    sums = ops.sum(rows, axis=2)
    up_to = ops.cumsum(sums, axis=1)
    number = up_to[:, -1:]
    negative = ops.sum(sums[:, sums.shape[1] // 2 :], axis=1, keepdims=True)
    last = ops.maximum(number - 1, 0)
    percents = ops.convert_to_tensor(PERCENTS)
    # The product of the percents and the number could overflow.
    below = last // 100 * percents + last % 100 * percents // 100
    ranks = ops.reshape(
        ops.stack([below, ops.minimum(below + 1, last)], axis=2),
        (-1, 2 * len(PERCENTS)),
    )
    # Negative bins are in descending order.
    place = ops.where(ranks < negative, last - ranks, ranks - negative)
    row = ops.minimum(number_of(up_to[:, None] <= place[:, :, None]), sums.shape[1] - 1)
    tensors = ops.arange(counts.shape[0], dtype="int32")[:, None]
    row_of_all = row + sums.shape[1] * tensors
    place = place - ops.take(ops.reshape(up_to - sums, (-1,)), row_of_all)
    inside = ops.take(ops.reshape(rows, (-1, ROW)), row_of_all, axis=0)
    up_to = ops.cumsum(inside, axis=2)
    column = ops.minimum(number_of(up_to <= place[:, :, None]), ROW - 1)
    here = ops.arange(ROW, dtype="int32") == column[:, :, None]
    count = ops.sum(ops.where(here, inside, 0), axis=2)
    before = ops.sum(ops.where(here, up_to, 0), axis=2) - count
    found = ops.stack([row * ROW + column, place - before, count], axis=2)
    return ops.cast(ops.reshape(found, (-1, len(PERCENTS), 2, 3)), "int32")


def number_of(flags: Tensor) -> Tensor:
    return ops.sum(ops.cast(flags, "int32"), axis=-1)


def percentiles(
    ranks: NDArray[np.int64], number: NDArray[np.int64], shift: int
) -> NDArray[np.float64]:
    """Computes percentiles from the result of `find_ranks`, with NumPy.

    A percentile is interpolated between two values, as by `numpy.percentile`. Each
    value is placed inside its fine bin according to its rank there, so the error is
    less than the width of a fine bin, 1.6%.

    Args:
        ranks: Array of int, of shape (tensor, percentile, 2, 3).
        number: Array of shape (tensor,). Counted values.
        shift: int. Number of bits that were shifted out.

    Returns:
        Array of float64, of shape (tensor, percentile). NaN if nothing was counted.
    """
    index, within, count = np.moveaxis(ranks, -1, 0)
    near, far = (ends[index] for ends in fine_layout(shift))
    values = near + (within + 0.5) / np.maximum(count, 1) * (far - near)
    last = np.maximum(number.astype(np.int64) - 1, 0)[:, None]
    between = last * PERCENTS % 100 / 100
    found = (1 - between) * values[..., 0] + between * values[..., 1]
    return np.where(number[:, None] > 0, found, np.nan)


@lru_cache(maxsize=8)
def fine_layout(shift: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the edges of fine bins nearer to 0, and the other edges; 0 for zeros."""
    bits = np.arange((INFINITE >> shift) + 1, dtype=np.uint32) << np.uint32(shift)
    edges = bits.view(np.float32).astype(np.float64)
    edges[-1] = 2.0**128
    near, far = np.zeros((2, table_size(shift) // 2))
    normal = octave(shift)
    near[normal : len(edges) - 1] = edges[normal:-1]
    far[normal : len(edges) - 1] = edges[normal + 1 :]
    return np.concatenate([near, -near]), np.concatenate([far, -far])


def stored_bins(shift: int, edges: NDArray[np.float64]) -> NDArray[np.int16]:
    """Returns the stored bin of each fine bin: the bin of its smallest magnitude."""
    bits = np.arange(table_size(shift), dtype=np.uint32) << np.uint32(shift)
    return find_bins(bits.view(np.float32), edges).astype(np.int16)
