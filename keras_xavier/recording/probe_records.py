"""Records of a probe, which wait for the next update of the weights."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from keras_xavier.probing import Probe, WeightUpdates
from keras_xavier.recording.run_recorder import RunRecorder
from keras_xavier.statistics import Measurement


@dataclass(frozen=True)
class Before:
    """Copies of the weights before the last update of a `fit`.

    Attributes:
        probe: `Probe`.
        step: int.
        weights: Copies of the weights at this step.
    """

    probe: Probe
    step: int
    weights: Any


@dataclass(frozen=True)
class Waiting:
    """A record that is complete except for the updates of the weights.

    Attributes:
        run: `RunRecorder`.
        step: int.
        measurement: `Measurement` without updates.
        updates: `WeightUpdates`, or `None` if no updates are measured.
        weights: Copies of the weights at this step.
    """

    run: RunRecorder
    step: int
    measurement: Measurement
    updates: WeightUpdates | None
    weights: Any


class ProbeRecords:
    """Records a probe at some steps.

    A record contains the update from its step to the next, as the records of training
    batches do. So it is written when that update has been made, or without updates if
    none follows. The last record of a `fit` contains the last update, which led to it,
    if that update was announced.

    Args:
        recording: Function from the step of a record to a context manager, which
            handles errors.
    """

    def __init__(
        self, recording: Callable[[int], AbstractContextManager[None]]
    ) -> None:
        self._recording = recording
        self._waiting: Waiting | None = None
        self._before: Before | None = None

    @property
    def step(self) -> int | None:
        """Step of the record that waits, or `None`."""
        return waiting.step if (waiting := self._current()) else None

    def _current(self) -> Waiting | None:
        if self._waiting and self._waiting.run.held is None:
            # Closing the run has written it.
            self._waiting = None
        return self._waiting

    def announce_last_update(self, probe: Probe, step: int, state: Any) -> None:
        """Copies the weights before the last update of a `fit`."""
        if probe.updates:
            weights = probe.updates.copy_weights(state)
            self._before = Before(probe, step, weights)

    def take(self, run: RunRecorder, probe: Probe, step: int, state: Any) -> None:
        """Measures the probe, and copies the weights."""
        self.flush()
        with self._recording(step):
            measurement = probe.measure(state)
            before, updates = self._before, probe.updates
            is_last = before and (before.probe, before.step + 1) == (probe, step)
            if before and is_last and updates:
                self._before = None
                measurement = updates.add(measurement, before.weights, state)
                run.record(step, measurement)
                return
            self.hold(run, step, measurement, updates, state)

    def hold(
        self,
        run: RunRecorder,
        step: int,
        measurement: Measurement,
        updates: WeightUpdates | None,
        state: Any = None,
    ) -> None:
        """Keeps a record until the next update, or writes it if none is measured."""
        weights = updates.copy_weights(state) if updates else None
        self._waiting = Waiting(run, step, measurement, updates, weights)
        run.held = step, measurement
        if updates is None:
            self.flush()

    def complete(self, step: int, state: Any = None) -> None:
        """Writes the record that waits, if the weights have been updated since.

        Args:
            step: int. Number of updates so far.
            state: The state of the training step while JAX trains, else `None`.
        """
        waiting = self._current()
        if waiting is None or step <= waiting.step:
            return
        with self._recording(waiting.step):
            if step == waiting.step + 1 and (updates := waiting.updates):
                measurement = updates.add(waiting.measurement, waiting.weights, state)
                waiting = replace(waiting, measurement=measurement)
        self._waiting = waiting
        self.flush()

    def has_changed_weights(self) -> bool:
        """Returns whether a weight has changed since the record that waits."""
        waiting = self._current()
        if waiting is None or waiting.updates is None:
            return False
        return waiting.updates.have_changed(waiting.weights)

    def flush(self) -> None:
        """Writes the record that waits without updates."""
        if waiting := self._current():
            self._waiting = None
            with self._recording(waiting.step):
                waiting.run.record(waiting.step, waiting.measurement)
