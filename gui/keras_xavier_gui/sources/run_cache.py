"""Keeps the shown runs open in the reading thread. No Qt.

A `Run` is used in that thread only; other threads get frozen snapshots.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_xavier.network.outputs import output_rows
from keras_xavier.network.recorded import recorded_classes
from keras_xavier.runs import MissingNameError, Run, RunError, State, open_run
from keras_xavier.runs.configuration import configuration
from keras_xavier.runs.damage import readable
from keras_xavier.statistics import STATISTICS, Layer, Statistic
from keras_xavier_gui.sources.paths import MISSING, is_missing, name_of

UNEXPECTED = (
    "Reading failed unexpectedly; the button at the bottom right shows the error."
)


@dataclass(frozen=True)
class Snapshot:
    """An opened run at one moment.

    Attributes:
        path: Path of the run.
        name: Name of the run. The names of compared runs differ.
        version: Number that changes with each change of the run.
        layers: Layer table.
        classes: Classes of the layers, and of the layers that contain them, by name.
        outputs: Rows of the output layers in the layer table.
        steps: Recorded steps, ascending, an array of shape (record,).
        statistics: Recorded statistics of each quantity.
        state: State of the run.
        reason: Why the run failed or cannot be read.
        last_update: Time of the last heartbeat, in seconds since 1970.
        hyperparameters: Hyperparameters of the training run.
        configuration: Recorded configuration of the training run, by name.
        color: Index of its color. The colors of compared runs differ.
    """

    path: str
    name: str
    version: int
    layers: tuple[Layer, ...] = ()
    classes: Mapping[str, str] = field(default_factory=dict)
    outputs: frozenset[int] = frozenset()
    steps: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    statistics: tuple[Statistic, ...] = STATISTICS
    state: State = State.BROKEN
    reason: str | None = None
    last_update: float = 0.0
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    configuration: Mapping[str, Any] = field(default_factory=dict)
    color: int = 0

    @property
    def is_missing(self) -> bool:
        """Whether the folder of the run no longer exists."""
        return self.reason == MISSING

    @property
    def is_damaged(self) -> bool:
        """Whether the run exists, but cannot be read for a known reason."""
        is_broken = self.state is State.BROKEN and self.reason is not None
        return is_broken and not self.is_missing


@dataclass(frozen=True)
class ReadResult:
    """The result of reading from several runs, by path.

    Attributes:
        found: Values read.
        problems: Why other runs cannot be read.
        unexpected: Runs whose reading raised an unexpected exception.
    """

    found: Mapping[str, Any]
    problems: Mapping[str, str]
    unexpected: tuple[str, ...] = ()

    @property
    def reasons(self) -> dict[str, str]:
        """Why some runs were not read, expected or not."""
        return {**self.problems, **dict.fromkeys(self.unexpected, UNEXPECTED)}


class RunCache:
    """Keeps runs open and reads from them.

    Args:
        report: Called with unexpected exceptions. Like expected ones, they do not
            prevent other runs from being read.
    """

    def __init__(self, report: Callable[[Exception], None]) -> None:
        self._report = report
        self._runs: dict[str, Run] = {}
        self._snapshots: dict[str, Snapshot] = {}

    def refresh(self, paths: Sequence[str]) -> tuple[Snapshot, ...]:
        """Refreshes these runs, and closes all others."""
        for path in self._runs.keys() - set(paths):
            del self._runs[path]
        for path in self._snapshots.keys() - set(paths):
            del self._snapshots[path]
        return tuple(self._refresh(path) for path in paths)

    def close_all(self) -> None:
        """Closes all runs; the next refresh opens them again."""
        self._runs.clear()

    def read(self, paths: Sequence[str], read: Callable[[Run], Any]) -> ReadResult:
        """Reads from runs; an unreadable run does not prevent the others.

        Args:
            paths: Paths of the runs.
            read: Called with each opened run.

        Returns:
            The values that `read` returned, and the problems.
        """
        found, problems, unexpected = {}, {}, []
        for path in paths:
            try:
                found[path] = read(self._open(path))
            except (RunError, MissingNameError) as error:
                problems[path] = str(error)
            except Exception as error:  # noqa: BLE001 (is reported)
                self._report(error)
                unexpected.append(path)
        return ReadResult(found, problems, tuple(unexpected))

    def _open(self, path: str) -> Run:
        if path not in self._runs:
            self._runs[path] = open_run(path)
        return readable(self._runs[path])

    def _refresh(self, path: str) -> Snapshot:
        known = self._snapshots.get(path)
        version = known.version if known else 0
        try:
            changed = self._open_or_refresh(path)
            run = self._runs[path]
            outputs = (
                known.outputs
                if known and not changed
                else frozenset(output_rows(run.layers, run.attributes))
            )
            snapshot = Snapshot(
                path=path,
                name=run.name,
                version=version + changed,
                layers=run.layers,
                classes=recorded_classes(run.attributes),
                outputs=outputs,
                steps=run.steps,
                statistics=run.statistic_names,
                state=run.state,
                reason=run.reason,
                last_update=run.last_update,
                hyperparameters=run.hyperparameters,
                configuration=configuration(run.attributes),
            )
        except Exception as error:  # noqa: BLE001 (is shown or reported)
            self._runs.pop(path, None)
            reason = str(error)
            if is_missing(path):
                reason = MISSING
            elif not isinstance(error, RunError):
                self._report(error)
                reason = UNEXPECTED
            snapshot = Snapshot(path, name_of(path), version, reason=reason)
        self._snapshots[path] = snapshot
        return snapshot

    def _open_or_refresh(self, path: str) -> bool:
        """Opens or refreshes a run, and returns whether it has changed."""
        if run := self._runs.get(path):
            try:
                changed = run.refresh()
                readable(run)
                return changed
            except RunError:
                # Another run may have taken its place.
                del self._runs[path]
        self._open(path)
        return True
