"""Reduces tensors in the memory of the processor.

Loops compiled by Numba read the tensors of JAX and PyTorch on a processor without a
copy, and take less processor time than operations of the backend: each value is read
from memory once, and stays in the cache for all loops over it.
"""

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from types import ModuleType
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from keras_xavier.activation_table import Facts
from keras_xavier.histogram_bins import (
    BIN_COUNT,
    linear_edges,
    logarithmic_edges,
)
from keras_xavier.probing.backend import Task
from keras_xavier.probing.fine_bins import (
    LINEAR_BOUNDS,
    PERCENTS,
    SHIFT,
    SHIFT_FOR_LINEAR,
    stored_bins,
)
from keras_xavier.probing.sampling import positions
from keras_xavier.probing.saturation import saturation

Values = NDArray[np.float32]
Rows = dict[str, NDArray[Any]]

WELL_CONDITIONED = 1e-6
"""Smallest ratio of variance to mean square at which their difference is accurate."""
MAGNITUDE = np.int32(0x7FFFFFFF)
"""The bits of a float32 without its sign."""
MOST_RANGES = 8
"""Ranges of saturated values up to which comparing takes less time than φ'."""
NO_RANGES = np.empty((0, 2), np.int32)
ALL = np.empty(0, np.int64)
"""Stands for the positions of all values."""
WORTH_THREADS = 1 << 18
"""Number of values that take longer to reduce than threads to start."""
MOST_THREADS = 8


@lru_cache(maxsize=1)
def kernels() -> ModuleType:
    """Returns the compiled functions; importing Numba takes as long as many records."""
    from keras_xavier.probing import host_kernels

    return host_kernels


def flat(tensor: NDArray[Any]) -> Values:
    """Returns the values as float32 of shape (value,), without a copy if possible."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.ascontiguousarray(tensor, np.float32).reshape(-1)


def summarize(
    tensors: Sequence[NDArray[Any]], tasks: Sequence[Task], limit: int
) -> Rows:
    """Reduces tensors to `Reduced`; see `Backend.summarize`."""
    number = len(tasks)
    moments = np.empty((number, 2))
    extremes = np.empty((number, 2), np.int32)
    sizes = np.empty((number, 4), np.int64)
    ranks = np.empty((number, len(PERCENTS), 2, 3), np.int32)
    histogram = np.zeros((number, BIN_COUNT), np.int32)
    shares = np.full(number, np.nan, np.float32)

    def reduce(row: int) -> None:
        values, task = flat(tensors[row]), tasks[row]
        places = positions(values.size) if values.size >= limit else ALL
        known = task.activation
        ranges = None if known is None else saturated_ranges(known, task.from_value)
        total, square, *extremes[row], zeros, saturated = kernels().summarize(
            values,
            places,
            NO_RANGES if ranges is None else ranges,
            SHIFT if task.bounds is None else SHIFT_FOR_LINEAR,
            stored_bins_of(task.bounds),
            PERCENTS,
            ranks[row],
            histogram[row],
        )
        counted = places.size or values.size
        sizes[row] = values.size, counted, zeros, 0
        if math.isfinite(total):
            moments[row] = mean_and_std(values, total, square)
        else:
            sizes[row, 3] = np.count_nonzero(~np.isfinite(values))
        if known is not None:
            if ranges is None:
                part = values[places] if places.size else values
                saturated = np.count_nonzero(flags(known, task.from_value, part))
            shares[row] = saturated / max(counted, 1)

    in_threads(reduce, [tensor.size for tensor in tensors])
    undefined = (sizes[:, 3] > 0) | (sizes[:, 0] == 0)
    found = np.concatenate([moments, floats(extremes)], axis=1)
    return {
        "moments": np.where(undefined[:, None], np.nan, found).astype(np.float32),
        "sizes": sizes,
        "ranks": ranks,
        "histogram": histogram,
        "saturated": shares,
    }


def norms(tensors: Sequence[NDArray[Any]]) -> Values:
    """Returns the Euclidean norms of tensors."""
    squares = [kernels().sums(flat(tensor))[1] for tensor in tensors]
    with np.errstate(over="ignore"):
        return np.sqrt(squares).astype(np.float32)


def mean_and_std(values: Values, total: float, square: float) -> tuple[float, float]:
    """Returns mean and standard deviation, given the sums of values and squares.

    A second pass is needed if too many digits cancel in the difference of mean square
    and squared mean.
    """
    number = max(values.size, 1)
    mean = total / number
    variance = square / number - mean**2
    if variance <= WELL_CONDITIONED * square / number:
        variance = kernels().squared_deviations(values, mean) / number
    return mean, math.sqrt(variance)


def in_threads(reduce: Callable[[int], None], sizes: Sequence[int]) -> None:
    """Calls a function of the index of each tensor, in threads if it takes long.

    The threads end with the call, because a process that forks would lose them.
    """
    rows = range(len(sizes))
    threads = min(len(sizes), processors(), MOST_THREADS)
    if threads < 2 or sum(sizes) < WORTH_THREADS:
        for row in rows:
            reduce(row)
        return
    kernels()
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(reduce, rows):
            pass


def processors() -> int:
    """Returns the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@lru_cache(maxsize=len(LINEAR_BOUNDS) + 1)
def stored_bins_of(bounds: int | None) -> NDArray[np.int16]:
    """Returns the stored bin of each fine bin."""
    if bounds is None:
        return stored_bins(SHIFT, logarithmic_edges())
    return stored_bins(SHIFT_FOR_LINEAR, linear_edges(*LINEAR_BOUNDS[bounds]))


@lru_cache(maxsize=64)
def saturated_ranges(activation: Facts, from_value: bool) -> NDArray[np.int32] | None:
    """Finds the saturated values, as ranges of keys.

    The key of a value is an integer that is larger for a larger value: the bits of its
    magnitude, below 0 for negative values.

    Args:
        activation: `Facts`.
        from_value: bool. Whether the values are z = φ(s), not s.

    Returns:
        Array of int32, of shape (range, 2): first and last key of each range. `None` if
        there are too many ranges, as of a sine.
    """
    size = 1 << SHIFT_FOR_LINEAR
    keys = np.arange(-(2**31), 2**31, size)
    found = flags(activation, from_value, floats(keys.astype(np.int32)))
    changes = np.flatnonzero(found[1:] != found[:-1])
    if len(changes) > 2 * MOST_RANGES:
        return None
    # The last key before each change lies in [below, above).
    below, above = keys[changes], keys[changes + 1]
    for _ in range(SHIFT_FOR_LINEAR):
        middle = (below + above) // 2
        before = flags(activation, from_value, floats(middle.astype(np.int32)))
        is_before = before == found[changes]
        below, above = (
            np.where(is_before, middle, below),
            np.where(is_before, above, middle),
        )
    firsts = np.concatenate([[-(2**31)] if found[0] else [], above[~found[changes]]])
    lasts = np.concatenate([below[found[changes]], [2**31 - 1] if found[-1] else []])
    return np.ascontiguousarray(np.stack([firsts, lasts], axis=1).astype(np.int32))


def flags(activation: Facts, from_value: bool, values: Values) -> NDArray[np.bool_]:
    """Returns which values are saturated."""
    tensor = keras.ops.convert_to_tensor(values)
    return keras.ops.convert_to_numpy(saturation(activation, from_value)(tensor))


def floats(keys: NDArray[np.int32]) -> Values:
    """Returns the values with the given keys."""
    return (keys ^ ((keys >> np.int32(31)) & MAGNITUDE)).view(np.float32)
