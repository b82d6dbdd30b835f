"""Reduces tensors on a device of JAX; see `Backend.summarize`."""

import functools

import jax
import jax.numpy as jnp

from keras_xavier.activation_table import Facts
from keras_xavier.histogram_bins import SMALLEST_NORMAL
from keras_xavier.probing.backend import Reduced, Task, Tensor
from keras_xavier.probing.fine_bins import (
    SHIFT,
    SHIFT_FOR_LINEAR,
    find_ranks,
    linear_histogram,
    logarithmic_histogram,
    table_size,
)
from keras_xavier.probing.sampling import counted_part, positions
from keras_xavier.probing.saturation import saturation
from keras_xavier.probing.unit_reduction import (
    by_unit,
    summarize_units,
    without_units,
)


def reduce(tensor: Tensor, mask: Tensor | None, task: Task, limit: int) -> Reduced:
    """Returns the rows of one tensor."""
    values = tensor.astype(jnp.float32)
    if task.has_units:
        found = units_of(by_unit(values), mask, task)
    else:
        found = without_units(share_of(values, task, limit))
    if mask is None:
        flat = jnp.ravel(values)
        return found | summary(flat, counted_part(flat, limit), None, task)
    # Their number changes from batch to batch, and a program is compiled for each
    # shape, so values that do not count are kept, and counted 0 times.
    values = by_unit(values)
    counts = jnp.ravel(jnp.broadcast_to(mask[..., None], values.shape))
    number = int(jnp.count_nonzero(mask)) * values.shape[-1]
    part = None
    if number >= limit:
        places = jnp.flatnonzero(counts, size=values.size)
        part = jnp.ravel(values)[places[positions(number)]]
    return found | summary(jnp.ravel(values), part, counts, task)


@functools.partial(jax.jit, static_argnames="task")
def units_of(values: Tensor, mask: Tensor | None, task: Task) -> Reduced:
    known, flags = task.activation, None
    if known is not None:
        flags = saturated_flags(values, known, task.from_value)
    return summarize_units(values, mask, flags, task, reinterpreted)


def share_of(values: Tensor, task: Task, limit: int) -> Tensor:
    """Returns the share of saturated values; NaN without an activation function."""
    if task.activation is None:
        return jnp.float32(jnp.nan)
    flat = jnp.ravel(values)
    part = counted_part(flat, limit)
    counted = flat if part is None else part
    flags = saturated_flags(counted, task.activation, task.from_value)
    return jnp.count_nonzero(flags).astype(jnp.float32) / flags.size


@functools.partial(jax.jit, static_argnames=("activation", "from_value"))
def saturated_flags(values: Tensor, activation: Facts, from_value: bool) -> Tensor:
    return saturation(activation, from_value)(values)


def reinterpreted(tensor: Tensor, data_type: str) -> Tensor:
    return jax.lax.bitcast_convert_type(tensor, data_type)


@functools.partial(jax.jit, static_argnames="task")
def summary(
    values: Tensor, part: Tensor | None, counts: Tensor | None, task: Task
) -> Reduced:
    """Returns the rows of one tensor that do not depend on units.

    Args:
        values: Tensor of shape (value,).
        part: Tensor of the values in the histogram, or `None`: all.
        counts: Tensor of bool, of shape (value,). Values that count, or `None`: all.
        task: `Task`.
    """
    shift = SHIFT if task.bounds is None else SHIFT_FOR_LINEAR
    if part is None:
        bins = fine_counts(values, counts, shift)[None]
    else:
        bins = fine_counts(part, None, shift)[None]
    if task.bounds is None:
        histogram = logarithmic_histogram(bins)
    else:
        histogram = linear_histogram(bins, task.bounds)
    number = values.size if counts is None else jnp.count_nonzero(counts)
    sizes = [
        number,
        number if part is None else part.size,
        jnp.sum(jnp.abs(values) < SMALLEST_NORMAL, where=counts),
        jnp.sum(~jnp.isfinite(values), where=counts),
    ]
    return {
        "moments": moments(values, counts),
        "sizes": jnp.stack(sizes),
        "ranks": find_ranks(bins)[0],
        "histogram": histogram[0],
    }


def moments(values: Tensor, counts: Tensor | None) -> Tensor:
    lowest = jnp.min(values, initial=jnp.inf, where=counts)
    highest = jnp.max(values, initial=-jnp.inf, where=counts)
    largest = jnp.maximum(-lowest, highest)
    # Squares of scaled values neither underflow nor overflow.
    scale = jnp.where(largest > 0, largest, 1)
    center = jnp.mean(values / scale, where=counts)
    std = jnp.sqrt(jnp.mean((values / scale - center) ** 2, where=counts))
    return jnp.stack([center * scale, std * scale, lowest, highest])


@jax.jit
def norm(values: Tensor) -> Tensor:
    largest = jnp.max(jnp.abs(values))
    scale = jnp.where(largest > 0, largest, 1)
    return scale * jnp.sqrt(jnp.sum((values / scale) ** 2))


def fine_counts(values: Tensor, counts: Tensor | None, shift: int) -> Tensor:
    bits = jax.lax.bitcast_convert_type(values, jnp.uint32) >> shift
    number = 1 if counts is None else counts.astype(jnp.int32)
    found = jnp.zeros(table_size(shift), jnp.int32)
    return found.at[bits.astype(jnp.int32)].add(number, mode="promise_in_bounds")
