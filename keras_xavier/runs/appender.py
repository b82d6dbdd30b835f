"""The files of a run, as the one process that writes them sees them."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_xavier.runs import codec
from keras_xavier.runs.arrays import ArrayAppender
from keras_xavier.runs.errors import RunError
from keras_xavier.runs.lock import FolderLock
from keras_xavier.runs.schema import (
    ARRAYS,
    LABELS,
    METRIC_ARRAYS,
    METRIC_LIMIT,
    RECORD_ARRAYS,
    Metadata,
    bin_edges,
    encode_json,
)
from keras_xavier.runs.store import ROOT, Store
from keras_xavier.runs.validation import decode, read_root
from keras_xavier.statistics import Measurement


@dataclass(frozen=True)
class Record:
    """One measurement, and when it was taken."""

    step: int
    wall_time: float
    measurement: Measurement


@dataclass(frozen=True)
class Log:
    """Training metrics at one step."""

    step: int
    metrics: Mapping[str, float]


class LostRunError(RunError):
    """The run belongs to another writer now, for good."""


class RunAppender:
    """Appends to a run, and commits. It blocks on the disk; for one thread.

    Attributes:
        metadata: What the run says, as committed last.
        last_step: Step of the last record, -1 without any.
        last_log: The last row of the metrics, which can still grow.
    """

    def __init__(
        self,
        store: Store,
        lock: FolderLock,
        metadata: Metadata,
        *,
        last_step: int = -1,
        last_log: Log | None = None,
    ) -> None:
        self.metadata = metadata
        self.last_step = last_step
        self.last_log = last_log
        self._store = store
        self._lock = lock
        self._root = b""
        self._arrays: dict[str, ArrayAppender] = {}
        for name in (*METRIC_ARRAYS, *RECORD_ARRAYS):
            self._arrays[name] = ArrayAppender(store, metadata.array(name))
            self._arrays[name].load(metadata.array(name).shape[0])

    def append(
        self, records: Sequence[Record], logs: Sequence[Log], **changes: Any
    ) -> None:
        """Writes records and metrics, and commits all of them or none.

        When it raises, the same can be appended again.

        Args:
            records: With ascending steps, all after the last one.
            logs: With steps that do not descend; those of one step share a row.
            **changes: Other fields of the metadata.

        Raises:
            LostRunError: If another writer has taken the run over.
        """
        self._check_owner()
        metadata = self.metadata
        measurements = [record.measurement for record in records]
        for name, rows in (
            ("statistics", [measurement.statistics for measurement in measurements]),
            ("histogram", [measurement.histogram for measurement in measurements]),
            ("wall_time", [record.wall_time for record in records]),
            ("step", [record.step for record in records]),
        ):
            self._arrays[name].write(metadata.records, rows)
        lines = merge(self.last_log, logs)
        names = dict.fromkeys(name for line in lines for name in line.metrics)
        metrics = tuple(dict.fromkeys((*metadata.metrics, *names)))
        start = metadata.metric_records - (self.last_log is not None)
        if logs:
            self._arrays["metrics"].write(
                start, [metric_row(line, metrics) for line in lines]
            )
            self._arrays["metric_step"].write(start, [line.step for line in lines])
        self._commit(
            replace(
                metadata,
                records=metadata.records + len(records),
                metric_records=start + len(lines),
                metrics=metrics,
                revision=metadata.revision + bool(records or logs),
                heartbeat=time.time(),
                **changes,
            )
        )
        if records:
            self.last_step = records[-1].step
        if lines:
            self.last_log = lines[-1]

    def start(self) -> None:
        """Writes all that a new run has, and commits."""
        metadata = self.metadata
        for name in ARRAYS:
            self._write_metadata(metadata, name)
        for name in LABELS:
            self._write_labels(metadata, name)
        edges = bin_edges(metadata.layers)
        self._store.write(metadata.array("bin_edges").key(0), codec.encode(edges))
        self._write_root(metadata)

    def restart(self) -> None:
        """Takes over a run that was written before, and cuts what is too long."""
        for name in ARRAYS:
            self._write_metadata(self.metadata, name)
        self._write_root(self.metadata)
        self.cut()

    def cut(self) -> None:
        """Removes what was written and not committed; on a full disk, for room."""
        # A commit that failed may have come through all the same.
        if read_root(self._store) != self._root:
            return
        for name, tail in self._arrays.items():
            tail.cut(self.metadata.array(name).shape[0])

    def close(self) -> None:
        """Lets other writers come."""
        self._lock.release()

    def _commit(self, metadata: Metadata) -> None:
        if metadata.metrics != self.metadata.metrics:
            self._write_labels(metadata, "metric")
        for name in ARRAYS:
            if metadata.array(name) != self.metadata.array(name):
                self._write_metadata(metadata, name)
        self._write_root(metadata)
        self.metadata = metadata
        for name, tail in self._arrays.items():
            tail.keep(metadata.array(name).shape[0])

    def _write_metadata(self, metadata: Metadata, name: str) -> None:
        document = metadata.array(name).document()
        self._store.write(f"{name}/{ROOT}", encode_json(document))

    def _write_labels(self, metadata: Metadata, name: str) -> None:
        array = metadata.array(name)
        encoded = codec.encode_labels(metadata.labels(name), array.chunk[0])
        self._store.write(array.key(0), encoded)

    def _write_root(self, metadata: Metadata) -> None:
        root = encode_json(metadata.document())
        self._store.write(ROOT, root)
        self._root = root

    def _check_owner(self) -> None:
        root = read_root(self._store)
        if root is None:
            raise FileNotFoundError(f"{self._store.path} is gone.")
        # A write that failed may have come through all the same.
        if root != self._root:
            writer = decode(root, self._store.path).writer
            if writer != self.metadata.writer:
                raise LostRunError(f"{self._store.path} is written by {writer} now.")


def merge(last: Log | None, logs: Sequence[Log]) -> list[Log]:
    """Puts metrics of one step into one row; the first row is the last before."""
    lines = [last] if last else []
    for log in logs:
        if lines and lines[-1].step == log.step:
            log = Log(log.step, {**lines.pop().metrics, **log.metrics})
        lines.append(log)
    return lines


def metric_row(log: Log, metrics: Sequence[str]) -> NDArray[np.float64]:
    row = np.full(METRIC_LIMIT, np.nan)
    row[: len(metrics)] = [log.metrics.get(name, np.nan) for name in metrics]
    return row
