"""Reads parts of the record arrays: some statistics, some histograms, the axes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_xavier.histogram_bins import EDGE_COUNT
from keras_xavier.runs.arrays import read_chunk, read_rows, read_whole
from keras_xavier.runs.errors import MissingNameError, RunError
from keras_xavier.runs.schema import Metadata
from keras_xavier.runs.store import Store


def read_steps(store: Store, metadata: Metadata, name: str) -> NDArray[np.int64]:
    """Reads `step` or `metric_step`, and checks that the steps ascend."""
    steps = read_whole(store, metadata.array(name))
    if (steps < 0).any() or (steps[1:] <= steps[:-1]).any():
        raise RunError(f"{store.path} cannot be read: its steps do not ascend.")
    return steps


def read_edges(store: Store, metadata: Metadata) -> NDArray[np.float64]:
    """Reads all bin edges, and checks that they ascend up to the NaN at the end."""
    edges = read_chunk(store, metadata.array("bin_edges"), 0)
    known = np.count_nonzero(~np.isnan(edges), axis=-1, keepdims=True)
    ascending = edges[..., 1:] > edges[..., :-1]
    if (known < 2).any() or (ascending != (np.arange(1, EDGE_COUNT) < known)).any():
        raise RunError(f"{store.path} cannot be read: its edges do not ascend.")
    return edges


def read_statistics(
    store: Store,
    metadata: Metadata,
    quantity: str,
    statistics: Sequence[str],
    start: int,
    stop: int | None,
) -> NDArray[np.float32]:
    """Reads statistics of one quantity, of shape `(record, layer, statistic)`."""
    row = find_index("quantity", metadata.quantities, quantity)
    columns = [find_index("statistic", metadata.statistics, one) for one in statistics]
    if start < 0:
        raise ValueError(f"start must be 0 or more. Received: start={start}")
    if stop is not None and stop < start:
        raise ValueError(
            f"stop must not be less than start. Received: start={start}, stop={stop}"
        )
    end = metadata.records if stop is None else min(stop, metadata.records)
    parts = read_rows(store, metadata.array("statistics"), start, end)
    empty = np.empty((0, len(metadata.layers), len(columns)), np.float32)
    return np.concatenate([empty, *(part[:, row][..., columns] for part in parts)])


def read_histograms(
    store: Store,
    metadata: Metadata,
    quantity: str,
    records: Sequence[int] | NDArray[np.integer[Any]],
    layers: Sequence[int] | None = None,
) -> NDArray[np.uint32]:
    """Reads histograms of one quantity, of shape `(record, layer, bin)`."""
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
        chunk = read_chunk(store, array, int(index))
        here = chunks == index
        counts[here] = chunk[offsets[here], row][:, kept]
    return counts


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
