"""Opens, resumes, writes and diagnoses one run while a model trains."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import WeakValueDictionary

import keras

from keras_xavier.diagnosis.live import LiveOptions
from keras_xavier.recording.fit_watch import Ending, FitWatch, stopped_by
from keras_xavier.recording.json_values import numbers
from keras_xavier.recording.phases import Phases
from keras_xavier.recording.run_checks import check_resumed, check_run, resolve_mode
from keras_xavier.recording.run_diagnosis import RunDiagnosis
from keras_xavier.runs import (
    Mode,
    RunError,
    RunWriter,
    State,
    open_run,
    pending,
    run_path,
    shutdown,
)
from keras_xavier.runs.phases import Phase, read_phases
from keras_xavier.statistics import Layer, Measurement

LINGER_SECONDS = 1.0
"""Time for which a run stays open between short fits."""

_recorders: WeakValueDictionary[str, "RunRecorder"] = WeakValueDictionary()
"""The recorder that last opened each run, by path."""


class RunRecorder:
    """Writes the records of one run, and diagnoses it as it grows.

    Between short fits the run stays open; if no other fit follows, the writing thread
    closes it. The thread also notices a `fit` that ends without a notification.

    Args:
        run: str. Path of the run.
        source: str. The measured data: `"probe"` or `"batch"`.
        hyperparameters: dict, JSON-serializable.
        mode: str. `"create"`, `"overwrite"`, `"resume"` or `"resume_or_create"`.
        diagnosis: `LiveOptions`.
        stop: Function that ends the training run.

    Attributes:
        path: str. Path of the run, with `.zarr`.
        last_step: int or `None`. Step of the last record.
        position: int or `None`. Step that training has reached.
        planned: int or `None`. Step at which training is to end.
        fit: `FitWatch` or `None`. The `fit` that is executing.
        is_open: bool. Whether this `fit` has opened the run.
        held: Tuple of step and `Measurement`, or `None`. Written when the run closes.
    """

    def __init__(
        self,
        run: str,
        *,
        source: str,
        hyperparameters: Mapping[str, Any],
        mode: Mode,
        diagnosis: LiveOptions,
        stop: Callable[[], None],
    ) -> None:
        self.path = run_path(run)
        self.last_step: int | None = None
        self.position: int | None = None
        self.planned: int | None = None
        self.is_open = False
        self.held: tuple[int, Measurement] | None = None
        self._source = source
        self._hyperparameters = dict(hyperparameters)
        self._mode = mode
        self._writer: RunWriter | None = None
        self._closing: RunWriter | None = None
        self._content: tuple[tuple[Layer, ...], dict[str, Any]] | None = None
        self._is_given_up = self._is_suspended = False
        self._lock = threading.RLock()  # a signal handler may close the run
        self._thread = threading.get_ident()
        self.fit: FitWatch | None = None
        self._fit_began = self._fit_ended = float("-inf")
        self._ending: Ending | None = None
        self._phases: Phases | None = None
        self._diagnosis = RunDiagnosis(run, diagnosis, stop)

    @property
    def has_begun(self) -> bool:
        """Whether a `fit` has opened the run."""
        return self._content is not None

    def prepare(self) -> None:
        """Closes a run whose `fit` is over; raises `RunError` if it has to."""
        if other := _recorders.get(self.path):
            other.leave_to(self)
        if not self.has_begun:
            check_run(self.path, self._mode, source=self._source)

    def begin_fit(self, fit: FitWatch) -> None:
        """Observes a `fit`; a run that is still open stays open."""
        pending.remove(self.path)
        if self._ending is None and self.position is not None and self._phases:
            # The `fit` before ended without a notification.
            self._phases.last = self.position
        with self._lock:
            self._ending = None
            self.fit = fit
            self._fit_began = time.monotonic()
            self._thread = threading.get_ident()
        self.is_open = self._is_suspended = self._diagnosis.has_stopped = False

    def begin_steps(self, model: keras.Model, iterations: int) -> tuple[int, bool]:
        """Continues the steps of the run in a `fit`.

        Args:
            model: `keras.Model`. The compiled model.
            iterations: int. Number of updates of its optimizer.

        Returns:
            Tuple of int and bool: the step of the run at 0 updates of the optimizer,
            and whether this is the first `fit` or the model was compiled again.

        Raises:
            RunError: If the run cannot continue.
        """
        if self._phases is None:
            mode = resolve_mode(self.path, self._mode)
            is_resumed = mode == "resume"
            stored = open_run(self.path).attributes if is_resumed else {}
            phases = read_phases(stored)
            self._phases = Phases(self.path, phases, is_resumed=is_resumed)
        try:
            is_new = self._phases.begin_fit(model, iterations)
        except ValueError as error:
            self._is_suspended = True
            raise RunError(f"{self.path} does not continue: {error}.") from error
        self.position = step = iterations + self._phases.offset
        if not self.has_begun and self._mode.startswith("resume"):
            self._mode = check_resumed(self.path, self._mode, step)
        if not is_new:
            self._opened()  # so that readers see that it is recorded again
        return self._phases.offset, is_new

    @property
    def phases(self) -> Sequence[Phase]:
        """The phases of the run after the first."""
        return self._phases.marks if self._phases else ()

    def add_hyperparameters(self, values: Mapping[str, Any]) -> None:
        """Adds hyperparameters; the given hyperparameters take precedence."""
        self._hyperparameters = {**values, **self._hyperparameters}

    def open(
        self,
        layers: Sequence[Layer],
        attributes: Mapping[str, Any],
        *,
        resume_from: int,
    ) -> None:
        """Starts the run, or resumes it and drops the records after `resume_from`.

        A run that has begun continues with these layers and attributes.

        Raises:
            RunError: If the run cannot be written, or has other layers.
        """
        content = (tuple(layers), dict(attributes))
        self.is_open = True
        if self._is_given_up or self._content == content:
            return
        if self.has_begun:
            self._close(Ending(State.FINISHED))
            try:
                self._open(content)
            except RunError as error:
                self.give_up(str(error))
                raise
            return
        mode = resolve_mode(self.path, self._mode)
        self._open(content, mode, resume_from if mode == "resume" else None)
        self.last_step = open_run(self.path).last_step

    def wants_units(self, step: int) -> bool:
        """Returns whether a record of this step is to contain statistics of units.

        Before the run is opened, this is unknown; units that are not wanted are then
        left out when the record is written.
        """
        writer = self._writer
        return writer is None or writer.wants_units(step)

    def record(self, step: int, measurement: Measurement) -> None:
        """Writes a measurement, and diagnoses the run if a diagnosis is due."""
        self.held = None
        if (writer := self._opened()) is None:
            return
        self.held = step, measurement
        self._write_held()
        self.last_step = step
        self._diagnosis.recorded(measurement, writer.flush)

    def log(self, step: int, metrics: Mapping[str, Any]) -> None:
        if writer := self._opened():
            writer.log(step, numbers(metrics))

    def flush(self) -> None:
        if self._writer:
            self._writer.flush()

    def end_fit(self, ending: Ending, *, model: keras.Model | None = None) -> None:
        """Ends the run; waits for the disk, except between short fits.

        Args:
            ending: `Ending`.
            model: `keras.Model`. Model whose `fit` has ended regularly. Defaults to
                `None`: another training loop, or `fit` ended with an error.
        """
        if self._is_suspended:
            self._release()
            return
        if model is not None and self._phases and self.position is not None:
            self._phases.end_fit(model, self.position)
        now = time.monotonic()
        is_short = max(now - self._fit_began, self._fit_began - self._fit_ended)
        lingers = model is not None and is_short < LINGER_SECONDS
        if not self.has_begun or self._is_given_up:
            self._release()
            return
        with self._lock:
            self._fit_ended = now
            self._release()
            self._ending = ending
        if lingers and self._writer is not None:
            pending.add(self.path, self.close)
            return
        if self._writer is None and ending.state is not State.FINISHED:
            self._opened()
        self._close(ending)

    def close(
        self, state: State = State.INTERRUPTED, reason: str | None = None
    ) -> None:
        """Closes the run after its `fit`, or when the process ends."""
        self._close(self._how_ended() or self._with_step(Ending(state, reason)))

    def abandon(self) -> None:
        """Leaves the run to the parent process after a fork."""
        if self._writer:
            self._writer.abandon()
        self._writer = None
        self._is_given_up = True

    def give_up(self, reason: str) -> None:
        """Ends the run early, and records no more."""
        try:
            self._opened()
            self._close(self._with_step(Ending(State.INTERRUPTED, reason)))
        finally:
            self._is_given_up = True

    def fail(self, error: BaseException) -> None:
        """Ends the run with an error that ends training."""
        self.end_fit(self._with_step(Ending.after(error)))

    def leave_to(self, other: "RunRecorder") -> None:
        """Closes the run for a new `fit`, unless its own `fit` is still executing."""
        ending = self._how_ended()
        if ending is None:
            elsewhere = other is self or self._thread != threading.get_ident()
            if self.fit is None or self.fit.is_known or elsewhere:
                return
            ending = Ending(State.INTERRUPTED)
        if other is not self or self._ending is None:
            self._close(ending)

    def _opened(self) -> RunWriter | None:
        """Returns the writer of a run that has begun."""
        if self._is_given_up or self._is_suspended or self._content is None:
            return None
        if self._writer is None:
            self._open(self._content)
        return self._writer

    def _open(
        self,
        content: tuple[tuple[Layer, ...], dict[str, Any]],
        mode: Mode = "resume",
        resume_from: int | None = None,
    ) -> None:
        if self._closing:
            # Its thread may still be writing.
            self._closing.close()
        writer = RunWriter(
            self.path,
            layers=content[0],
            hyperparameters=self._hyperparameters,
            attributes=content[1],
            mode=mode,
            resume_from=resume_from,
            ending=self._noticed,
        )
        shutdown.unregister(writer)
        shutdown.register(self)
        _recorders[self.path] = self
        with self._lock:
            self._writer, self._closing = writer, None
            self._content = content

    def _close(self, ending: Ending) -> None:
        pending.remove(self.path)
        with self._lock:
            writer = self._writer or self._closing
            self._write_held()
            self._writer = self._closing = None
            self._release()
        if writer is not None:
            shutdown.unregister(self)
            # Not under the lock, which the thread may need before it ends.
            writer.close(ending.state, ending.reason)

    def _write_held(self) -> None:
        writer, held, self.held = self._writer, self.held, None
        if writer and held:
            writer.record(*held)
            writer.log(held[0], held[1].scalars)

    def _release(self) -> None:
        if self.fit is not None:
            self.fit.release()
            self.fit = None

    def _noticed(self) -> tuple[State, str | None] | None:
        """Called by the writing thread: returns the final state of a run that is over.

        This is a `fit` that ended without a notification, or no fit follows another.
        """
        with self._lock:
            waited = time.monotonic() - self._fit_ended
            if self._ending is not None and waited < LINGER_SECONDS:
                return None
            ending = self._how_ended()
            if ending is None:
                return None
            self._ending = ending
            self._write_held()
            self._closing, self._writer = self._writer, None
            self._release()
            return ending.state, ending.reason

    def _how_ended(self) -> Ending | None:
        """Returns the ending of the last `fit`; `None` while it executes."""
        with self._lock:
            if self._ending is None and self.fit is not None and self.fit.is_over():
                return self._with_step(self.fit.ending())
            return self._ending

    def _with_step(self, ending: Ending) -> Ending:
        return ending.at_step(self.position, self.planned)

    def ending(
        self, model: keras.Model, *, is_last: bool, logs: Mapping[str, Any] | None
    ) -> Ending:
        """Returns whether a `fit` has finished, or was stopped before.

        Args:
            model: `keras.Model`. The trained model.
            is_last: bool. Whether the epoch was the last.
            logs: Dict. The logs of the epoch.
        """
        if self.planned is not None and self.position is not None:
            is_last = self.position >= self.planned
        if is_last or not model.stop_training:
            return Ending(State.FINISHED)
        return self.stopped(stopped_by(self.fit.callbacks if self.fit else (), logs))

    def stopped(self, reason: str | None = None) -> Ending:
        """Returns the ending of a training run that was stopped as requested."""
        if self._diagnosis.has_stopped:
            reason = "on_finding='stop'"
        return self._with_step(Ending(State.STOPPED, reason))

    def diagnose(self) -> None:
        """Diagnoses a run that has ended and has new records."""
        if self._writer is None:
            self._diagnosis.finish(self.last_step)
