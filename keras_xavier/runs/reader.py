"""Reads a run, even while another process writes it. Readers lock nothing."""

import operator
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from keras_xavier.runs import records as recorded
from keras_xavier.runs.intact import take_snapshot
from keras_xavier.runs.lock import silent_seconds, status
from keras_xavier.runs.schema import Metadata, State
from keras_xavier.runs.store import open_store, run_name, run_path
from keras_xavier.statistics import Layer, Quantity, Statistic, update_ratio

if TYPE_CHECKING:
    import xarray


def open_run(path: str | os.PathLike[str]) -> "Run":
    """Opens a run, even while it is still recorded. Arrays are read when used.

    Args:
        path: str or path. Path or fsspec URL of the run, with or without `.zarr`.

    Returns:
        A `Run` as it is now. `Run.refresh` updates it.

    Raises:
        RunError: If there is no run at this path, or it is broken.

    Example:

    ```python
    run = kx.open_run("runs/tanh")
    run.statistics("activation", "std").isel(step=-1)
    ```
    """
    return Run(run_path(path))


class Run:
    """A recorded run, opened for reading.

    A run does not change until `refresh` is called: if another process has replaced
    records since, reading them raises `RunChangedError`. All methods raise `RunError`
    if files of the run are missing or damaged. If only the latest records are, for
    example after a power loss, the run ends before them; see `damage`.

    Attributes:
        path: str. Path or URL of the run.
        name: str. Last part of the path, without `.zarr`.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.name = run_name(path)
        self._store = open_store(path)
        self._snapshot = take_snapshot(self._store, path)
        self._silent_since = time.monotonic() - silent_seconds(self._metadata)
        self._shown = self._summary()
        self._edges: dict[int, NDArray[np.float64]] = {}

    def __repr__(self) -> str:
        return f"<Run {self.path}: {self.state}, {self._metadata.records} records>"

    @property
    def _metadata(self) -> Metadata:
        return self._snapshot.metadata

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layer table: a tuple of `Layer`, in model order."""
        return recorded.describe_layers(self._metadata)

    @property
    def hyperparameters(self) -> Mapping[str, Any]:
        """Hyperparameters of the training run, by name."""
        return self._metadata.hyperparameters

    @property
    def attributes(self) -> Mapping[str, Any]:
        """Other metadata, such as the backend and the versions, by name."""
        return self._metadata.attributes

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """The quantities that were recorded."""
        return self._metadata.quantities

    @property
    def statistic_names(self) -> tuple[Statistic, ...]:
        """The statistics of each quantity, in the order in which they are stored."""
        return self._metadata.statistics

    @property
    def dropped(self) -> int:
        """Number of records that were lost because they could not be written."""
        return self._metadata.dropped

    @property
    def missing(self) -> int:
        """Number of latest records that are damaged or have not arrived."""
        return self._snapshot.missing

    @property
    def damage(self) -> str | None:
        """Reason why the latest records cannot be read; `None` if all can be."""
        return self._snapshot.damage

    @property
    def created(self) -> float:
        """Time of creation, in seconds since 1970."""
        return self._metadata.created

    @property
    def last_update(self) -> float:
        """Time of the writer's last heartbeat, in seconds since 1970."""
        return self._metadata.heartbeat

    @property
    def state(self) -> State:
        """State of the run. A run without a heartbeat for 10 s is interrupted."""
        return self._status()[0]

    @property
    def reason(self) -> str | None:
        """Reason for the state, and for missing records; `None` if there is none."""
        return self._status()[1]

    @property
    def steps(self) -> NDArray[np.int64]:
        """Optimizer updates before each record, ascending, of shape `(record,)`."""
        return self._snapshot.table.rows["step"]

    @property
    def records(self) -> int:
        """Number of records."""
        return self._metadata.records

    @property
    def last_step(self) -> int | None:
        """Step of the last record; `None` if there is none."""
        if not self.records:
            return None
        return int(self.steps[-1])

    @property
    def wall_times(self) -> NDArray[np.float64]:
        """Time of each record, in seconds since 1970, of shape `(record,)`."""
        return self._snapshot.table.rows["wall_time"]

    def refresh(self) -> bool:
        """Updates the run to its current state; reads one small file.

        If files have not arrived yet, on a network file system, the run ends before the
        records that they contain; a later refresh reads these.

        Returns:
            bool. Whether there are new records or metrics, or the state changed.

        Raises:
            RunError: If the run is missing or broken, or was replaced by another run,
                which must be opened with `open_run`.
        """
        before = self._metadata.heartbeat
        self._snapshot = take_snapshot(self._store, self.path, self._snapshot)
        if self._metadata.heartbeat != before:
            self._silent_since = time.monotonic()
        shown, self._shown = self._shown, self._summary()
        return self._shown != shown

    def read_statistics(
        self, quantity: Quantity | str, statistic: Statistic | str, *, start: int = 0
    ) -> NDArray[np.float32]:
        """Reads one statistic of one quantity as a NumPy array.

        Args:
            quantity: str or `Quantity`. Quantity to read, such as `"activation"`.
            statistic: str or `Statistic`. Statistic to read, such as `"std"`.
            start: int. Index of the first record to read. Defaults to 0.

        Returns:
            Array of float32, of shape `(record, layer)`. NaN where a layer does not
            have the quantity.
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
        """Reads several statistics of one quantity; as fast as reading one.

        Args:
            quantity: str or `Quantity`. Quantity to read, such as `"activation"`.
            statistics: List of str or `Statistic`. Statistics to read, such as
                `["mean", "std"]`.
            start: int. Index of the first record to read. Defaults to 0.
            stop: int. Index after the last record to read. Defaults to None: up to
                the last record of the run.

        Returns:
            Array of float32, of shape `(record, layer, statistic)`. NaN where a
            layer does not have the quantity.

        Raises:
            ValueError: If the run does not have the quantity or a statistic, or
                `start` or `stop` is out of range.
        """
        return recorded.read_statistics(
            self._store, self._snapshot, quantity, statistics, start, stop
        )

    def read_update_ratio(self, *, start: int = 0) -> NDArray[np.float64]:
        """Reads √⟨ΔW²⟩ / √⟨W²⟩ as a NumPy array; see `update_ratio`.

        Args:
            start: int. Index of the first record to read. Defaults to 0.

        Returns:
            Array of float64, of shape `(record, layer)`.
        """
        moments = (Statistic.MEAN, Statistic.STD)
        return update_ratio(
            self.read_several(Quantity.WEIGHT_UPDATE, moments, start=start),
            self.read_several(Quantity.WEIGHT, moments, start=start),
        )

    def read_histogram(
        self, quantity: Quantity | str, record: int
    ) -> NDArray[np.uint32]:
        """Reads the histograms of one quantity at one record, from one chunk.

        Args:
            quantity: str or `Quantity`. Quantity to read, such as `"weight_gradient"`.
            record: int. Index of the record. Negative indices count from the end.

        Returns:
            Array of uint32, of shape `(layer, BIN_COUNT)`: the bins between `edges`,
            followed by `NONFINITE_BINS`.

        Raises:
            IndexError: If there is no such record.
        """
        metadata, index = self._metadata, operator.index(record)
        if not -metadata.records <= index < metadata.records:
            raise IndexError(
                f"{self.path} has {metadata.records} records. Received: record={record}"
            )
        chosen = [index % metadata.records]
        return recorded.read_histograms(self._store, self._snapshot, quantity, chosen)[
            0
        ]

    def read_histograms(
        self,
        quantity: Quantity | str,
        records: Sequence[int] | NDArray[np.integer],
        *,
        layers: Sequence[int] | None = None,
    ) -> NDArray[np.uint32]:
        """Reads the histograms of one quantity at several records, each chunk once.

        Args:
            quantity: str or `Quantity`. Quantity to read, such as `"weight_gradient"`.
            records: List of int. Ascending indices of records.
            layers: List of int. Indices of layers. Defaults to None: all layers.

        Returns:
            Array of uint32, of shape `(len(records), layer, BIN_COUNT)`.

        Raises:
            IndexError: If a record does not exist.
        """
        return recorded.read_histograms(
            self._store, self._snapshot, quantity, records, layers
        )

    def read_records(self, name: str) -> Iterator[NDArray[Any]]:
        """Reads a whole array, one chunk of records at a time.

        Args:
            name: str. `"statistics"` or `"histogram"`.

        Yields:
            Arrays of shape `(record, quantity, layer, …)`. A run without records
            yields one array without rows.
        """
        array = self._metadata.array(name)
        if not self.records:
            yield np.empty(array.shape, array.data_type)
        yield from recorded.read_rows(
            self._store, self._snapshot, name, 0, self.records
        )

    def edges(self, quantity: Quantity | str) -> NDArray[np.float64]:
        """Reads the bin edges of one quantity.

        Args:
            quantity: str or `Quantity`. Quantity to read, such as `"activation"`.

        Returns:
            Array of float64, of shape `(layer, EDGE_COUNT)`: ascending, with NaN
            after the last edge.
        """
        row = recorded.find_index("quantity", self._metadata.quantities, quantity)
        if row not in self._edges:
            edges = recorded.read_edges(self._store, self._metadata, row)
            self._edges[row] = edges
        return self._edges[row]

    def metrics(self) -> Mapping[str, tuple[NDArray[np.int64], NDArray[np.float64]]]:
        """Reads the training metrics, such as `loss` and `val_loss`.

        Returns:
            dict of name to `(steps, values)`, two arrays of the same length. Steps
            without a value are left out; values can be NaN or infinite.
        """
        return recorded.read_metrics(self._store, self._metadata)

    def statistics(
        self, quantity: Quantity | str, statistic: Statistic | str
    ) -> "xarray.DataArray":
        """Reads one statistic of one quantity.

        Args:
            quantity: str or `Quantity`. Quantity to read, such as `"activation"`.
            statistic: str or `Statistic`. Statistic to read, such as `"std"`.

        Returns:
            `xarray.DataArray` of dimensions `(step, layer)`. NaN where a layer does
            not have the quantity.
        """
        values = self.read_statistics(quantity, statistic)
        return self._by_step_and_layer(values, str(statistic), quantity=str(quantity))

    def histogram(self, quantity: Quantity | str) -> "xarray.DataArray":
        """Opens the histograms of one quantity. Counts are read when used.

        Args:
            quantity: str or `Quantity`. Quantity to read, such as `"activation"`.

        Returns:
            `xarray.DataArray` of dimensions `(step, layer, bin)`, with the bounds of
            each bin as coordinates `left` and `right`. The last bins count -inf, inf
            and NaN.
        """
        from keras_xavier.runs import as_xarray

        return as_xarray.histogram(
            partial(self.read_histograms, quantity),
            edges=self.edges(quantity),
            steps=self.steps,
            layers=[layer.name for layer in self.layers],
            attributes={"quantity": str(quantity), "run": self.name},
        )

    def update_ratio(self) -> "xarray.DataArray":
        """Computes the size of updates relative to the weights: √⟨ΔW²⟩ / √⟨W²⟩.

        As a rule of thumb it is near 1e-3: with much larger updates a layer becomes
        unstable, with much smaller ones it hardly changes.

        Returns:
            `xarray.DataArray` of dimensions `(step, layer)`. NaN where a layer has no
            updates, as in runs with a probe, or only zero weights.
        """
        return self._by_step_and_layer(self.read_update_ratio(), "update_ratio")

    def _by_step_and_layer(
        self, values: NDArray[np.floating[Any]], name: str, **attributes: str
    ) -> "xarray.DataArray":
        from keras_xavier.runs import as_xarray

        return as_xarray.by_step_and_layer(
            values,
            steps=self.steps,
            layers=[layer.name for layer in self.layers],
            name=name,
            attributes={**attributes, "run": self.name},
        )

    def _summary(self) -> tuple[Any, ...]:
        metadata = self._metadata
        return (metadata.revision, metadata.records, *self._status())

    def _status(self) -> tuple[State, str | None]:
        silent = time.monotonic() - self._silent_since
        state, reason = status(self._metadata, silent)
        remarks = [text for text in (reason, self.damage) if text]
        return state, ". ".join(remarks) or None
