"""Reduces tensors to statistics of units and examples, on a device of any backend.

See `keras_xavier.unit_statistics.summarize_units` for the definitions.
"""

from collections.abc import Callable, Sequence

import numpy as np
from keras import ops

from keras_xavier.histogram_bins import SMALLEST_NORMAL
from keras_xavier.probing.backend import Reduced, Task, Tensor
from keras_xavier.statistics import UNIT_LIMIT, UNIT_STATISTICS
from keras_xavier.unit_statistics import CONSTANT_SPREAD, SATURATED_TIMES, UNIT_SUMMARY

EXPONENT = np.int32(0x7F800000)
"""The bits of the exponent of a float32; all of them are set in NaN and ±Inf."""
MAGNITUDE = np.int32(0x7FFFFFFF)
"""All bits except the sign."""
SMALLEST_NORMAL_BITS = int(np.float32(SMALLEST_NORMAL).view(np.int32))


def by_unit(tensor: Tensor) -> Tensor:
    """Returns a tensor of shape (example, …, unit) as (example, position, unit)."""
    shape = ops.shape(tensor)
    return ops.reshape(tensor, (shape[0], -1, shape[-1]))


def without_units(share: Tensor) -> Reduced:
    """Returns the rows of a tensor that has no units.

    Args:
        share: Tensor. Its share of saturated values.
    """
    nothing = np.full(len(UNIT_SUMMARY), np.nan, np.float32)
    return {"saturated": share, "unit_summaries": ops.convert_to_tensor(nothing)}


def stacked(rows: Sequence[Reduced]) -> Reduced:
    """Joins the rows of tensors; not all of them list their units."""
    units = [row["units"] for row in rows if "units" in row]
    shape = (0, UNIT_LIMIT, len(UNIT_STATISTICS))
    names = [name for name in rows[0] if name != "units"]
    return {name: ops.stack([row[name] for row in rows]) for name in names} | {
        "units": ops.stack(units) if units else ops.zeros(shape, "float32")
    }


def summarize_units(
    values: Tensor,
    mask: Tensor | None,
    flags: Tensor | None,
    task: Task,
    reinterpreted: Callable[[Tensor, str], Tensor],
) -> Reduced:
    """Reduces one tensor.

    Two passes give the variance of a unit, because a unit may vary far less than its
    values are large. The scale is a power of 2, so no digit is lost.

    Args:
        values: Tensor of float32, of shape (example, position, unit).
        mask: Tensor of bool, of shape (example, position). Positions that count;
            `None`: all.
        flags: Tensor of bool, of the shape of the values. Which are saturated; `None`:
            unknown.
        task: `Task`.
        reinterpreted: Function of a tensor and a data type that returns the tensor's
            bits as that type.

    Returns:
        Rows of `Reduced`: `saturated`, `unit_summaries` and, if the task lists units,
        `units`.
    """
    nothing = ops.convert_to_tensor(np.float32(np.nan))
    counts = None if mask is None else ops.expand_dims(mask, -1)
    axes = (0, 1)
    number = total_number(values, mask)
    known = number > 0

    def chosen(tensor: Tensor) -> Tensor:
        return tensor if counts is None else ops.where(counts, tensor, 0)

    def mean(tensor: Tensor) -> Tensor:
        return ops.sum(chosen(tensor), axis=axes) / number

    def share(found: Tensor) -> Tensor:
        return ops.mean(ops.cast(found, "float32"))

    # Comparisons of floats would find subnormal values equal to 0.
    bits = chosen(ops.bitwise_and(reinterpreted(values, "int32"), MAGNITUDE))
    largest_bits = ops.max(bits, axis=axes)
    largest = ops.bitwise_and(ops.max(largest_bits), EXPONENT)
    scale = reinterpreted(largest, "float32")
    scale = ops.where(scale > 0, scale, 1.0)
    finite = known & (largest < EXPONENT)
    varied = finite & (number > 1)
    scaled = values / scale
    center = mean(scaled)
    deviations = scaled - center
    # The rounding error of the center.
    rest = mean(deviations)
    variance = ops.maximum(mean(ops.square(deviations)) - ops.square(rest), 0.0)
    center = center + rest
    level = ops.mean(variance + ops.square(center))
    constant = variance <= CONSTANT_SPREAD**2 * level
    saturated = saturated_units = nothing
    by_units = ops.zeros_like(center) + nothing
    if flags is not None:
        hits = ops.sum(ops.cast(chosen_flags(flags, counts), "int32"), axis=axes)
        total = ops.cast(number, "int32")
        by_units = ops.cast(hits, "float32") / number
        saturated = ops.mean(by_units)
        saturated_units = share((total - hits) * SATURATED_TIMES <= total)
    summary = [
        ops.where(varied, ops.sqrt(ops.mean(variance)) * scale, nothing),
        ops.where(finite, mean_cosine(chosen(values)), nothing),
        ops.where(known, share(largest_bits == 0), nothing),
        ops.where(varied, share(constant), nothing),
        ops.where(known, saturated_units, nothing),
    ]
    found = {"saturated": saturated, "unit_summaries": ops.stack(summary)}
    if task.lists_units:
        small = chosen_flags(
            ops.bitwise_and(reinterpreted(values, "int32"), MAGNITUDE)
            < SMALLEST_NORMAL_BITS,
            counts,
        )
        units = [
            ops.where(finite, center * scale, nothing),
            ops.where(varied, ops.sqrt(variance) * scale, nothing),
            ops.sum(ops.cast(small, "float32"), axis=axes) / number,
            by_units,
        ]
        found["units"] = listed(ops.stack(units, axis=1))
    return found


def chosen_flags(flags: Tensor, counts: Tensor | None) -> Tensor:
    return flags if counts is None else ops.logical_and(flags, counts)


def total_number(values: Tensor, mask: Tensor | None) -> Tensor:
    """Returns the number of values of a unit, as float32."""
    if mask is not None:
        return ops.cast(ops.sum(ops.cast(mask, "int32")), "float32")
    shape = ops.shape(values)
    number = ops.cast(shape[0], "int32") * ops.cast(shape[1], "int32")
    return ops.cast(number, "float32")


def mean_cosine(values: Tensor) -> Tensor:
    """Returns the mean cosine between examples; NaN for fewer than two.

    Args:
        values: Tensor of shape (example, position, unit). 0 where a position does not
            count.
    """
    # Squares of scaled values neither underflow nor overflow.
    largest = ops.max(ops.abs(values), axis=(1, 2), keepdims=True)
    scaled = values / ops.where(largest > 0, largest, 1.0)
    norms = ops.sqrt(ops.sum(ops.square(scaled), axis=(1, 2), keepdims=True))
    total = ops.sum(scaled / ops.where(norms > 0, norms, 1.0), axis=0)
    number = ops.sum(ops.cast(norms > 0, "float32"))
    pairs = ops.maximum(number * (number - 1), 1.0)
    cosine = (ops.sum(ops.square(total)) - number) / pairs
    # Rounding may exceed the bounds of a cosine.
    cosine = ops.clip(cosine, -1.0, 1.0)
    return ops.where(number > 1, cosine, ops.convert_to_tensor(np.float32(np.nan)))


def listed(units: Tensor) -> Tensor:
    """Returns the statistics of the units that are stored, of fixed size.

    Args:
        units: Tensor of shape (unit, statistic).

    Returns:
        Tensor of shape (`UNIT_LIMIT`, statistic), with the units `unit_indices`.
    """
    number = ops.cast(ops.shape(units)[0], "int32")
    stored = ops.minimum(number, UNIT_LIMIT)
    places = ops.arange(UNIT_LIMIT, dtype="int32")
    chosen = ops.minimum(places * number // stored, number - 1)
    found = ops.take(units, chosen, axis=0)
    nothing = ops.convert_to_tensor(np.float32(np.nan))
    return ops.where(ops.expand_dims(places < stored, -1), found, nothing)
