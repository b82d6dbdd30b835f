"""The writer of a run, called while training; never blocks on the disk."""

import json
import os
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Literal, Self, get_args

import numpy as np

from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.runs import shutdown
from keras_xavier.runs.appender import Log, Record
from keras_xavier.runs.errors import RunError
from keras_xavier.runs.metric_names import MetricNames
from keras_xavier.runs.opening import create, resume
from keras_xavier.runs.schema import State
from keras_xavier.runs.store import run_exists, run_path
from keras_xavier.runs.unit_schedule import UnitSchedule
from keras_xavier.runs.writer_thread import Ending, WriterThread
from keras_xavier.statistics import (
    QUANTITIES,
    STATISTICS,
    UNIT_LIMIT,
    UNIT_STATISTICS,
    Layer,
    Measurement,
)

REASON_LENGTH = 1000

Mode = Literal["create", "overwrite", "resume", "resume_or_create"]
MODES = get_args(Mode)
FINAL = (State.FINISHED, State.STOPPED, State.FAILED, State.INTERRUPTED)
"""The states in which a writer can leave a run."""


class RunWriter:
    """Writes one run.

    Records and metrics are queued. A thread writes them about once a second, at `flush`
    and `close`, and when the process ends or receives SIGTERM. If the path cannot be
    written, a warning is issued once, training continues, records wait in a queue of
    limited size, and `dropped` counts the lost records.

    As a context manager, it closes the run as finished, or as failed if an error leaves
    the block.

    Args:
        path: str or path. Path or fsspec URL, such as `s3://…`. `.zarr` is appended if
            it is missing.
        layers: List of `Layer`. The layer table, in model order.
        hyperparameters: dict. JSON-serializable hyperparameters to store with the run.
            Defaults to None: none.
        attributes: dict. Other JSON-serializable metadata to store with the run, such
            as backend and versions. Defaults to None: none.
        mode: `"create"`, `"overwrite"`, `"resume"` or `"resume_or_create"`. Whether to
            create a run at a path that does not exist, to replace a run, to continue a
            run, or to continue a run if it exists and create it otherwise. Defaults to
            `"create"`.
        resume_from: int. If a run is continued, the step to continue from; later
            records are removed. Defaults to None: the last recorded step.
        ending: Function without arguments. Called about once a second in the writing
            thread; as soon as it returns a tuple of a final `State` and a reason, the
            run is closed with them. Defaults to None: only `close` ends the run.

    Raises:
        RunError: If the path cannot be written, exists already, has another writer, or
            is not a run that can be resumed.
        ValueError: If an argument is invalid.

    Example:

    >>> import tempfile
    >>> layer = Layer("hidden_1", "Dense", "tanh", 1000, 785000, -1.0, 1.0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with RunWriter(f"{folder}/tanh", layers=[layer]) as run:
    ...         run.log(0, {"loss": 2.3})
    ...     run.path.endswith("tanh.zarr")
    True
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        layers: Sequence[Layer],
        hyperparameters: Mapping[str, Any] | None = None,
        attributes: Mapping[str, Any] | None = None,
        mode: Mode = "create",
        resume_from: int | None = None,
        ending: Callable[[], Ending | None] = lambda: None,
    ) -> None:
        if mode not in MODES:
            allowed = ", ".join(map(repr, MODES))
            raise ValueError(f"mode must be one of {allowed}. Received: mode={mode!r}")
        if resume_from is not None and not mode.startswith("resume"):
            raise ValueError(
                "resume_from requires mode='resume'. "
                f"Received: resume_from={resume_from}, mode={mode!r}"
            )
        if not layers:
            raise ValueError("A run requires at least one layer. Received: layers=[]")
        self.path = run_path(path)
        if mode == "resume_or_create":
            mode = "resume" if run_exists(self.path) else "create"
        hyperparameters = as_json("hyperparameters", hyperparameters or {})
        attributes = as_json("attributes", attributes or {})
        try:
            if mode == "resume":
                appender = resume(
                    self.path, layers, hyperparameters, attributes, resume_from
                )
            else:
                appender = create(
                    self.path,
                    layers,
                    hyperparameters,
                    attributes,
                    overwrite=mode == "overwrite",
                )
        except OSError as error:
            raise RunError(f"{self.path} cannot be written: {error}") from error

        shape = len(QUANTITIES), len(layers)
        self._shapes = (*shape, len(STATISTICS)), (*shape, BIN_COUNT)
        self._units_shape = len(layers), UNIT_LIMIT, len(UNIT_STATISTICS)
        self._units = UnitSchedule(
            appender.metadata.unit_records, appender.last_unit_step or 0
        )
        last_step = appender.metadata.last_step
        self._last_step = -1 if last_step is None else last_step
        self._last_log_step = appender.last_log_step
        self._metric_names = MetricNames(appender.metadata.metrics)
        if appender.damage:
            after = f"step {last_step}" if last_step is not None else "no record"
            warnings.warn(
                f"{self.path} is resumed after {after}, as {appender.damage}",
                RuntimeWarning,
                stacklevel=2,
            )
        if appender.left_out:
            warnings.warn(
                f"{self.path} was begun by an earlier version of keras-xavier, so "
                f"{appender.left_out}",
                RuntimeWarning,
                stacklevel=2,
            )
        self._thread = WriterThread(appender, ending)
        self._warned = False
        self._closed = False
        shutdown.register(self)

    @property
    def dropped(self) -> int:
        """Number of records that were lost because they could not be written."""
        return self._thread.dropped

    def wants_units(self, step: int) -> bool:
        """Returns whether a record of this step would store statistics of units.

        Records without them are smaller; see `unit_schedule`.

        Args:
            step: int. Number of optimizer updates before the record.
        """
        return self._units.is_due(step)

    def record(self, step: int, measurement: Measurement) -> None:
        """Queues one measurement, whose arrays must not be changed afterwards.

        Statistics of single units are stored if `wants_units` of the step, and left
        out otherwise.

        Args:
            step: int. Number of optimizer updates so far; greater than at the last
                record.
            measurement: `Measurement`. Statistics and histograms of all layers.

        Raises:
            ValueError: If the step does not ascend, or the measurement has the wrong
                shapes.
            RunError: If the run is closed.
        """
        self._check_open()
        if step <= self._last_step:
            raise ValueError(
                f"Steps must ascend. Received: step={step} after {self._last_step}"
            )
        received = measurement.statistics.shape, measurement.histogram.shape
        if received != self._shapes:
            raise ValueError(
                f"A measurement must have the shapes {self._shapes[0]} and "
                f"{self._shapes[1]}. Received: {received[0]} and {received[1]}"
            )
        if measurement.units is not None:
            if measurement.units.shape != self._units_shape:
                raise ValueError(
                    f"The units of a measurement must have the shape "
                    f"{self._units_shape}. Received: {measurement.units.shape}"
                )
            if self.wants_units(step):
                self._units.taken(int(step))
            else:
                measurement = replace(measurement, units=None)
        self._last_step = int(step)
        self._thread.add_record(Record(int(step), time.time(), measurement))
        self._warn()

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Queues training metrics.

        Args:
            step: int. Number of optimizer updates so far; not less than at the last
                call. If a metric is given twice for a step, the last value counts.
            metrics: dict of str to float. Values by name, such as `loss`. New names can
                be added at any time, up to 4,096 of them. `loss` and `val_loss` always
                have room; others are left out with a warning. Names that cannot be
                stored are changed with a warning.

        Raises:
            ValueError: If the step descends.
            RunError: If the run is closed.
        """
        self._check_open()
        if step < self._last_log_step:
            raise ValueError(
                "Steps of metrics must not descend. "
                f"Received: step={step} after {self._last_log_step}"
            )
        if metrics:
            values = self._metric_names.select(metrics)
            self._last_log_step = int(step)
            self._thread.add_log(Log(int(step), values))
        self._warn()

    def flush(self) -> None:
        """Waits until the queue is written, for at most 10 s."""
        self._check_open()
        self._thread.flush()
        self._warn()

    def close(self, state: State = State.FINISHED, reason: str | None = None) -> None:
        """Writes the queue and the final state, and releases the run.

        Closing a closed run has no effect.

        Args:
            state: `State.FINISHED`, `State.STOPPED`, `State.FAILED` or
                `State.INTERRUPTED`. Defaults to `State.FINISHED`.
            reason: str. Reason for the state. Defaults to None: no reason.

        Raises:
            ValueError: If `state` has another value.
        """
        if state not in FINAL:
            raise ValueError(
                f"state must be one of {', '.join(FINAL)}. Received: state={state!r}"
            )
        if not self._closed:
            self._closed = True
            self._thread.end(state, printable(reason))
        self._thread.join()
        shutdown.unregister(self)
        self._warn()

    def close_after(self, error: BaseException) -> None:
        """Closes the run after an exception.

        Args:
            error: BaseException. `KeyboardInterrupt` marks the run as interrupted,
                other exceptions as failed.
        """
        if isinstance(error, KeyboardInterrupt):
            self.close(State.INTERRUPTED, "Ctrl-C")
        else:
            self.close(State.FAILED, f"{type(error).__name__}: {error}")

    def abandon(self) -> None:
        """Leaves the run to the parent process after a fork."""
        self._closed = True
        self._thread.abandon()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            self.close_after(error)

    def _check_open(self) -> None:
        if self._closed:
            raise RunError(f"{self.path} is closed. Open it with mode='resume'.")

    def _warn(self) -> None:
        problems = self._metric_names.problems
        while problems:
            warnings.warn(
                f"{self.path}: {problems.pop()}", RuntimeWarning, stacklevel=3
            )
        # Not in the writer thread, which would end if warnings are errors.
        problem = self._thread.problem
        if problem and not self._warned:
            self._warned = True
            warnings.warn(
                f"{self.path} cannot be written: {problem}. Training continues. "
                "Records wait in memory; when the queue is full, they are lost.",
                RuntimeWarning,
                stacklevel=3,
            )


def as_json(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Converts a mapping to JSON values, including NumPy's numbers and arrays.

    Args:
        name: str. Name of the argument, for the message.
        values: dict. Values to convert.

    Returns:
        dict of JSON values.

    Raises:
        ValueError: If a value is not JSON-serializable.

    Example:

    >>> as_json("hyperparameters", {"units": np.int64(20), "shape": (32, 32)})
    {'units': 20, 'shape': [32, 32]}
    """

    def convert(value: Any) -> Any:
        if isinstance(value, np.generic | np.ndarray):
            return value.tolist()
        raise TypeError(f"{type(value).__name__} {value!r} is not JSON-serializable")

    try:
        text = json.dumps(dict(values), default=convert, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} must be JSON-serializable: {error}. Received: {values!r}"
        ) from error
    result: dict[str, Any] = json.loads(text)
    return result


def printable(reason: str | None) -> str | None:
    """Shortens a reason, and replaces characters that cannot be encoded."""
    if reason is None:
        return None
    return reason[:REASON_LENGTH].encode(errors="replace").decode()
