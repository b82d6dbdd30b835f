"""Runs as labelled arrays of xarray, which is imported for nothing else."""

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray
from numpy.typing import NDArray
from xarray.backends import BackendArray
from xarray.core import indexing

from keras_xavier.histogram_bins import BIN_COUNT, bin_bounds
from keras_xavier.statistics import (
    Quantity,
    Statistic,
    root_mean_square,
    update_ratio,
)

if TYPE_CHECKING:
    from keras_xavier.runs.reader import Run


def statistics(run: "Run", quantity: str, statistic: str) -> xarray.DataArray:
    """Returns one statistic of one quantity, with the axes step and layer."""
    return xarray.DataArray(
        run.read_statistics(quantity, statistic),
        coords={"step": run.steps, "layer": layer_names(run)},
        name=str(statistic),
        attrs={"quantity": str(quantity), "run": run.name},
    )


def histogram(run: "Run", quantity: str) -> xarray.DataArray:
    """Returns the histograms of one quantity, with the axes step, layer and bin."""
    left, right = bin_bounds(run.edges(quantity))
    bins = ("layer", "bin")
    return xarray.DataArray(
        indexing.LazilyIndexedArray(Histograms(run, quantity)),
        dims=("step", *bins),
        coords={
            "step": run.steps,
            "layer": layer_names(run),
            "left": (bins, left),
            "right": (bins, right),
        },
        name="count",
        attrs={"quantity": str(quantity), "run": run.name},
    )


def update_to_weight_ratio(run: "Run") -> xarray.DataArray:
    """Returns the relative size of updates, with the axes step and layer."""

    def size(quantity: Quantity) -> NDArray[np.float64]:
        moments = run.read_several(quantity, (Statistic.MEAN, Statistic.STD))
        return root_mean_square(moments[..., 0], moments[..., 1])

    return xarray.DataArray(
        update_ratio(size(Quantity.WEIGHT_UPDATE), size(Quantity.WEIGHT)),
        coords={"step": run.steps, "layer": layer_names(run)},
        name="update_to_weight_ratio",
        attrs={"run": run.name},
    )


def layer_names(run: "Run") -> list[str]:
    return [layer.name for layer in run.layers]


class Histograms(BackendArray):
    """The histograms of one quantity, read record by record when indexed."""

    def __init__(self, run: "Run", quantity: str) -> None:
        self.shape = (len(run.steps), len(run.layers), BIN_COUNT)
        self.dtype = np.dtype(np.uint32)
        self._run = run
        self._quantity = quantity

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.BASIC, self._read
        )

    def _read(self, key: tuple[int | slice, ...]) -> NDArray[np.uint32]:
        first, *others = key
        if not isinstance(first, slice):
            return self._run.read_histogram(self._quantity, first)[tuple(others)]
        records = range(self.shape[0])[first]
        order = 1 if records.step > 0 else -1
        read = self._run.read_histograms(self._quantity, records[::order])
        return read[::order, *others]
