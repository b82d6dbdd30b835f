"""Reduces tensors in the memory of the processor, with NumPy.

NumPy reads the tensors of JAX and PyTorch on a processor without a copy, needs no
compilation, and takes less processor time than operations of the backend: chunks of
values stay in the cache, and empty bins are left out.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from keras_xavier.activation_table import Facts
from keras_xavier.histogram_bins import (
    BIN_COUNT,
    SMALLEST_NORMAL,
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
    table_size,
)
from keras_xavier.probing.sampling import counted_part
from keras_xavier.statistics import UNIT_LIMIT, UNIT_STATISTICS, unit_indices
from keras_xavier.unit_statistics import UNIT_SUMMARY, summarize_units

Values = NDArray[np.float32]
Rows = dict[str, NDArray[np.generic]]

CHUNK = 1 << 16
"""Values that are reduced at once: they stay in the cache of the processor."""
ONES = np.ones(CHUNK, np.float32)
FEW = 1 << 12
"""Numbers of values up to which sorting takes less time than a table of all bins."""
WELL_CONDITIONED = 0.1
"""Smallest ratio of variance to mean square at which their difference is accurate."""
SQUARABLE = (1e-28, 1e28)
"""Mean squares at which the squares of single values fit into float32, too."""


def as_float32(tensor: NDArray[np.generic]) -> Values:
    """Returns the values as contiguous float32, without a copy if possible."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.ascontiguousarray(tensor, np.float32)


def summarize(
    tensors: Iterable[NDArray[np.generic]],
    masks: Sequence[NDArray[np.bool_] | None],
    tasks: Sequence[Task],
    limit: int,
    is_saturated: Callable[[Values, Facts, bool], NDArray[np.bool_]],
) -> Rows:
    """Reduces tensors to `Reduced`; see `Backend.summarize`.

    Args:
        tensors: Iterable of arrays of floats, of shape (example, …, unit) if the task
            has units, else of any shape.
        masks: Sequence of arrays of shape (example, position), or `None`.
        tasks: Sequence of `Task`.
        limit: int. Tensors of this many values or more are counted in part.
        is_saturated: Function from an array of float32 and the `activation` and
            `from_value` of its task to an array of bool of the same shape.
    """
    found, units = [], []
    for tensor, mask, task in zip(tensors, masks, tasks, strict=True):
        values = as_float32(tensor)
        if task.has_units:
            values = values.reshape(len(values), -1, values.shape[-1])
        selected = np.ravel(values if mask is None else values[mask])
        part = counted_part(selected, limit)
        row = summary(selected, part, task)
        row["saturated"] = np.array(np.nan, np.float32)
        row["unit_summaries"] = np.full(len(UNIT_SUMMARY), np.nan, np.float32)
        flags = None
        if task.activation is not None:
            # JAX compiles for each shape, so masked values are left out afterwards.
            counted = selected if part is None else part
            flags = is_saturated(
                values if task.has_units else counted, task.activation, task.from_value
            )
            flags = flags if mask is None else flags[mask]
            row["saturated"] = np.array(
                np.mean(flags) if flags.size else np.nan, np.float32
            )
        if task.has_units:
            row["unit_summaries"], of_units = unit_statistics(values, mask, flags)
            if task.lists_units:
                units.append(listed(of_units))
        found.append(row)
    shape = (0, UNIT_LIMIT, len(UNIT_STATISTICS))
    return {name: np.stack([one[name] for one in found]) for name in found[0]} | {
        "units": np.stack(units) if units else np.zeros(shape, np.float32)
    }


def unit_statistics(
    values: Values,
    mask: NDArray[np.bool_] | None,
    flags: NDArray[np.bool_] | None,
) -> tuple[Values, Values]:
    """Returns the results of `summarize_units`.

    Args:
        values: Array of shape (example, position, unit).
        mask: Array of shape (example, position), or `None`.
        flags: Array of bool. Which of the values that count are saturated. `None`:
            unknown.
    """
    saturated = None
    if flags is not None:
        by_unit = flags.reshape(-1, values.shape[-1])
        saturated = lambda _: by_unit  # noqa: E731
    return summarize_units(values, mask, saturated=saturated)


def listed(units: Values) -> Values:
    """Returns the statistics of the units that are stored, of fixed size."""
    found = np.full((UNIT_LIMIT, len(UNIT_STATISTICS)), np.nan, np.float32)
    chosen = unit_indices(len(units))
    found[: len(chosen)] = units[chosen]
    return found


def norms(tensors: Iterable[NDArray[np.generic]]) -> Values:
    """Returns the Euclidean norms of tensors."""
    return np.stack([norm(np.ravel(as_float32(tensor))) for tensor in tensors])


def summary(values: Values, part: Values | None, task: Task) -> Rows:
    """Reduces one tensor to a row of each entry of `Reduced` except `saturated`.

    Args:
        values: Array of float32, of shape (value,).
        part: Array of the counted values, or `None`: all.
        task: `Task`.
    """
    moments, zeros, nonfinite = find_moments(values)
    counted = values if part is None else part
    shift = SHIFT if task.bounds is None else SHIFT_FOR_LINEAR
    bins, counts = fine_counts(counted, shift)
    stored = stored_bins_of(task.bounds)[bins]
    histogram = np.bincount(stored, counts, BIN_COUNT).astype(np.int32)
    return {
        "moments": moments,
        "sizes": np.array([values.size, counted.size, zeros, nonfinite]),
        "ranks": find_ranks(bins, counts, shift),
        "histogram": histogram,
    }


def find_moments(values: Values) -> tuple[Values, int, int]:
    """Returns mean, standard deviation and extremes; counts zeros and nonfinite values.

    The variance is computed as mean square minus squared mean in one pass. Another pass
    is needed if too many digits cancel, or squares leave the range of float32.
    """
    chunks = [values[i : i + CHUNK] for i in range(0, values.size, CHUNK)]
    lowest, highest = np.inf, -np.inf
    total = square = 0.0
    zeros = 0
    with np.errstate(all="ignore"):
        for chunk in chunks:
            # NumPy returns NaN if there is one.
            lowest = np.minimum(lowest, np.min(chunk))
            highest = np.maximum(highest, np.max(chunk))
            # Faster than a sum, and added with float64 from block to block.
            total += float(np.dot(chunk, ONES[: chunk.size]))
            square += float(np.dot(chunk, chunk))
            sizes = np.abs(chunk)
            if not np.min(sizes) >= SMALLEST_NORMAL:
                zeros += int(np.count_nonzero(sizes < SMALLEST_NORMAL))
    if not np.isfinite([lowest, highest]).all():
        nonfinite = int(np.count_nonzero(~np.isfinite(values)))
        return np.full(4, np.nan, np.float32), zeros, nonfinite
    mean, square = total / values.size, square / values.size
    variance = square - mean**2
    if variance > WELL_CONDITIONED * square and SQUARABLE[0] < square < SQUARABLE[1]:
        std = float(np.sqrt(variance))
    else:
        mean, std = exact_moments(chunks, values.size)
    return np.array([mean, std, lowest, highest], np.float32), zeros, 0


def exact_moments(chunks: list[Values], number: int) -> tuple[float, float]:
    """Returns mean and standard deviation, computed with float64."""
    mean = sum(float(np.sum(chunk, dtype=np.float64)) for chunk in chunks) / number
    deviations = (chunk.astype(np.float64) - mean for chunk in chunks)
    return mean, float(np.sqrt(sum(float(np.dot(d, d)) for d in deviations) / number))


def norm(values: Values) -> np.float32:
    """Returns the Euclidean norm."""
    with np.errstate(over="ignore"):
        return np.float32(np.linalg.norm(values.astype(np.float64)))


def fine_counts(
    values: Values, shift: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns the fine bins that are not empty, ascending, and their counts."""
    index = values.view(np.uint32) >> np.uint32(shift)
    if values.size <= FEW:
        bins, counts = np.unique(index, return_counts=True)
        return bins.astype(np.int64), counts
    counts = np.bincount(index, minlength=table_size(shift))
    bins = np.flatnonzero(counts)
    return bins, counts[bins]


@lru_cache(maxsize=len(LINEAR_BOUNDS) + 1)
def stored_bins_of(bounds: int | None) -> NDArray[np.int16]:
    """Returns the stored bin of each fine bin."""
    if bounds is None:
        return stored_bins(SHIFT, logarithmic_edges())
    return stored_bins(SHIFT_FOR_LINEAR, linear_edges(*LINEAR_BOUNDS[bounds]))


def find_ranks(
    bins: NDArray[np.int64], counts: NDArray[np.int64], shift: int
) -> NDArray[np.int32]:
    """Finds the values that each percentile lies between; see `fine_bins.find_ranks`.

    Args:
        bins: Array of shape (bin,). The fine bins that are not empty, ascending.
        counts: Array of shape (bin,). Their counts.
        shift: int. Number of bits that were shifted out.

    Returns:
        Array of int32, of shape (percentile, 2, 3).
    """
    if not bins.size:
        return np.zeros((len(PERCENTS), 2, 3), np.int32)
    up_to = np.cumsum(counts)
    last = up_to[-1] - 1
    negative = np.sum(counts[np.searchsorted(bins, table_size(shift) // 2) :])
    below = last * PERCENTS.astype(np.int64) // 100
    ranks = np.stack([below, np.minimum(below + 1, last)], axis=1)
    # Negative bins come last, in descending order.
    place = np.where(ranks < negative, last - ranks, ranks - negative)
    index = np.searchsorted(up_to, place, side="right")
    within = place - (up_to - counts)[index]
    return np.stack([bins[index], within, counts[index]], axis=2).astype(np.int32)
