"""Appends records and metrics to the files of a run, and commits them."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_xavier.runs import codec
from keras_xavier.runs.array_forms import (
    ARRAYS,
    LABELS,
    LOG_ARRAYS,
    RECORD_ARRAYS,
    UNIT_ARRAYS,
    UNIT_LABELS,
)
from keras_xavier.runs.arrays import ArrayAppender, Rows
from keras_xavier.runs.checksums import (
    LOG,
    RECORD,
    UNIT,
    extend,
    first_link,
    log_columns,
    record_columns,
    running,
    unit_columns,
)
from keras_xavier.runs.errors import RunError
from keras_xavier.runs.lock import FolderLock
from keras_xavier.runs.schema import Metadata, bin_edges, encode_json, encode_root
from keras_xavier.runs.store import ROOT, Store
from keras_xavier.runs.validation import decode, read_root
from keras_xavier.statistics import Measurement

GROWING = (*LOG_ARRAYS, *UNIT_ARRAYS, *RECORD_ARRAYS)
"""The arrays that grow while a run is recorded."""


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

    Args:
        store: `Store`. Files of the run.
        lock: `FolderLock`. Lock of the run.
        metadata: `Metadata`. Metadata to continue from.
        select: Function from a measurement to the part of it that the run stores.
        sums: dict of str to int. Checksums of the rows in the last chunks of
            `statistics`, `histogram` and `units`. Defaults to none.
        last_log_step: int. Step of the last value of a metric; -1 if there is none.
        last_unit_step: int or `None`. Step of the last record of units.
        damage: str or `None`. Reason why records of an earlier writer are missing.
        left_out: str or `None`. Layers of the model that the run does not store.

    Attributes:
        metadata: `Metadata`. The last committed metadata.
        last_log_step: int. Step of the last value of a metric when opened.
        last_unit_step: int or `None`. Step of the last record of units when opened.
        damage: str or `None`. Reason why records of an earlier writer are missing.
        left_out: str or `None`. Layers of the model that the run does not store.
    """

    def __init__(
        self,
        store: Store,
        lock: FolderLock,
        metadata: Metadata,
        select: Callable[[Measurement], Measurement],
        *,
        sums: Mapping[str, int] | None = None,
        last_log_step: int = -1,
        last_unit_step: int | None = None,
        damage: str | None = None,
        left_out: str | None = None,
    ) -> None:
        self.metadata = metadata
        self.last_log_step = last_log_step
        self.last_unit_step = last_unit_step
        self.damage = damage
        self.left_out = left_out
        self._store = store
        self._lock = lock
        self._select = select
        self._sums = dict(sums or {})
        self._root = b""
        self._arrays: dict[str, ArrayAppender] = {}
        for name in GROWING:
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
            logs: List of `Log`. Steps must not descend.
            **changes: Other fields of `Metadata` to change.

        Raises:
            LostRunError: If another writer has taken over the run.
        """
        self._check_owner()
        metadata = self.metadata
        files: dict[str, bytes] = {}
        sums = dict(self._sums)
        if records:
            selected = [
                replace(one, measurement=self._select(one.measurement))
                for one in records
            ]
            changes |= self._add_records(selected, files, sums)
            changes |= self._add_units(selected, files, sums)
        if logs:
            changes |= self._add_logs(logs, files)
        after = replace(
            metadata,
            revision=metadata.revision + bool(records or logs),
            heartbeat=time.time(),
            **changes,
        )
        if after.metrics != metadata.metrics:
            files |= labels(after, "metric")
        # What the root names must have reached the disk before the root.
        self._store.write(files)
        copies = {
            key: data
            for name in (*GROWING, "metric")
            if after.array(name) != metadata.array(name)
            for key, data in array_metadata(after, name).items()
        }
        # The root has these, too, so readers do not depend on them.
        self._store.write(copies, durable=False)
        self._write_root(after)
        self.metadata = after
        self._sums = sums
        for name, array in self._arrays.items():
            array.keep(after.array(name).shape[0])

    def start(self) -> None:
        """Writes the files of a new run, and commits."""
        metadata = self.metadata
        edges = metadata.array("bin_edges")
        files: dict[str, bytes] = {}
        sums: list[int] = []
        for start in range(0, edges.shape[0], edges.chunk[0]):
            some = metadata.quantities[start : start + edges.chunk[0]]
            rows = [bin_edges(metadata.layers, quantity) for quantity in some]
            sums += [extend(0, row) for row in rows]
            files |= ArrayAppender(self._store, edges).files(start, rows)
        for name in ARRAYS:
            files |= array_metadata(metadata, name)
        for name in (*LABELS, *UNIT_LABELS):
            files |= labels(metadata, name)
        self._store.write(files)
        link = first_link(metadata.identity)
        self.metadata = replace(
            metadata,
            record_checksum=link,
            log_checksum=link,
            unit_checksum=link,
            edges_checksums=tuple(sums),
        )
        self._write_root(self.metadata)

    def restart(self) -> None:
        """Takes over an existing run, and removes uncommitted data."""
        files: dict[str, bytes] = {}
        for name in ARRAYS:
            files |= array_metadata(self.metadata, name)
        for name in ("metric", *UNIT_LABELS):
            files |= labels(self.metadata, name)
        self._store.write(files)
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

    def _add_records(
        self, records: Sequence[Record], files: dict[str, bytes], sums: dict[str, int]
    ) -> dict[str, Any]:
        """Adds the chunks with records and checksums; returns the changed metadata."""
        metadata = self.metadata
        rows = np.zeros(len(records), RECORD)
        rows["step"] = [record.step for record in records]
        rows["wall_time"] = [record.wall_time for record in records]
        measurements = [record.measurement for record in records]
        statistics = [measurement.statistics for measurement in measurements]
        histograms = [measurement.histogram for measurement in measurements]
        rows["session"] = metadata.session
        for name, values in (("statistics", statistics), ("histogram", histograms)):
            rows[name] = self._add_values(files, metadata.records, name, values, sums)
        links = running(metadata.record_checksum, rows)
        for name, column in record_columns(rows, links).items():
            self._add(files, metadata.records, name, column)
        return {
            "records": metadata.records + len(records),
            "record_checksum": int(links[-1]),
            "last_step": records[-1].step,
        }

    def _add_units(
        self, records: Sequence[Record], files: dict[str, bytes], sums: dict[str, int]
    ) -> dict[str, Any]:
        """Adds the chunks with units and checksums; returns the changed metadata."""
        metadata = self.metadata
        values = [
            record.measurement.units
            for record in records
            if record.measurement.units is not None
        ]
        if not values:
            return {}
        rows = np.zeros(len(values), UNIT)
        rows["step"] = [
            record.step for record in records if record.measurement.units is not None
        ]
        rows["session"] = metadata.session
        start = metadata.unit_records
        rows["units"] = self._add_values(files, start, "units", values, sums)
        links = running(metadata.unit_checksum, rows)
        for name, column in unit_columns(rows, links).items():
            self._add(files, start, name, column)
        return {
            "unit_records": start + len(rows),
            "unit_checksum": int(links[-1]),
        }

    def _add_values(
        self,
        files: dict[str, bytes],
        start: int,
        name: str,
        values: Sequence[NDArray[Any]],
        sums: dict[str, int],
    ) -> list[int]:
        """Adds the chunks with rows; returns the checksum of the chunk at each row."""
        form = self.metadata.array(name)
        link, links = sums.get(name, 0), []
        for index, value in enumerate(values, start):
            begins = index % form.chunk[0] == 0
            link = extend(0 if begins else link, np.asarray(value, form.data_type))
            links.append(link)
        sums[name] = link
        self._add(files, start, name, values)
        return links

    def _add_logs(self, logs: Sequence[Log], files: dict[str, bytes]) -> dict[str, Any]:
        """Adds the chunks with values of metrics; returns the changed metadata."""
        metadata = self.metadata
        names = dict.fromkeys(name for log in logs for name in log.metrics)
        metrics = tuple(dict.fromkeys((*metadata.metrics, *names)))
        rows = log_rows(logs, metrics, metadata.session)
        links = running(metadata.log_checksum, rows)
        for name, values in log_columns(rows, links).items():
            self._add(files, metadata.logs, name, values)
        return {
            "metrics": metrics,
            "logs": metadata.logs + len(rows),
            "log_checksum": int(links[-1]) if len(rows) else metadata.log_checksum,
        }

    def _add(self, files: dict[str, bytes], start: int, name: str, rows: Rows) -> None:
        files |= self._arrays[name].files(start, rows)

    def _write_root(self, metadata: Metadata) -> None:
        root = encode_root(metadata)
        self._store.write({ROOT: root})
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


def log_rows(logs: Sequence[Log], metrics: Sequence[str], session: int) -> NDArray[Any]:
    """Returns one row of `LOG` for each value of a metric."""
    indices = {name: index for index, name in enumerate(metrics)}
    return np.array(
        [
            (log.step, indices[name], value, session)
            for log in logs
            for name, value in log.metrics.items()
        ],
        LOG,
    )


def array_metadata(metadata: Metadata, name: str) -> dict[str, bytes]:
    """Returns the `zarr.json` of an array, by key."""
    return {f"{name}/{ROOT}": encode_json(metadata.array(name).document())}


def labels(metadata: Metadata, name: str) -> dict[str, bytes]:
    """Returns the chunk of an array of names, by key."""
    array = metadata.array(name)
    encoded = codec.encode_labels(metadata.labels(name), array.chunk[0])
    return {array.key(0): encoded}
