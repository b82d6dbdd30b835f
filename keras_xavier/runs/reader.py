"""Reads a run, even while another process writes it. Readers lock nothing."""

import operator
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from keras_xavier.runs import records as recorded
from keras_xavier.runs.following import FollowedRun
from keras_xavier.runs.store import run_path
from keras_xavier.statistics import (
    UNIT_STATISTICS,
    Quantity,
    Role,
    Statistic,
    update_ratio,
)

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


class Run(FollowedRun):
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
        super().__init__(path)
        self._edges: dict[int, NDArray[np.float64]] = {}
        self._counted: tuple[int, NDArray[np.int64]] | None = None

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

    def read_units(self, layer: int) -> NDArray[np.float32]:
        """Reads statistics of the activations of single units of one layer.

        Args:
            layer: int. Index of the layer in `layers`.

        Returns:
            Array of float32, of shape `(unit record, unit, statistic)`: for each of
            `unit_steps`, the `UNIT_STATISTICS` of the units
            `statistics.unit_indices(layers[layer].units)`. NaN where the layer has no
            activations.
        """
        index = range(len(self.layers))[layer]
        units = recorded.read_units(self._store, self._snapshot, [index])[:, 0]
        return units[:, : self.layers[index].units]

    def read_units_of_layers(
        self,
        layers: Sequence[int],
        statistics: Sequence[Statistic | str] = UNIT_STATISTICS,
        *,
        start: int = 0,
        stop: int | None = None,
    ) -> NDArray[np.float32]:
        """Reads single units of several layers; as fast as reading one layer.

        Args:
            layers: List of int. Indices of the layers in `layers`.
            statistics: List of str or `Statistic`. Statistics to read. Defaults to
                `UNIT_STATISTICS`.
            start: int. Index of the first unit record to read. Defaults to 0.
            stop: int. Index after the last unit record to read. Defaults to None: up
                to the last unit record of the run.

        Returns:
            Array of float32, of shape `(unit record, layer, unit, statistic)`. NaN
            beyond the units of a layer.

        Raises:
            ValueError: If the run does not have a statistic, or `start` or `stop` is
                out of range.
        """
        return recorded.read_units(
            self._store, self._snapshot, [*layers], statistics, start, stop
        )

    def read_records(self, name: str) -> Iterator[NDArray[Any]]:
        """Reads a whole array, one chunk of records at a time.

        Args:
            name: str. `"statistics"`, `"histogram"` or `"units"`.

        Yields:
            Arrays of shape `(record, quantity, layer, …)`, or
            `(unit record, layer, unit, statistic)` for `"units"`. An array without
            rows yields one array without rows.
        """
        array = self._metadata.array(name)
        if not array.shape[0]:
            yield np.empty(array.shape, array.data_type)
        yield from recorded.read_rows(
            self._store, self._snapshot, name, 0, array.shape[0]
        )

    def count_first_record(self) -> NDArray[np.int64]:
        """Returns the numbers of values in the first record's histograms.

        They are counted once. Shape `(quantity, layer)`; the run needs a record.
        """
        # A writer that resumes the run can replace the record.
        checksum = int(self._snapshot.table.rows["histogram"][0])
        if self._counted is None or self._counted[0] != checksum:
            (rows,) = recorded.read_rows(self._store, self._snapshot, "histogram", 0, 1)
            self._counted = checksum, rows[0].sum(axis=-1, dtype=np.int64)
        return self._counted[1]

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
        return recorded.read_metrics(self._store, self._snapshot)

    def statistics(
        self,
        quantity: Quantity | str,
        statistic: Statistic | str,
        *,
        role: Role | str | None = Role.LAYER,
    ) -> "xarray.DataArray":
        """Reads one statistic of one quantity.

        Args:
            quantity: str or `Quantity`. Quantity to read, such as `"activation"`.
            statistic: str or `Statistic`. Statistic to read, such as `"std"`.
            role: str, `Role` or `None`. Rows to select, such as `"bias"` or `"input"`;
                `None` selects all rows. Defaults to `"layer"`.

        Returns:
            `xarray.DataArray` of dimensions `(step, layer)`. NaN where a layer does
            not have the quantity.
        """
        values = self.read_statistics(quantity, statistic)
        return self._by_step_and_layer(
            values, str(statistic), role, quantity=str(quantity)
        )

    def histogram(
        self, quantity: Quantity | str, *, role: Role | str | None = Role.LAYER
    ) -> "xarray.DataArray":
        """Opens the histograms of one quantity. Counts are read when used.

        Args:
            quantity: str or `Quantity`. Quantity to read, such as `"activation"`.
            role: str, `Role` or `None`. Rows to select, such as `"bias"` or `"input"`;
                `None` selects all rows. Defaults to `"layer"`.

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
            layers=self.layers,
            attributes={"quantity": str(quantity), "run": self.name},
        ).isel(layer=self._rows(role))

    def units(self, *, role: Role | str | None = Role.LAYER) -> "xarray.Dataset":
        """Opens the statistics of single units, at the records that have them.

        Args:
            role: str, `Role` or `None`. Rows to select, such as `"bias"` or `"input"`;
                `None` selects all rows. Defaults to `"layer"`.

        Returns:
            `xarray.Dataset` of dimensions `(step, layer, unit)`, with the variables
            `mean`, `std`, `zero` and `saturated` of the activations z. Values are read
            when used. NaN beyond the units of a layer. The coordinate `index` is the
            index of a unit in its layer; -1 beyond the units of the layer.
        """
        from keras_xavier.runs import as_xarray

        return as_xarray.units(
            partial(recorded.read_units, self._store, self._snapshot),
            steps=self.unit_steps,
            layers=self.layers,
            width=self.unit_width,
            attributes={"quantity": str(Quantity.ACTIVATION), "run": self.name},
        ).isel(layer=self._rows(role))

    def update_ratio(
        self, *, role: Role | str | None = Role.LAYER
    ) -> "xarray.DataArray":
        """Computes the size of updates relative to the weights: √⟨ΔW²⟩ / √⟨W²⟩.

        As a rule of thumb it is near 1e-3: with much larger updates a layer becomes
        unstable, with much smaller ones it hardly changes.

        Args:
            role: str, `Role` or `None`. Rows to select, such as `"bias"` or `"input"`;
                `None` selects all rows. Defaults to `"layer"`.

        Returns:
            `xarray.DataArray` of dimensions `(step, layer)`. NaN where a layer has no
            updates, or only zero weights.
        """
        ratio = self.read_update_ratio()
        return self._by_step_and_layer(ratio, "update_ratio", role)

    def _by_step_and_layer(
        self,
        values: NDArray[np.floating[Any]],
        name: str,
        role: Role | str | None,
        **attributes: str,
    ) -> "xarray.DataArray":
        from keras_xavier.runs import as_xarray

        return as_xarray.by_step_and_layer(
            values,
            steps=self.steps,
            layers=self.layers,
            name=name,
            attributes={**attributes, "run": self.name},
        ).isel(layer=self._rows(role))

    def _rows(self, role: Role | str | None) -> list[int]:
        """Returns the indices of the rows with a role."""
        if role is not None and role not in list(Role):
            raise ValueError(
                f"`role` must be None or one of {', '.join(Role)}. "
                f"Received: role={role!r}"
            )
        rows = enumerate(self.layers)
        return [i for i, layer in rows if role is None or layer.role == role]
