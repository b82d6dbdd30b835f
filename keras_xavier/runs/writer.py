"""Writing a run while training goes on.

The training thread only puts what was measured into a queue. A thread of its own
writes it about once a second, and shows with each write that it is alive.
"""

import collections
import json
import os
import queue
import threading
import time
import warnings
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np

from keras_xavier.runs import shutdown
from keras_xavier.runs.errors import RunError
from keras_xavier.runs.folder import run_path
from keras_xavier.runs.journal import Log, LostRunError, Record
from keras_xavier.runs.lock import HEARTBEAT_SECONDS
from keras_xavier.runs.opening import create, resume
from keras_xavier.runs.schema import METRIC_LIMIT, State
from keras_xavier.statistics import (
    BIN_COUNT,
    QUANTITIES,
    STATISTICS,
    Layer,
    Measurement,
)

QUEUE_BYTES = 64 * 2**20
"""What waits in memory while the folder cannot be written, at most."""
QUEUE_LOGS = 65536
WAIT_SECONDS = 10.0
"""How long training waits for a folder that hangs, at most."""
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
        hyperparameters = plain("hyperparameters", hyperparameters or {})
        attributes = plain("attributes", attributes or {})
        try:
            if mode == "resume":
                self._journal = resume(
                    self.path, layers, hyperparameters, attributes, resume_from
                )
            else:
                self._journal = create(
                    self.path,
                    layers,
                    hyperparameters,
                    attributes,
                    overwrite=mode == "overwrite",
                )
        except OSError as error:
            raise RunError(f"{self.path} cannot be written: {error}") from error

        quantities, count = len(QUANTITIES), len(layers)
        self._statistics_shape = (quantities, count, len(STATISTICS))
        self._histogram_shape = (quantities, count, BIN_COUNT)
        record_bytes = 4 * quantities * count * (len(STATISTICS) + BIN_COUNT)
        self._room = max(2, QUEUE_BYTES // record_bytes)
        self._records: collections.deque[Record] = collections.deque()
        self._logs: collections.deque[Log] = collections.deque()
        self._requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._last_step = self._journal.last_step
        last_log = self._journal.last_log
        self._last_log_step = last_log.step if last_log else -1
        self._metrics = set(self._journal.metadata.metrics)
        self._dropped = 0
        self._trouble: str | None = None
        self._warned = False
        self._lost = False
        self._closed = False
        self._thread = threading.Thread(
            target=self._work, name=f"writer of {self.path}", daemon=True
        )
        self._thread.start()
        shutdown.register(self)

    @property
    def dropped(self) -> int:
        """Records that could not be kept."""
        return self._dropped

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
        if received != (self._statistics_shape, self._histogram_shape):
            raise ValueError(
                "A measurement must have the shapes "
                f"{self._statistics_shape} and {self._histogram_shape}. "
                f"Received: {received[0]} and {received[1]}"
            )
        if self._lost or len(self._records) >= self._room:
            self._dropped += 1
            self._trouble = self._trouble or "its folder is too slow"
        else:
            self._records.append(Record(int(step), time.time(), measurement))
            self._last_step = int(step)
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
        if metrics and not self._lost and len(self._logs) < QUEUE_LOGS:
            values = {str(name): float(value) for name, value in metrics.items()}
            self._logs.append(Log(int(step), values))
            self._last_log_step = int(step)
            self._metrics = names
        self._warn()

    def flush(self) -> None:
        """Waits until all that was queued is written, 10 s at most."""
        self._check_open()
        request = Request()
        self._requests.put(request)
        try:
            request.done.get(timeout=WAIT_SECONDS)
        except queue.Empty:
            self._trouble = self._trouble or "its folder does not answer"
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
            self._requests.put(Request(state, printable(reason)))
        self._thread.join(WAIT_SECONDS)
        shutdown.unregister(self)
        if self._records or self._thread.is_alive():
            self._dropped += len(self._records)
            self._records.clear()
            self._trouble = self._trouble or "its folder does not answer"
        self._warn()

    def abandon(self) -> None:
        """Leaves the run to the parent of this forked process."""
        self._closed = True
        self._records.clear()
        self._logs.clear()
        self._journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        elif issubclass(kind, KeyboardInterrupt):
            self.close(State.INTERRUPTED, "Ctrl-C")
        else:
            self.close(State.FAILED, f"{kind.__name__}: {error}")

    def _check_open(self) -> None:
        if self._closed:
            raise RunError(f"{self.path} is closed. Open it with mode='resume'.")

    def _warn(self) -> None:
        # From here and not from the writing thread, where warnings turned into
        # errors would end it.
        if self._trouble and not self._warned:
            self._warned = True
            warnings.warn(
                f"{self.path} cannot be written: {self._trouble}. Training goes on, "
                "and the records that find no room in memory are lost.",
                RuntimeWarning,
                stacklevel=3,
            )

    def _work(self) -> None:
        while True:
            try:
                request = self._requests.get(timeout=HEARTBEAT_SECONDS)
            except queue.Empty:
                request = Request()
            self._save(request)
            request.done.put(None)
            if request.state is not None:
                self._journal.close()
                return

    def _save(self, request: "Request") -> None:
        records = [self._records[i] for i in range(len(self._records))]
        logs = [self._logs[i] for i in range(len(self._logs))]
        changes: dict[str, Any] = {"dropped": self._dropped}
        if request.state is not None:
            changes |= {"state": request.state, "reason": request.reason}
        try:
            if not self._lost:
                self._journal.append(records, logs, **changes)
        except LostRunError as error:
            self._lost = True
            self._trouble = str(error)
        except Exception as error:  # noqa: BLE001 - whatever a folder does, train on
            self._trouble = f"{type(error).__name__}: {error}"
            return
        if self._lost:
            self._dropped += len(records)
        for _ in records:
            self._records.popleft()
        for _ in logs:
            self._logs.popleft()


class Request:
    """What the writing thread is to do: to write, and perhaps to end the run."""

    def __init__(self, state: State | None = None, reason: str | None = None) -> None:
        self.state = state
        self.reason = reason
        # Unlike an event, it can be used by a signal handler at any moment.
        self.done: queue.SimpleQueue[None] = queue.SimpleQueue()


def plain(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a mapping as JSON gives it back, NumPy's numbers as Python's."""

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
