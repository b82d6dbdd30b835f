"""Backend functions that measuring needs in addition to `keras.ops`."""

import importlib
import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, cast

import keras

from keras_xavier.activation_table import Facts

Tensor = Any
Marks = dict[str, Tensor]

BACKENDS = ("tensorflow", "jax", "torch")

FAILED = -1
"""Stands for the sizes of a tensor that could not be reduced."""
Reduced = dict[str, Tensor]
"""Summaries of tensors on the device, each of fixed size:

- `moments`: Float32, of shape (tensor, 4). Mean, standard deviation, minimum, maximum.
- `sizes`: Int32 or int64, of shape (tensor, 4). All values, counted values; zeros and
  nonfinite values among all values. `FAILED` for a tensor that could not be reduced.
- `saturated`: Float32, of shape (tensor,). Share of saturated values; NaN without an
  activation function. Among the counted values, if the tensor has no units.
- `ranks`: Int32 or int64, as from `fine_bins.find_ranks`. The percentiles of the
  counted values.
- `histogram`: Int32 or int64, of shape (tensor, `BIN_COUNT`). The stored bins.
- `unit_summaries`: Float32, of shape (tensor, `len(UNIT_SUMMARY)`). Statistics of units
  and examples; NaN for tensors without units.
- `units`: Float32, of shape (tensor that lists its units, `UNIT_LIMIT`,
  `len(UNIT_STATISTICS)`). Statistics of the units `unit_indices`; NaN elsewhere.

Masked positions are among neither the values nor the units' values.
"""


@dataclass(frozen=True)
class Task:
    """The reduction of one tensor.

    Attributes:
        bounds: int or `None`. Index into `fine_bins.LINEAR_BOUNDS` if the tensor has
            linear bins.
        activation: `Facts` or `None`. Activation function whose saturated values are
            counted.
        from_value: bool. Whether the tensor holds z = φ(s), not s.
        has_units: bool. Whether the tensor has units: its first axis is the axis of
            examples, its last axis the axis of units, and the axes between them are
            positions. Other tensors are reduced as a whole, like weights.
        lists_units: bool. Whether `Reduced` lists the statistics of its single units.
    """

    bounds: int | None = None
    activation: Facts | None = None
    from_value: bool = False
    has_units: bool = False
    lists_units: bool = False


@dataclass(frozen=True)
class Difference:
    """A tensor minus another, which is subtracted while it is reduced.

    This saves memory, and the time to write and read it.

    Attributes:
        tensor: Array of float32.
        subtracted: Array of the same shape.
    """

    tensor: Any
    subtracted: Any

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.tensor.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)


def subtracted(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Returns tensors in which each `Difference` is computed."""
    return [
        one.tensor - one.subtracted if isinstance(one, Difference) else one
        for one in tensors
    ]


class Backend(Protocol):
    """Functions that the module of each backend implements.

    Not every backend gives access to tensors inside a differentiated function.
    Therefore, tensors are marked by name where they are computed, and `run_marked`
    collects them.
    """

    UPDATE_METHOD: str
    """The method of an optimizer that receives all gradients."""
    END_OF_DATA: tuple[type[Exception], ...]
    """The exceptions of a train function at the end of the data."""
    STEPS_ARE_PURE: bool
    """Whether a training step that fails leaves all variables unchanged.

    Such steps are measured before they run; see `PureTraining`.
    """
    REDUCES_IN_PASS: bool
    """Whether a compiled pass reduces its tensors, instead of returning them."""

    def mark(self, marks: Marks, name: str, tensor: Tensor) -> Tensor:
        """Marks a tensor, and returns the tensor to use instead."""

    def mark_gradient(self, marks: Marks, name: str, tensor: Tensor) -> Tensor:
        """Marks the gradient of a tensor, and returns the tensor to use instead.

        The mark is missing without a backward pass, or if the loss does not depend on
        the tensor. If the tensor has several gradients, the last gradient is marked.
        """

    def run_marked(
        self, function: Callable[..., Any], marks: Marks, *arguments: Any
    ) -> Any:
        """Calls a function, adds the tensors it marked to `marks`, returns its result.

        Tensors that are inaccessible outside a loop, a branch or another compiled
        function, or that were changed in place afterwards, are left out.
        """

    def value_and_gradients(
        self,
        loss_of: Callable[[list[Tensor]], Tensor],
        values: Sequence[Tensor],
        wanted: Sequence[int],
    ) -> tuple[Tensor, list[Tensor | None]]:
        """Returns a loss and its gradients with respect to some of the values."""

    def compiled(self, function: Callable[..., Any]) -> Any:
        """Compiles a function of tensors if the backend compiles functions."""

    def is_traced(self, *arguments: Any) -> bool:
        """Returns whether a step is traced, not executed, unless `STEPS_ARE_PURE`."""

    def is_out_of_memory(self, error: Exception) -> bool:
        """Returns whether memory could not be allocated, unless `STEPS_ARE_PURE`."""

    def repeatable(self, function: Callable[..., Any]) -> Any:
        """Compiles a function for training steps, which may call it several times.

        The training step itself is compiled as without it. If the function would act on
        something besides its result, or draw other random numbers each time, it raises
        a `ValueError` when it is traced.
        """

    def random_state(self) -> Any:
        """Returns the random state of the backend itself, outside of Keras."""

    def unchanged_random_state(self, state: Any = None) -> AbstractContextManager[None]:
        """Restores the random state of the backend itself at the end of the block.

        Args:
            state: A result of `random_state` to begin the block with, or `None`.
        """

    def unchanged_buffers(self, model: keras.Model) -> AbstractContextManager[None]:
        """Restores values that are no variables of Keras at the end of the block."""

    def trace(self, function: Any, *arguments: Any) -> None:
        """Traces a compiled function, without running it if possible."""

    def read(
        self, model: keras.Model, variables: Sequence[keras.Variable], state: Any
    ) -> list[Tensor]:
        """Returns the current values of variables, which later updates do not change.

        Args:
            model: `keras.Model`.
            variables: Sequence of its `keras.Variable`.
            state: The state of the training step while JAX trains, else `None`.
        """

    def current(
        self, model: keras.Model, variables: Sequence[keras.Variable], state: Any
    ) -> list[Tensor]:
        """Returns the values with which the model computes until the next update."""

    def kept(
        self, model: keras.Model, variables: Sequence[keras.Variable], state: Any
    ) -> list[Tensor]:
        """Returns copies that even the next training step on JAX does not delete."""

    def copy(self, tensor: Tensor) -> Tensor:
        """Returns a copy that later updates do not change, where `STEPS_ARE_PURE`."""

    def difference(self, tensor: Tensor, other: Tensor) -> Tensor | Difference:
        """Returns a tensor minus a result of `copy` or `read`.

        Args:
            tensor: Tensor, or the value of a variable.
            other: Tensor.
        """

    def whole_batch(self, tensor: Tensor) -> Tensor:
        """Returns the values of the whole batch, given the values of one replica.

        The axes stay, and the first axis becomes longer.
        """

    def over_replicas(self, gradient: Tensor) -> Tensor:
        """Returns the gradient of the whole loss, given the gradient of one replica."""

    def prepare(self, tensor: Tensor) -> Tensor:
        """Returns a tensor in any shape, for `summarize` and `norms`.

        It is float32 unless these convert it, as on JAX.
        """

    def summarize(
        self,
        tensors: Sequence[Tensor],
        masks: Sequence[Tensor | None],
        tasks: Sequence[Task],
        limit: int,
    ) -> Reduced:
        """Reduces tensors to summaries of fixed size.

        Args:
            tensors: Sequence of tensors from `prepare`, of any magnitude.
            masks: Sequence of tensors of bool, of shape (example, position), or `None`.
                Positions that count; `None`: all of them count. Only tensors with
                units have a mask.
            tasks: Sequence of `Task`, one for each tensor.
            limit: int. Tensors of this many values or more are counted on a fixed
                random part; see `keras_xavier.probing.sampling`.
        """

    def norms(self, tensors: Sequence[Tensor]) -> Tensor:
        """Returns the Euclidean norm of each tensor from `prepare`, as float32."""

    def depends(self, function: Callable[[Tensor], Tensor], tensor: Tensor) -> bool:
        """Returns whether the result of a function depends on its argument."""


def load_backend() -> Backend:
    """Returns the module of the backend that Keras runs on.

    Raises:
        NotImplementedError: If the backend is not supported.
    """
    name = keras.backend.backend()
    if name not in BACKENDS:
        raise NotImplementedError(
            f"Measuring supports {', '.join(BACKENDS)}, but Keras runs on {name}. "
            f"Set KERAS_BACKEND={BACKENDS[0]} before Keras is imported."
        )
    return cast(Backend, importlib.import_module(f"keras_xavier.probing.{name}"))
