"""Finds the records of a run whose files have all arrived and belong together.

The root can be newer or older than other files: after a power loss, on a network file
system, or while another process resumes the run.
"""

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_xavier.runs.array_forms import Array
from keras_xavier.runs.arrays import read_chunk
from keras_xavier.runs.checksums import count_intact, extend
from keras_xavier.runs.errors import DamagedChunkError, RunChangedError, RunError
from keras_xavier.runs.linked_tables import Table, read_records, read_unit_records
from keras_xavier.runs.schema import Metadata
from keras_xavier.runs.store import Store
from keras_xavier.runs.validation import decode, require_root

RECENT_SECONDS = 60.0
"""Files older than this have arrived everywhere."""
ATTEMPTS = 3
CHECKED_BYTES = 16 * 2**20
"""Maximum size of earlier chunks that are checked when a run is opened."""


@dataclass(frozen=True)
class Snapshot:
    """A run at one moment, as far as its files are intact and belong together.

    Attributes:
        root: bytes. Content of the root.
        metadata: `Metadata`. Metadata, with the numbers of intact records.
        table: `Table`. Step, time and checksums of each record.
        units: `Table`. Step and checksums of each record of units; `problem` is the
            reason why there are no more of them.
        missing: int. Number of records that the root lists and that are not intact.
        problem: str or `None`. Reason why they are not.
        missing_units: int. Number of records of units that are not intact, although
            the records of the same steps may be.
    """

    root: bytes
    metadata: Metadata
    table: Table
    units: Table
    missing: int
    problem: str | None
    missing_units: int = 0

    @property
    def whole(self) -> bool:
        """Whether all records are the ones that the root lists."""
        return self.problem is None and self.units.problem is None

    @property
    def damage(self) -> str | None:
        """Reason why the latest records cannot be read; `None` if all can be."""
        found = []
        if self.missing:
            lost = "record" if self.missing == 1 else f"{self.missing:,} records"
            found.append(f"the last {lost} cannot be read: {self.problem}")
        if self.missing_units:
            count = self.missing_units
            lost = "record" if count == 1 else f"{count:,} records"
            found.append(
                f"the units of the last {lost} with units cannot be read: "
                f"{self.units.problem}"
            )
        return "; ".join(found) or None


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
    checked = table.continues(before.table if before else None)
    for name in ("statistics", "histogram"):
        some = table.first(count)
        times = some.rows["wall_time"]
        found, reason = count_whole(store, metadata, name, some, times, checked)
        if found < count:
            count, problem = found, reason
    table = table.first(count)
    units, missing_units = check_units(store, metadata, table, before)
    return Snapshot(
        root=root,
        metadata=replace(metadata, records=count, unit_records=len(units.rows)),
        table=table,
        units=units,
        missing=metadata.records - count,
        problem=problem,
        missing_units=missing_units,
    )


def check_units(
    store: Store, metadata: Metadata, records: Table, before: Snapshot | None
) -> tuple[Table, int]:
    """Checks the records of units up to the last record.

    Returns:
        Their `Table`, and the number of those that are not intact.
    """
    known = before.units if before else None
    if known and known.ends_with(metadata.unit_records, metadata.unit_checksum):
        table = known
    else:
        table = read_unit_records(store, metadata, known)
    if not len(table.rows):
        return table, metadata.unit_records
    checked = table.continues(known)
    steps = records.rows["step"]
    count = int(np.searchsorted(table.rows["step"], steps[-1:], "right").sum())
    table = table.first(count)
    times = records.rows["wall_time"][np.searchsorted(steps, table.rows["step"])]
    found, reason = count_whole(store, metadata, "units", table, times, checked)
    if found < count:
        table = replace(table.first(found), problem=reason)
    return table, metadata.unit_records - found if table.problem else 0


def count_whole(
    store: Store,
    metadata: Metadata,
    name: str,
    table: Table,
    times: NDArray[np.float64],
    checked: int,
) -> tuple[int, str | None]:
    """Counts the records of which an array has the values.

    The last chunk is read, and earlier ones that are recent or follow damaged ones.

    Args:
        store: `Store`. Files of the run.
        metadata: `Metadata`. Metadata of the run.
        name: str. `"statistics"`, `"histogram"` or `"units"`.
        table: `Table`. The records.
        times: Array of float64. Time of each record.
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
        old = times[last - 1] < recent
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
    """Reads the records of one chunk of `statistics`, `histogram` or `units`.

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
