"""Wraps the train function of a model while `fit` runs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import gcd
from typing import Any

import keras
import numpy as np

from keras_xavier.probing import introspection
from keras_xavier.probing.backend import load_backend
from keras_xavier.probing.pauses import (
    Pauses,
    can_pause,
    merged_pauses,
    train_with_pauses,
)
from keras_xavier.probing.selection import MismatchError


@dataclass(frozen=True)
class Execution:
    """What a hook does during one execution of a train function.

    Attributes:
        train: Function, or `None`. Called instead of the train function, with the train
            function, its arguments, and `pauses` by keyword.
        pauses: `Pauses`. Functions to call between the batches. They are left out if
            the model has a train function of its own.
    """

    train: Callable[..., Any] | None = None
    pauses: Pauses = field(default_factory=dict)


@dataclass(frozen=True)
class FitHook:
    """Callbacks that are called around each execution of a train function.

    Attributes:
        before_batches: Function of the state of the training step on JAX, or of `None`
            on other backends. Called before each execution. Returns an `Execution`, or
            `None` for a plain one.
        after_error: Function of an exception. Called if the training run ends with one.
        exclusive: bool. Whether `before_batches` may return a function that trains.
            Only one hook of a `fit` can be exclusive.
    """

    before_batches: Callable[[Any], Execution | None]
    after_error: Callable[[BaseException], None]
    exclusive: bool


class TrainingSteps:
    """Counts the updates of a model's optimizer.

    Reading the counter of the optimizer takes time, and on JAX it waits for the
    previous step. So batches are counted instead, once the first batch has shown that
    each batch is one call of the optimizer.

    Args:
        model: `keras.Model`. A compiled model.

    Attributes:
        batches: int. Batches in one execution, `steps_per_execution`.
        batches_of_epoch: int. Batches of this epoch so far.
        offset: int. Number to add to the updates of the optimizer.
    """

    def __init__(self, model: keras.Model) -> None:
        self.offset = 0
        self._model = model
        self._backend = load_backend()
        self._accumulated = introspection.batches_per_update(model)
        # Loss scaling in mixed precision skips updates that overflow.
        self._skips = isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
        self._one_call_per_batch: bool | None = True if self._skips else None
        self.batches = model.steps_per_execution
        self.begin_epoch()

    def begin_epoch(self) -> None:
        """Reads the optimizer's counter: an epoch may end within an execution."""
        self.batches_of_epoch = 0
        self._calls = self._read_calls(None)

    def now(self, state: Any = None) -> int:
        """Returns the current step.

        Args:
            state: The state of the training step while JAX trains, else `None`.
        """
        if self._one_call_per_batch is None and self.batches_of_epoch:
            self._one_call_per_batch = self._calls == self._read_calls(state)
        if self._skips or self._one_call_per_batch is False:
            self._calls = self._read_calls(state)
        return self.offset + self._calls // self._accumulated

    def at_most(self, state: Any = None) -> int:
        """Returns an upper bound of the current step, which is cheaper to compute."""
        if self._skips:
            return self.offset + self._calls // self._accumulated
        return self.now(state)

    def is_next_update(self) -> bool:
        """Returns whether the next batch completes an update.

        Also true if the first batch of an execution never completes an update, as
        waiting would never end.
        """
        if self._one_call_per_batch is False:
            return True
        never = (self._calls + 1) % gcd(self.batches, self._accumulated) != 0
        return never or (self._calls + 1) % self._accumulated == 0

    def completes_update(self) -> bool:
        """Returns whether the next batch is not known to leave the weights unchanged.

        With gradient accumulation, most batches do.
        """
        whole = (self._calls + 1) % self._accumulated == 0
        return whole or self._one_call_per_batch is False

    def read(self, state: Any = None) -> int:
        """Returns the current step, also between the batches of an execution."""
        return self.offset + self._read_calls(state) // self._accumulated

    def batches_to_update(self) -> int:
        """Returns the number of batches up to the next update."""
        return self._accumulated - self._calls % self._accumulated

    def ends_with_update(self, batches: int) -> bool:
        """Returns whether the last one of a number of batches completes an update."""
        return (self._calls + batches) % self._accumulated == 0

    def after(self, batches: int) -> int:
        """Returns the step after a number of further batches."""
        return self.offset + (self._calls + batches) // self._accumulated

    def advance(self) -> None:
        """Counts the batches of one execution."""
        self.batches_of_epoch += self.batches
        self._calls += self.batches

    def _read_calls(self, state: Any) -> int:
        counters = introspection.call_counters(self._model)
        if state is not None:
            # The state of JAX holds the variables of one optimizer only.
            counters = counters[:1]
        values = self._backend.read(self._model, counters, state)
        return max((int(np.asarray(value)) for value in values), default=0)


def install_hook(model: keras.Model, hook: FitHook) -> bool:
    """Installs a hook in a model whose `fit` has begun, unless it is installed.

    Returns:
        bool. Whether the model has a train function.

    Raises:
        MismatchError: If it is the second exclusive hook.
    """
    present = model.train_function
    if isinstance(present, HookedTrainFunction) and present.is_over():
        present = present.plain
    if present is None:
        return False
    if not isinstance(present, HookedTrainFunction):
        present = HookedTrainFunction(model, present)
        model.train_function = present
    if hook.exclusive and any(h.exclusive and h != hook for h in present.hooks):
        raise MismatchError(
            "Only one LayerStatistics of a `fit` can measure the training batches. "
            "Pass a `probe` to the others, without `step_quality`."
        )
    if hook not in present.hooks:
        present.hooks.append(hook)
    return True


def remove_hook(model: keras.Model, hook: FitHook) -> None:
    """Removes a hook; the last one restores the model's own train function."""
    present = model.train_function
    if isinstance(present, HookedTrainFunction):
        if hook in present.hooks:
            present.hooks.remove(hook)
        if not present.hooks:
            model.train_function = present.plain


class HookedTrainFunction:
    """Replaces a model's train function for one `fit`.

    If an exception is raised outside the train function, `fit` ends without a
    notification. Each `fit` creates a new history, so a changed history shows that an
    earlier `fit` has ended; its hooks are then no longer called.
    """

    def __init__(self, model: keras.Model, plain: Callable[..., Any]) -> None:
        self.plain = plain
        self.hooks: list[FitHook] = []
        self._end_of_data = load_backend().END_OF_DATA
        self._model = model
        self._history = model.history

    def is_over(self) -> bool:
        """Returns whether the `fit` that this function was made for has ended."""
        return self._model.history is not self._history

    def __call__(self, *arguments: Any) -> Any:
        if self.is_over():
            self._model.train_function = self.plain
            return self.plain(*arguments)
        state = arguments[0] if len(arguments) > 1 else None
        try:
            found = [hook.before_batches(state) for hook in self.hooks]
            executions = [*filter(None, found)]
            pauses = merged_pauses(one.pauses for one in executions)
            if pauses and not can_pause(self._model):
                pauses = {}
            # At most one hook, which is exclusive, returns a function.
            for train in filter(None, (one.train for one in executions)):
                return train(self.plain, *arguments, pauses=pauses)
            batches = self._model.steps_per_execution
            return train_with_pauses(
                self.plain, *arguments, batches=batches, pauses=pauses
            )
        except self._end_of_data:
            raise
        except BaseException as error:
            self._model.train_function = self.plain
            for hook in self.hooks:
                hook.after_error(error)
            raise
