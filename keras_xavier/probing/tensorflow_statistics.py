"""Statistics and histograms of tensors, inside of a TensorFlow graph.

Everything but the moments rests on one count per tensor. The upper 15 bits of a
float32 are its sign, its exponent (its octave) and six bits of its mantissa, so
shifting the others out gives the index of one of 32768 fine bins, 64 to the
octave. The stored bins are groups of four; the percentiles are found in them.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from keras_xavier.statistics import (
    BINS_PER_OCTAVE,
    EDGE_COUNT,
    LARGEST_EXPONENT,
    NONFINITE_BINS,
    PERCENTILES,
    SMALLEST_EXPONENT,
    SMALLEST_NORMAL,
    STATISTICS,
    Statistic,
)

Tensor = Any

# Functions of one tensor are traced once, and not for each tensor.
VALUES = tf.TensorSpec([None], tf.float32)
NUMBER = tf.TensorSpec([], tf.float32)
TRUTH = tf.TensorSpec([], tf.bool)

SHIFT = 17
EXPONENTS = 256
NONFINITE = EXPONENTS - 1
"""The exponent of Inf, whose mantissa is 0, and of NaN."""
MANTISSAS = 2 ** (23 - SHIFT)
FINE_BINS = 2 * EXPONENTS * MANTISSAS
BIAS = 127
"""A float32 stores its exponent e as e + 127; 0 stands for zero."""

WELL_CONDITIONED = 0.1
"""Least ratio of variance and mean square for the short way to the variance."""
SQUARABLE = (1e-28, 1e28)
"""Mean squares that float32 holds, together with those of single values."""


def statistics(
    tensors: Sequence[Tensor], saturated: Sequence[Tensor | None]
) -> tuple[Tensor, Tensor]:
    """Measures tensors, of any shapes.

    Args:
        tensors: The values, counted as float32.
        saturated: For each tensor the share of saturated values, or `None`.

    Returns:
        Statistics, float32 of shape `(tensor, statistic)`, and logarithmic
        histograms, int32 of shape `(tensor, BIN_COUNT)`.
    """
    flat = [flatten(tensor) for tensor in tensors]
    sizes = tf.stack([tf.size(values) for values in flat])
    mean, std, lowest, highest = moments(flat, sizes)
    fine = tf.reshape(
        tf.stack([fine_counts(values) for values in flat]),
        (-1, 2, EXPONENTS, MANTISSAS),
    )
    octaves = tf.reduce_sum(fine, axis=-1)
    nonfinite = tf.reduce_sum(octaves[:, :, NONFINITE], axis=1) / sizes
    columns = {
        Statistic.MEAN: mean,
        Statistic.STD: std,
        Statistic.MIN: lowest,
        Statistic.MAX: highest,
    }
    shares = tf.unstack(percentiles(flat, sizes, fine, octaves), axis=1)
    for name, share in zip(PERCENTILES, shares, strict=True):
        columns[name] = tf.clip_by_value(share, lowest, highest)
    columns = {
        name: tf.where(nonfinite > 0, np.float32(np.nan), values)
        for name, values in columns.items()
    }
    columns[Statistic.SATURATED] = tf.stack(
        [np.float32(np.nan) if share is None else share for share in saturated]
    )
    columns[Statistic.ZERO] = tf.reduce_sum(octaves[:, :, 0], axis=1) / sizes
    columns[Statistic.NONFINITE] = nonfinite
    table = [tf.cast(columns[name], tf.float32) for name in STATISTICS]
    return tf.stack(table, axis=1), logarithmic_histograms(fine, octaves)


def flatten(tensor: Tensor) -> Tensor:
    """All values of a tensor as one row of float32."""
    return tf.reshape(tf.cast(tensor, tf.float32), [-1])


def moments(
    flat: Sequence[Tensor], sizes: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Mean, standard deviation, minimum and maximum.

    The variance is the mean square less the squared mean, unless too many
    digits cancel, or the squares leave the range of float32: then the values
    are looked at again.

    Args:
        flat: The values, float32 of shape `(value,)` each.
        sizes: Numbers of values, int32 of shape `(tensor,)`.

    Returns:
        Float32 of shape `(tensor,)` each.
    """
    mean = tf.stack([tf.reduce_mean(values) for values in flat])
    squares = tf.stack([tf.nn.l2_loss(values) for values in flat])
    square = 2 * squares / tf.cast(sizes, tf.float32)
    variance = square - mean**2
    lowest = tf.stack([tf.reduce_min(values) for values in flat])
    highest = tf.stack([tf.reduce_max(values) for values in flat])
    largest = tf.maximum(tf.abs(lowest), tf.abs(highest))
    sound = (
        (variance > WELL_CONDITIONED * square)
        & (square > SQUARABLE[0])
        & (square < SQUARABLE[1])
    )
    again = map(
        scaled_moments,
        flat,
        tf.unstack(largest, len(flat)),
        tf.unstack(sound, len(flat)),
    )
    careful = tf.stack(list(again), axis=1)
    mean = tf.where(sound, mean, careful[0])
    std = tf.where(sound, tf.sqrt(tf.maximum(variance, 0)), careful[1])
    return mean, std, lowest, highest


@tf.function(input_signature=[VALUES, NUMBER, TRUTH], autograph=False)
def scaled_moments(values: Tensor, largest: Tensor, spared: Tensor) -> Tensor:
    """Mean and standard deviation with values scaled and centered; or zeros."""

    def found() -> Tensor:
        scale = tf.where(largest > 0, largest, 1)
        center = tf.reduce_mean(values / scale)
        deviations = values / scale - center
        # What rounding left out of the center.
        rest = tf.reduce_mean(deviations)
        square = 2 * tf.nn.l2_loss(deviations) / tf.cast(tf.size(values), tf.float32)
        std = tf.sqrt(tf.maximum(square - rest**2, 0))
        return tf.stack([center + rest, std]) * scale

    return tf.cond(spared, lambda: tf.zeros(2), found)


def fine_counts(values: Tensor) -> Tensor:
    """Counts by sign, exponent and the upper bits of the mantissa."""
    shifted = tf.bitwise.right_shift(
        tf.bitcast(values, tf.uint32), tf.constant(SHIFT, tf.uint32)
    )
    return bincount(tf.bitcast(shifted, tf.int32), FINE_BINS)


def bincount(index: Tensor, size: int) -> Tensor:
    """Counts each index from 0 to size − 1; larger ones are left out."""
    unweighted = tf.zeros([0], tf.int32)
    few = index.shape[0] is not None and index.shape[0] < 4 * size
    # A row is counted by one thread, without a table for each to be summed.
    counts = tf.raw_ops.DenseBincount(
        input=index[None] if few else index, size=size, weights=unweighted
    )
    return tf.reshape(counts, [size])


def percentiles(
    flat: Sequence[Tensor], sizes: Tensor, fine: Tensor, octaves: Tensor
) -> Tensor:
    """Percentiles, as `numpy.percentile` interpolates them between two values.

    Both values are placed within their fine bin according to their rank there,
    so they are off by less than its width, 1.6 %, and so is the percentile, if
    they are of one sign. Else they could cancel each other, and are looked up,
    which with many values is seldom necessary.

    Args:
        flat: The values, float32 of shape `(value,)` each.
        sizes: Numbers of values, int32 of shape `(tensor,)`.
        fine: Counts, int32 of shape `(tensor, sign, exponent, mantissa)`.
        octaves: Counts, int32 of shape `(tensor, sign, exponent)`.

    Returns:
        Float32 of shape `(tensor, percentile)`.
    """
    shares = np.array(list(PERCENTILES.values())) / 100
    ranks = shares * tf.cast(sizes - 1, tf.float64)[:, None]
    below = tf.cast(tf.floor(ranks), tf.int32)
    between = tf.cast(ranks - tf.floor(ranks), tf.float32)
    above = tf.minimum(below + 1, sizes[:, None] - 1)
    ranks = tf.concat([below, above], axis=1)
    pairs = order_statistics(fine, octaves, ranks)
    pairs = tf.reshape(pairs, (-1, 2, len(PERCENTILES)))
    opposite = (pairs[:, :1] < 0) & (pairs[:, 1:] > 0)
    needed = tf.unstack(tf.reduce_any(opposite, axis=[1, 2]), len(flat))
    exact = tf.stack(list(map(around_zero, flat, needed)))
    lower, upper = tf.unstack(
        tf.where(opposite, tf.stack(exact)[..., None], pairs), axis=1
    )
    return (1 - between) * lower + between * upper


def order_statistics(fine: Tensor, octaves: Tensor, ranks: Tensor) -> Tensor:
    """Values of given ranks, 0 for the smallest.

    Args:
        fine: As in `percentiles`.
        octaves: As in `percentiles`.
        ranks: Int32 of shape `(tensor, rank)`.

    Returns:
        Float32 of shape `(tensor, rank)`.
    """
    finite = octaves[:, :, :NONFINITE]
    ascending = tf.concat([tf.reverse(finite[:, 1], [1]), finite[:, 0]], axis=1)
    up_to = tf.cumsum(ascending, axis=1)
    octave = tf.searchsorted(up_to, ranks, side="right")
    octave = tf.minimum(octave, 2 * NONFINITE - 1)
    negative = octave < NONFINITE
    exponent = tf.where(negative, NONFINITE - 1 - octave, octave - NONFINITE)
    within = tf.gather(
        tf.reshape(fine, (-1, 2 * EXPONENTS, MANTISSAS)),
        tf.where(negative, EXPONENTS, 0) + exponent,
        batch_dims=1,
    )
    # Where values are negative their ranks fall with their magnitude.
    behind = tf.gather(up_to, octave, batch_dims=1) - 1 - ranks
    rank = tf.where(negative, behind, tf.reduce_sum(within, axis=-1) - 1 - behind)
    up_to = tf.cumsum(within, axis=-1)
    mantissa = tf.reduce_sum(tf.cast(up_to <= rank[..., None], tf.int32), axis=-1)
    mantissa = tf.minimum(mantissa, MANTISSAS - 1)
    count = tf.gather(within, mantissa, batch_dims=2)
    before = tf.gather(up_to, mantissa, batch_dims=2) - count
    place = (tf.cast(rank - before, tf.float32) + 0.5) / tf.cast(count, tf.float32)
    magnitude = (1 + (tf.cast(mantissa, tf.float32) + place) / MANTISSAS) * tf.bitcast(
        exponent * MANTISSAS * 2**SHIFT, tf.float32
    )
    magnitude = tf.where(exponent == 0, np.float32(0), magnitude)
    return tf.where(negative, -magnitude, magnitude)


@tf.function(input_signature=[VALUES, TRUTH], autograph=False)
def around_zero(values: Tensor, needed: Tensor) -> Tensor:
    """The largest negative and the smallest positive value; zeros if not needed."""

    def found() -> Tensor:
        infinity = np.float32(np.inf)
        negative = tf.reduce_max(tf.where(values < 0, values, -infinity))
        positive = tf.reduce_min(tf.where(values > 0, values, infinity))
        return tf.stack([negative, positive])

    return tf.cond(needed, found, lambda: tf.zeros(2))


def logarithmic_histograms(fine: Tensor, octaves: Tensor) -> Tensor:
    """Counts in the bins of `keras_xavier.statistics.logarithmic_edges`.

    Args:
        fine: As in `percentiles`.
        octaves: As in `percentiles`.

    Returns:
        Int32 of shape `(tensor, BIN_COUNT)`.
    """
    first, last = SMALLEST_EXPONENT + BIAS, LARGEST_EXPONENT + BIAS
    bins = (last - first) * BINS_PER_OCTAVE
    group = MANTISSAS // BINS_PER_OCTAVE
    grouped = tf.reduce_sum(
        tf.reshape(fine[:, :, first:last], (-1, 2, bins, group)), axis=-1
    )
    zero = tf.reduce_sum(octaves[:, :, 0], axis=1, keepdims=True)
    under = tf.reduce_sum(octaves[:, :, 1:first], axis=2)
    over = tf.reduce_sum(octaves[:, :, last:NONFINITE], axis=2)
    infinite = fine[:, :, NONFINITE, 0]
    nan = tf.reduce_sum(fine[:, :, NONFINITE, 1:], axis=[1, 2])
    return tf.concat(
        [
            over[:, 1:],
            tf.reverse(grouped[:, 1], [1]),
            under[:, 1:],
            zero,
            under[:, :1],
            grouped[:, 0],
            over[:, :1],
            infinite[:, 1:],
            infinite[:, :1],
            nan[:, None],
        ],
        axis=1,
    )


def linear_histogram(
    values: Tensor, edges: NDArray[np.float64], measured: Tensor, logarithmic: Tensor
) -> Tensor:
    """Counts in the bins of `keras_xavier.statistics.linear_edges`.

    Args:
        values: Float32 of shape `(value,)`.
        edges: The edges of the bins.
        measured: The statistics of these values, of shape `(statistic,)`.
        logarithmic: Their logarithmic histogram, which knows how many are not
            finite.

    Returns:
        Int32 of shape `(BIN_COUNT,)`.
    """
    inner = edges[np.isfinite(edges)].astype(np.float32)
    bins = len(inner) - 1
    lower, upper = inner[0], inner[-1]
    width = inner[1] - inner[0]

    def between() -> Tensor:
        index = tf.math.floordiv(values, width) - lower / width
        counts = bincount(tf.cast(index, tf.int32), bins + 1)
        at_upper = tf.pad(counts[bins:], [[bins - 1, 0]])
        return tf.pad(counts[:bins] + at_upper, [[1, 1]])

    def anywhere() -> Tensor:
        # Some processors and threads take these for 0, others do not.
        normal = tf.where(tf.abs(values) < SMALLEST_NORMAL, np.float32(0), values)
        index = tf.math.floordiv(normal, width) - lower / width
        index = tf.clip_by_value(index, -1, bins)
        index = tf.where(values == upper, np.float32(bins - 1), index)
        left_out = np.float32(bins + 1)
        index = tf.where(tf.math.is_finite(values), index, left_out)
        return bincount(tf.cast(index, tf.int32) + 1, bins + 2)

    looked_at = (Statistic.MIN, Statistic.MAX, Statistic.ZERO)
    lowest, highest, zero = (measured[STATISTICS.index(s)] for s in looked_at)
    ordinary = (lowest >= lower) & (highest <= upper) & (zero == 0)
    counts = tf.cond(ordinary, between, anywhere)
    unused = EDGE_COUNT - 1 - (bins + 2)
    return tf.concat(
        [tf.pad(counts, [[0, unused]]), logarithmic[-len(NONFINITE_BINS) :]], axis=0
    )
