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
from keras_xavier.runs.array_forms import ARRAYS_BY_VERSION, CHECKED, VERSION, Array
from keras_xavier.runs.checksums import NO_CHECKSUM, seal
from keras_xavier.runs.errors import RunError
from keras_xavier.statistics import (
    QUANTITIES,
    STATISTICS,
    UNIT_LIMIT,
    UNIT_STATISTICS,
    Layer,
    Quantity,
    Role,
    Statistic,
)

FORMAT = "keras-xavier run"
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
        unit_statistics: Tuple of `Statistic`, along the axis `unit_statistic`.
        metrics: Tuple of str. Names of the training metrics.
        hyperparameters: dict. Hyperparameters of the training run.
        attributes: dict. Other metadata of the training run.
        records: int. Length of the axis `step`.
        logs: int. Length of the axis `log`; of `metric_step` in version 1.
        unit_records: int. Length of the axis `unit_step`; 0 before version 3.
        last_step: int or `None`. Step of the last record; always `None` in version 1.
        record_checksum: int. Checksum of all records.
        log_checksum: int. Checksum of all values of metrics.
        unit_checksum: int. Checksum of all records of units.
        edges_checksums: Tuple of int. Checksums of the bin edges of each quantity.
        session: int. Number of writers so far.
        session_records: int. Number of records when the current writer began.
        session_logs: int. Number of values of metrics when the current writer began.
        session_units: int. Number of records of units when the current writer began.
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
    unit_statistics: tuple[Statistic, ...] = UNIT_STATISTICS
    metrics: tuple[str, ...] = ()
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    records: int = 0
    logs: int = 0
    unit_records: int = 0
    last_step: int | None = None
    record_checksum: int = 0
    log_checksum: int = 0
    unit_checksum: int = 0
    edges_checksums: tuple[int, ...] = (0,) * len(QUANTITIES)
    session: int = 1
    session_records: int = 0
    session_logs: int = 0
    session_units: int = 0
    version: int = VERSION

    @property
    def array_names(self) -> tuple[str, ...]:
        """Names of all arrays."""
        return tuple(ARRAYS_BY_VERSION[self.version])

    @property
    def unit_width(self) -> int:
        """Number of units of a layer whose statistics fit into the array `units`."""
        return max(1, min(UNIT_LIMIT, max(layer.units for layer in self.layers)))

    @property
    def record_bytes(self) -> int:
        """Bytes of a record with units in memory."""
        forms = map(self.array, ("statistics", "histogram", "units"))
        return sum(form.chunk_bytes // form.chunk[0] for form in forms)

    @property
    def metric_limit(self) -> int:
        """Maximum number of metrics."""
        return METRIC_LIMIT if self.version > 1 else METRIC_LIMIT_1

    def array(self, name: str) -> Array:
        """Returns the metadata of one of the arrays."""
        data_type, axes = ARRAYS_BY_VERSION[self.version][name]
        lengths = {
            "step": self.records,
            "quantity": len(self.quantities),
            "layer": len(self.layers),
            "statistic": len(self.statistics),
            "bin": BIN_COUNT,
            "edge": EDGE_COUNT,
            "metric_step": self.logs,
            "log": self.logs,
            "unit_step": self.unit_records,
            "unit": self.unit_width,
            "unit_statistic": len(self.unit_statistics),
            **CHECKED,
            "metric": len(self.metrics),
        }
        widths = {**lengths, "metric": self.metric_limit}
        chunk = [widths[axis] for axis in axes]
        if axes[0] in ("step", "unit_step", "metric_step"):
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
        """Returns the names along one of the axes `LABELS` and `UNIT_LABELS`."""
        return {
            "quantity": self.quantities,
            "layer": tuple(layer.name for layer in self.layers),
            "statistic": self.statistics,
            "metric": self.metrics,
            "unit_statistic": self.unit_statistics,
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
        of_units = {
            "unit_statistics": [str(statistic) for statistic in self.unit_statistics],
            "session_units": self.session_units,
            "unit_checksum": self.unit_checksum,
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
            **(of_units if self.version > 2 else {}),
        }


def layer_row(layer: Layer) -> dict[str, Any]:
    """Returns a row of the layer table as JSON.

    Infinite bounds become null. Layers, which most rows are, have no entry `role`.
    """
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
        **({"role": str(layer.role)} if layer.role is not Role.LAYER else {}),
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
