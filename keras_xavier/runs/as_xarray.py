"""Arrays of a run as `xarray.DataArray`. Only this module imports xarray."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import xarray
from numpy.typing import NDArray
from xarray.backends import BackendArray
from xarray.core import indexing

from keras_xavier.histogram_bins import BIN_COUNT, bin_bounds
from keras_xavier.statistics import UNIT_STATISTICS, Layer, unit_indices

Values = NDArray[Any]


def by_step_and_layer(
    values: NDArray[np.floating[Any]],
    *,
    steps: NDArray[np.int64],
    layers: Sequence[Layer],
    name: str,
    attributes: dict[str, str],
) -> xarray.DataArray:
    """Labels values of shape `(step, layer)`."""
    return xarray.DataArray(
        values,
        dims=("step", "layer"),
        coords={"step": steps, **layer_coordinates(layers)},
        name=name,
        attrs=attributes,
    )


def layer_coordinates(layers: Sequence[Layer]) -> dict[str, Any]:
    """Returns the coordinates of the rows of the layer table: names and roles."""
    return {
        "layer": [layer.name for layer in layers],
        "role": ("layer", [str(layer.role) for layer in layers]),
    }


def histogram(
    read: Callable[[Sequence[int]], Values],
    *,
    edges: NDArray[np.float64],
    steps: NDArray[np.int64],
    layers: Sequence[Layer],
    attributes: dict[str, str],
) -> xarray.DataArray:
    """Labels histograms of shape `(step, layer, bin)`, which are read on use.

    Args:
        read: Function of ascending indices of records that returns their
            histograms, of shape `(record, layer, bin)`.
        edges: Edges of the bins, of shape `(layer, EDGE_COUNT)`.
        steps: Step of each record.
        layers: The layer table.
        attributes: Attributes of the array.
    """
    left, right = bin_bounds(edges)
    bins = ("layer", "bin")
    shape = len(steps), len(layers), BIN_COUNT
    return xarray.DataArray(
        indexing.LazilyIndexedArray(LazyRecords(read, shape, np.dtype(np.uint32))),
        dims=("step", *bins),
        coords={
            "step": steps,
            **layer_coordinates(layers),
            "left": (bins, left),
            "right": (bins, right),
        },
        name="count",
        attrs=attributes,
    )


def units(
    read: Callable[..., NDArray[np.float32]],
    *,
    steps: NDArray[np.int64],
    layers: Sequence[Layer],
    width: int,
    attributes: dict[str, str],
) -> xarray.Dataset:
    """Labels statistics of single units, which are read on use.

    Args:
        read: Function of indices of layers, names of statistics, and the first and the
            last index of records that returns an array of shape
            `(record, layer, unit, statistic)`.
        steps: Step of each record with units.
        layers: The layer table.
        width: Length of the axis `unit`.
        attributes: Attributes of the dataset.
    """

    def of_records(statistic: str, records: Sequence[int]) -> Values:
        if not len(records):
            return np.empty((0, *shape[1:]), np.float32)
        first, last = records[0], records[-1]
        rows = range(len(layers))
        found = read(rows, [statistic], first, last + 1)[..., 0]
        return found[np.asarray(records) - first]

    axes = "step", "layer", "unit"
    shape = len(steps), len(layers), width
    index = np.full((len(layers), width), -1, np.int64)
    for row, layer in zip(index, layers, strict=True):
        known = unit_indices(layer.units)[:width]
        row[: len(known)] = known
    variables = {
        str(one): LazyRecords(
            partial(of_records, str(one)), shape, np.dtype(np.float32)
        )
        for one in UNIT_STATISTICS
    }
    return xarray.Dataset(
        {
            name: (axes, indexing.LazilyIndexedArray(values))
            for name, values in variables.items()
        },
        coords={
            "step": steps,
            **layer_coordinates(layers),
            "index": (("layer", "unit"), index),
        },
        attrs=attributes,
    )


class LazyRecords(BackendArray):
    """Values of one quantity; indexing reads the records that it selects.

    Args:
        read: Function of ascending indices of records that returns their values.
        shape: Tuple of int. Shape of the values of all records.
        dtype: Data type of the values.
    """

    def __init__(
        self,
        read: Callable[[Sequence[int]], Values],
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
    ) -> None:
        self.shape = shape
        self.dtype = dtype
        self._read = read

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.BASIC, self._select
        )

    def _select(self, key: tuple[int | slice, ...]) -> Values:
        first, *others = key
        records = range(self.shape[0])
        if not isinstance(first, slice):
            return self._read([records[first]])[(0, *others)]
        chosen = records[first]
        # Records are read in ascending order.
        order = 1 if chosen.step > 0 else -1
        return self._read(chosen[::order])[(slice(None, None, order), *others)]
