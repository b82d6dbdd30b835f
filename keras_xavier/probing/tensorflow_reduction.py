"""Reduces tensors in a graph or on a device of TensorFlow; see `Backend.summarize`."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from keras_xavier.activation_table import Facts
from keras_xavier.histogram_bins import BIN_COUNT, SMALLEST_NORMAL
from keras_xavier.probing.backend import Reduced, Task, Tensor
from keras_xavier.probing.fine_bins import (
    PERCENTS,
    SHIFT,
    SHIFT_FOR_LINEAR,
    count_nonfinite,
    count_zeros,
    find_ranks,
    linear_histogram,
    logarithmic_histogram,
    table_size,
)
from keras_xavier.probing.sampling import relative_positions
from keras_xavier.probing.saturation import saturation
from keras_xavier.probing.unit_reduction import (
    stacked,
    summarize_units,
    without_units,
)

WELL_CONDITIONED = 0.1
"""Smallest ratio of variance to mean square at which their difference is accurate."""
SQUARABLE = (1e-28, 1e28)
"""Mean squares at which the squares of single values fit into float32, too."""


def reduce_all(
    tensors: Sequence[Tensor],
    masks: Sequence[Tensor | None],
    tasks: Sequence[Task],
    limit: int,
) -> Reduced:
    """Returns the rows of all tensors."""
    logarithmic, linear = logarithmic_summary(limit), linear_summary(limit)
    bounds = {task.bounds: tf.constant(task.bounds or 0) for task in tasks}
    moments, integers, units = [], [], []
    for tensor, mask, task in zip(tensors, masks, tasks, strict=True):
        chosen = tensor if mask is None else tf.boolean_mask(by_unit(tensor), mask)
        if task.bounds is None:
            found = logarithmic(chosen)
        else:
            found = linear(chosen, bounds[task.bounds])
        moments.append(found[0])
        integers.append(found[1])
        units.append(unit_rows(tensor, mask, task, limit))
    sizes, ranks, histogram = tf.split(tf.stack(integers), INTEGERS, axis=1)
    return {
        "moments": tf.stack(moments),
        "sizes": sizes,
        "ranks": tf.reshape(ranks, [-1, len(PERCENTS), 2, 3]),
        "histogram": histogram,
        **stacked(units),
    }


def unit_rows(tensor: Tensor, mask: Tensor | None, task: Task, limit: int) -> Reduced:
    if not task.has_units:
        if task.activation is None:
            return without_units(tf.constant(np.nan, tf.float32))
        share = saturated_share(task.activation, task.from_value, limit)
        return without_units(share(tensor))
    # Few functions are traced, because each of them takes long.
    shared = replace(task, bounds=None, lists_units=True)
    if mask is None:
        found = dict(unit_summary(shared)(tensor))
    else:
        found = dict(masked_unit_summary(shared)(tensor, mask))
    if not task.lists_units:
        del found["units"]
    return found


@functools.cache
def unit_summary(task: Task) -> Any:
    @once(ANY_SHAPE)
    def summarize(tensor: Tensor) -> Reduced:
        return units_of(tensor, None, task)

    return summarize


@functools.cache
def masked_unit_summary(task: Task) -> Any:
    @once(ANY_SHAPE, MASK)
    def summarize(tensor: Tensor, mask: Tensor) -> Reduced:
        return units_of(tensor, mask, task)

    return summarize


def units_of(tensor: Tensor, mask: Tensor | None, task: Task) -> Reduced:
    values = by_unit(tensor)
    flags = None
    if task.activation is not None:
        flags = saturation(task.activation, task.from_value)(values)
    return summarize_units(values, mask, flags, task, reinterpreted)


def by_unit(tensor: Tensor) -> Tensor:
    """Returns a tensor of unknown rank in the shape (example, position, unit)."""
    shape = tf.shape(tensor)
    return tf.reshape(tensor, tf.stack([shape[0], -1, shape[-1]]))


def reinterpreted(tensor: Tensor, data_type: str) -> Tensor:
    return tf.bitcast(tensor, data_type)


INTEGERS = (4, len(PERCENTS) * 2 * 3, BIN_COUNT)
"""Sizes, ranks and counts of a summary."""
ANY_SHAPE = tf.TensorSpec(None, tf.float32)
MASK = tf.TensorSpec([None, None], tf.bool)
INDEX = tf.TensorSpec([], tf.int32)


def once(*signature: tf.TensorSpec) -> Callable[[Callable[..., Any]], Any]:
    """Compiles a function once; other functions call it instead of copying it."""
    return tf.function(
        autograph=False,
        input_signature=signature,
        experimental_attributes={"_noinline": True},
    )


@functools.cache
def logarithmic_summary(limit: int) -> Any:
    @once(ANY_SHAPE)
    def summarize(tensor: Tensor) -> tuple[Tensor, Tensor]:
        return summary(flat(tensor), limit, SHIFT, logarithmic_histogram)

    return summarize


@functools.cache
def linear_summary(limit: int) -> Any:
    @once(ANY_SHAPE, INDEX)
    def summarize(tensor: Tensor, bounds: Tensor) -> tuple[Tensor, Tensor]:
        return summary(
            flat(tensor),
            limit,
            SHIFT_FOR_LINEAR,
            lambda counts: linear_histogram(counts, bounds),
        )

    return summarize


@functools.cache
def saturated_share(activation: Facts, from_value: bool, limit: int) -> Any:
    @once(ANY_SHAPE)
    def share(tensor: Tensor) -> Tensor:
        part = counted_part(flat(tensor), limit)
        flags = saturated_flags(activation, from_value)(part)
        return tf.reduce_mean(tf.cast(flags, tf.float32))

    return share


@functools.cache
def saturated_flags(activation: Facts, from_value: bool) -> Any:
    return once(ANY_SHAPE)(saturation(activation, from_value))


def flat(tensor: Tensor) -> Tensor:
    return tf.reshape(tensor, [-1])


def summary(
    values: Tensor,
    limit: int,
    shift: int,
    histogram: Callable[[Tensor], Tensor],
) -> tuple[Tensor, Tensor]:
    """Returns the moments, and sizes, ranks and histogram in one tensor."""
    size = number(values)
    part = counted_part(values, limit)
    counts = fine_counts(part, shift)[None]
    moments, square = moments_and_square(values)
    zeros, nonfinite = tf.cond(
        size >= limit,
        lambda: (zeros_of(values), nonfinite_of(values, square)),
        lambda: (
            tf.cast(count_zeros(counts, shift)[0], tf.int64),
            tf.cast(count_nonfinite(counts, shift)[0], tf.int64),
        ),
    )
    integers = [
        tf.stack([size, number(part), zeros, nonfinite]),
        tf.reshape(find_ranks(counts), [-1]),
        histogram(counts)[0],
    ]
    return moments, tf.concat([tf.cast(one, tf.int64) for one in integers], 0)


def number(values: Tensor) -> Tensor:
    return tf.size(values, out_type=tf.int64)


def counted_part(values: Tensor, limit: int) -> Tensor:
    size = number(values)

    def part() -> Tensor:
        places = relative_positions() * tf.cast(size, tf.float64)
        return tf.gather(values, tf.cast(places, tf.int64))

    return tf.cond(size >= limit, part, lambda: values)


def zeros_of(values: Tensor) -> Tensor:
    """Counts zeros and subnormal values."""
    return tf.cond(
        tf.reduce_min(tf.abs(values)) >= SMALLEST_NORMAL,
        lambda: tf.constant(0, tf.int64),
        lambda: number_of(tf.abs(values) < SMALLEST_NORMAL),
    )


def nonfinite_of(values: Tensor, square: Tensor) -> Tensor:
    """Counts NaN and ±Inf, if the mean square could not be computed."""
    return tf.cond(
        tf.math.is_finite(square),
        lambda: tf.constant(0, tf.int64),
        lambda: number_of(~tf.math.is_finite(values)),
    )


def number_of(flags: Tensor) -> Tensor:
    return tf.math.count_nonzero(flags)


def moments_and_square(values: Tensor) -> tuple[Tensor, Tensor]:
    """Computes the variance as mean square minus squared mean in one pass.

    A second pass is needed if too many digits cancel, or squares leave the range of
    float32.
    """
    lowest, highest = tf.reduce_min(values), tf.reduce_max(values)
    mean = tf.reduce_mean(values)
    square = mean_square(values)
    variance = square - mean**2
    sound = (
        (variance > WELL_CONDITIONED * square)
        & (square > SQUARABLE[0])
        & (square < SQUARABLE[1])
    )
    mean, std = tf.cond(
        sound,
        lambda: (mean, tf.sqrt(variance)),
        lambda: scaled_moments(values, tf.maximum(-lowest, highest)),
    )
    return tf.stack([mean, std, lowest, highest]), square


def mean_square(values: Tensor) -> Tensor:
    return 2 * tf.nn.l2_loss(values) / tf.cast(tf.size(values), tf.float32)


def scaled_moments(values: Tensor, largest: Tensor) -> tuple[Tensor, Tensor]:
    """Returns mean and standard deviation from scaled and centered values."""
    scale = tf.where(largest > 0, largest, 1)
    center = tf.reduce_mean(values / scale)
    deviations = values / scale - center
    # The rounding error of the center.
    rest = tf.reduce_mean(deviations)
    std = tf.sqrt(tf.maximum(mean_square(deviations) - rest**2, 0))
    return (center + rest) * scale, std * scale


@once(ANY_SHAPE)
def norm(tensor: Tensor) -> Tensor:
    values = flat(tensor)
    square = 2 * tf.nn.l2_loss(values)

    def scaled() -> Tensor:
        largest = tf.reduce_max(tf.abs(values))
        scale = tf.where(largest > 0, largest, 1)
        return scale * tf.sqrt(2 * tf.nn.l2_loss(values / scale))

    sound = (square > SQUARABLE[0]) & (square < SQUARABLE[1])
    return tf.cond(sound, lambda: tf.sqrt(square), scaled)


def fine_counts(values: Tensor, shift: int) -> Tensor:
    bits = tf.bitwise.right_shift(
        tf.bitcast(values, tf.uint32), tf.constant(shift, tf.uint32)
    )
    # A row is counted by one thread, which saves the sum of a table for each thread.
    counts = tf.raw_ops.DenseBincount(
        input=tf.bitcast(bits, tf.int32)[None],
        size=table_size(shift),
        weights=np.zeros(0, np.int32),
    )
    return tf.reshape(counts, [table_size(shift)])
