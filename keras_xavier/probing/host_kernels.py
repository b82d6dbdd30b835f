"""Loops over values in the memory of the processor, compiled by Numba.

Importing this module imports Numba. Each function is compiled for one signature, once
for an installation: Numba caches the machine code in a folder. `load_all` does so.

The loops are split so that the compiler vectorizes them: sums, extremes and counts of a
chunk are separate loops over values that the first loop has moved into the cache. The
integers in them are cast after every operation, because Numba widens them to 64 bits.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numba import njit
from numba.core.dispatcher import Dispatcher
from numpy.typing import NDArray

from keras_xavier.probing.fine_bins import ROW

Values = NDArray[np.float32]
Bits = NDArray[np.int32]

CHUNK = 1 << 12
"""Values that several loops read one after the other: 16 KiB, half of a small cache."""
ROW_LENGTH = 512
"""Values of a row below which rows are read together: short loops take longer."""
MAGNITUDE = np.int32(0x7FFFFFFF)
"""The bits of a float32 without its sign."""
SIGN_SHIFT = np.int32(31)
NORMAL = np.int32(0x00800000)
"""The magnitude of the smallest normal value."""
SMALLEST, LARGEST = np.int32(-(2**31)), np.int32(2**31 - 1)
ONE = np.int32(1)


def compiled(function: Callable[..., Any]) -> Any:
    """Compiles a function at its first call, or loads it from the cache.

    Sums are reordered, but NaN and Inf are not assumed to be absent.
    """
    options = {"nogil": True, "fastmath": {"reassoc", "contract", "nsz"}}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:
        # No folder is writable, so every process compiles.
        return njit(**options)(function)


def load(call: Callable[[], object], functions: Iterable[Any]) -> None:
    """Compiles functions or loads them from the cache.

    Args:
        call: Function that calls the compiled functions.
        functions: Iterable of the compiled functions.
    """
    try:
        call()
    except Exception:  # noqa: BLE001 - Numba raises any error if a file is damaged
        for function in functions:
            # This also empties the cache of the function.
            function.recompile()
        call()


def load_all() -> None:
    """Compiles all functions of this module or loads them from the cache."""
    load(call_all, [one for one in globals().values() if isinstance(one, Dispatcher)])


def call_all() -> None:
    """Calls the functions that are called from Python, which contain the others."""
    values, ranges = np.zeros(1, np.float32), np.zeros((0, 2), np.int32)
    moments, counts = np.zeros((2, 1)), np.zeros((3, 1), np.int32)
    summarize(
        *(values, values, np.zeros(0, np.int64), ranges, 24),
        *(np.zeros(ROW, np.int16), np.zeros(1, np.int32)),
        *(np.zeros((1, 2, 3), np.int32), np.zeros(1, np.int32)),
    )
    sums(values)
    squared_deviations(values, 0.0)
    rows = values.reshape(1, 1)
    summarize_units(rows, ranges, moments, counts)
    write_units(1, moments, counts, 0.0, 1, np.zeros(4, np.float32), rows[:0])
    mean_cosine(rows)


@compiled
def subtract(values: Values, subtracted: Values, differences: Values) -> None:
    for i in range(values.size):
        differences[i] = values[i] - subtracted[i]


@compiled
def sums(values: Values) -> tuple[float, float]:
    """Returns the sum of the values and of their squares, which never overflow."""
    total = square = 0.0
    for i in range(values.size):
        value = np.float64(values[i])
        total += value
        square += value * value
    return total, square


@compiled
def extremes(bits: Bits) -> tuple[np.int32, np.int32, np.int32]:
    """Returns the smallest and the largest key, and the number of zeros."""
    lowest, highest, zeros = LARGEST, SMALLEST, np.int32(0)
    for i in range(bits.size):
        magnitude = np.int32(bits[i] & MAGNITUDE)
        key = np.int32(bits[i] ^ np.int32(np.int32(bits[i] >> SIGN_SHIFT) & MAGNITUDE))
        lowest, highest = min(lowest, key), max(highest, key)
        zeros = np.int32(zeros + np.int32(magnitude < NORMAL))
    return lowest, highest, zeros


@compiled
def count_in_range(bits: Bits, first: np.int32, last: np.int32) -> np.int32:
    """Counts the values with keys from `first` to `last`."""
    found = np.int32(0)
    for i in range(bits.size):
        key = np.int32(bits[i] ^ np.int32(np.int32(bits[i] >> SIGN_SHIFT) & MAGNITUDE))
        found = np.int32(found + np.int32((key >= first) & (key <= last)))
    return found


@compiled
def squared_deviations(values: Values, mean: float) -> float:
    total = 0.0
    for i in range(values.size):
        deviation = values[i] - mean
        total += deviation * deviation
    return total


@compiled
def summarize(
    values: Values,
    subtracted: Values,
    positions: NDArray[np.int64],
    ranges: NDArray[np.int32],
    shift: int,
    stored: NDArray[np.int16],
    percents: NDArray[np.int32],
    ranks: NDArray[np.int32],
    histogram: NDArray[np.int32],
) -> tuple[float, float, np.int32, np.int32, int, int]:
    """Reduces one tensor.

    Args:
        values: Array of float32, of shape (value,).
        subtracted: Array of float32, of shape (value,). Values to subtract from the
            values; empty: 0.
        positions: Array of int, of shape (counted,). Ascending positions of the values
            that are counted; empty: all of them are.
        ranges: Array of int32, of shape (range, 2). Keys of saturated values.
        shift: int. Number of bits that the fine bins shift out.
        stored: Array of int16, of shape (fine bin,). The stored bin of each fine bin.
        percents: Array of int, of shape (percentile,).
        ranks: Array of int32, of shape (percentile, 2, 3), to write to.
        histogram: Array of zeros of int32, of shape (stored bin,), to write to.

    Returns:
        Tuple: sum of the values and of their squares, smallest and largest key, number
        of zeros, and number of saturated values among the counted values.
    """
    differences = np.empty(CHUNK if subtracted.size else 0, np.float32)
    part = np.empty(CHUNK if positions.size else 0, np.int32)
    table = np.zeros(stored.size, np.int32)
    total = square = 0.0
    lowest, highest = LARGEST, SMALLEST
    zeros = saturated = place = 0
    for start in range(0, values.size, CHUNK):
        chunk = values[start : start + CHUNK]
        if subtracted.size:
            subtract(chunk, subtracted[start : start + CHUNK], differences)
            chunk = differences[: chunk.size]
        added, squares = sums(chunk)
        total, square = total + added, square + squares
        bits = chunk.view(np.int32)
        low, high, none = extremes(bits)
        lowest, highest, zeros = min(lowest, low), max(highest, high), zeros + none
        if positions.size:
            number = 0
            while place < positions.size and positions[place] < start + chunk.size:
                part[number] = bits[positions[place] - start]
                number, place = number + 1, place + 1
            bits = part[:number]
        for i in range(bits.size):
            table[np.uint32(bits[i]) >> np.uint32(shift)] += ONE
        for i in range(len(ranges)):
            saturated += count_in_range(bits, ranges[i, 0], ranges[i, 1])
    counted = positions.size if positions.size else values.size
    reduce_table(table, counted, stored, percents, ranks, histogram)
    return total, square, lowest, highest, zeros, saturated


@compiled
def reduce_table(
    table: NDArray[np.int32],
    number: int,
    stored: NDArray[np.int16],
    percents: NDArray[np.int32],
    ranks: NDArray[np.int32],
    histogram: NDArray[np.int32],
) -> None:
    """Finds percentiles and stored bins, given fine counts; see `fine_bins`."""
    rows = table.size // ROW
    up_to = np.zeros(rows, np.int64)
    seen = 0
    for row in range(rows):
        found = np.int32(0)
        for i in range(row * ROW, (row + 1) * ROW):
            found = np.int32(found + table[i])
        if found:
            for i in range(row * ROW, (row + 1) * ROW):
                histogram[stored[i]] += table[i]
        seen += int(found)
        up_to[row] = seen
    negative = number - int(up_to[rows // 2 - 1])
    last = max(number - 1, 0)
    for i in range(percents.size):
        below = last * int(percents[i]) // 100
        for side in range(2):
            rank = min(below + side, last)
            # Negative bins come last, in descending order.
            place = last - rank if rank < negative else rank - negative
            row = 0
            while row < rows - 1 and up_to[row] <= place:
                row += 1
            if row:
                place -= int(up_to[row - 1])
            index = row * ROW
            while index < table.size - 1 and table[index] <= place:
                place -= int(table[index])
                index += 1
            ranks[i, side, 0] = index
            ranks[i, side, 1] = place
            ranks[i, side, 2] = table[index]


@compiled
def summarize_units(
    rows: Values,
    ranges: NDArray[np.int32],
    moments: NDArray[np.float64],
    counts: NDArray[np.int32],
) -> None:
    """Reduces the values of each unit.

    The variance is computed from deviations from the first value of the unit, in one
    pass. The square of their mean is at most the variance times the number of values,
    so float64 keeps enough digits.

    Args:
        rows: Array of float32, of shape (row, unit). Rows are examples and positions.
        ranges: Array of int32, of shape (range, 2). Keys of saturated values.
        moments: Array of float64, of shape (2, unit), to write to. Mean and variance.
        counts: Array of zeros of int32, of shape (3, unit), to write to. Numbers of
            zeros and subnormal values, of exact zeros, and of saturated values.
    """
    number, units = rows.shape
    values = rows.reshape(rows.size)
    bits = values.view(np.int32)
    # Joined rows are one row, with several places for each unit.
    length = max(1, min(ROW_LENGTH // units, number)) * units
    offset, total, square = np.empty(length), np.zeros(length), np.zeros(length)
    found = np.zeros((3, length), np.int32)
    for i in range(length):
        offset[i] = values[i % units]
    for start in range(0, values.size, length):
        end = min(start + length, values.size)
        add_deviations(values[start:end], offset, total, square)
        add_zeros(bits[start:end], found[0], found[1])
        for i in range(len(ranges)):
            add_in_range(bits[start:end], ranges[i, 0], ranges[i, 1], found[2])
    for j in range(units):
        deviation = squares = 0.0
        for i in range(j, length, units):
            deviation += total[i]
            squares += square[i]
            for k in range(3):
                counts[k, j] += found[k, i]
        deviation /= number
        moments[0, j] = offset[j] + deviation
        moments[1, j] = max(squares / number - deviation * deviation, 0.0)


@compiled
def write_units(
    number: int,
    moments: NDArray[np.float64],
    counts: NDArray[np.int32],
    constant_spread: float,
    saturated_times: int,
    summary: Values,
    units: Values,
) -> int:
    """Derives the statistics of a tensor from the statistics of its units.

    Args:
        number: int. Number of values of a unit.
        moments: Array of float64, of shape (2, unit). From `summarize_units`.
        counts: Array of int32, of shape (3, unit). From `summarize_units`.
        constant_spread: float. `unit_statistics.CONSTANT_SPREAD`.
        saturated_times: int. `unit_statistics.SATURATED_TIMES`.
        summary: Array of float32, of shape (4,), to write to. `unit_std` and the shares
            of dead, constant and saturated units.
        units: Array of float32, of shape (listed, 4), to write to. Mean, standard
            deviation, and shares of zeros and of saturated values of evenly spaced
            units.

    Returns:
        int. Number of saturated values.
    """
    size = moments.shape[1]
    variance = level = 0.0
    for i in range(size):
        variance += moments[1, i]
        level += moments[0, i] * moments[0, i]
    level = (level + variance) / size * constant_spread * constant_spread
    dead = constant = stuck = saturated = 0
    for i in range(size):
        dead += counts[1, i] == number
        constant += moments[1, i] <= level
        stuck += (number - counts[2, i]) * saturated_times <= number
        saturated += counts[2, i]
    summary[0] = np.sqrt(variance / size)
    summary[1], summary[2], summary[3] = dead / size, constant / size, stuck / size
    for i in range(len(units)):
        unit = i * size // len(units)
        units[i, 0], units[i, 1] = moments[0, unit], np.sqrt(moments[1, unit])
        units[i, 2], units[i, 3] = counts[0, unit] / number, counts[2, unit] / number
    return saturated


@compiled
def add_deviations(
    values: Values,
    offset: NDArray[np.float64],
    total: NDArray[np.float64],
    square: NDArray[np.float64],
) -> None:
    for i in range(values.size):
        deviation = values[i] - offset[i]
        total[i] += deviation
        square[i] += deviation * deviation


@compiled
def add_zeros(bits: Bits, small: Bits, zero: Bits) -> None:
    for i in range(bits.size):
        magnitude = np.int32(bits[i] & MAGNITUDE)
        small[i] += np.int32(magnitude < NORMAL)
        zero[i] += np.int32(magnitude == 0)


@compiled
def add_in_range(bits: Bits, first: np.int32, last: np.int32, found: Bits) -> None:
    for i in range(bits.size):
        key = np.int32(bits[i] ^ np.int32(np.int32(bits[i] >> SIGN_SHIFT) & MAGNITUDE))
        found[i] += np.int32((key >= first) & (key <= last))


@compiled
def mean_cosine(examples: Values) -> float:
    """Returns the mean cosine between examples; see `unit_statistics.mean_cosine`."""
    directions = np.zeros(examples.shape[1])
    number = 0
    for i in range(len(examples)):
        _, square = sums(examples[i])
        if square > 0:
            number += 1
            add_scaled(examples[i], 1 / np.sqrt(square), directions)
    if number < 2:
        return np.nan
    square = 0.0
    for i in range(directions.size):
        square += directions[i] * directions[i]
    cosine = (square - number) / (number * (number - 1))
    # Rounding may exceed the bounds of a cosine.
    return min(max(cosine, -1.0), 1.0)


@compiled
def add_scaled(values: Values, scale: float, total: NDArray[np.float64]) -> None:
    for i in range(values.size):
        total[i] += scale * values[i]
