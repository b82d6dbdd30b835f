"""The runs that are open, as the reading thread sees them. No Qt.

A `Run` lives in that thread only; what other threads get are frozen facts.
"""

import itertools
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_xavier.runs import (
    Run,
    RunError,
    RunSummary,
    State,
    find_runs,
    open_run,
    run_path,
)
from keras_xavier.statistics import Layer
from keras_xavier.text import sanitize


@dataclass(frozen=True)
class Entry:
    """A row of the list of runs.

    Attributes:
        label: Path of the run within the folder that was opened.
        order: Rows are sorted by it.
        run: What is known of the run.
        folders: Paths of the folders it lies in, from the opened one on; none if
            the run itself was opened.
    """

    label: str
    order: tuple[Any, ...]
    run: RunSummary
    folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listing:
    """The runs found, and why there is nothing at opened paths."""

    entries: tuple[Entry, ...]
    missing: Mapping[str, str]


@dataclass(frozen=True)
class Snapshot:
    """What is known of an opened run at one moment.

    Attributes:
        path: Where it is.
        name: Its name.
        version: Differs whenever there is something new to read.
        layers: Its layer table.
        steps: The recorded steps, ascending.
        state: Whether it is live, finished, …
        reason: Why it failed or cannot be read.
        last_update: Time of its last sign of life, in seconds since 1970.
        settings: What the network was trained with.
    """

    path: str
    name: str
    version: int
    layers: tuple[Layer, ...] = ()
    steps: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    state: State = State.BROKEN
    reason: str | None = None
    last_update: float = 0.0
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """What was read from some runs, by path.

    Attributes:
        found: What was read of those that can be read.
        problems: Why others cannot be.
        unforeseen: Those at which reading went wrong unexpectedly.
    """

    found: Mapping[str, Any]
    problems: Mapping[str, str]
    unforeseen: tuple[str, ...] = ()

    @property
    def reasons(self) -> dict[str, str]:
        """Why there is nothing of some runs, foreseen or not."""
        return {**self.problems, **dict.fromkeys(self.unforeseen, UNFORESEEN)}


UNFORESEEN = "Reading it failed; the button at the bottom right tells why."


def list_runs(sources: Sequence[str]) -> Listing:
    """Finds the runs of all sources, each run once.

    Args:
        sources: Paths of runs and of folders.

    Returns:
        What was found.
    """
    entries: dict[str, Entry] = {}
    missing = {}
    for number, source in enumerate(sources):
        try:
            found = find_runs(source)
        except RunError:
            missing[source] = why_missing(source) or f"{source} is not there."
            continue
        for run in found:
            order = (number, *natural(run.path))
            entry = Entry(label(run, source), order, run, folders(run.path, source))
            entries.setdefault(run.path, entry)
    ordered = sorted(entries.values(), key=lambda entry: entry.order)
    return Listing(tuple(tell_apart(ordered)), missing)


def tell_apart(entries: Sequence[Entry]) -> list[Entry]:
    """Adds their folder to labels that are the same in several sources."""
    times = Counter(entry.label for entry in entries)
    return [
        replace(entry, label=os.path.join(folder_name(entry), entry.label))
        if times[entry.label] > 1
        else entry
        for entry in entries
    ]


def folder_name(entry: Entry) -> str:
    """Name of the folder that the label of a run starts from."""
    path = entry.run.path.removesuffix(".zarr").removesuffix(entry.label)
    return os.path.basename(path.rstrip("/" + os.sep))


class RunCache:
    """Keeps the runs that are followed open, and reads from them.

    Args:
        report: Takes exceptions that were not foreseen; they, too, keep nobody from
            the other runs.
    """

    def __init__(self, report: Callable[[Exception], None]) -> None:
        self._report = report
        self._runs: dict[str, Run] = {}
        self._snapshots: dict[str, Snapshot] = {}

    def refresh(self, paths: Sequence[str]) -> tuple[Snapshot, ...]:
        """Looks what is new in some runs; those that are not named are closed."""
        for path in self._runs.keys() - set(paths):
            del self._runs[path]
        for path in self._snapshots.keys() - set(paths):
            del self._snapshots[path]
        return tuple(self._refresh(path) for path in paths)

    def close_all(self) -> None:
        """Has every run opened anew when it is next looked at."""
        self._runs.clear()

    def read(self, paths: Sequence[str], reading: Callable[[Run], Any]) -> Reading:
        """Reads from runs; one that cannot be read keeps nobody from the others.

        Args:
            paths: Where they are.
            reading: Called with each opened run.

        Returns:
            What `reading` returns of each.
        """
        found, problems, unforeseen = {}, {}, []
        for path in paths:
            try:
                found[path] = reading(self._open(path))
            except RunError as error:
                problems[path] = str(error)
            except Exception as error:  # noqa: BLE001 (is reported)
                self._report(error)
                unforeseen.append(path)
        return Reading(found, problems, tuple(unforeseen))

    def _open(self, path: str) -> Run:
        if path not in self._runs:
            self._runs[path] = open_run(path)
        return self._runs[path]

    def _refresh(self, path: str) -> Snapshot:
        known = self._snapshots.get(path)
        version = known.version if known else 0
        try:
            changed = self._look(path)
            run = self._runs[path]
            snapshot = Snapshot(
                path=path,
                name=run.name,
                version=version + changed,
                layers=run.layers,
                steps=run.steps,
                state=run.state,
                reason=run.reason,
                last_update=run.last_update,
                settings=run.hyperparameters,
            )
        except Exception as error:  # noqa: BLE001 (is told or reported)
            self._runs.pop(path, None)
            reason = str(error)
            if not isinstance(error, RunError):
                self._report(error)
                reason = UNFORESEEN
            snapshot = Snapshot(path, name_of(path), version, reason=reason)
        self._snapshots[path] = snapshot
        return snapshot

    def _look(self, path: str) -> bool:
        """Opens or refreshes a run, and tells whether there is anything new."""
        if run := self._runs.get(path):
            try:
                return run.refresh()
            except RunError:
                # Perhaps another run has taken its place.
                del self._runs[path]
        self._open(path)
        return True


def is_remote(path: str) -> bool:
    return "://" in path


def find_source(path: str) -> str | None:
    """The run or folder that is meant by a path.

    Args:
        path: Of a run, with or without `.zarr`, of a folder, of a file inside of
            a run, or an fsspec URL. It may be one that is made later.

    Returns:
        The same text for the same place, `None` for a file that is no part of a
        run.
    """
    if is_remote(path):
        return path
    path = os.path.abspath(os.path.expanduser(path))
    if not os.path.exists(path):
        run = run_path(path)
        return run if os.path.exists(run) else path
    folder = path
    while os.path.basename(folder):
        if folder.endswith(".zarr"):
            return folder
        folder = os.path.dirname(folder)
    return path if os.path.isdir(path) else None


def why_missing(path: str) -> str:
    """Says why nothing can be opened at a path; the empty text if something can.

    What is not on this machine is not looked at.
    """
    if is_remote(path):
        return ""
    source = find_source(path)
    if source and not os.path.exists(source):
        return f"{path} is not there."
    if source is None or not os.path.isdir(source):
        return f"{path} is a file, no run: a run is a folder, NAME.zarr."
    return ""


def is_within(path: str, source: str) -> bool:
    """Whether a run is the source or lies in it."""
    return path == source or path.startswith(source.rstrip("/" + os.sep) + os.sep)


def label(run: RunSummary, source: str) -> str:
    """How a run is called in the list: its path from the opened folder on."""
    if is_remote(run.path) or run.path == source or not is_within(run.path, source):
        return run.name
    return sanitize(os.path.relpath(run.path, source).removesuffix(".zarr"))


def folders(path: str, source: str) -> tuple[str, ...]:
    """The folders from the opened one down to a run.

    >>> folders("/runs/deep/tanh.zarr", "/runs")
    ('/runs', '/runs/deep')
    """
    if path in (source, run_path(source)):
        return ()
    separator = "/" if is_remote(source) else os.sep
    start = source.rstrip("/" + os.sep)
    if not path.startswith(start + separator):
        return (source,)
    parts = path[len(start) + 1 :].split(separator)[:-1]
    inner = itertools.accumulate(parts, lambda one, two: one + separator + two)
    return source, *(start + separator + folder for folder in inner)


def name_of(path: str) -> str:
    return sanitize(os.path.basename(path.rstrip("/")).removesuffix(".zarr"))


def natural(text: str) -> tuple[str | int, ...]:
    """Sorts run2 before run10."""
    parts = re.split(r"(\d+)", text)
    return tuple(int(part) if part.isdecimal() else part for part in parts)
