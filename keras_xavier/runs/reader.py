"""Reading a run, also while another process writes it. Readers lock nothing."""

import operator
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from keras_xavier.histogram_bins import EDGE_COUNT
from keras_xavier.runs.arrays import read_chunk, read_rows, read_whole
from keras_xavier.runs.errors import RunError
from keras_xavier.runs.lock import silence, status
from keras_xavier.runs.schema import State
from keras_xavier.runs.store import open_folder, run_name, run_path, why_no_run
from keras_xavier.runs.validation import decode, read_root
from keras_xavier.statistics import QUANTITIES, Layer, Quantity, Statistic

if TYPE_CHECKING:
    import xarray


def open_run(path: str | os.PathLike[str]) -> "Run":
    """Opens a run, which may still be training. Reads only what is asked of it.

    Args:
        path: Path or fsspec URL of the run, with or without `.zarr`.

    Returns:
        The run as it is now; `Run.refresh` follows it.

    Raises:
        RunError: If there is no run, or it is broken.
    """
    return Run(run_path(path))


class Run:
    """A run that was or is being recorded.

    What it shows stays as it is until `refresh`. All methods raise `RunError` if
    the run's files are missing or damaged.

    Attributes:
        path: Path or URL of the run.
        name: Its last part, without `.zarr`.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.name = run_name(path)
        self._folder = open_folder(path)
        self._root = self._read_root()
        self._metadata = decode(self._root, path)
        self._silent_since = time.monotonic() - silence(self._metadata)
        self._shown = (self._metadata.revision, *self._status())
        self._steps: NDArray[np.int64] | None = None
        self._edges: NDArray[np.float64] | None = None

    def __repr__(self) -> str:
        return f"<Run {self.path}: {self.state}, {self._metadata.records} records>"

    def _repr_html_(self) -> str:
        """What notebooks show: state, settings, layers, and two pictures."""
        from keras_xavier.figures import notebook

        return notebook.html(self)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layer table, in model order."""
        if self.quantities == QUANTITIES:
            return self._metadata.layers
        unknown = dict.fromkeys(
            set(QUANTITIES) - {*self.quantities}, "this run has no records of it"
        )
        return tuple(
            replace(layer, absent={**unknown, **layer.absent})
            for layer in self._metadata.layers
        )

    @property
    def hyperparameters(self) -> Mapping[str, Any]:
        """What the network was trained with."""
        return self._metadata.hyperparameters

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What else was written down of the run, such as backend and versions."""
        return self._metadata.attributes

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """The quantities that were measured."""
        return self._metadata.quantities

    @property
    def statistic_names(self) -> tuple[Statistic, ...]:
        """What is told of each quantity, in the order of the store."""
        return self._metadata.statistics

    @property
    def dropped(self) -> int:
        """Records that the writer could not keep."""
        return self._metadata.dropped

    @property
    def created(self) -> float:
        """When the run was begun, in seconds since 1970."""
        return self._metadata.created

    @property
    def last_update(self) -> float:
        """When its writer last showed a sign of life, in seconds since 1970."""
        return self._metadata.heartbeat

    @property
    def state(self) -> State:
        """How the run is doing; interrupted also when its writer falls silent."""
        return self._status()[0]

    @property
    def reason(self) -> str | None:
        """Why it ended, if that was said or can be told."""
        return self._status()[1]

    @property
    def steps(self) -> NDArray[np.int64]:
        """Optimizer updates at each record, ascending, of shape `(record,)`."""
        if self._steps is None:
            steps = read_whole(self._folder, self._metadata.array("step"))
            self._steps = self._check_steps(steps)
        return self._steps

    @property
    def records(self) -> int:
        """Number of records."""
        return self._metadata.records

    @property
    def last_step(self) -> int | None:
        """Step of the last record, `None` without any."""
        if not self.records:
            return None
        array = self._metadata.array("step")
        (rows,) = read_rows(self._folder, array, self.records - 1, self.records)
        return int(rows[0])

    @property
    def wall_times(self) -> NDArray[np.float64]:
        """When each record was taken, in seconds since 1970."""
        return read_whole(self._folder, self._metadata.array("wall_time"))

    def refresh(self) -> bool:
        """Looks whether there is anything new. Cheap enough to ask twice a second.

        Returns:
            Whether there are new records or metrics, or another state.

        Raises:
            RunError: If the run is gone or broken, or another has taken its
                place, which must be opened anew.
        """
        root = self._read_root()
        before = self._metadata
        after = before if root == self._root else decode(root, self.path)
        if after.identity != before.identity:
            raise RunError(f"{self.path} was replaced by another run. Open it again.")
        if after.heartbeat != before.heartbeat:
            self._silent_since = time.monotonic()
        if after.revision != before.revision:
            self._steps = None
        self._root, self._metadata = root, after
        shown, self._shown = self._shown, (after.revision, *self._status())
        return self._shown != shown

    def read_statistics(
        self, quantity: Quantity | str, statistic: Statistic | str, *, start: int = 0
    ) -> NDArray[np.float32]:
        """Reads one statistic of one quantity.

        Args:
            quantity: Such as `"activation"`.
            statistic: Such as `"std"`.
            start: First record to read.

        Returns:
            Array of shape `(record, layer)`, NaN where the quantity is absent.
        """
        return self.read_several(quantity, [statistic], start=start)[..., 0]

    def read_several(
        self,
        quantity: Quantity | str,
        statistics: Sequence[Statistic | str],
        *,
        start: int = 0,
        stop: int | None = None,
    ) -> NDArray[np.float32]:
        """Reads several statistics of one quantity, which takes as long as one.

        Args:
            quantity: Such as `"activation"`.
            statistics: Such as `["mean", "std"]`.
            start: First record to read.
            stop: Record to stop before; all are read by default.

        Returns:
            Array of shape `(record, layer, statistic)`, NaN where the quantity is
            absent.
        """
        metadata = self._metadata
        row = find("quantity", metadata.quantities, quantity)
        columns = [find("statistic", metadata.statistics, one) for one in statistics]
        if start < 0:
            raise ValueError(f"start must be 0 or more. Received: start={start}")
        if stop is not None and stop < start:
            raise ValueError(
                f"stop must not be less than start. Received: start={start}, "
                f"stop={stop}"
            )
        end = metadata.records if stop is None else min(stop, metadata.records)
        parts = read_rows(self._folder, metadata.array("statistics"), start, end)
        empty = np.empty((0, len(metadata.layers), len(columns)), np.float32)
        return np.concatenate([empty, *(part[:, row][..., columns] for part in parts)])

    def read_histogram(
        self, quantity: Quantity | str, record: int
    ) -> NDArray[np.uint32]:
        """Reads the histograms of one quantity at one record, and no other chunk.

        Args:
            quantity: Such as `"weight_gradient"`.
            record: Index of the record; negative ones count from the end.

        Returns:
            Array of shape `(layer, BIN_COUNT)`: the bins between `edges`, then
            `NONFINITE_BINS`.

        Raises:
            IndexError: If there is no such record.
        """
        metadata = self._metadata
        row = find("quantity", metadata.quantities, quantity)
        index = operator.index(record)
        if not -metadata.records <= index < metadata.records:
            raise IndexError(
                f"{self.path} has {metadata.records} records. Received: record={record}"
            )
        array = metadata.array("histogram")
        chunk, offset = divmod(index % metadata.records, array.chunk[0])
        return read_chunk(self._folder, array, chunk)[offset, row].copy()

    def read_histograms(
        self,
        quantity: Quantity | str,
        records: Sequence[int] | NDArray[np.integer],
        *,
        layers: Sequence[int] | None = None,
    ) -> NDArray[np.uint32]:
        """Reads the histograms of one quantity at some records, each chunk once.

        Args:
            quantity: Such as `"weight_gradient"`.
            records: Ascending indices, each of a record of the run.
            layers: Indices of the layers to keep, or `None` for all.

        Returns:
            Array of shape `(len(records), layer, BIN_COUNT)`.

        Raises:
            IndexError: If there is no such record.
        """
        metadata = self._metadata
        row = find("quantity", metadata.quantities, quantity)
        array = metadata.array("histogram")
        indices = np.asarray(records, np.int64)
        if indices.size and not (indices[0] >= 0 and indices[-1] < metadata.records):
            raise IndexError(
                f"{self.path} has {metadata.records} records. "
                f"Received: {indices[0]} to {indices[-1]}"
            )
        chunks, offsets = np.divmod(indices, array.chunk[0])
        kept = np.arange(len(metadata.layers)) if layers is None else np.array(layers)
        kept = kept.astype(np.intp)
        found = np.empty((len(indices), len(kept), array.shape[-1]), np.uint32)
        for chunk in np.unique(chunks):
            read = read_chunk(self._folder, array, int(chunk))
            here = chunks == chunk
            found[here] = read[offsets[here], row][:, kept]
        return found

    def read_records(self, name: str) -> Iterator[NDArray[Any]]:
        """Reads an array that grows with the records, a chunk of records at a time.

        Args:
            name: `"statistics"` or `"histogram"`.

        Yields:
            Arrays of shape `(record, quantity, layer, …)`; a run without records
            gives one without rows.
        """
        array = self._metadata.array(name)
        if not self.records:
            yield np.empty(array.shape, array.data_type)
        yield from read_rows(self._folder, array, 0, self.records)

    def edges(self, quantity: Quantity | str) -> NDArray[np.float64]:
        """Reads the edges of the bins.

        Returns:
            Array of shape `(layer, EDGE_COUNT)`, ascending; NaN after the last.
        """
        if self._edges is None:
            edges = read_chunk(self._folder, self._metadata.array("bin_edges"), 0)
            self._edges = self._check_edges(edges)
        return self._edges[find("quantity", self._metadata.quantities, quantity)]

    def metrics(self) -> Mapping[str, tuple[NDArray[np.int64], NDArray[np.float64]]]:
        """Reads the training metrics, such as `loss` and `val_error`.

        Returns:
            Steps and values by name, without the steps where a metric is NaN.
        """
        metadata = self._metadata
        steps = read_whole(self._folder, metadata.array("metric_step"))
        values = read_whole(self._folder, metadata.array("metrics"))
        self._check_steps(steps)
        known = ~np.isnan(values)
        return {
            name: (steps[known[:, i]], values[known[:, i], i])
            for i, name in enumerate(metadata.metrics)
        }

    def statistics(
        self, quantity: Quantity | str, statistic: Statistic | str
    ) -> "xarray.DataArray":
        """Reads one statistic of one quantity.

        Returns:
            `xarray.DataArray` with the axes step and layer.
        """
        from keras_xavier.runs import as_xarray as labelled

        return labelled.statistics(self, quantity, statistic)

    def histogram(self, quantity: Quantity | str) -> "xarray.DataArray":
        """Opens the histograms of one quantity; they are read when they are used.

        Returns:
            `xarray.DataArray` with the axes step, layer and bin, and the edges of
            each bin in the coordinates `left` and `right`. The last bins are
            those of -inf, inf and NaN.
        """
        from keras_xavier.runs import as_xarray as labelled

        return labelled.histogram(self, quantity)

    def update_to_weight_ratio(self) -> "xarray.DataArray":
        """Computes how large the updates are, relative to the weights: √⟨ΔW²⟩ / √⟨W²⟩.

        1e-3 is a rule of thumb: with far more a layer is unstable, with far less it
        stays as it is. NaN where a layer has no updates, as in runs with a probe.

        Returns:
            `xarray.DataArray` with the axes step and layer.
        """
        from keras_xavier.runs import as_xarray as labelled

        return labelled.update_to_weight_ratio(self)

    def _read_root(self) -> bytes:
        root = read_root(self._folder)
        if root is None:
            raise RunError(why_no_run(self.path))
        return root

    def _status(self) -> tuple[State, str | None]:
        return status(self._metadata, time.monotonic() - self._silent_since)

    def _check_steps(self, steps: NDArray[np.int64]) -> NDArray[np.int64]:
        if (steps < 0).any() or (steps[1:] <= steps[:-1]).any():
            raise RunError(f"{self.path} cannot be read: its steps do not ascend.")
        return steps

    def _check_edges(self, edges: NDArray[np.float64]) -> NDArray[np.float64]:
        known = np.count_nonzero(~np.isnan(edges), axis=-1, keepdims=True)
        ascending = edges[..., 1:] > edges[..., :-1]
        if (known < 2).any() or (ascending != (np.arange(1, EDGE_COUNT) < known)).any():
            raise RunError(f"{self.path} cannot be read: its edges do not ascend.")
        return edges


def find(kind: str, choices: Sequence[str], name: str) -> int:
    """Returns the index of a name."""
    for index, choice in enumerate(choices):
        if choice == name:
            return index
    raise ValueError(
        f"There is no {kind} {name!r} in this run. Allowed: {', '.join(choices)}"
    )
