"""The format of runs on disk.

A run is a Zarr v3 group of the arrays below. Its root, the `zarr.json` of the group,
contains the attributes and the metadata of all arrays (consolidated metadata, which
Zarr reads first). Replacing this one file commits records all at once, so a reader
never sees half a record.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from keras_xavier.histogram_bins import BIN_COUNT, EDGE_COUNT
from keras_xavier.runs import codec
from keras_xavier.runs.errors import RunError
from keras_xavier.statistics import QUANTITIES, STATISTICS, Layer, Quantity, Statistic

FORMAT = "keras-xavier run"
VERSION = 1

LABELS = {
    "quantity": ("string", ("quantity",)),
    "layer": ("string", ("layer",)),
    "statistic": ("string", ("statistic",)),
    "metric": ("string", ("metric",)),
}
RECORD_ARRAYS = {
    "statistics": ("float32", ("step", "quantity", "layer", "statistic")),
    "histogram": ("uint32", ("step", "quantity", "layer", "bin")),
    "wall_time": ("float64", ("step",)),
    "step": ("int64", ("step",)),
}
METRIC_ARRAYS = {
    "metrics": ("float64", ("metric_step", "metric")),
    "metric_step": ("int64", ("metric_step",)),
}
ARRAYS: dict[str, tuple[str, tuple[str, ...]]] = {
    **LABELS,
    "bin_edges": ("float64", ("quantity", "layer", "edge")),
    **METRIC_ARRAYS,
    **RECORD_ARRAYS,
}
"""Data type and axes of each array, in the order of writing: `step` is last."""

METADATA_LIMIT = 4 * 2**20
METRIC_LIMIT = 128
"""Maximum number of metrics, which share one array with chunks of this width."""
CHUNK_BYTES = 2 * 2**20
CHUNK_ROWS = 1024
CHUNK_LIMIT = 256 * 2**20

TIME_UNITS = "seconds since 1970-01-01 00:00:00"


class State(StrEnum):
    """State of a run."""

    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    """ended as requested before its planned number of steps"""
    FAILED = "failed"
    """ended by an error"""
    INTERRUPTED = "interrupted"
    """ended from outside, or its writer no longer sends heartbeats"""
    BROKEN = "broken"
    """unreadable"""


@dataclass(frozen=True)
class Writer:
    """The writer of a run: process, host, and a unique token."""

    process: int
    host: str
    token: str

    def __str__(self) -> str:
        return f"process {self.process} on {self.host}"


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


@dataclass(frozen=True)
class Metadata:
    """Metadata of a run: the content of its root.

    Attributes:
        identity: str. Unique identifier of the run.
        writer: `Writer`. Current or last writer.
        created: float. Time of creation, in seconds since 1970.
        heartbeat: float. Time at which the writer last replaced the root.
        layers: Tuple of `Layer`. The layer table.
        state: `State`. State as stored by the writer.
        reason: str or `None`. Reason for the state.
        dropped: int. Number of lost records.
        revision: int. Incremented with every change of an array.
        quantities: Tuple of `Quantity`, along the axis `quantity`.
        statistics: Tuple of `Statistic`, along the axis `statistic`.
        metrics: Tuple of str. Names of the training metrics.
        hyperparameters: dict. Hyperparameters of the training run.
        attributes: dict. Other metadata of the training run.
        records: int. Length of the axis `step`.
        metric_records: int. Length of the axis `metric_step`.
    """

    identity: str
    writer: Writer
    created: float
    heartbeat: float
    layers: tuple[Layer, ...]
    state: State = State.RUNNING
    reason: str | None = None
    dropped: int = 0
    revision: int = 0
    quantities: tuple[Quantity, ...] = QUANTITIES
    statistics: tuple[Statistic, ...] = STATISTICS
    metrics: tuple[str, ...] = ()
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    records: int = 0
    metric_records: int = 0

    def array(self, name: str) -> Array:
        """Returns the metadata of one of the `ARRAYS`."""
        data_type, axes = ARRAYS[name]
        lengths = {
            "step": self.records,
            "quantity": len(self.quantities),
            "layer": len(self.layers),
            "statistic": len(self.statistics),
            "bin": BIN_COUNT,
            "edge": EDGE_COUNT,
            "metric_step": self.metric_records,
            "metric": len(self.metrics),
        }
        chunk = [METRIC_LIMIT if axis == "metric" else lengths[axis] for axis in axes]
        if axes[0] in ("step", "metric_step"):
            row_bytes = np.dtype(data_type).itemsize * math.prod(chunk[1:])
            chunk[0] = max(1, min(CHUNK_ROWS, CHUNK_BYTES // row_bytes))
        shape = tuple(lengths[axis] for axis in axes)
        return Array(name, data_type, axes, shape, tuple(chunk))

    def labels(self, name: str) -> tuple[str, ...]:
        """Returns the names along one of the axes `LABELS`."""
        return {
            "quantity": self.quantities,
            "layer": tuple(layer.name for layer in self.layers),
            "statistic": self.statistics,
            "metric": self.metrics,
        }[name]

    def document(self) -> dict[str, Any]:
        """Returns the content of the group's `zarr.json`."""
        return {
            "zarr_format": 3,
            "node_type": "group",
            "attributes": {**self.own_attributes(), **self.attributes},
            "consolidated_metadata": {
                "kind": "inline",
                "must_understand": False,
                "metadata": {name: self.array(name).document() for name in ARRAYS},
            },
        }

    def own_attributes(self) -> dict[str, Any]:
        """Returns the attributes whose names are reserved by the format."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "identity": self.identity,
            "state": str(self.state),
            "reason": self.reason,
            "created": self.created,
            "heartbeat": self.heartbeat,
            "writer": {
                "process": self.writer.process,
                "host": self.writer.host,
                "token": self.writer.token,
            },
            "dropped": self.dropped,
            "revision": self.revision,
            "quantities": [str(quantity) for quantity in self.quantities],
            "statistics": [str(statistic) for statistic in self.statistics],
            "layers": [layer_row(layer) for layer in self.layers],
            "metrics": list(self.metrics),
            "hyperparameters": dict(self.hyperparameters),
        }


def layer_row(layer: Layer) -> dict[str, Any]:
    """Returns a row of the layer table as JSON; infinite bounds become null."""
    return {
        "name": layer.name,
        "kind": layer.kind,
        "activation": layer.activation,
        "units": layer.units,
        "parameters": layer.parameters,
        "lower": layer.lower if math.isfinite(layer.lower) else None,
        "upper": layer.upper if math.isfinite(layer.upper) else None,
        "absent": {str(quantity): why for quantity, why in layer.absent.items()},
    }


def bin_edges(layers: Sequence[Layer]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Returns the bin edges of all histograms, of shape `(quantity, layer, edge)`."""
    return np.array(
        [[layer.edges(quantity) for layer in layers] for quantity in QUANTITIES]
    )


def encode_json(document: Mapping[str, Any]) -> bytes:
    """Encodes the content of a `zarr.json`.

    Raises:
        RunError: If it exceeds the size that readers accept.
    """
    data = json.dumps(document, allow_nan=False, separators=(",", ":")).encode()
    if len(data) > METADATA_LIMIT:
        raise RunError(
            f"The attributes of a run are limited to {METADATA_LIMIT:,} bytes. "
            f"Received: {len(data):,} bytes. Record fewer layers or hyperparameters."
        )
    return data
