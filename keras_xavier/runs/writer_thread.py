"""The thread that writes a run while training continues."""

import collections
import contextlib
import math
import queue
import threading
from collections.abc import Callable
from typing import Any

from keras_xavier.runs.appender import Log, LostRunError, Record, RunAppender
from keras_xavier.runs.lock import HEARTBEAT_SECONDS
from keras_xavier.runs.schema import State

QUEUE_BYTES = 64 * 2**20
"""Maximum size of the queued records, unless fewer than `QUEUE_RECORDS` fit."""
QUEUE_RECORDS = 8
"""Records of large networks that are queued: the first steps follow each other within
a second, and a record of 1,000 layers has 42 MB."""
LARGEST_QUEUE_BYTES = 512 * 2**20
QUEUE_LOGS = 65536
"""Maximum number of queued metrics."""
WAIT_SECONDS = 10.0
"""Maximum time that `flush` and `join` wait for a folder that hangs."""


Ending = tuple[State, str | None]
"""The final state of a run, and its reason."""


class Request:
    """A request to write the queue and, with a state, to end the run."""

    def __init__(self, state: State | None = None, reason: str | None = None) -> None:
        self.changes: dict[str, Any] = {}
        if state is not None:
            self.changes = {"state": state, "reason": reason}
        # Reentrant, so that a signal handler can use it; an event is not.
        self.done: queue.SimpleQueue[None] = queue.SimpleQueue()


class WriterThread:
    """Queues records and metrics, and writes them about once a second.

    Each write is also a heartbeat of the run. Records that cannot be written stay in
    the queue, up to its maximum size.

    Args:
        appender: `RunAppender` of the run.
        ending: Function that returns an `Ending` once the run has ended without `end`,
            else `None`. Called with each heartbeat, in the thread.

    Attributes:
        problem: str or `None`. The last problem; `None` if no write has failed.
    """

    def __init__(
        self, appender: RunAppender, ending: Callable[[], Ending | None]
    ) -> None:
        self.problem: str | None = None
        self._ending = ending
        self._appender = appender
        record_bytes = appender.metadata.record_bytes
        self._room = queue_length(record_bytes)
        # A commit encodes its records in memory.
        self._most = min(self._room, max(1, QUEUE_BYTES // record_bytes))
        self._batch = self._most
        self._lost = False
        self._left = False
        self._refused = 0
        self._given_up = 0
        # Only training appends and only the thread removes, so neither waits.
        self._records: collections.deque[Record] = collections.deque()
        self._logs: collections.deque[Log] = collections.deque()
        self._requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._thread = threading.Thread(
            target=self._work, name="keras-xavier run writer", daemon=True
        )
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Number of lost records."""
        waiting = len(self._records) if self._left else 0
        return self._refused + self._given_up + waiting

    def add_record(self, record: Record) -> None:
        """Queues a record, or counts it as lost if the queue is full."""
        if self._lost or len(self._records) >= self._room:
            self._refused += 1
            self.problem = self.problem or "its folder is too slow"
            return
        self._records.append(record)
        if len(self._records) == self._room // 2:
            # Half full in less than a second: write now.
            self._requests.put(Request())

    def add_log(self, log: Log) -> None:
        """Queues metrics, unless the queue is full."""
        if not self._lost and len(self._logs) < QUEUE_LOGS:
            self._logs.append(log)

    def flush(self) -> None:
        """Waits until the queue is written, or writing fails."""
        request = Request()
        self._requests.put(request)
        try:
            request.done.get(timeout=WAIT_SECONDS)
        except queue.Empty:
            self.problem = self.problem or "its folder does not answer"

    def end(self, state: State, reason: str | None) -> None:
        """Requests to write the queue and the final state, and to end the thread."""
        self._requests.put(Request(state, reason))

    def join(self) -> None:
        """Waits for the thread, after `end`."""
        self._thread.join(WAIT_SECONDS)
        if self._thread.is_alive():
            # The thread still writes them if the folder answers in time.
            self.problem = self.problem or "its folder does not answer"
            self._left = True

    def abandon(self) -> None:
        """Drops the queue in a forked child, where the thread does not run."""
        self._records.clear()
        self._logs.clear()
        self._appender.close()

    def _work(self) -> None:
        request = Request()
        while not request.changes:
            try:
                request = self._requests.get(timeout=HEARTBEAT_SECONDS)
            except queue.Empty:
                request = Request(*(self._ending() or ()))
            if not self._write(request.changes):
                if request.changes:
                    self._drop_all()
                self._beat(request.changes)
            request.done.put(None)
        self._appender.close()

    def _with_remark(self, changes: dict[str, Any]) -> dict[str, Any]:
        """Adds the number of lost records to the reason of the final state."""
        lost = self._refused + self._given_up
        if not changes or not lost:
            return changes
        records = "1 record was" if lost == 1 else f"{lost:,} records were"
        remark = f"{records} lost: {self.problem}"
        reason = changes["reason"]
        return {**changes, "reason": f"{reason}; {remark}" if reason else remark}

    def _write(self, changes: dict[str, Any]) -> bool:
        """Writes the queue; returns whether that succeeded."""
        # Metrics are read first and written up to the step of the records, so that a
        # killed process leaves no metrics without the records of the same steps.
        logs = [self._logs[i] for i in range(len(self._logs))]
        waiting = len(self._records)
        while not self._lost:
            batch = min(waiting, self._batch)
            records = [self._records[i] for i in range(batch)]
            rest = waiting - batch
            until = records[-1].step if rest and records else math.inf
            now = [log for log in logs if log.step <= until]
            last = {} if rest else self._with_remark(changes)
            lost = self._refused + self._given_up
            try:
                self._appender.append(records, now, dropped=lost, **last)
            except LostRunError as error:
                self.problem = str(error)
                self._lost = True
            except Exception as error:  # noqa: BLE001 - no folder stops training
                self.problem = f"{type(error).__name__}: {error}"
                with contextlib.suppress(Exception):
                    self._appender.cut()
                if batch <= 1:
                    return False
                # On a disk that is nearly full, a part of the queue may still fit.
                self._batch = batch // 2
            else:
                for _ in records:
                    self._records.popleft()
                for _ in now:
                    self._logs.popleft()
                logs = logs[len(now) :]
                waiting = rest
                if not waiting:
                    self._batch = self._most
                    return True
        self._drop_all()
        return True

    def _beat(self, changes: dict[str, Any]) -> None:
        """Sends a heartbeat only, for which a full disk may have room."""
        lost = self._refused + self._given_up
        with contextlib.suppress(Exception):
            self._appender.append([], [], dropped=lost, **self._with_remark(changes))

    def _drop_all(self) -> None:
        self._given_up += len(self._records)
        self._records.clear()
        self._logs.clear()


def queue_length(record_bytes: int) -> int:
    """Returns the maximum number of queued records of this size.

    Example:

    >>> queue_length(2**10), queue_length(16 * 2**20), queue_length(200 * 2**20)
    (65536, 8, 2)
    """
    few = min(QUEUE_RECORDS, LARGEST_QUEUE_BYTES // record_bytes)
    return max(2, few, QUEUE_BYTES // record_bytes)
