"""Measures the loss of a batch before and after the training step on that batch.

Each end of the step is one forward and backward pass in training mode, on the same
batch, with the same random numbers. The passes change neither the model nor the step.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from keras_xavier.probing import introspection
from keras_xavier.probing.backend import Backend, Tensor, load_backend
from keras_xavier.probing.random_state import random_state, set_random_state
from keras_xavier.probing.weights import is_float
from keras_xavier.step_quality import step_quality

State = Any
OWN_STEP = "the model's own `train_step` may minimize another loss than `compute_loss`"
NO_WEIGHTS = "the model has no weights to train"


@dataclass(frozen=True)
class StepStart:
    """A model before a training step.

    Attributes:
        loss: Tensor. Loss of the batch, times the loss scale of mixed precision.
        gradients: List of tensors or `None`. Its gradients.
        weights: List of tensors. Copies of the trained weights.
        fixed: List of tensors. Copies of all other variables.
        scale: Tensor or `None`. Loss scale.
        drawn: State of random numbers outside of Keras.
    """

    loss: Tensor
    gradients: list[Tensor | None]
    weights: list[Tensor]
    fixed: list[Tensor]
    scale: Tensor | None
    drawn: Any


class StepQuality:
    """Measures both ends of a training step.

    Args:
        model: `keras.Model`. A built model.

    Raises:
        ValueError: If the loss that the training step minimizes is unknown, or no
            weight is trained.
    """

    def __init__(self, model: keras.Model) -> None:
        if introspection.has_own_step(model):
            raise ValueError(OWN_STEP)
        self.model = model
        self._backend: Backend = load_backend()
        trained = [one for one in model.trainable_variables if is_float(one)]
        if not trained:
            raise ValueError(NO_WEIGHTS)
        known = {id(one) for one in trained}
        others = [*model.trainable_variables, *model.non_trainable_variables]
        # While JAX trains, only the state of the step holds values.
        pure = self._backend.STEPS_ARE_PURE
        others += model.metrics_variables if pure else introspection.global_seed()
        self._trained = trained
        self._fixed = [one for one in others if id(one) not in known]
        self._pass = self._backend.repeatable(self._differentiate)
        self._both_ends = self._backend.repeatable(self._compare)

    def before(self, data: Any, state: State = None) -> StepStart:
        """Measures the beginning of a step.

        Args:
            data: The batch, as the training step of Keras gets it.
            state: The state of the training step while JAX trains, else `None`.
        """
        drawn = random_state(), self._backend.random_state()
        scale = introspection.loss_scale(self.model)
        variables = [*self._trained, *self._fixed, *([] if scale is None else [scale])]
        # The step may overwrite the current values.
        weights, fixed, factor = self._parts(
            self._backend.kept(self.model, variables, state)
        )
        current, *others = self._parts(
            self._backend.current(self.model, variables, state)
        )
        with self._unchanged(drawn):
            loss, gradients = self._pass(current, *others, data)
        return StepStart(loss, gradients, weights, fixed, factor, drawn)

    def after(self, start: StepStart, data: Any, state: State = None) -> Tensor:
        """Measures the end of a step.

        Args:
            start: `StepStart`. The beginning of the step.
            data: The same batch.
            state: The state of the training step while JAX trains, else `None`.

        Returns:
            Tensor of float32, of shape `(4,)`, for `to_metrics`.
        """
        weights = self._backend.current(self.model, self._trained, state)
        with self._unchanged(start.drawn):
            loss, gradients = self._pass(weights, start.fixed, start.scale, data)
        changed = [
            [first, last, old, new]
            for first, last, old, new in zip(
                start.gradients, gradients, start.weights, weights, strict=True
            )
            if first is not None and last is not None
        ]
        ends = self._both_ends([start.loss, loss], changed, start.scale)
        # On several replicas, Keras divides the loss by their number.
        return self._backend.over_replicas(ends)

    def _parts(
        self, values: list[Tensor]
    ) -> tuple[list[Tensor], list[Tensor], Tensor | None]:
        """Divides values into trained weights, other variables and loss scale."""
        first, last = len(self._trained), len(self._trained) + len(self._fixed)
        return values[:first], values[first:last], next(iter(values[last:]), None)

    @contextmanager
    def _unchanged(self, drawn: Any) -> Iterator[None]:
        """Draws the same random numbers in both passes, and restores the model."""
        python, backend = drawn
        with (
            introspection.unchanged_state(self.model),
            self._backend.unchanged_random_state(backend),
            self._backend.unchanged_buffers(self.model),
        ):
            set_random_state(python)
            yield

    def _differentiate(
        self,
        weights: list[Tensor],
        fixed: list[Tensor],
        scale: Tensor | None,
        data: Any,
    ) -> tuple[Tensor, list[Tensor | None]]:
        def differentiate(
            weights: list[Tensor], fixed: list[Tensor], scale: Any, data: Any
        ) -> tuple[Tensor, list[Tensor | None]]:
            return self._backend.value_and_gradients(
                lambda weights: self._loss(weights, fixed, scale, data),
                weights,
                range(len(weights)),
            )

        # On JAX, this leaves out what the model prints.
        loss, gradients = self._backend.run_marked(
            differentiate, {}, weights, fixed, scale, data
        )
        dense = [g if g is None else self._backend.prepare(g) for g in gradients]
        return loss, dense

    def _loss(
        self, weights: list[Tensor], fixed: list[Tensor], scale: Any, data: Any
    ) -> Tensor:
        """Computes the loss as the training step does, with given variables."""
        variables, values = [*self._trained, *self._fixed], [*weights, *fixed]
        mapping = list(zip(variables, values, strict=True))
        with keras.StatelessScope(mapping, collect_losses=True):
            loss = introspection.training_loss(self.model, data)
        return loss if scale is None else loss * ops.cast(scale, loss.dtype)

    def _compare(
        self, losses: list[Tensor], changed: list[list[Tensor]], scale: Tensor | None
    ) -> Tensor:
        """Returns both losses and both slopes along the update, as float32."""
        found = [ops.cast(loss, "float32") for loss in losses]
        slopes = [ops.zeros((), "float32")] * 2
        for tensors in changed:
            *gradients, old, new = (
                ops.cast(self._backend.prepare(one), "float32") for one in tensors
            )
            update = new - old
            slopes = [
                slope + ops.sum(gradient * update)
                for slope, gradient in zip(slopes, gradients, strict=True)
            ]
        ends = ops.stack([*found, *slopes])
        return ends if scale is None else ends / ops.cast(scale, "float32")


def to_metrics(ends: Tensor | None) -> dict[str, float]:
    """Computes the metrics of a step from the result of `StepQuality.after`."""
    if ends is None:
        return {}
    before, after, *slopes = ops.convert_to_numpy(ends).astype(float).tolist()
    return step_quality([before, after], slopes)
