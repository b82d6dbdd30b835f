"""Appends records and metrics to the files of a run, and commits them."""

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
    """A measurement with its step and its time, in seconds since 1970."""

    step: int
    wall_time: float
    measurement: Measurement


@dataclass(frozen=True)
class Log:
    """Training metrics at one step."""

    step: int
    metrics: Mapping[str, float]


class LostRunError(RunError):
    """Raised if another writer has taken over the run: this writer has lost it."""


class RunAppender:
    """Appends to a run and commits. Blocks on disk access, and is not thread-safe.

    Attributes:
        metadata: `Metadata`. The last committed metadata.
        last_step: int. Step of the last record; -1 if there is none.
        last_log: `Log` or `None`. Last row of the metrics, to which metrics of the same
            step are still added.
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
        """Writes records and metrics, and commits either all of them or none.

        After an error, the same records can be appended again.

        Args:
            records: List of `Record`. Steps must ascend and be greater than
                `last_step`.
            logs: List of `Log`. Steps must not descend; metrics of the same step share
                a row.
            **changes: Other fields of `Metadata` to change.

        Raises:
            LostRunError: If another writer has taken over the run.
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
        merged = merge(self.last_log, logs)
        names = dict.fromkeys(name for row in merged for name in row.metrics)
        metrics = tuple(dict.fromkeys((*metadata.metrics, *names)))
        start = metadata.metric_records - (self.last_log is not None)
        if logs:
            self._arrays["metrics"].write(
                start, [metric_row(row, metrics) for row in merged]
            )
            self._arrays["metric_step"].write(start, [row.step for row in merged])
        self._commit(
            replace(
                metadata,
                records=metadata.records + len(records),
                metric_records=start + len(merged),
                metrics=metrics,
                revision=metadata.revision + bool(records or logs),
                heartbeat=time.time(),
                **changes,
            )
        )
        if records:
            self.last_step = records[-1].step
        if merged:
            self.last_log = merged[-1]

    def start(self) -> None:
        """Writes the files of a new run, and commits."""
        metadata = self.metadata
        for name in ARRAYS:
            self._write_metadata(metadata, name)
        for name in LABELS:
            self._write_labels(metadata, name)
        edges = bin_edges(metadata.layers, metadata.quantities)
        self._store.write(metadata.array("bin_edges").key(0), codec.encode(edges))
        self._write_root(metadata)

    def restart(self) -> None:
        """Takes over an existing run, and removes uncommitted data."""
        for name in ARRAYS:
            self._write_metadata(self.metadata, name)
        self._write_root(self.metadata)
        self.cut()

    def cut(self) -> None:
        """Removes uncommitted data, for example to free space on a full disk."""
        # A commit that raised an error may still have reached the disk.
        if read_root(self._store) != self._root:
            return
        for name, array in self._arrays.items():
            array.cut(self.metadata.array(name).shape[0])

    def close(self) -> None:
        """Releases the run to other writers."""
        self._lock.release()

    def _commit(self, metadata: Metadata) -> None:
        if metadata.metrics != self.metadata.metrics:
            self._write_labels(metadata, "metric")
        for name in ARRAYS:
            if metadata.array(name) != self.metadata.array(name):
                self._write_metadata(metadata, name)
        self._write_root(metadata)
        self.metadata = metadata
        for name, array in self._arrays.items():
            array.keep(metadata.array(name).shape[0])

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
            raise FileNotFoundError(f"{self._store.path} no longer exists.")
        # A write that raised an error may still have reached the disk.
        if root != self._root:
            writer = decode(root, self._store.path).writer
            if writer != self.metadata.writer:
                raise LostRunError(f"{self._store.path} is now written by {writer}.")


def merge(last: Log | None, logs: Sequence[Log]) -> list[Log]:
    """Merges metrics of the same step into one row, beginning with the last row."""
    rows = [last] if last else []
    for log in logs:
        if rows and rows[-1].step == log.step:
            log = Log(log.step, {**rows.pop().metrics, **log.metrics})
        rows.append(log)
    return rows


def metric_row(log: Log, metrics: Sequence[str]) -> NDArray[np.float64]:
    """Returns values in the order of `metrics`, padded with NaN."""
    row = np.full(METRIC_LIMIT, np.nan)
    row[: len(metrics)] = [log.metrics.get(name, np.nan) for name in metrics]
    return row
