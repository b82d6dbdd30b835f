"""Measures on the JAX backend; see `Backend`."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from jax.ad_checkpoint import checkpoint_name
from jax.extend.core import Literal

from keras_xavier.histogram_bins import SMALLEST_NORMAL
from keras_xavier.probing.backend import Marks, Reduced, Task, Tensor
from keras_xavier.probing.fine_bins import (
    SHIFT,
    SHIFT_FOR_LINEAR,
    find_ranks,
    linear_histogram,
    logarithmic_histogram,
    table_size,
)
from keras_xavier.probing.sampling import positions
from keras_xavier.probing.saturation import saturation

UPDATE_METHOD = "stateless_apply"
END_OF_DATA = (StopIteration,)
STEPS_ARE_PURE = True
REDUCES_IN_STEP = False
PREFIX = "keras_xavier/"


def mark(marks: Marks, name: str, tensor: Tensor) -> Tensor:
    return checkpoint_name(tensor, PREFIX + name)


def mark_gradient(marks: Marks, name: str, tensor: Tensor) -> Tensor:
    @jax.custom_vjp
    def identity(value: Tensor) -> Tensor:
        return value

    identity.defvjp(
        lambda value: (value, None),
        lambda _, upstream: (checkpoint_name(upstream, PREFIX + name),),
    )
    return identity(tensor)


def run_marked(function: Callable[..., Any], marks: Marks, *arguments: Any) -> Any:
    """Adds marked tensors to the results of the function's jaxpr.

    Marks are equations of the jaxpr, at any depth of the differentiated function, so no
    tracer leaks.
    """
    closed, shapes = jax.make_jaxpr(function, return_shape=True)(*arguments)
    equations = closed.jaxpr.eqns
    # The gradients of variables that do not affect the loss are broadcast zeros.
    zeros = {
        id(equation.outvars[0])
        for equation in equations
        if equation.primitive.name == "broadcast_in_dim" and is_zero(equation.invars[0])
    }
    named = {
        equation.params["name"].removeprefix(PREFIX): equation
        for equation in equations
        if equation.primitive.name == "name"
        and equation.params["name"].startswith(PREFIX)
    }
    marked = {
        name: equation.outvars[0]
        for name, equation in named.items()
        if not name.startswith("dw/")
        or not (id(equation.invars[0]) in zeros or is_zero(equation.invars[0]))
    }
    results = closed.jaxpr.outvars
    extended = closed.jaxpr.replace(
        outvars=[*results, *marked.values()],
        debug_info=closed.jaxpr.debug_info.with_unknown_names(),
    )
    values = jax.core.eval_jaxpr(extended, closed.consts, *jax.tree.leaves(arguments))
    marks.update(zip(marked, values[len(results) :], strict=True))
    return jax.tree.unflatten(jax.tree.structure(shapes), values[: len(results)])


def is_zero(atom: Any) -> bool:
    """Returns whether an atom of a jaxpr is the constant 0."""
    return isinstance(atom, Literal) and np.ndim(atom.val) == 0 and atom.val == 0


def value_and_gradients(
    loss_of: Callable[[list[Tensor]], Tensor],
    values: Sequence[Tensor],
    wanted: Sequence[int],
) -> tuple[Tensor, list[Tensor | None]]:
    def loss(chosen: list[Tensor]) -> Tensor:
        replaced = dict(zip(wanted, chosen, strict=True))
        return loss_of([replaced.get(i, value) for i, value in enumerate(values)])

    return jax.value_and_grad(loss)([values[i] for i in wanted])


compiled = jax.jit


def trace(function: Any, *arguments: Any) -> None:
    jax.eval_shape(function, *arguments)


def read(
    model: keras.Model, variables: Sequence[keras.Variable], state: Any
) -> list[Tensor]:
    if state is None:
        return [variable.value for variable in variables]
    known = [
        *zip(model.trainable_variables, state[0], strict=True),
        *zip(model.non_trainable_variables, state[1], strict=True),
        *zip(model.optimizer.variables, state[2], strict=True),
    ]
    values = {id(variable): value for variable, value in known}
    return [values[id(variable)] for variable in variables]


def whole_batch(tensor: Tensor) -> Tensor:
    return tensor


def over_replicas(gradient: Tensor) -> Tensor:
    return gradient


def flatten(tensor: Tensor) -> Tensor:
    return jnp.ravel(tensor).astype(jnp.float32)


def summarize(tensors: Sequence[Tensor], tasks: Sequence[Task], limit: int) -> Reduced:
    found = [
        summary(values, counted_part(values, limit), task)
        for values, task in zip(tensors, tasks, strict=True)
    ]
    return {name: jnp.stack([one[name] for one in found]) for name in found[0]}


def counted_part(values: Tensor, limit: int) -> Tensor | None:
    return values[positions(values.size)] if values.size >= limit else None


@functools.partial(jax.jit, static_argnames="task")
def summary(values: Tensor, part: Tensor | None, task: Task) -> Reduced:
    counted = values if part is None else part
    shift = SHIFT if task.bounds is None else SHIFT_FOR_LINEAR
    counts = fine_counts(counted, shift)[None]
    if task.bounds is None:
        histogram = logarithmic_histogram(counts)
    else:
        histogram = linear_histogram(counts, task.bounds)
    if task.activation is None:
        share = jnp.float32(np.nan)
    else:
        flags = saturation(task.activation, task.from_value)(counted)
        share = jnp.mean(flags, dtype=jnp.float32)
    zeros = jnp.sum(jnp.abs(values) < SMALLEST_NORMAL)
    nonfinite = jnp.sum(~jnp.isfinite(values))
    return {
        "moments": moments(values),
        "sizes": jnp.stack([values.size, counted.size, zeros, nonfinite]),
        "ranks": find_ranks(counts)[0],
        "histogram": histogram[0],
        "saturated": share,
    }


def norms(tensors: Sequence[Tensor]) -> Tensor:
    return jnp.stack([norm(values) for values in tensors])


def moments(values: Tensor) -> Tensor:
    lowest, highest = jnp.min(values), jnp.max(values)
    largest = jnp.maximum(-lowest, highest)
    # Squares of scaled values neither underflow nor overflow.
    scale = jnp.where(largest > 0, largest, 1)
    center = jnp.mean(values / scale)
    std = jnp.sqrt(jnp.mean((values / scale - center) ** 2))
    return jnp.stack([center * scale, std * scale, lowest, highest])


@jax.jit
def norm(values: Tensor) -> Tensor:
    largest = jnp.max(jnp.abs(values))
    scale = jnp.where(largest > 0, largest, 1)
    return scale * jnp.sqrt(jnp.sum((values / scale) ** 2))


def fine_counts(values: Tensor, shift: int) -> Tensor:
    bits = jax.lax.bitcast_convert_type(values, jnp.uint32) >> shift
    counts = jnp.zeros(table_size(shift), jnp.int32)
    return counts.at[bits.astype(jnp.int32)].add(1, mode="promise_in_bounds")


def depends(function: Callable[[Tensor], Tensor], tensor: Tensor) -> bool:
    jaxpr = jax.make_jaxpr(function)(tensor).jaxpr
    reached = set(map(id, jaxpr.invars))
    for equation in jaxpr.eqns:
        if reached & set(map(id, equation.invars)):
            reached |= set(map(id, equation.outvars))
    return id(jaxpr.outvars[0]) in reached
