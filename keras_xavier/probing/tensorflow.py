"""Measures on the TensorFlow backend; see `Backend`."""

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from keras_xavier.activation_table import Facts
from keras_xavier.histogram_bins import BIN_COUNT, SMALLEST_NORMAL
from keras_xavier.probing import host_reduction
from keras_xavier.probing.backend import Marks, Reduced, Task, Tensor
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
from keras_xavier.probing.sampling import NO_LIMIT, relative_positions
from keras_xavier.probing.saturation import saturation
from keras_xavier.probing.tensorflow_effects import check_effects

UPDATE_METHOD = "apply"
END_OF_DATA = (StopIteration, tf.errors.OutOfRangeError)
STEPS_ARE_PURE = False
REDUCES_IN_PASS = True
WELL_CONDITIONED = 0.1
"""Smallest ratio of variance to mean square at which their difference is accurate."""
SQUARABLE = (1e-28, 1e28)
"""Mean squares at which the squares of single values fit into float32, too."""


def mark(marks: Marks, name: str, tensor: Tensor) -> Tensor:
    marks[name] = tensor
    return tensor


def mark_gradient(marks: Marks, name: str, tensor: Tensor) -> Tensor:
    @tf.custom_gradient
    def identity(value: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        def gradient(upstream: Tensor) -> Tensor:
            marks[name] = upstream
            return upstream

        return value, gradient

    return identity(tensor)


def run_marked(function: Callable[..., Any], marks: Marks, *arguments: Any) -> Any:
    result = function(*arguments)
    eager = tf.executing_eagerly()
    here = None if eager else tf.compat.v1.get_default_graph()
    # Eager tensors raise an error instead of having no graph.
    for name in [n for n in marks if getattr(marks[n], "graph", None) is not here]:
        del marks[name]
    return result


def value_and_gradients(
    loss_of: Callable[[list[Tensor]], Tensor],
    values: Sequence[Tensor],
    wanted: Sequence[int],
) -> tuple[Tensor, list[Tensor | None]]:
    chosen = [values[i] for i in wanted]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(chosen)
        loss = loss_of(list(values))
    return loss, tape.gradient(loss, chosen)


def compiled(function: Callable[..., Any]) -> Any:
    return tf.function(function, autograph=False, reduce_retracing=True)


def repeatable(function: Callable[..., Any]) -> Any:
    def checked(*arguments: Any) -> Any:
        result = function(*arguments)
        check_effects(tf.compat.v1.get_default_graph())
        return result

    return tf.function(
        checked,
        autograph=False,
        reduce_retracing=True,
        # Merged with the training step, operations would be fused in another way.
        experimental_attributes={"_noinline": True},
    )


def is_traced(*arguments: Any) -> bool:
    return not tf.executing_eagerly()


def is_out_of_memory(error: Exception) -> bool:
    return isinstance(error, tf.errors.ResourceExhaustedError)


def random_state() -> None:
    return None


# Random operations of TensorFlow are seeded in the graph of the pass.
unchanged_random_state = nullcontext
unchanged_buffers = nullcontext


def trace(function: Any, *arguments: Any) -> None:
    function.get_concrete_function(*arguments)


def read(
    model: keras.Model, variables: Sequence[keras.Variable], state: Any
) -> list[Tensor]:
    return [tf.convert_to_tensor(variable.value) for variable in variables]


# Assignments leave tensors that were read unchanged.
current = kept = read


def whole_batch(tensor: Tensor) -> Tensor:
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return tensor
    return context.all_gather(flat(tensor), axis=0)


def over_replicas(gradient: Tensor) -> Tensor:
    gradient = tf.convert_to_tensor(gradient)
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return gradient
    return context.all_reduce(tf.distribute.ReduceOp.SUM, gradient)


def prepare(tensor: Tensor) -> Tensor:
    # The gradient of an embedding has the rows of the batch only.
    tensor = tf.convert_to_tensor(tensor)
    # Each operation takes long to trace and to optimize, so tensors keep their shape.
    return tensor if tensor.dtype == tf.float32 else tf.cast(tensor, tf.float32)


def summarize(tensors: Sequence[Tensor], tasks: Sequence[Task], limit: int) -> Reduced:
    if are_on_host(tensors):
        return host_reduction.summarize(
            on_host(tensors),
            tasks,
            limit,
            lambda part, task: float(
                saturated_share(task.activation, task.from_value, NO_LIMIT)(part)
            ),
        )
    logarithmic, linear = logarithmic_summary(limit), linear_summary(limit)
    bounds = {task.bounds: tf.constant(task.bounds or 0) for task in tasks}
    nothing = tf.constant(np.nan, tf.float32)
    moments, integers, shares = [], [], []
    for tensor, task in zip(tensors, tasks, strict=True):
        if task.bounds is None:
            found = logarithmic(tensor)
        else:
            found = linear(tensor, bounds[task.bounds])
        moments.append(found[0])
        integers.append(found[1])
        known = task.activation
        share = known and saturated_share(known, task.from_value, limit)(tensor)
        shares.append(nothing if share is None else share)
    sizes, ranks, histogram = tf.split(tf.stack(integers), INTEGERS, axis=1)
    return {
        "moments": tf.stack(moments),
        "sizes": sizes,
        "ranks": tf.reshape(ranks, [-1, len(PERCENTS), 2, 3]),
        "histogram": histogram,
        "saturated": tf.stack(shares),
    }


def are_on_host(tensors: Sequence[Tensor]) -> bool:
    """Returns whether NumPy can read tensors where they are."""
    return tf.executing_eagerly() and all("CPU" in tensor.device for tensor in tensors)


def on_host(tensors: Sequence[Tensor]) -> Iterator[NDArray[np.float32]]:
    # The method `numpy` would copy them.
    return (host_reduction.flat(np.asarray(memoryview(one))) for one in tensors)


def norms(tensors: Sequence[Tensor]) -> Tensor:
    if are_on_host(tensors):
        return host_reduction.norms(on_host(tensors))
    return tf.stack([norm(tensor) for tensor in tensors])


INTEGERS = (4, len(PERCENTS) * 2 * 3, BIN_COUNT)
"""Sizes, ranks and counts of a summary."""
ANY_SHAPE = tf.TensorSpec(None, tf.float32)
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
    is_saturated = saturation(activation, from_value)

    @once(ANY_SHAPE)
    def share(tensor: Tensor) -> Tensor:
        flags = is_saturated(counted_part(flat(tensor), limit))
        return tf.reduce_mean(tf.cast(flags, tf.float32))

    return share


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


def depends(function: Callable[[Tensor], Tensor], tensor: Tensor) -> bool:
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(tensor)
        result = function(tensor)
    return tape.gradient(result, tensor) is not None
