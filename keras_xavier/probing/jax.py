"""Measures on the JAX backend; see `Backend`."""

import functools
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from jax.ad_checkpoint import checkpoint_name
from jax.extend.core import Literal
from numpy.typing import NDArray

from keras_xavier.probing import host_reduction
from keras_xavier.probing.backend import (
    Difference,
    Marks,
    Reduced,
    Task,
    Tensor,
    subtracted,
)
from keras_xavier.probing.jax_reduction import norm, reduce
from keras_xavier.probing.unit_reduction import stacked

UPDATE_METHOD = "stateless_apply"
END_OF_DATA = (StopIteration,)
STEPS_ARE_PURE = True
REDUCES_IN_PASS = False
PREFIX = "keras_xavier/"
OUTER_EFFECTS = ("IOEffect", "OrderedIOEffect")
SMALL_OPERATION = 10_000
"""Values of an operation up to which its compilation takes longer than its use."""
MANY_OPERATIONS = 300
"""Operations of a program that takes long to compile."""


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
    wanted = [*results, *marked.values()]
    extended = closed.jaxpr.replace(
        eqns=needed(equations, wanted),
        outvars=wanted,
        effects=frozenset(),
        debug_info=closed.jaxpr.debug_info.with_unknown_names(),
    )
    values = jax.core.eval_jaxpr(extended, closed.consts, *jax.tree.leaves(arguments))
    marks.update(zip(marked, values[len(results) :], strict=True))
    return jax.tree.unflatten(jax.tree.structure(shapes), values[: len(results)])


def needed(equations: Sequence[Any], wanted: Sequence[Any]) -> list[Any]:
    """Returns the equations that results depend on, so measuring prints nothing twice.

    Raises:
        ValueError: If they act on something outside the program.
    """
    found = []
    missing = set(map(id, wanted))
    for equation in reversed(equations):
        if missing.isdisjoint(map(id, equation.outvars)):
            continue
        if any(type(effect).__name__ in OUTER_EFFECTS for effect in equation.effects):
            raise ValueError(
                "the model calls Python functions with side effects, which measuring "
                "would repeat"
            )
        found.append(equation)
        missing |= set(map(id, equation.invars))
    return found[::-1]


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


@dataclass(frozen=True)
class Compiled:
    """A function that is traced and compiled once for each shape of its arguments.

    Attributes:
        function: Function of nested arrays.
        programs: Dict from structure, shapes and types of the arguments to a compiled
            function of flat arguments, and the structure of its results.
    """

    function: Callable[..., Any]
    programs: dict[Any, tuple[Callable[..., Any], Any]] = field(default_factory=dict)

    def __call__(self, *arguments: Any) -> Any:
        leaves = jax.tree.leaves(arguments)
        program, structure = self.trace(*arguments)
        return jax.tree.unflatten(structure, program(*leaves))

    def trace(self, *arguments: Any) -> tuple[Callable[..., Any], Any]:
        """Returns the program for arguments of these shapes."""
        leaves, structure = jax.tree.flatten(arguments)
        key = structure, tuple((jnp.shape(one), jnp.result_type(one)) for one in leaves)
        if key not in self.programs:
            closed, results = jax.make_jaxpr(self.function, return_shape=True)(
                *arguments
            )
            program = jax.jit(
                lambda *leaves: jax.core.eval_jaxpr(
                    closed.jaxpr, closed.consts, *leaves
                ),
                compiler_options=compiler_options(closed.jaxpr),
            )
            self.programs[key] = program, jax.tree.structure(results)
        return self.programs[key]


def compiled(function: Callable[..., Any]) -> Compiled:
    return Compiled(function)


def trace(function: Compiled, *arguments: Any) -> None:
    function.trace(*arguments)


def compiler_options(jaxpr: Any) -> dict[str, Any]:
    """Returns options that compile programs of many small operations faster.

    Measuring may round in another way than training, so its programs need not be
    compiled as those of the model are. The compiler takes a time for each operation,
    and the program for each value.
    """
    operations = len(jaxpr.eqns)
    values = sum(np.prod(result.aval.shape) for result in jaxpr.outvars)
    if (
        jax.default_backend() == "cpu"
        and operations > MANY_OPERATIONS
        and values < SMALL_OPERATION * operations
    ):
        return quick_options()
    return {}


@functools.lru_cache(maxsize=1)
def quick_options() -> dict[str, Any]:
    """Returns options of a compilation without optimization; {} if JAX lacks them."""
    options = {
        "xla_backend_optimization_level": 0,
        "xla_cpu_use_fusion_emitters": False,
    }
    try:
        jax.jit(jnp.negative, compiler_options=options)(0.0)
    except (RuntimeError, ValueError):
        return {}
    return options


repeatable = compiled


def random_state() -> None:
    return None


# JAX has no random state and no buffers.
unchanged_random_state = nullcontext
unchanged_buffers = nullcontext


def read(
    model: keras.Model, variables: Sequence[keras.Variable], state: Any
) -> list[Tensor]:
    if state is None:
        return [variable.value for variable in variables]
    known = [
        *zip(model.trainable_variables, state[0], strict=True),
        *zip(model.non_trainable_variables, state[1], strict=True),
        *zip(model.optimizer.variables, state[2], strict=True),
        *zip(model.metrics_variables, state[3], strict=True),
    ]
    values = {id(variable): value for variable, value in known}
    return [values[id(variable)] for variable in variables]


current = read


def kept(
    model: keras.Model, variables: Sequence[keras.Variable], state: Any
) -> list[Tensor]:
    return [copy(value) for value in read(model, variables, state)]


def whole_batch(tensor: Tensor) -> Tensor:
    return tensor


def over_replicas(gradient: Tensor) -> Tensor:
    return gradient


def prepare(tensor: Tensor) -> Tensor:
    # Left to `summarize`: results that are arguments are not copied then.
    return tensor


def copy(tensor: Tensor) -> Tensor:
    if is_on_host(tensor):
        return np.array(tensor)
    return jnp.copy(tensor)


def difference(tensor: Tensor, other: Tensor) -> Tensor | Difference:
    if is_on_host(tensor) and tensor.dtype == np.float32:
        return Difference(np.asarray(tensor), other)
    return tensor - other


def is_on_host(tensor: Tensor) -> bool:
    """Returns whether NumPy can read a tensor where it is."""
    return isinstance(tensor, np.ndarray | Difference) or (
        tensor.is_fully_addressable
        and all(device.platform == "cpu" for device in tensor.devices())
    )


def summarize(
    tensors: Sequence[Tensor],
    masks: Sequence[Tensor | None],
    tasks: Sequence[Task],
    limit: int,
) -> Reduced:
    if are_on_host(tensors):
        return host_reduction.summarize(
            on_host(tensors),
            [None if mask is None else np.asarray(mask) for mask in masks],
            tasks,
            limit,
        )
    return stacked(
        [
            reduce(tensor, mask, task, limit)
            for tensor, mask, task in zip(
                # Other tensors may be on another device.
                subtracted(tensors),
                masks,
                tasks,
                strict=True,
            )
        ]
    )


def are_on_host(tensors: Sequence[Tensor]) -> bool:
    """Returns whether NumPy can read tensors where they are."""
    return all(map(is_on_host, tensors))


def on_host(tensors: Sequence[Tensor]) -> list[NDArray[Any] | Difference]:
    return [
        tensor if isinstance(tensor, Difference) else np.asarray(tensor)
        for tensor in tensors
    ]


def norms(tensors: Sequence[Tensor]) -> Tensor:
    if are_on_host(tensors):
        return host_reduction.norms(on_host(tensors))
    return jnp.stack([norm(jnp.ravel(t).astype(jnp.float32)) for t in tensors])


def depends(function: Callable[[Tensor], Tensor], tensor: Tensor) -> bool:
    jaxpr = jax.make_jaxpr(function)(tensor).jaxpr
    reached = set(map(id, jaxpr.invars))
    for equation in jaxpr.eqns:
        if reached & set(map(id, equation.invars)):
            reached |= set(map(id, equation.outvars))
    return id(jaxpr.outvars[0]) in reached
