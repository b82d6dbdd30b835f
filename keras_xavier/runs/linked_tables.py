"""Reads tables of a run, whose rows checksums bind to each other and to the root."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_xavier.runs.arrays import read_chunk
from keras_xavier.runs.checksums import LOG, RECORD, UNIT, count_intact, first_link
from keras_xavier.runs.errors import DamagedChunkError, RunError
from keras_xavier.runs.schema import Metadata
from keras_xavier.runs.store import Store

NO_LINKS = np.empty(0, np.uint32)
METRIC_VALUES_1 = 2**22
"""Maximum number of values of metrics in version 1, whose rows have no checksums: a
small forged file may contain any number of them."""


@dataclass(frozen=True)
class Table:
    """Rows of arrays with one axis, such as the steps and times of all records.

    Attributes:
        rows: Structured array of `RECORD`, `LOG` or `UNIT`.
        links: Array of uint32. Checksum of all rows up to each row; empty in version 1.
        problem: str or `None`. Reason why further rows cannot be read.
    """

    rows: NDArray[Any]
    links: NDArray[np.uint32]
    problem: str | None = None

    def first(self, count: int) -> "Table":
        """Returns the table without the rows from index `count` on."""
        return replace(self, rows=self.rows[:count], links=self.links[:count])

    def ends_with(self, count: int, link: int) -> bool:
        """Returns whether these are all rows, if the last checksum is this one."""
        whole = self.problem is None and 0 < count == len(self.links)
        return whole and int(self.links[-1]) == link

    def continues(self, earlier: "Table | None") -> int:
        """Returns the number of rows of an earlier table, if it begins with them."""
        length = len(earlier.links) if earlier else 0
        if not earlier or not 0 < length <= len(self.links):
            return 0
        return length if self.links[length - 1] == earlier.links[-1] else 0


@dataclass(frozen=True)
class Kind:
    """A kind of tables.

    Attributes:
        form: Structured data type of a row.
        columns: Tuple of str. Arrays that contain the first fields of a row.
        checksums: str. Array that contains the other fields, and the checksums of rows.
        total: str. Field of `Metadata`: the checksum of all rows.
        began: str. Field of `Metadata`: the number of rows of earlier writers.
        ascends: bool. Whether each step is greater than the step before.
    """

    form: np.dtype[Any]
    columns: tuple[str, ...]
    checksums: str
    total: str
    began: str
    ascends: bool


RECORDS = Kind(
    form=RECORD,
    columns=("step", "wall_time"),
    checksums="record_checksums",
    total="record_checksum",
    began="session_records",
    ascends=True,
)
LOGS = Kind(
    form=LOG,
    columns=("log_step", "log_metric", "log_value"),
    checksums="log_checksums",
    total="log_checksum",
    began="session_logs",
    ascends=False,
)
UNITS = Kind(
    form=UNIT,
    columns=("unit_step",),
    checksums="unit_checksums",
    total="unit_checksum",
    began="session_units",
    ascends=True,
)


def read_records(store: Store, metadata: Metadata, known: Table | None) -> Table:
    """Reads step, time and checksums of all records."""
    if metadata.version == 1:
        return read_records_1(store, metadata)
    return read_table(store, metadata, RECORDS, known)


def read_unit_records(store: Store, metadata: Metadata, known: Table | None) -> Table:
    """Reads step and checksums of all records of units."""
    if not metadata.unit_records:
        return Table(np.empty(0, UNIT), NO_LINKS)
    return read_table(store, metadata, UNITS, known)


def read_logs(store: Store, metadata: Metadata) -> Table:
    """Reads all values of metrics."""
    if metadata.version == 1:
        return read_metrics_1(store, metadata)
    table = read_table(store, metadata, LOGS, None)
    if (table.rows["metric"] >= max(1, len(metadata.metrics))).any():
        raise RunError(f"{store.path} cannot be read: a metric has no name.")
    return table


def read_records_1(store: Store, metadata: Metadata) -> Table:
    """Reads step and time of all records in version 1, which has no checksums."""
    arrays = [metadata.array(name) for name in RECORDS.columns]
    length, most = arrays[0].shape[0], arrays[0].chunk[0]
    parts = [np.empty(0, RECORD)]
    problem = None
    for start in range(0, length, most):
        try:
            steps, times = (read_chunk(store, one, start // most) for one in arrays)
        except DamagedChunkError as error:
            problem = str(error)
            break
        rows = np.zeros(min(most, length - start), RECORD)
        rows["step"], rows["wall_time"] = steps[: len(rows)], times[: len(rows)]
        parts.append(rows)
        # At once, as a forged run may list any number of rows.
        check_steps(store, np.append(parts[-2]["step"][-1:], rows["step"]))
    return Table(joined(parts), NO_LINKS, problem)


def read_metrics_1(store: Store, metadata: Metadata) -> Table:
    """Reads all values of metrics in version 1, where NaN means no value.

    Raises:
        RunError: If there are more than `METRIC_VALUES_1`.
    """
    arrays = [metadata.array(name) for name in ("metric_step", "metrics")]
    length, most = arrays[0].shape[0], arrays[0].chunk[0]
    parts = [np.empty(0, LOG)]
    problem = None
    total, last = 0, np.empty(0, np.int64)
    for start in range(0, length, most):
        try:
            steps, values = (read_chunk(store, one, start // most) for one in arrays)
        except DamagedChunkError as error:
            problem = str(error)
            break
        count = min(most, length - start)
        check_steps(store, np.append(last, steps[:count]))
        last = steps[count - 1 : count]
        values = values[:count, : len(metadata.metrics)]
        rows, columns = np.nonzero(~np.isnan(values))
        total += len(rows)
        if total > METRIC_VALUES_1:
            raise RunError(
                f"{store.path} cannot be read: it has more than {METRIC_VALUES_1:,} "
                "values of metrics, the maximum of version 1 of the format."
            )
        part = np.zeros(len(rows), LOG)
        part["step"], part["metric"] = steps[rows], columns
        part["value"] = values[rows, columns]
        parts.append(part)
    return Table(joined(parts), NO_LINKS, problem)


def check_steps(
    store: Store, steps: NDArray[np.int64], *, strictly: bool = True
) -> None:
    if (steps < 0).any() or (np.diff(steps) < strictly).any():
        raise RunError(f"{store.path} cannot be read: its steps do not ascend.")


def read_table(
    store: Store, metadata: Metadata, kind: Kind, known: Table | None
) -> Table:
    """Reads rows, up to the first that are missing or do not belong to the others.

    Args:
        store: `Store`. Files of the run.
        metadata: `Metadata`. Metadata of the run.
        kind: `Kind`. The table.
        known: `Table` or `None`. Rows that were read before and are not read again.
    """
    columns = [metadata.array(name) for name in kind.columns]
    checksums = metadata.array(kind.checksums)
    fields = kind.form.names or ()
    length, most = checksums.shape[0], checksums.chunk[0]
    kept = min(len(known.links), length) // most * most if known else 0
    before = known.first(kept) if known else Table(np.empty(0, kind.form), NO_LINKS)
    parts, links, problem = [before.rows], [before.links], None
    link = int(before.links[-1]) if kept else first_link(metadata.identity)
    for start in range(kept, length, most):
        index = start // most
        try:
            read = [read_chunk(store, column, index) for column in columns]
            sums = read_chunk(store, checksums, index)
        except DamagedChunkError as error:
            problem = str(error)
            break
        count = min(most, length - start)
        rows = np.zeros(count, kind.form)
        for field, values in zip(fields, [*read, *sums.T[:-1]], strict=True):
            rows[field] = values[:count]
        # At once, as a forged run may list any number of rows.
        intact = count_linked(metadata, kind, start, link, rows, sums[:count, -1])
        parts.append(rows[:intact])
        links.append(sums[:intact, -1])
        if intact < count:
            problem = f"{columns[0].key(index)} does not match its zarr.json."
            break
        link = int(sums[count - 1, -1])
    if (problem or link != getattr(metadata, kind.total)) and kept:
        # Another process may have replaced the rows that were kept.
        return read_table(store, metadata, kind, None)
    if link != getattr(metadata, kind.total):
        problem = problem or f"{columns[0].name} does not match its zarr.json."
    table = Table(joined(parts), joined(links), problem)
    check_steps(store, table.rows["step"], strictly=kind.ascends)
    return table


def joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    """Joins arrays, and empties the list so that they are not in memory twice."""
    whole = np.empty(sum(map(len, parts)), parts[0].dtype)
    end = len(whole)
    while parts:
        part = parts.pop()
        whole[end - len(part) : end] = part
        end -= len(part)
    return whole


def count_linked(
    metadata: Metadata,
    kind: Kind,
    start: int,
    link: int,
    rows: NDArray[Any],
    links: NDArray[np.uint32],
) -> int:
    """Counts the rows that have the right checksums and the right writers.

    Args:
        metadata: `Metadata`. Metadata of the run.
        kind: `Kind`. The table.
        start: int. Index of the first row.
        link: int. Checksum of all rows before.
        rows: Structured array of `RECORD`, `LOG` or `UNIT`. The rows.
        links: Array of uint32. Stored checksum of all rows up to each row.
    """
    sessions = rows["session"]
    began = getattr(metadata, kind.began)
    current = np.arange(start, start + len(sessions)) >= began
    # Rows beyond are those of a writer before or after the writer in the root.
    other, later = sessions != metadata.session, sessions >= metadata.session
    alien = np.where(current, other, later)
    count = int(np.argmax(alien)) if alien.any() else len(sessions)
    return count_intact(link, rows[:count], links[:count])
