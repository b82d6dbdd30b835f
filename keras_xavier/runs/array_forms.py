"""The arrays of a run in each version of the format: types, axes and chunks."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_xavier.runs import codec

VERSION = 3
"""The version that is written. Versions 1 to 3 can be read."""

LABELS = {
    "quantity": ("string", ("quantity",)),
    "layer": ("string", ("layer",)),
    "statistic": ("string", ("statistic",)),
    "metric": ("string", ("metric",)),
}
UNIT_LABELS = {"unit_statistic": ("string", ("unit_statistic",))}
UNIT_ARRAYS = {
    "units": ("float32", ("unit_step", "layer", "unit", "unit_statistic")),
    "unit_checksums": ("uint32", ("unit_step", "unit_checked")),
    "unit_step": ("int64", ("unit_step",)),
}
RECORD_ARRAYS = {
    "statistics": ("float32", ("step", "quantity", "layer", "statistic")),
    "histogram": ("uint32", ("step", "quantity", "layer", "bin")),
    "wall_time": ("float64", ("step",)),
    "record_checksums": ("uint32", ("step", "checked")),
    "step": ("int64", ("step",)),
}
LOG_ARRAYS = {
    "log_value": ("float64", ("log",)),
    "log_metric": ("uint32", ("log",)),
    "log_checksums": ("uint32", ("log", "log_checked")),
    "log_step": ("int64", ("log",)),
}
METRIC_ARRAYS = {
    "metrics": ("float64", ("metric_step", "metric")),
    "metric_step": ("int64", ("metric_step",)),
}
"""Arrays of version 1, which `LOG_ARRAYS` replaced."""
EDGES = {"bin_edges": ("float64", ("quantity", "layer", "edge"))}
Forms = Mapping[str, tuple[str, tuple[str, ...]]]
ARRAYS_2: Forms = {**LABELS, **EDGES, **LOG_ARRAYS, **RECORD_ARRAYS}
ARRAYS: Forms = {**ARRAYS_2, **UNIT_LABELS, **UNIT_ARRAYS}
"""Data type and axes of each array."""
ARRAYS_1: Forms = {
    **LABELS,
    **EDGES,
    **METRIC_ARRAYS,
    **{
        name: form for name, form in RECORD_ARRAYS.items() if name != "record_checksums"
    },
}
ARRAYS_BY_VERSION = {1: ARRAYS_1, 2: ARRAYS_2, VERSION: ARRAYS}
CHECKED = {"checked": 4, "log_checked": 2, "unit_checked": 3}
"""Lengths of the axes of checksums; see `checksums`."""

TIME_UNITS = "seconds since 1970-01-01 00:00:00"


@dataclass(frozen=True)
class Array:
    """Metadata of one array, and the keys of its chunks."""

    name: str
    data_type: str
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    chunk: tuple[int, ...]

    @property
    def fill(self) -> float:
        """Value of elements that were not written."""
        return np.nan if self.data_type.startswith("float") else 0

    @property
    def chunk_bytes(self) -> int:
        """Bytes of one chunk in memory; for names, a lower bound."""
        itemsize = (
            4 if self.data_type == "string" else np.dtype(self.data_type).itemsize
        )
        return itemsize * math.prod(self.chunk)

    def key(self, index: int) -> str:
        """Returns the key of the chunk with this index along the first axis."""
        return ".".join([f"{self.name}/c", str(index), *"0" * (len(self.axes) - 1)])

    def document(self) -> dict[str, Any]:
        """Returns the content of the array's `zarr.json`."""
        if self.data_type == "string":
            fill: str | int = ""
            codecs: list[dict[str, Any]] = [{"name": "vlen-utf8"}]
        else:
            fill = "NaN" if math.isnan(self.fill) else 0
            codecs = codec.codecs(self.data_type)
        return {
            "zarr_format": 3,
            "node_type": "array",
            "shape": list(self.shape),
            "data_type": self.data_type,
            "chunk_grid": {
                "name": "regular",
                "configuration": {"chunk_shape": list(self.chunk)},
            },
            "chunk_key_encoding": {
                "name": "default",
                "configuration": {"separator": "."},
            },
            "fill_value": fill,
            "codecs": codecs,
            "attributes": {"units": TIME_UNITS} if self.name == "wall_time" else {},
            "dimension_names": list(self.axes),
        }
