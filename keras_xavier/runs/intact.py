"""Finds the records of a run whose files have all arrived and belong together.

The root can be newer or older than other files: after a power loss, on a network file
system, or while another process resumes the run.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_xavier.runs.arrays import read_chunk
from keras_xavier.runs.checksums import LOG, RECORD, count_intact, extend, first_link
from keras_xavier.runs.errors import DamagedChunkError, RunChangedError, RunError
from keras_xavier.runs.schema import Array, Metadata
from keras_xavier.runs.store import Store
from keras_xavier.runs.validation import decode, require_root

RECENT_SECONDS = 60.0
"""Files older than this have arrived everywhere."""
ATTEMPTS = 3
CHECKED_BYTES = 16 * 2**20
"""Maximum size of earlier chunks that are checked when a run is opened."""


NO_LINKS = np.empty(0, np.uint32)


@dataclass(frozen=True)
class Table:
    """Rows of arrays with one axis, such as the steps and times of all records.

    Attributes:
        rows: Structured array of `RECORD` or `LOG`.
        links: Array of uint32. Checksum of all rows up to each row; empty in version 1.
        problem: str or `None`. Reason why further rows cannot be read.
    """

    rows: NDArray[Any]
    links: NDArray[np.uint32]
    problem: str | None = None

    def first(self, count: int) -> "Table":
        """Returns the table without the rows from index `count` on."""
        return replace(self, rows=self.rows[:count], links=self.links[:count])


@dataclass(frozen=True)
class Snapshot:
    """A run at one moment, as far as its files are intact and belong together.

    Attributes:
        root: bytes. Content of the root.
        metadata: `Metadata`. Metadata, with the number of intact records.
        table: `Table`. Step, time and checksums of each record.
        missing: int. Number of records that the root lists and that are not intact.
        problem: str or `None`. Reason why they are not.
    """

    root: bytes
    metadata: Metadata
    table: Table
    missing: int
    problem: str | None

    @property
    def whole(self) -> bool:
        """Whether all records are the ones that the root lists."""
        return self.problem is None

    @property
    def damage(self) -> str | None:
        """Reason why the latest records cannot be read; `None` if all can be."""
        if not self.missing:
            return None
        lost = "record" if self.missing == 1 else f"{self.missing:,} records"
        return f"the last {lost} cannot be read: {self.problem}"


def take_snapshot(store: Store, path: str, before: Snapshot | None = None) -> Snapshot:
    """Reads the root and the steps of all records, and checks the latest records.

    Args:
        store: `Store`. Files of the run.
        path: str. Path of the run, for messages.
        before: `Snapshot`. Earlier snapshot of the run, whose rows are not read again.
            Defaults to None: all rows are read.

    Raises:
        RunError: If there is no run, or it is broken, or it was replaced.
    """
    root = require_root(store, path)
    for _ in range(ATTEMPTS):
        if before and before.whole and root == before.root:
            return before
        found = check_snapshot(store, path, root, before)
        latest = root if found.whole else require_root(store, path)
        if latest == root:
            break
        # A writer has committed since; its root and the other files may match.
        root = latest
    return found


def check_snapshot(
    store: Store, path: str, root: bytes, before: Snapshot | None
) -> Snapshot:
    """Checks the files that a root refers to."""
    metadata = decode(root, path)
    if before and metadata.identity != before.metadata.identity:
        raise RunError(f"{path} was replaced by another run. Open it again.")
    if before and metadata.revision < before.metadata.revision:
        # An older root, from a network file system.
        return before
    table = read_records(store, metadata, before.table if before else None)
    count, problem = len(table.rows), table.problem
    checked = 0
    if before and 0 < len(before.table.links) <= len(table.links):
        checked = len(before.table.links)
        if table.links[checked - 1] != before.table.links[-1]:
            checked = 0
    for name in ("statistics", "histogram"):
        found, reason = count_whole(store, metadata, name, table.first(count), checked)
        if found < count:
            count, problem = found, reason
    return Snapshot(
        root,
        replace(metadata, records=count),
        table.first(count),
        metadata.records - count,
        problem,
    )


def read_records(store: Store, metadata: Metadata, known: Table | None) -> Table:
    """Reads step, time and checksums of all records."""
    names = (
        "step",
        "wall_time",
        *(("record_checksums",) if metadata.version > 1 else ()),
    )
    arrays = [metadata.array(name) for name in names]
    table = read_table(store, metadata, arrays, RECORD, known)
    check_steps(store, table.rows["step"], strictly=True)
    return table


def read_logs(store: Store, metadata: Metadata) -> Table:
    """Reads all values of metrics."""
    if metadata.version == 1:
        return read_metrics(store, metadata)
    names = ("log_step", "log_metric", "log_value", "log_checksums")
    arrays = [metadata.array(name) for name in names]
    table = read_table(store, metadata, arrays, LOG, None)
    check_steps(store, table.rows["step"], strictly=False)
    if (table.rows["metric"] >= max(1, len(metadata.metrics))).any():
        raise RunError(f"{store.path} cannot be read: a metric has no name.")
    return table


def read_metrics(store: Store, metadata: Metadata) -> Table:
    """Reads all values of metrics in version 1, where NaN means no value."""
    arrays = [metadata.array(name) for name in ("metric_step", "metrics")]
    length, most = arrays[0].shape[0], arrays[0].chunk[0]
    parts = [np.empty(0, LOG)]
    problem = None
    for start in range(0, length, most):
        try:
            steps, values = (read_chunk(store, one, start // most) for one in arrays)
        except DamagedChunkError as error:
            problem = str(error)
            break
        count = min(most, length - start)
        check_steps(store, steps[:count], strictly=True)
        values = values[:count, : len(metadata.metrics)]
        rows, columns = np.nonzero(~np.isnan(values))
        part = np.zeros(len(rows), LOG)
        part["step"], part["metric"] = steps[rows], columns
        part["value"] = values[rows, columns]
        parts.append(part)
    table = Table(np.concatenate(parts), NO_LINKS, problem)
    check_steps(store, table.rows["step"], strictly=False)
    return table


def check_steps(store: Store, steps: NDArray[np.int64], *, strictly: bool) -> None:
    if (steps < 0).any() or (np.diff(steps) < strictly).any():
        raise RunError(f"{store.path} cannot be read: its steps do not ascend.")


def read_table(
    store: Store,
    metadata: Metadata,
    arrays: Sequence[Array],
    form: np.dtype[Any],
    known: Table | None,
) -> Table:
    """Reads rows, up to the first that are missing or do not belong to the others.

    Args:
        store: `Store`. Files of the run.
        metadata: `Metadata`. Metadata of the run.
        arrays: List of `Array`. The columns; in version 2, checksums are the last.
        form: Structured data type of a row.
        known: `Table` or `None`. Rows that were read before and are not read again.
    """
    checked = metadata.version > 1
    length, most = arrays[0].shape[0], arrays[0].chunk[0]
    kept = min(len(known.rows), length) // most * most if known and checked else 0
    before = known.first(kept) if known else Table(np.empty(0, form), NO_LINKS)
    parts, links, problem = [before.rows], [before.links], None
    link = int(before.links[-1]) if kept else first_link(metadata.identity)
    for start in range(kept, length, most):
        try:
            read = [read_chunk(store, array, start // most) for array in arrays]
        except DamagedChunkError as error:
            problem = str(error)
            break
        count = min(most, length - start)
        rows = np.zeros(count, form)
        for name, column in zip(form.names or (), read, strict=False):
            if column.ndim == 1:
                rows[name] = column[:count]
        parts.append(rows)
        if checked:
            sums = read[-1][:count]
            if form == RECORD:
                rows["statistics"], rows["histogram"] = sums[:, 0], sums[:, 1]
            rows["session"] = sums[:, -2]
            # At once, as a forged run may list any number of rows.
            intact = count_linked(metadata, start, link, rows, sums[:, -1])
            parts[-1] = rows[:intact]
            links.append(sums[:intact, -1])
            if intact < count:
                problem = (
                    f"{arrays[0].key(start // most)} does not match its zarr.json."
                )
                break
            link = int(sums[-1, -1])
    table = Table(np.concatenate(parts), np.concatenate(links), problem)
    if not checked:
        return table
    records = form == RECORD
    total = metadata.record_checksum if records else metadata.log_checksum
    if problem is None and link == total:
        return table
    if kept:
        # Another process may have replaced the rows that were kept.
        return read_table(store, metadata, arrays, form, None)
    stale = f"{arrays[0].name} does not match its zarr.json."
    return replace(table, problem=problem or stale)


def count_linked(
    metadata: Metadata,
    start: int,
    link: int,
    rows: NDArray[Any],
    links: NDArray[np.uint32],
) -> int:
    """Counts the rows that have the right checksums and the right writers.

    Args:
        metadata: `Metadata`. Metadata of the run.
        start: int. Index of the first row.
        link: int. Checksum of all rows before.
        rows: Structured array of `RECORD` or `LOG`. The rows.
        links: Array of uint32. Stored checksum of all rows up to each row.
    """
    records = rows.dtype == RECORD
    began = metadata.session_records if records else metadata.session_logs
    sessions = rows["session"]
    current = np.arange(start, start + len(sessions)) >= began
    # Rows beyond are those of a writer before or after the writer in the root.
    other, later = sessions != metadata.session, sessions >= metadata.session
    alien = np.where(current, other, later)
    count = int(np.argmax(alien)) if alien.any() else len(sessions)
    return count_intact(link, rows[:count], links[:count])


def count_whole(
    store: Store, metadata: Metadata, name: str, table: Table, checked: int
) -> tuple[int, str | None]:
    """Counts the records of which an array has the values.

    The last chunk is read, and earlier ones that are recent or follow damaged ones.

    Args:
        store: `Store`. Files of the run.
        metadata: `Metadata`. Metadata of the run.
        name: str. `"statistics"` or `"histogram"`.
        table: `Table`. The records.
        checked: int. Number of records that were checked before.

    Returns:
        Their number, and the reason why it is not greater.
    """
    array = metadata.array(name)
    rows = array.chunk[0]
    count, reason = len(table.rows), None
    index = (count - 1) // rows
    budget = max(1, CHECKED_BYTES // array.chunk_bytes)
    recent = metadata.heartbeat - RECENT_SECONDS
    if time.time() - metadata.heartbeat > RECENT_SECONDS:
        budget = 1
    while index >= 0:
        start = index * rows
        last = min(start + rows, count)
        old = table.rows["wall_time"][last - 1] < recent
        if last <= checked or (last < count and (old or budget <= 0)):
            break
        try:
            chunk = read_chunk(store, array, index)[: last - start]
        except DamagedChunkError as error:
            intact, problem = 0, str(error)
            index = min(index, last_file(store, array, index) + 1)
            start = index * rows
        else:
            intact = len(chunk)
            problem = f"{array.key(index)} does not match its zarr.json."
            if metadata.version > 1:
                expected = table.rows[name][start:last].astype(np.uint32)
                intact = count_intact(0, chunk, expected)
        if start + intact < last:
            count, reason = start + intact, problem
        budget -= 1
        index -= 1
    return count, reason


def last_file(store: Store, array: Array, below: int) -> int:
    """Returns the greatest index under `below` of a chunk that has a file, or -1."""
    found = set(store.names(array.name))
    # A forged run may list more chunks than can be tried one by one.
    indices = (
        int(part)
        for name in found
        if name.startswith("c.") and (part := name.split(".")[1]).isdecimal()
    )
    return max((i for i in indices if i < below), default=-1)


def read_record_chunk(
    store: Store, metadata: Metadata, name: str, table: Table, index: int
) -> NDArray[Any]:
    """Reads the records of one chunk of `statistics` or `histogram`.

    Raises:
        RunChangedError: If they are not the records of the table.
        RunError: If the chunk is missing or damaged.
    """
    array = metadata.array(name)
    rows = array.chunk[0]
    known = table.rows[name][index * rows : (index + 1) * rows]
    chunk = read_chunk(store, array, index)[: len(known)]
    if metadata.version > 1 and extend(0, chunk) != known[-1]:
        raise RunChangedError(
            f"{store.path} has changed since it was read: {array.key(index)} has other "
            "records. Call `refresh`."
        )
    return chunk
