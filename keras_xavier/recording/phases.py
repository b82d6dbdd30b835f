"""Phases of a run: the steps go on when a model is compiled again.

The optimizer of a compiled model counts its updates from 0. The steps of the run
continue, and a mark shows where the phase begins.
"""

import weakref
from collections.abc import Mapping, Sequence

import keras
import numpy as np

from keras_xavier.probing.introspection import compilation, is_same
from keras_xavier.runs.phases import MOST_PHASES, Phase

Recorded = dict[str, tuple[int, weakref.ref[keras.optimizers.Optimizer]]]
_recorded: weakref.WeakKeyDictionary[keras.Model, Recorded]
_recorded = weakref.WeakKeyDictionary()
"""The last step of each run that a model was recorded in, and its optimizer then."""


class Phases:
    """Converts the updates of an optimizer to the steps of a run.

    Args:
        run: str. Path of the run, as an identifier.
        stored: Sequence of `Phase`. The phases of a run that is resumed.
        is_resumed: bool. Whether the run is resumed.

    Attributes:
        marks: Tuple of `Phase`. The phases after the first.
        offset: int. Step of the run at 0 updates of the optimizer.
        last: int or `None`. Step that the last `fit` has reached.
    """

    def __init__(self, run: str, stored: Sequence[Phase], *, is_resumed: bool) -> None:
        self.marks = tuple(stored)
        self.offset = stored[-1].step - stored[-1].iterations if stored else 0
        self.last: int | None = None
        self._run = run
        self._is_resumed = is_resumed
        self._compilation: tuple[object, ...] | None = None
        self._setup: dict[str, str] = {}

    def begin_fit(self, model: keras.Model, iterations: int) -> bool:
        """Sets the offset for a `fit`, and marks a new phase.

        Args:
            model: `keras.Model`. The compiled model.
            iterations: int. Number of updates of its optimizer.

        Returns:
            bool. Whether this is the first `fit`, or the model was compiled again.

        Raises:
            ValueError: If another model is at an earlier step than the run.
        """
        before, setup = self._compilation, self._setup
        is_known = before is not None and is_same(before, model)
        step = iterations + self.offset
        last = self.last
        if before is None and self._is_resumed:
            # Another callback may have recorded this model in the same run.
            last, optimizer = _recorded.get(model, {}).get(self._run, (None, None))
            if optimizer is None or optimizer() is model.optimizer:
                last = None
        elif before is not None and before[0] is not model:
            if last is not None and step < last:
                raise ValueError(
                    f"the run is recorded up to step {last:,}, but this model is at "
                    f"step {step:,}. Create another LayerStatistics for a new model"
                )
            last = None
        if not is_known:
            self._compilation, self._setup = compilation(model), describe_setup(model)
        if last is None:
            return not is_known
        if is_known and step >= last:
            return False
        if is_known:
            reason = f"the iterations of the optimizer were reset to {iterations:,}"
        else:
            reason = describe_changes(setup, self._setup)
        has_other_optimizer = before is None or before[2] is not model.optimizer
        if step < last or has_other_optimizer:
            self.offset = last - iterations
        mark = Phase(iterations + self.offset, iterations, reason)
        self.marks = (*self.marks, mark)[-MOST_PHASES:]
        return True

    def end_fit(self, model: keras.Model, step: int) -> None:
        """Stores the step of the run at which a `fit` ends."""
        self.last = step
        if model.optimizer is not None:
            runs = _recorded.setdefault(model, {})
            runs[self._run] = step, weakref.ref(model.optimizer)


def describe_setup(model: keras.Model) -> dict[str, str]:
    """Returns properties of a model that change between phases, by name."""
    trained = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    optimizer = getattr(model, "optimizer", None)
    return {
        "optimizer": type(optimizer).__name__,
        "trainable parameters": f"{trained:,}",
    }


def describe_changes(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Returns what a compilation has changed, in one line."""
    changes = [
        f"{name} {before[name]} → {after[name]}"
        for name in after
        if before.get(name, after[name]) != after[name]
    ]
    return ": ".join(["compiled", ", ".join(changes)] if changes else ["compiled"])
