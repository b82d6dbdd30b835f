"""Arrays of a run as `xarray.DataArray`. Only this module imports xarray."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray
from numpy.typing import NDArray
from xarray.backends import BackendArray
from xarray.core import indexing

from keras_xavier.histogram_bins import BIN_COUNT, bin_bounds

Counts = NDArray[np.uint32]


def by_step_and_layer(
    values: NDArray[np.floating[Any]],
    *,
    steps: NDArray[np.int64],
    layers: Sequence[str],
    name: str,
    attributes: dict[str, str],
) -> xarray.DataArray:
    """Labels values of shape `(step, layer)`."""
    return xarray.DataArray(
        values, coords={"step": steps, "layer": [*layers]}, name=name, attrs=attributes
    )


def histogram(
    read: Callable[[Sequence[int]], Counts],
    *,
    edges: NDArray[np.float64],
    steps: NDArray[np.int64],
    layers: Sequence[str],
    attributes: dict[str, str],
) -> xarray.DataArray:
    """Labels histograms of shape `(step, layer, bin)`, which are read on use.

    Args:
        read: Function of ascending indices of records that returns their
            histograms, of shape `(record, layer, bin)`.
        edges: Edges of the bins, of shape `(layer, EDGE_COUNT)`.
        steps: Step of each record.
        layers: Names of the layers.
        attributes: Attributes of the array.
    """
    left, right = bin_bounds(edges)
    bins = ("layer", "bin")
    shape = len(steps), len(layers), BIN_COUNT
    return xarray.DataArray(
        indexing.LazilyIndexedArray(LazyHistograms(read, shape)),
        dims=("step", *bins),
        coords={
            "step": steps,
            "layer": [*layers],
            "left": (bins, left),
            "right": (bins, right),
        },
        name="count",
        attrs=attributes,
    )


class LazyHistograms(BackendArray):
    """Histograms of one quantity; indexing reads the records that it selects."""

    def __init__(
        self, read: Callable[[Sequence[int]], Counts], shape: tuple[int, ...]
    ) -> None:
        self.shape = shape
        self.dtype = np.dtype(np.uint32)
        self._read = read

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.BASIC, self._select
        )

    def _select(self, key: tuple[int | slice, ...]) -> Counts:
        first, *others = key
        records = range(self.shape[0])
        if not isinstance(first, slice):
            return self._read([records[first]])[(0, *others)]
        chosen = records[first]
        # Records are read in ascending order.
        order = 1 if chosen.step > 0 else -1
        return self._read(chosen[::order])[(slice(None, None, order), *others)]
