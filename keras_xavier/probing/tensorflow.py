"""Measures on the TensorFlow backend; see `Backend`."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_xavier.probing.backend import Marks, Tensor
from keras_xavier.probing.fine_bins import table_size

UPDATE_METHOD = "apply"
END_OF_DATA = (StopIteration, tf.errors.OutOfRangeError)
STEPS_ARE_PURE = False
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

        return tf.identity(value), gradient

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


def is_traced(*arguments: Any) -> bool:
    return not tf.executing_eagerly()


def is_out_of_memory(error: Exception) -> bool:
    return isinstance(error, tf.errors.ResourceExhaustedError)


# Random operations of TensorFlow are seeded in the graph of the pass.
unchanged_random_state = nullcontext


def trace(function: Any, *arguments: Any) -> None:
    function.get_concrete_function(*arguments)


def read(
    model: keras.Model, variables: Sequence[keras.Variable], state: Any
) -> list[Tensor]:
    return [tf.convert_to_tensor(variable.value) for variable in variables]


def whole_batch(tensor: Tensor) -> Tensor:
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return tensor
    return context.all_gather(flatten(tensor), axis=0)


def over_replicas(gradient: Tensor) -> Tensor:
    gradient = tf.convert_to_tensor(gradient)
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return gradient
    return context.all_reduce(tf.distribute.ReduceOp.SUM, gradient)


def flatten(tensor: Tensor) -> Tensor:
    return tf.reshape(tf.cast(tensor, tf.float32), [-1])


def moments(values: Tensor) -> Tensor:
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
    return tf.stack([mean, std, lowest, highest])


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


def share(flags: Tensor) -> Tensor:
    return tf.reduce_mean(tf.cast(flags, tf.float32))


def norm(tensor: Tensor) -> Tensor:
    values = flatten(tensor)
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
    index = tf.bitcast(bits, tf.int32)
    size = table_size(shift)
    few = index.shape[0] is not None and index.shape[0] < 4 * size
    # A row is counted by one thread, which saves the sum of a table for each thread.
    counts = tf.raw_ops.DenseBincount(
        input=index[None] if few else index,
        size=size,
        weights=np.zeros(0, np.int32),
    )
    return tf.reshape(counts, [size])


def depends(function: Callable[[Tensor], Tensor], tensor: Tensor) -> bool:
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(tensor)
        result = function(tensor)
    return tape.gradient(result, tensor) is not None
