"""Reads parts of the record arrays: some statistics, some histograms, the axes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_xavier.histogram_bins import EDGE_COUNT
from keras_xavier.runs.arrays import read_chunk
from keras_xavier.runs.checksums import extend
from keras_xavier.runs.errors import MissingNameError, RunChangedError, RunError
from keras_xavier.runs.intact import Snapshot, read_record_chunk
from keras_xavier.runs.linked_tables import read_logs
from keras_xavier.runs.schema import Metadata
from keras_xavier.runs.store import Store
from keras_xavier.runs.validation import decode, require_root
from keras_xavier.statistics import QUANTITIES, UNIT_STATISTICS, Layer


def describe_layers(metadata: Metadata) -> tuple[Layer, ...]:
    """Returns the layer table; quantities that the run does not have are absent."""
    unknown = dict.fromkeys(
        set(QUANTITIES) - {*metadata.quantities}, "this run has no records of it"
    )
    if not unknown:
        return metadata.layers
    return tuple(
        replace(layer, absent={**unknown, **layer.absent}) for layer in metadata.layers
    )


def read_edges(store: Store, metadata: Metadata, row: int) -> NDArray[np.float64]:
    """Reads the bin edges of one quantity, of shape `(layer, EDGE_COUNT)`.

    Raises:
        RunError: If they do not ascend up to the NaN at the end.
    """
    array = metadata.array("bin_edges")
    index, offset = divmod(row, array.chunk[0])
    edges = read_chunk(store, array, index)[offset]
    if metadata.version > 1 and extend(0, edges) != metadata.edges_checksums[row]:
        raise RunChangedError(
            f"{store.path} has changed since it was read: its bin edges are those of "
            "another run. Open it again."
        )
    known = np.count_nonzero(~np.isnan(edges), axis=-1, keepdims=True)
    ascending = edges[..., 1:] > edges[..., :-1]
    if (known < 2).any() or (ascending != (np.arange(1, EDGE_COUNT) < known)).any():
        raise RunError(f"{store.path} cannot be read: its edges do not ascend.")
    return edges


def read_statistics(
    store: Store,
    snapshot: Snapshot,
    quantity: str,
    statistics: Sequence[str],
    start: int,
    stop: int | None,
) -> NDArray[np.float32]:
    """Reads statistics of one quantity, of shape `(record, layer, statistic)`."""
    metadata = snapshot.metadata
    row = find_index("quantity", metadata.quantities, quantity)
    columns = [find_index("statistic", metadata.statistics, one) for one in statistics]
    end = end_of(start, stop, metadata.records)
    parts = read_rows(store, snapshot, "statistics", start, end)
    empty = np.empty((0, len(metadata.layers), len(columns)), np.float32)
    return np.concatenate([empty, *(part[:, row][..., columns] for part in parts)])


def read_histograms(
    store: Store,
    snapshot: Snapshot,
    quantity: str,
    records: Sequence[int] | NDArray[np.integer[Any]],
    layers: Sequence[int] | None = None,
) -> NDArray[np.uint32]:
    """Reads histograms of one quantity, of shape `(record, layer, bin)`."""
    metadata = snapshot.metadata
    row = find_index("quantity", metadata.quantities, quantity)
    array = metadata.array("histogram")
    indices = np.asarray(records, np.int64)
    if indices.size and not (indices[0] >= 0 and indices[-1] < metadata.records):
        raise IndexError(
            f"{store.path} has {metadata.records} records. "
            f"Received: {indices[0]} to {indices[-1]}"
        )
    chunks, offsets = np.divmod(indices, array.chunk[0])
    kept = np.arange(len(metadata.layers)) if layers is None else np.array(layers)
    kept = kept.astype(np.intp)
    counts = np.empty((len(indices), len(kept), array.shape[-1]), np.uint32)
    for index in np.unique(chunks):
        chunk = read_record_chunk(
            store, metadata, "histogram", snapshot.table, int(index)
        )
        here = chunks == index
        counts[here] = chunk[offsets[here], row][:, kept]
    return counts


def read_units(
    store: Store,
    snapshot: Snapshot,
    layers: Sequence[int],
    statistics: Sequence[str] = UNIT_STATISTICS,
    start: int = 0,
    stop: int | None = None,
) -> NDArray[np.float32]:
    """Reads statistics of single units at the records that have them.

    Returns:
        Array of float32, of shape `(unit record, layer, unit, statistic)`.
    """
    metadata = snapshot.metadata
    end = end_of(start, stop, metadata.unit_records)
    parts = read_rows(store, snapshot, "units", start, end)
    columns = [
        find_index("statistic of units", metadata.unit_statistics, one)
        for one in statistics
    ]
    empty = np.empty((0, len(layers), metadata.unit_width, len(columns)), np.float32)
    return np.concatenate([empty, *(part[:, layers][..., columns] for part in parts)])


def end_of(start: int, stop: int | None, records: int) -> int:
    """Returns the index after the last record to read.

    Raises:
        ValueError: If `start` or `stop` is out of range.
    """
    if start < 0:
        raise ValueError(f"start must be 0 or more. Received: start={start}")
    if stop is not None and stop < start:
        raise ValueError(
            f"stop must not be less than start. Received: start={start}, stop={stop}"
        )
    return records if stop is None else min(stop, records)


def read_rows(
    store: Store, snapshot: Snapshot, name: str, start: int, stop: int
) -> Iterator[NDArray[Any]]:
    """Reads the records from `start` up to `stop`, chunk by chunk."""
    if start >= stop:
        return
    table = snapshot.units if name == "units" else snapshot.table
    rows = snapshot.metadata.array(name).chunk[0]
    while start < stop:
        index, offset = divmod(start, rows)
        chunk = read_record_chunk(store, snapshot.metadata, name, table, index)[
            offset : offset + stop - start
        ]
        yield chunk
        start += len(chunk)


def read_metrics(
    store: Store, snapshot: Snapshot
) -> dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Reads all metrics: steps and values by name."""
    metadata, records = snapshot.metadata, snapshot.table.rows
    table = read_logs(store, metadata)
    if table.problem:
        latest = decode(require_root(store, store.path), store.path)
        if latest.identity != metadata.identity or latest.session != metadata.session:
            raise RunChangedError(
                f"{store.path} has changed since it was read: another process has "
                "resumed or replaced it. Call `refresh`."
            )
        # Values may be those of a writer whose records were replaced since.
        known = np.isin(table.rows["step"], records["step"])
        at = np.searchsorted(records["step"], table.rows["step"][known])
        older = np.zeros(len(known), bool)
        older[known] = table.rows["session"][known] < records["session"][at]
        if older.any():
            table = table.first(int(np.argmax(older)))
    rows = table.rows
    # Many rows take much memory.
    del table
    return group_metrics(metadata.metrics, rows)


def group_metrics(
    names: Sequence[str], rows: NDArray[Any]
) -> dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Groups rows of `LOG` by metric; the last value of a step counts."""
    # Of few bits, sorting needs little time and memory. Metrics without name are last.
    metrics = np.minimum(rows["metric"], len(names))
    metrics = metrics.astype(np.min_scalar_type(len(names)))
    order = np.argsort(metrics, kind="stable")
    ends = np.searchsorted(metrics, np.arange(len(names) + 1), sorter=order)
    found = {}
    for i, name in enumerate(names):
        chosen = order[ends[i] : ends[i + 1]]
        steps, values = rows["step"][chosen], rows["value"][chosen]
        repeated = np.flatnonzero(steps[1:] == steps[:-1])
        if len(repeated):
            steps, values = np.delete(steps, repeated), np.delete(values, repeated)
        found[name] = steps, values
    return found


def find_index(kind: str, choices: Sequence[str], name: str) -> int:
    """Finds the index of a name among the names in a run.

    Raises:
        MissingNameError: If the run does not have the name; the message lists its
            names.
    """
    for index, choice in enumerate(choices):
        if choice == name:
            return index
    raise MissingNameError(
        f"This run has no {kind} {str(name)!r}. Allowed: {', '.join(choices)}"
    )
