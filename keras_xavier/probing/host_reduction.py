"""Reduces tensors in the memory of the processor.

Loops compiled by Numba read the tensors of JAX and PyTorch on a processor without a
copy, and take less processor time than operations of the backend: each value is read
from memory once, and stays in the cache for all loops over it.
"""

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from types import ModuleType, SimpleNamespace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from keras_xavier.histogram_bins import (
    BIN_COUNT,
    linear_edges,
    logarithmic_edges,
)
from keras_xavier.probing.backend import Difference, Task
from keras_xavier.probing.fine_bins import (
    LINEAR_BOUNDS,
    PERCENTS,
    SHIFT,
    SHIFT_FOR_LINEAR,
    stored_bins,
)
from keras_xavier.probing.sampling import positions
from keras_xavier.probing.saturation import saturation
from keras_xavier.statistics import (
    UNIT_LIMIT,
    UNIT_STATISTICS,
)
from keras_xavier.unit_statistics import (
    CONSTANT_SPREAD,
    SATURATED_TIMES,
    UNIT_SUMMARY,
)

Values = NDArray[np.float32]
Rows = dict[str, Any]

NONFINITE = 3
"""The place of the number of nonfinite values in `sizes`."""
WELL_CONDITIONED = 1e-6
"""Smallest ratio of variance to mean square at which their difference is accurate."""
MAGNITUDE = np.int32(0x7FFFFFFF)
"""The bits of a float32 without its sign."""
MOST_RANGES = 8
"""Ranges of saturated values up to which comparing takes less time than φ'."""
NOTHING = np.empty(0, np.float32)
"""Stands for values that are not subtracted."""
NO_RANGES = np.empty((0, 2), np.int32)
ALL = np.empty(0, np.int64)
"""Stands for the positions of all values."""
WORTH_THREADS = 1 << 18
"""Number of values that take longer to reduce than threads to start."""
MOST_THREADS = 8


@lru_cache(maxsize=1)
def kernels() -> ModuleType:
    """Returns the compiled functions, which takes as long as many records at first."""
    from keras_xavier.probing import host_kernels

    host_kernels.load_all()
    return host_kernels


def as_float32(tensor: NDArray[Any]) -> Values:
    """Returns the values as contiguous float32, without a copy if possible."""
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.ascontiguousarray(tensor, np.float32)
    if values.flags.writeable:
        return values
    # Numba would compile everything again for constant arrays, as JAX returns them.
    interface = values.__array_interface__
    address, _ = interface["data"]
    view = SimpleNamespace(
        values=values, __array_interface__=interface | {"data": (address, False)}
    )
    return np.asarray(view)


def summarize(
    tensors: Sequence[NDArray[Any] | Difference],
    masks: Sequence[NDArray[np.bool_] | None],
    tasks: Sequence[Task],
    limit: int,
) -> Rows:
    """Reduces tensors to `Reduced`; see `Backend.summarize`.

    Args:
        tensors: Sequence of arrays of floats, of shape (example, …, unit) if the task
            has units, else of any shape, or of `Difference` of such arrays.
        masks: Sequence of arrays of shape (example, position), or `None`.
        tasks: Sequence of `Task`.
        limit: int. Tensors of this many values or more are counted in part.
    """
    found: list[Rows] = [{} for _ in tasks]

    def reduce(row: int) -> None:
        found[row] = reduce_one(tensors[row], masks[row], tasks[row], limit)

    in_threads(reduce, [tensor.size for tensor in tensors])
    units = [one.pop("units") for one in found if "units" in one]
    shape = (0, UNIT_LIMIT, len(UNIT_STATISTICS))
    return {name: np.stack([one[name] for one in found]) for name in found[0]} | {
        "units": np.stack(units) if units else np.zeros(shape, np.float32)
    }


def reduce_one(
    tensor: NDArray[Any] | Difference,
    mask: NDArray[np.bool_] | None,
    task: Task,
    limit: int,
) -> Rows:
    """Reduces one tensor to a row of each entry of `Reduced`."""
    pair = tensor if isinstance(tensor, Difference) else Difference(tensor, NOTHING)
    values, subtracted = as_float32(pair.tensor), as_float32(pair.subtracted)
    if not task.has_units:
        row, share = summary(np.ravel(values), task, limit, np.ravel(subtracted))
        nothing = np.full(len(UNIT_SUMMARY), np.nan, np.float32)
        return row | {"saturated": share, "unit_summaries": nothing}
    values = values.reshape(len(values), -1, values.shape[-1])
    chosen = values if mask is None else values[mask]
    row, _ = summary(np.ravel(chosen), replace(task, activation=None), limit)
    rows = chosen.reshape(-1, values.shape[-1])
    finite = row["sizes"][NONFINITE] == 0
    return row | unit_statistics(values, mask, rows, task, is_finite=bool(finite))


def summary(
    values: Values, task: Task, limit: int, subtracted: Values = NOTHING
) -> tuple[Rows, np.float32]:
    """Reduces one tensor to moments, sizes, ranks, histogram and saturated share.

    Args:
        values: Array of float32, of shape (value,).
        task: `Task`.
        limit: int. Tensors of this many values or more are counted in part.
        subtracted: Array of float32, of shape (value,). Values to subtract. Defaults to
            none.
    """
    ranks = np.empty((len(PERCENTS), 2, 3), np.int32)
    histogram = np.zeros(BIN_COUNT, np.int32)
    places = positions(values.size) if values.size >= limit else ALL
    ranges = saturated_ranges(task)
    total, square, lowest, highest, zeros, saturated = kernels().summarize(
        values,
        subtracted,
        places,
        NO_RANGES if ranges is None else ranges,
        SHIFT if task.bounds is None else SHIFT_FOR_LINEAR,
        stored_bins_of(task.bounds),
        PERCENTS,
        ranks,
        histogram,
    )
    number = values.size
    counted = places.size or number
    nonfinite = 0
    moments = np.full(4, np.nan, np.float32)
    if subtracted.size and not is_one_pass_enough(number, total, square):
        with np.errstate(invalid="ignore"):
            values = values - subtracted
    if not math.isfinite(total):
        nonfinite = int(np.count_nonzero(~np.isfinite(values)))
    elif number:
        mean, variance = total / number, square / number - (total / number) ** 2
        if not is_one_pass_enough(number, total, square):
            variance = kernels().squared_deviations(values, mean) / number
        moments[:2] = mean, math.sqrt(variance)
        moments[2:] = floats(np.array([lowest, highest], np.int32))
    if ranges is None:
        part = values[places] if places.size else values
        saturated = np.count_nonzero(flags(task, part))
    known = task.activation is not None and counted > 0
    return {
        "moments": moments,
        "sizes": np.array([values.size, counted, zeros, nonfinite]),
        "ranks": ranks,
        "histogram": histogram,
    }, np.float32(saturated / counted if known else np.nan)


def unit_statistics(
    values: Values,
    mask: NDArray[np.bool_] | None,
    rows: Values,
    task: Task,
    *,
    is_finite: bool,
) -> Rows:
    """Reduces one tensor to the entries of `Reduced` that depend on units.

    Args:
        values: Array of shape (example, position, unit).
        mask: Array of shape (example, position), or `None`.
        rows: Array of shape (row, unit). The values whose position counts.
        task: `Task`.
        is_finite: bool. Whether all values that count are finite.
    """
    number, size = rows.shape
    summary = np.full(4, np.nan, np.float32)
    units = np.full((UNIT_LIMIT, len(UNIT_STATISTICS)), np.nan, np.float32)
    share = cosine = np.nan
    if rows.size:
        moments, counts = np.empty((2, size)), np.zeros((3, size), np.int32)
        ranges = saturated_ranges(task)
        kernels().summarize_units(
            rows, NO_RANGES if ranges is None else ranges, moments, counts
        )
        if ranges is None:
            # JAX compiles for each shape, so masked values are left out afterwards.
            found = flags(task, values)
            by_unit = (found if mask is None else found[mask]).reshape(rows.shape)
            counts[2] = np.count_nonzero(by_unit, axis=0)
        listed = units[: min(size, UNIT_LIMIT) if task.lists_units else 0]
        saturated = kernels().write_units(
            number, moments, counts, CONSTANT_SPREAD, SATURATED_TIMES, summary, listed
        )
        if task.activation is None:
            summary[3] = listed[:, 3] = np.nan
        else:
            share = saturated / rows.size
        if is_finite:
            counted = values if mask is None else np.where(mask[..., None], values, 0)
            cosine = kernels().mean_cosine(counted.reshape(len(values), -1))
        else:
            listed[:, 0] = np.nan
        if not is_finite or number == 1:
            summary[[0, 2]] = listed[:, 1] = np.nan
    row = {
        "saturated": np.float32(share),
        "unit_summaries": np.insert(summary, 1, cosine),
    }
    return row | {"units": units} if task.lists_units else row


def norms(tensors: Sequence[Any]) -> Values:
    """Returns the Euclidean norms of tensors."""
    squares = [kernels().sums(np.ravel(as_float32(tensor)))[1] for tensor in tensors]
    with np.errstate(over="ignore"):
        return np.sqrt(squares).astype(np.float32)


def is_one_pass_enough(number: int, total: float, square: float) -> bool:
    """Returns whether few digits cancel in mean square minus squared mean."""
    return number * square - total**2 > WELL_CONDITIONED * number * square


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
def saturated_ranges(task: Task) -> NDArray[np.int32] | None:
    """Finds the values that a task counts as saturated, as ranges of keys.

    The key of a value is an integer that is larger for a larger value: the bits of its
    magnitude, below 0 for negative values.

    Returns:
        Array of int32, of shape (range, 2): first and last key of each range. `None` if
        there are too many ranges, as of a sine.
    """
    if task.activation is None:
        return NO_RANGES
    keys = np.arange(-(2**31), 2**31, 1 << SHIFT_FOR_LINEAR)
    found = flags(task, floats(keys.astype(np.int32)))
    changes = np.flatnonzero(found[1:] != found[:-1])
    if len(changes) > 2 * MOST_RANGES:
        return None
    before = found[changes]
    # The last key before each change.
    last, following = keys[changes], keys[changes + 1]
    for _ in range(SHIFT_FOR_LINEAR):
        middle = (last + following) // 2
        same = flags(task, floats(middle.astype(np.int32))) == before
        last = np.where(same, middle, last)
        following = np.where(same, following, middle)
    starts = np.concatenate([[keys[0]] if found[0] else [], following[~before]])
    ends = np.concatenate([last[before], [2**31 - 1] if found[-1] else []])
    return np.ascontiguousarray(np.stack([starts, ends], axis=1).astype(np.int32))


def flags(task: Task, values: Values) -> NDArray[np.bool_]:
    """Returns which values are saturated."""
    if task.activation is None:
        return np.zeros(values.shape, bool)
    is_saturated = saturation(task.activation, task.from_value)
    found = is_saturated(keras.ops.convert_to_tensor(values))
    return np.asarray(keras.ops.convert_to_numpy(found))


def floats(keys: NDArray[np.int32]) -> Values:
    """Returns the values with the given keys."""
    return (keys ^ ((keys >> np.int32(31)) & MAGNITUDE)).view(np.float32)
