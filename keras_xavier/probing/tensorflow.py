"""Measures on the TensorFlow backend; see `Backend`."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from keras_xavier.probing import host_reduction, tensorflow_host
from keras_xavier.probing.backend import Marks, Reduced, Task, Tensor
from keras_xavier.probing.tensorflow_effects import check_effects
from keras_xavier.probing.tensorflow_reduction import norm, reduce_all

UPDATE_METHOD = "apply"
END_OF_DATA = (StopIteration, tf.errors.OutOfRangeError)
STEPS_ARE_PURE = False
REDUCES_IN_PASS = True


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


def difference(tensor: Tensor, other: Tensor) -> Tensor:
    return tf.convert_to_tensor(tensor) - other


def whole_batch(tensor: Tensor) -> Tensor:
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return tensor
    if tensor.dtype == tf.bool:
        # Collective operations do not transfer flags.
        return tf.cast(context.all_gather(tf.cast(tensor, tf.int32), axis=0), tf.bool)
    return context.all_gather(tensor, axis=0)


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


def summarize(
    tensors: Sequence[Tensor],
    masks: Sequence[Tensor | None],
    tasks: Sequence[Task],
    limit: int,
) -> Reduced:
    if are_on_host(tensors):
        return host_reduction.summarize(
            on_host(tensors),
            [None if mask is None else mask.numpy() for mask in masks],
            tasks,
            limit,
        )
    if not tf.executing_eagerly() and tensorflow_host.runs_on_host():
        return tensorflow_host.reduce_all(tensors, masks, tasks, limit)
    return reduce_all(tensors, masks, tasks, limit)


def are_on_host(tensors: Sequence[Tensor]) -> bool:
    """Returns whether NumPy can read tensors where they are."""
    return tf.executing_eagerly() and all("CPU" in tensor.device for tensor in tensors)


def on_host(tensors: Sequence[Tensor]) -> list[NDArray[Any]]:
    # The method `numpy` would copy them.
    return [np.asarray(memoryview(tensor)) for tensor in tensors]


def norms(tensors: Sequence[Tensor]) -> Tensor:
    if are_on_host(tensors):
        return host_reduction.norms(on_host(tensors))
    return tf.stack([norm(tensor) for tensor in tensors])


def depends(function: Callable[[Tensor], Tensor], tensor: Tensor) -> bool:
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(tensor)
        result = function(tensor)
    return tape.gradient(result, tensor) is not None
