"""Describes a run, and follows it while another process writes it."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_xavier.runs import records as recorded
from keras_xavier.runs.intact import take_snapshot
from keras_xavier.runs.lock import silent_seconds, status
from keras_xavier.runs.schema import Metadata, State
from keras_xavier.runs.store import open_store, run_name
from keras_xavier.statistics import Layer, Quantity, Statistic


class FollowedRun:
    """A run as of its last refresh: its metadata, and the steps of its records.

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

    @property
    def unit_steps(self) -> NDArray[np.int64]:
        """Steps of the records with statistics of single units, ascending."""
        return self._snapshot.units.rows["step"]

    @property
    def unit_width(self) -> int:
        """Length of the axis of units: the largest number of stored units."""
        return self._metadata.unit_width

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

    def _summary(self) -> tuple[Any, ...]:
        metadata = self._metadata
        counts = metadata.records, metadata.unit_records
        return (metadata.revision, *counts, *self._status())

    def _status(self) -> tuple[State, str | None]:
        silent = time.monotonic() - self._silent_since
        state, reason = status(self._metadata, silent)
        remarks = [text for text in (reason, self.damage) if text]
        return state, ". ".join(remarks) or None
