"""What measuring needs of a Keras backend, beside `keras.ops`."""

import importlib
from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

import keras

Tensor = Any
Marks = dict[str, Tensor]

BACKENDS = ("tensorflow", "jax", "torch")


class Backend(Protocol):
    """One module for each Keras backend implements these functions.

    Tensors that are computed inside of a differentiated function are not to be had
    outside of it on every backend. They are marked by name where they appear, and
    collected by `run_marked`.
    """

    UPDATE_METHOD: str
    """The method of optimizers through which all gradients go."""
    END_OF_DATA: tuple[type[Exception], ...]
    """What a train function raises when there is no further batch."""
    STEPS_ARE_PURE: bool
    """Whether a training step that failed has changed nothing."""

    def mark(self, marks: Marks, name: str, tensor: Tensor) -> Tensor:
        """Marks a tensor and returns it, to be used in its place."""

    def mark_gradient(self, marks: Marks, name: str, tensor: Tensor) -> Tensor:
        """Marks the gradient with respect to a tensor; returns the tensor, likewise.

        Without a backward pass, or if nothing depends on the tensor, there is no
        such mark in the end. If there are several, the last counts.
        """

    def run_marked(
        self, function: Callable[..., Any], marks: Marks, *arguments: Any
    ) -> Any:
        """Calls a function, puts what it marked into `marks`, returns its result.

        What was computed inside of a loop, a branch or another compiled function
        cannot be had outside of it, and what was changed in place not afterwards:
        these are left out.
        """

    def value_and_gradients(
        self,
        loss_of: Callable[[list[Tensor]], Tensor],
        values: Sequence[Tensor],
        wanted: Sequence[int],
    ) -> tuple[Tensor, list[Tensor | None]]:
        """A loss, and its gradients with respect to some of the values."""

    def compiled(self, function: Callable[..., Any]) -> Any:
        """Compiles a function of tensors, if the backend does so."""

    def trace(self, function: Any, *arguments: Any) -> None:
        """Looks into a compiled function, which does not run if that can be."""

    def read(
        self, model: keras.Model, variables: Sequence[keras.Variable], state: Any
    ) -> list[Tensor]:
        """Present values of variables, which later updates leave as they are.

        Args:
            model: The model that is trained.
            variables: Some of its variables.
            state: The state of the training step, where variables have none.
        """

    def whole_batch(self, tensor: Tensor) -> Tensor:
        """Values of the whole batch, from those of one replica's part of it."""

    def over_replicas(self, gradient: Tensor) -> Tensor:
        """Gradient of the whole loss, from that of one replica's part of it."""

    def flatten(self, tensor: Tensor) -> Tensor:
        """All values of a tensor as one row of float32."""

    def moments(self, values: Tensor) -> Tensor:
        """Mean, standard deviation, minimum and maximum, of shape `(4,)`.

        Args:
            values: Float32 of shape `(value,)`, of any magnitude.
        """

    def share(self, flags: Tensor) -> Tensor:
        """Share of what is true, float32."""

    def norm(self, tensor: Tensor) -> Tensor:
        """Euclidean norm of all values, float32."""

    def fine_counts(self, values: Tensor, shift: int) -> Tensor:
        """Counts by the upper bits; see `keras_xavier.probing.fine_bins`.

        Args:
            values: Float32 of shape `(value,)`.
            shift: Number of lower bits that are shifted out.

        Returns:
            Int32 of shape `(table_size(shift),)`.
        """

    def depends(self, function: Callable[[Tensor], Tensor], tensor: Tensor) -> bool:
        """Whether what a function of a tensor returns depends on the tensor."""


def load_backend() -> Backend:
    """The module for the backend that Keras runs on.

    Raises:
        NotImplementedError: If there is none.
    """
    name = keras.backend.backend()
    if name not in BACKENDS:
        raise NotImplementedError(
            f"Measuring works on {', '.join(BACKENDS)}; Keras runs on {name}. "
            f"Set KERAS_BACKEND={BACKENDS[0]} before Keras is imported."
        )
    return cast(Backend, importlib.import_module(f"keras_xavier.probing.{name}"))
