"""Exports runs as NetCDF 4: the arrays of a run, for `xarray.open_dataset`.

`xarray.Dataset.to_netcdf` holds whole variables in memory, so arrays are written here
chunk by chunk.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5netcdf
import h5py
import numpy as np
from numpy.typing import NDArray

from keras_xavier.histogram_bins import BIN_COUNT, bin_bounds
from keras_xavier.runs.array_forms import TIME_UNITS
from keras_xavier.runs.exports.tables import description
from keras_xavier.runs.schema import CHUNK_BYTES, CHUNK_ROWS
from keras_xavier.statistics import UNIT_STATISTICS

if TYPE_CHECKING:
    from keras_xavier.runs.reader import Run

BINS = ("quantity", "layer", "bin")
RECORDS = {
    "statistics": ("step", "quantity", "layer", "statistic"),
    "histogram": ("step", *BINS),
}
UNITS = ("unit_step", "layer", "unit", "unit_statistic")
LEVEL = 2
"""Compression level: histograms shrink to a tenth, higher levels gain little."""


def write(run: "Run", path: Path) -> None:
    """Writes the whole run."""
    found = run.metrics()
    labels = {
        "quantity": [str(one) for one in run.quantities],
        "layer": [layer.name for layer in run.layers],
        "statistic": [str(one) for one in run.statistic_names],
        "metric": list(found),
        "unit_statistic": [str(one) for one in UNIT_STATISTICS],
    }
    roles = np.array([str(layer.role) for layer in run.layers], object)
    metric_steps = np.unique(
        np.concatenate([np.empty(0, np.int64), *(steps for steps, _ in found.values())])
    )
    left, right = bin_bounds(np.stack([run.edges(one) for one in run.quantities]))
    # For NetCDF, an axis of length 0 is unlimited, so it is left out.
    axes = {
        "step": run.records,
        **{name: len(names) for name, names in labels.items()},
        "bin": BIN_COUNT,
        "metric_step": len(metric_steps),
        "unit_step": len(run.unit_steps),
        "unit": run.unit_width,
    }
    axes = {name: length for name, length in axes.items() if length}
    with h5netcdf.File(path, "w") as file:
        file.dimensions = axes
        for name, text in description(run).items():
            file.attrs[name] = stored(text)
        for name, names in labels.items():
            if names:
                variable = file.create_variable(name, (name,), h5py.string_dtype())
                variable[:] = np.array([stored(one) for one in names], object)
        of_layers = file.create_variable("role", ("layer",), h5py.string_dtype())
        of_layers[:] = roles
        file.create_variable("left", BINS, data=left, compression="gzip")
        file.create_variable("right", BINS, data=right, compression="gzip")
        if run.records:
            file.create_variable("step", ("step",), data=run.steps)
            times = file.create_variable("wall_time", ("step",), data=run.wall_times)
            times.attrs["units"] = TIME_UNITS
            for name, of_record in RECORDS.items():
                write_records(run, file, name, of_record)
        if len(run.unit_steps):
            file.create_variable("unit_step", ("unit_step",), data=run.unit_steps)
            indices = run.units(role=None)["index"].to_numpy()
            file.create_variable("unit_index", ("layer", "unit"), data=indices)
            write_records(run, file, "units", UNITS)
        if len(metric_steps):
            file.create_variable("metric_step", ("metric_step",), data=metric_steps)
            file.create_variable(
                "metrics",
                ("metric_step", "metric"),
                data=matrix(metric_steps, list(found.values())),
            )


def write_records(run: "Run", file: Any, name: str, axes: tuple[str, ...]) -> None:
    """Writes an array along the records, chunk by chunk."""
    variable = None
    start = 0
    for rows in run.read_records(name):
        if variable is None:
            row_bytes = rows.itemsize * math.prod(rows.shape[1:])
            length = file.dimensions[axes[0]].size
            most = max(1, min(CHUNK_ROWS, CHUNK_BYTES // row_bytes, length))
            variable = file.create_variable(
                name,
                axes,
                rows.dtype,
                chunks=(most, *rows.shape[1:]),
                compression="gzip",
                compression_opts=LEVEL,
                shuffle=True,
            )
        variable[start : start + len(rows)] = rows
        start += len(rows)


def matrix(
    metric_steps: NDArray[np.int64],
    found: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]],
) -> NDArray[np.float64]:
    """Returns metrics of shape `(metric_step, metric)`, NaN for missing values."""
    values = np.full((len(metric_steps), len(found)), np.nan)
    for i, (steps, of_steps) in enumerate(found):
        values[np.searchsorted(metric_steps, steps), i] = of_steps
    return values


def stored(text: str) -> str:
    """Replaces the null character, which terminates strings in HDF5."""
    return text.replace("\0", "\ufffd")
