"""Writing a run: what training calls, which never waits for a disk."""

import json
import os
import time
import warnings
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np

from keras_xavier.runs import shutdown
from keras_xavier.runs.appender import Log, Record
from keras_xavier.runs.errors import RunError
from keras_xavier.runs.opening import create, resume
from keras_xavier.runs.schema import METRIC_LIMIT, State
from keras_xavier.runs.store import run_path
from keras_xavier.runs.writer_thread import WriterThread
from keras_xavier.statistics import Layer, Measurement

REASON_LENGTH = 1000

Mode = Literal["create", "overwrite", "resume"]


class RunWriter:
    """Writes one run.

    Records and metrics are queued, and written by a thread about once a second,
    at `flush` and `close`, and when the process ends or is sent SIGTERM. When the
    folder cannot be written, training goes on with one warning, records wait in
    memory as far as there is room, and what is lost is counted.

    As a context manager it closes the run as finished, or as failed with the
    error that ended the block.

    Args:
        path: Where the run is to be: a path, or an fsspec URL such as `s3://…`;
            `.zarr` is appended if it is missing.
        layers: The layer table, in model order.
        hyperparameters: What the network was trained with; anything that JSON
            can hold.
        attributes: What else is to be known of the run, such as the backend, the
            versions and the seed; anything that JSON can hold.
        mode: `"create"` refuses a path where something is, `"overwrite"` replaces
            the run there, `"resume"` goes on with it.
        resume_from: With `"resume"`, the step to go on from: what was recorded
            after it is cut off. By default the last one.

    Raises:
        RunError: If the path cannot be written, is taken, has another writer, or
            holds no run that can be resumed.

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
    ) -> None:
        if mode not in ("create", "overwrite", "resume"):
            raise ValueError(
                "mode must be 'create', 'overwrite' or 'resume'. "
                f"Received: mode={mode!r}"
            )
        if resume_from is not None and mode != "resume":
            raise ValueError(
                "resume_from needs mode='resume'. "
                f"Received: resume_from={resume_from}, mode={mode!r}"
            )
        if not layers:
            raise ValueError("A run needs one layer or more. Received: layers=[]")
        self.path = run_path(path)
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

        self._shapes = tuple(
            appender.metadata.array(name).shape[1:]
            for name in ("statistics", "histogram")
        )
        self._last_step = appender.last_step
        self._last_log_step = appender.last_log.step if appender.last_log else -1
        self._metrics = set(appender.metadata.metrics)
        self._thread = WriterThread(appender)
        self._warned = False
        self._closed = False
        shutdown.register(self)

    @property
    def dropped(self) -> int:
        """Records that could not be kept."""
        return self._thread.dropped

    def record(self, step: int, measurement: Measurement) -> None:
        """Queues one measurement; its arrays must not change any more.

        Args:
            step: Optimizer updates so far; more than at the last record.
            measurement: What was measured.

        Raises:
            ValueError: If the step does not ascend, or the measurement is not of
                this run's layers.
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
        self._last_step = int(step)
        self._thread.add_record(Record(int(step), time.time(), measurement))
        self._warn()

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Queues training metrics; those of one step share a row.

        Args:
            step: Optimizer updates so far; not less than at the last call.
            metrics: Values by name, such as `loss` or `val_error`. New names can
                come at any time.

        Raises:
            ValueError: If the step descends, or there are too many metrics.
            RunError: If the run is closed.
        """
        self._check_open()
        if step < self._last_log_step:
            raise ValueError(
                "Steps of metrics must not descend. "
                f"Received: step={step} after {self._last_log_step}"
            )
        names = self._metrics | metrics.keys()
        if len(names) > METRIC_LIMIT:
            raise ValueError(
                f"A run keeps {METRIC_LIMIT} metrics at most. "
                f"Received: {len(names)} with {sorted(metrics)[:5]}"
            )
        if metrics:
            values = {str(name): float(value) for name, value in metrics.items()}
            self._last_log_step = int(step)
            self._metrics = names
            self._thread.add_log(Log(int(step), values))
        self._warn()

    def flush(self) -> None:
        """Waits until all that was queued is written, 10 s at most."""
        self._check_open()
        self._thread.flush()
        self._warn()

    def close(self, state: State = State.FINISHED, reason: str | None = None) -> None:
        """Writes what is queued, says how the run ended, and lets others write it.

        Closing again does nothing.

        Args:
            state: `State.FINISHED`, `State.FAILED` or `State.INTERRUPTED`.
            reason: Why it ended so.
        """
        if state not in (State.FINISHED, State.FAILED, State.INTERRUPTED):
            raise ValueError(
                "A run ends as 'finished', 'failed' or 'interrupted'. "
                f"Received: state={state!r}"
            )
        if not self._closed:
            self._closed = True
            self._thread.end(state, printable(reason))
        self._thread.join()
        shutdown.unregister(self)
        self._warn()

    def close_after(self, error: BaseException) -> None:
        """Ends the run because of an exception: Ctrl-C interrupts, others fail."""
        if isinstance(error, KeyboardInterrupt):
            self.close(State.INTERRUPTED, "Ctrl-C")
        else:
            self.close(State.FAILED, f"{type(error).__name__}: {error}")

    def abandon(self) -> None:
        """Leaves the run to the parent of this forked process."""
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
        # From here and not from the writing thread, where warnings turned into
        # errors would end it.
        trouble = self._thread.problem
        if trouble and not self._warned:
            self._warned = True
            warnings.warn(
                f"{self.path} cannot be written: {trouble}. Training goes on, "
                "and the records that find no room in memory are lost.",
                RuntimeWarning,
                stacklevel=3,
            )


def as_json(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a mapping as JSON gives it back, NumPy's numbers as Python's.

    Raises:
        ValueError: If JSON cannot hold it.
    """

    def convert(value: Any) -> Any:
        if isinstance(value, np.generic | np.ndarray):
            return value.tolist()
        raise TypeError(f"{type(value).__name__} {value!r} has no form in JSON")

    try:
        text = json.dumps(dict(values), default=convert, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} must be what JSON can hold: {error}. Received: {values!r}"
        ) from error
    result: dict[str, Any] = json.loads(text)
    return result


def printable(reason: str | None) -> str | None:
    if reason is None:
        return None
    return reason[:REASON_LENGTH].encode(errors="replace").decode()
