"""Converts a run of version 1 of the format, when it is resumed."""

from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from keras_xavier.runs.array_forms import VERSION
from keras_xavier.runs.arrays import ArrayAppender, read_chunk
from keras_xavier.runs.checksums import (
    extend,
    first_link,
    log_columns,
    record_columns,
    running,
)
from keras_xavier.runs.errors import DamagedChunkError
from keras_xavier.runs.intact import Snapshot
from keras_xavier.runs.linked_tables import Table, read_logs
from keras_xavier.runs.records import read_edges
from keras_xavier.runs.schema import Metadata
from keras_xavier.runs.store import Store


def upgrade(store: Store, snapshot: Snapshot) -> tuple[Snapshot, Table]:
    """Writes checksums and metrics of version 1 in the form of later versions.

    The root is not replaced, so the run stays one of version 1 until the next commit.

    Returns:
        `Snapshot` of the run in the current version, and the `Table` of its metrics.
    """
    before = snapshot.metadata
    rows, problem = snapshot.table.rows.copy(), snapshot.problem
    count = len(rows)
    for name in ("statistics", "histogram"):
        found, reason = fill_checksums(store, before, name, rows[:count])
        if found < count:
            count, problem = found, reason
    rows = rows[:count]
    logs = read_logs(store, before)
    link = first_link(before.identity)
    links, log_links = running(link, rows), running(link, logs.rows)
    edges = (read_edges(store, before, row) for row in range(len(before.quantities)))
    metadata = replace(
        before,
        version=VERSION,
        session=0,
        records=count,
        logs=len(logs.rows),
        edges_checksums=tuple(extend(0, one) for one in edges),
    )
    columns = record_columns(rows, links) | log_columns(logs.rows, log_links)
    for name, column in columns.items():
        if name not in ("step", "wall_time"):
            store.write(ArrayAppender(store, metadata.array(name)).files(0, column))
    missing = snapshot.missing + len(snapshot.table.rows) - count
    after = replace(
        snapshot,
        metadata=metadata,
        table=Table(rows, links),
        missing=missing,
        problem=problem,
    )
    return after, Table(logs.rows, log_links)


def fill_checksums(
    store: Store, metadata: Metadata, name: str, rows: NDArray[Any]
) -> tuple[int, str | None]:
    """Computes the checksums of an array.

    Returns:
        The number of records before the first that is damaged, and the reason.
    """
    array = metadata.array(name)
    for start in range(0, len(rows), array.chunk[0]):
        try:
            chunk = read_chunk(store, array, start // array.chunk[0])
        except DamagedChunkError as error:
            return start, str(error)
        part = rows[name][start : start + array.chunk[0]]
        part[:] = running(0, chunk[: len(part)])
    return len(rows), None
