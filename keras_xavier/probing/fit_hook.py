"""Standing between `fit` and the model's train function."""

from collections.abc import Callable
from dataclasses import dataclass
from math import gcd
from typing import Any

import keras
import numpy as np

from keras_xavier.probing import introspection
from keras_xavier.probing.backend import load_backend


@dataclass(frozen=True)
class Observer:
    """What watches the training of a `fit`.

    Attributes:
        before_batches: Called before each execution with the state of the training
            step on JAX, or `None`. If it returns a function, this one trains instead
            of the model's own.
        after_error: Called with the exception that ended training, if one did.
        exclusive: Whether `before_batches` may return a function, as only one may.
    """

    before_batches: Callable[[Any], Callable[..., Any] | None]
    after_error: Callable[[BaseException], None]
    exclusive: bool


class TrainingSteps:
    """Counts the updates of a model's optimizer.

    Asking the optimizer takes time, and on JAX it waits for the step before. So
    batches are counted, if the first of them shows that each is one update.

    Args:
        model: A model that is compiled.

    Attributes:
        batches: Batches of one execution, `steps_per_execution`.
        batches_of_epoch: Batches of this epoch so far.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._backend = load_backend()
        self._accumulated = introspection.batches_per_update(model)
        # Where mixed precision scales losses, updates that overflow are left out.
        self._skips = isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
        self._one_call_per_batch: bool | None = True if self._skips else None
        self.batches = model.steps_per_execution
        self.begin_epoch()

    def begin_epoch(self) -> None:
        """Asks the optimizer; an epoch may have ended within an execution."""
        self.batches_of_epoch = 0
        self._calls = self._asked(None)

    def now(self, state: Any = None) -> int:
        """The present step.

        Args:
            state: The state of the training step, while JAX trains.
        """
        if self._one_call_per_batch is None and self.batches_of_epoch:
            self._one_call_per_batch = self._calls == self._asked(state)
        if self._skips or self._one_call_per_batch is False:
            self._calls = self._asked(state)
        return self._calls // self._accumulated

    def at_most(self, state: Any = None) -> int:
        """A bound of the present step, which costs less to know."""
        if self._skips:
            return self._calls // self._accumulated
        return self.now(state)

    def is_next_update(self) -> bool:
        """Whether the next batch completes an update, as far as one can wait for it."""
        if self._one_call_per_batch is False:
            return True
        never = (self._calls + 1) % gcd(self.batches, self._accumulated) != 0
        return never or (self._calls + 1) % self._accumulated == 0

    def advance(self) -> None:
        """Goes one execution further."""
        self.batches_of_epoch += self.batches
        self._calls += self.batches

    def _asked(self, state: Any) -> int:
        counters = introspection.call_counters(self._model)
        if state is not None:
            # The state of JAX is that of one optimizer.
            counters = counters[:1]
        values = self._backend.read(self._model, counters, state)
        return max((int(np.asarray(value)) for value in values), default=0)


def observe_training(model: keras.Model, observer: Observer) -> None:
    """Has an observer watch the `fit` of a model that has begun.

    Raises:
        ValueError: If it is a second exclusive one.
    """
    present = model.train_function
    if isinstance(present, ObservedTraining) and present.is_over():
        present = present.plain
    if not isinstance(present, ObservedTraining):
        present = ObservedTraining(model, present)
        model.train_function = present
    if observer.exclusive and any(other.exclusive for other in present.observers):
        raise ValueError(
            "Only one LayerStatistics of a `fit` can measure the batches of training. "
            "Give the others a `probe`."
        )
    present.observers.append(observer)


def end_observation(model: keras.Model, observer: Observer) -> None:
    """Takes an observer back; after the last one the model has its own function."""
    present = model.train_function
    if isinstance(present, ObservedTraining):
        if observer in present.observers:
            present.observers.remove(observer)
        if not present.observers:
            model.train_function = present.plain


class ObservedTraining:
    """Takes the place of a model's train function for one `fit`.

    When something else raises an exception, `fit` ends without notice. So it is told
    by the history, of which each `fit` has its own; in another nothing is observed.
    """

    def __init__(self, model: keras.Model, plain: Callable[..., Any]) -> None:
        self.plain = plain
        self.observers: list[Observer] = []
        self._end_of_data = load_backend().END_OF_DATA
        self._model = model
        self._history = model.history

    def is_over(self) -> bool:
        """Whether the `fit` has ended that this was made for."""
        return self._model.history is not self._history

    def __call__(self, *arguments: Any) -> Any:
        if self.is_over():
            self._model.train_function = self.plain
            return self.plain(*arguments)
        state = arguments[0] if len(arguments) > 1 else None
        train = self.plain
        try:
            for observer in self.observers:
                train = observer.before_batches(state) or train
            return train(*arguments)
        except self._end_of_data:
            raise
        except BaseException as error:
            self._model.train_function = self.plain
            for observer in self.observers:
                observer.after_error(error)
            raise
