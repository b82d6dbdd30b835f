"""Backend functions that measuring needs in addition to `keras.ops`."""

import importlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, cast

import keras

Tensor = Any
Marks = dict[str, Tensor]

BACKENDS = ("tensorflow", "jax", "torch")


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
    """Whether a training step that fails leaves all variables unchanged."""

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
        """Returns whether a step with these arguments is traced, not executed."""

    def is_out_of_memory(self, error: Exception) -> bool:
        """Returns whether an error means that memory could not be allocated."""

    def unchanged_random_state(self) -> AbstractContextManager[None]:
        """Restores the random state of the backend itself at the end of the block."""

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

    def whole_batch(self, tensor: Tensor) -> Tensor:
        """Returns the values of the whole batch, given the values of one replica."""

    def over_replicas(self, gradient: Tensor) -> Tensor:
        """Returns the gradient of the whole loss, given the gradient of one replica."""

    def flatten(self, tensor: Tensor) -> Tensor:
        """Returns all values of a tensor as float32 of shape (value,)."""

    def moments(self, values: Tensor) -> Tensor:
        """Returns mean, standard deviation, minimum and maximum, of shape (4,).

        Args:
            values: Tensor of float32, of shape (value,), of any magnitude.
        """

    def share(self, flags: Tensor) -> Tensor:
        """Returns the share of true flags as float32."""

    def norm(self, tensor: Tensor) -> Tensor:
        """Returns the Euclidean norm of all values as float32."""

    def fine_counts(self, values: Tensor, shift: int) -> Tensor:
        """Counts values by their upper bits; see `keras_xavier.probing.fine_bins`.

        Args:
            values: Tensor of float32, of shape (value,).
            shift: int. Number of lower bits to shift out.

        Returns:
            Tensor of int32, of shape (`table_size(shift)`,).
        """

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
