"""Reduces tensors of a TensorFlow graph in the memory of the processor.

A graph calls `host_reduction` for each tensor as soon as the tensor is computed, on the
tensor's own memory, and several calls run at once. There is nothing to compile.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.ops import control_flow_util

from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.probing import host_reduction
from keras_xavier.probing.backend import FAILED, Reduced, Task, Tensor
from keras_xavier.probing.fine_bins import PERCENTS
from keras_xavier.probing.sampling import NO_LIMIT
from keras_xavier.statistics import UNIT_LIMIT, UNIT_STATISTICS
from keras_xavier.unit_statistics import UNIT_SUMMARY

FLOATS = {"moments": (4,), "saturated": (), "unit_summaries": (len(UNIT_SUMMARY),)}
"""Entries of `Reduced` in one tensor of the graph, and the shapes of their rows."""
INTEGERS = {"sizes": (4,), "ranks": (len(PERCENTS), 2, 3), "histogram": (BIN_COUNT,)}
UNITS = (UNIT_LIMIT, len(UNIT_STATISTICS))


def runs_on_host() -> bool:
    """Returns whether the graph that is traced can call Python on its tensors.

    XLA compiles no such calls, and replicas of a strategy may run elsewhere.
    """
    return not (
        tf.distribute.has_strategy()
        or any(one.device_type != "CPU" for one in tf.config.list_logical_devices())
        or control_flow_util.GraphOrParentsInXlaContext(
            tf.compat.v1.get_default_graph()
        )
    )


def reduce_all(
    tensors: Sequence[Tensor],
    masks: Sequence[Tensor | None],
    tasks: Sequence[Task],
    limit: int,
) -> Reduced:
    """Returns the rows of all tensors."""
    rows = []
    for tensor, mask, task in zip(tensors, masks, tasks, strict=True):
        with tf.init_scope():
            load(task)
        found = tf.numpy_function(
            row_function(task, limit),
            [tensor] if mask is None else [tensor, mask],
            [tf.float32, tf.int64, tf.float32],
            stateful=False,
        )
        rows.append(found)
    floats, integers = (tf.stack(part) for part in list(zip(*rows, strict=True))[:2])
    units = [row[2] for row, task in zip(rows, tasks, strict=True) if task.lists_units]
    stacked = tf.stack(units) if units else tf.zeros((0, *UNITS))
    return {
        **split(floats, FLOATS),
        **split(integers, INTEGERS),
        "units": tf.reshape(stacked, (-1, *UNITS)),
    }


@functools.cache
def load(task: Task) -> None:
    """Loads the functions that a task needs: threads of the graph have small stacks."""
    host_reduction.reduce_one(np.zeros((1, 1), np.float32), None, task, NO_LIMIT)


@functools.cache
def row_function(task: Task, limit: int) -> Callable[..., Any]:
    """Returns a function from a tensor and its mask to the rows of `Reduced`."""

    def reduce(tensor: Any, mask: Any = None) -> tuple[Any, Any, Any]:
        try:
            row = host_reduction.reduce_one(tensor, mask, task, limit)
        except Exception:  # noqa: BLE001 - an error would end the training step
            floats = np.full(number_of(FLOATS), np.nan, np.float32)
            integers = np.full(number_of(INTEGERS), FAILED, np.int64)
            return floats, integers, np.full(UNITS, np.nan, np.float32)
        units = row.get("units", np.zeros(UNITS, np.float32))
        return joined(row, FLOATS, np.float32), joined(row, INTEGERS, np.int64), units

    return reduce


def joined(row: Reduced, shapes: dict[str, Any], dtype: Any) -> Any:
    """Returns several entries of a row as one array."""
    return np.concatenate([np.ravel(row[name]) for name in shapes]).astype(dtype)


def split(rows: Tensor, shapes: dict[str, Any]) -> Reduced:
    """Reverses `joined` for all rows."""
    sizes = [int(np.prod(shape)) for shape in shapes.values()]
    parts = tf.split(tf.reshape(rows, (-1, sum(sizes))), sizes, axis=1)
    return {
        name: tf.reshape(part, (-1, *shape))
        for part, (name, shape) in zip(parts, shapes.items(), strict=True)
    }


def number_of(shapes: dict[str, Any]) -> int:
    return sum(int(np.prod(shape)) for shape in shapes.values())
