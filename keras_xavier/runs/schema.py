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
from keras_xavier.runs.checksums import NO_CHECKSUM, seal
from keras_xavier.runs.errors import RunError
from keras_xavier.statistics import QUANTITIES, STATISTICS, Layer, Quantity, Statistic

FORMAT = "keras-xavier run"
VERSION = 2
"""The version that is written. Versions 1 and 2 can be read."""

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
ARRAYS: dict[str, tuple[str, tuple[str, ...]]] = {
    **LABELS,
    **EDGES,
    **LOG_ARRAYS,
    **RECORD_ARRAYS,
}
"""Data type and axes of each array."""
ARRAYS_1: dict[str, tuple[str, tuple[str, ...]]] = {
    **LABELS,
    **EDGES,
    **METRIC_ARRAYS,
    **{
        name: form for name, form in RECORD_ARRAYS.items() if name != "record_checksums"
    },
}
CHECKED = {"checked": 4, "log_checked": 2}
"""Lengths of the axes of checksums; see `checksums`."""

METADATA_LIMIT = 16 * 2**20
METRIC_LIMIT = 4096
METRIC_LIMIT_1 = 128
"""Maximum number of metrics in version 1: the width of the chunks of `metrics`."""
METRIC_NAMES_LIMIT = 2**20
"""Maximum size of the names of all metrics in JSON, in bytes."""
CHUNK_BYTES = 2 * 2**20
CHUNK_ROWS = 1024
LOG_ROWS = 4096
EDGE_CHUNK_BYTES = 256 * 2**20
CHUNK_LIMIT = 512 * 2**20

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
        logs: int. Length of the axis `log`; of `metric_step` in version 1.
        last_step: int or `None`. Step of the last record; always `None` in version 1.
        record_checksum: int. Checksum of all records.
        log_checksum: int. Checksum of all values of metrics.
        edges_checksums: Tuple of int. Checksums of the bin edges of each quantity.
        session: int. Number of writers so far.
        session_records: int. Number of records when the current writer began.
        session_logs: int. Number of values of metrics when the current writer began.
        version: int. Version of the format.
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
    logs: int = 0
    last_step: int | None = None
    record_checksum: int = 0
    log_checksum: int = 0
    edges_checksums: tuple[int, ...] = (0,) * len(QUANTITIES)
    session: int = 1
    session_records: int = 0
    session_logs: int = 0
    version: int = VERSION

    @property
    def array_names(self) -> tuple[str, ...]:
        """Names of all arrays."""
        return tuple(ARRAYS if self.version > 1 else ARRAYS_1)

    @property
    def metric_limit(self) -> int:
        """Maximum number of metrics."""
        return METRIC_LIMIT if self.version > 1 else METRIC_LIMIT_1

    def array(self, name: str) -> Array:
        """Returns the metadata of one of the arrays."""
        data_type, axes = (ARRAYS if self.version > 1 else ARRAYS_1)[name]
        lengths = {
            "step": self.records,
            "quantity": len(self.quantities),
            "layer": len(self.layers),
            "statistic": len(self.statistics),
            "bin": BIN_COUNT,
            "edge": EDGE_COUNT,
            "metric_step": self.logs,
            "log": self.logs,
            **CHECKED,
            "metric": len(self.metrics),
        }
        widths = {**lengths, "metric": self.metric_limit}
        chunk = [widths[axis] for axis in axes]
        if axes[0] in ("step", "metric_step"):
            row_bytes = np.dtype(data_type).itemsize * math.prod(chunk[1:])
            chunk[0] = max(1, min(CHUNK_ROWS, CHUNK_BYTES // row_bytes))
        elif axes[0] == "log":
            chunk[0] = LOG_ROWS
        elif name == "bin_edges":
            row_bytes = np.dtype(data_type).itemsize * math.prod(chunk[1:])
            chunk[0] = max(1, min(chunk[0], EDGE_CHUNK_BYTES // max(1, row_bytes)))
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
                "metadata": {
                    name: self.array(name).document() for name in self.array_names
                },
            },
        }

    def own_attributes(self) -> dict[str, Any]:
        """Returns the attributes whose names are reserved by the format."""
        binding = {
            "session": self.session,
            "session_records": self.session_records,
            "session_logs": self.session_logs,
            "record_checksum": self.record_checksum,
            "log_checksum": self.log_checksum,
            "edges_checksums": list(self.edges_checksums),
            "last_step": self.last_step,
        }
        return {
            **({"checksum": NO_CHECKSUM} if self.version > 1 else {}),
            "format": FORMAT,
            "version": self.version,
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
            **(binding if self.version > 1 else {}),
        }


def layer_row(layer: Layer) -> dict[str, Any]:
    """Returns a row of the layer table as JSON; infinite bounds become null."""
    counted = {str(quantity): [*sizes] for quantity, sizes in layer.counted.items()}
    return {
        "name": layer.name,
        "kind": layer.kind,
        "activation": layer.activation,
        "units": layer.units,
        "parameters": layer.parameters,
        "lower": layer.lower if math.isfinite(layer.lower) else None,
        "upper": layer.upper if math.isfinite(layer.upper) else None,
        "absent": {str(quantity): why for quantity, why in layer.absent.items()},
        **({"counted": counted} if counted else {}),
    }


def bin_edges(
    layers: Sequence[Layer], quantity: Quantity
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Returns the bin edges of one quantity, of shape `(layer, edge)`."""
    return np.array([layer.edges(quantity) for layer in layers])


def encode_root(metadata: Metadata) -> bytes:
    """Encodes the group's `zarr.json`, with its checksum.

    Raises:
        RunError: If it exceeds the size that readers accept.
    """
    data = encode_json(metadata.document())
    return seal(data) if metadata.version > 1 else data


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
