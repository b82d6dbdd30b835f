"""Finds the runs in the opened folders, and names them. No Qt."""

import itertools
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from keras_xavier.runs import RunError, RunSummary, State, find_runs, run_path
from keras_xavier.text import sanitize
from keras_xavier_gui.sources.paths import MISSING, is_remote, is_within, why_missing


@dataclass(frozen=True)
class Entry:
    """A listed run.

    Attributes:
        label: Path of the run relative to the opened folder.
        order: Sort key.
        run: Summary of the run.
        folders: Paths of the folders that contain it, from the opened folder down;
            empty if the run itself was opened.
    """

    label: str
    order: tuple[Any, ...]
    run: RunSummary
    folders: tuple[str, ...] = ()

    @property
    def is_missing(self) -> bool:
        """Whether the run was listed before, and no longer exists."""
        return self.run.reason == MISSING

    def as_missing(self) -> "Entry":
        """The entry of a run that no longer exists."""
        run = replace(self.run, state=State.BROKEN, reason=MISSING)
        return replace(self, run=run)


@dataclass(frozen=True)
class Listing:
    """The runs found.

    Attributes:
        entries: The runs, sorted.
        missing: Opened paths without runs, and the reason for each.
    """

    entries: tuple[Entry, ...]
    missing: Mapping[str, str]


def list_runs(
    sources: Sequence[str],
    find: Callable[[str], Sequence[RunSummary]] = find_runs,
) -> Listing:
    """Finds the runs of all sources, each run once.

    Args:
        sources: Paths of runs and of folders.
        find: Finds the runs in a folder.

    Returns:
        The runs found.
    """
    entries: dict[str, Entry] = {}
    missing = {}
    for number, source in enumerate(sources):
        try:
            found = find(source)
        except RunError:
            missing[source] = why_missing(source) or f"{source} does not exist."
            continue
        for run in found:
            order = (number, *natural(run.path))
            entry = Entry(label(run, source), order, run, folders(run.path, source))
            entries.setdefault(run.path, entry)
    ordered = sorted(entries.values(), key=lambda entry: entry.order)
    return Listing(tuple(disambiguate(ordered)), missing)


def find_moves(before: Sequence[Entry], now: Sequence[Entry]) -> dict[str, str]:
    """Finds runs that were moved or renamed by another program.

    Args:
        before: The runs listed before.
        now: The runs that exist.

    Returns:
        The new path of each moved run, by its old path. A missing run is at a new path
        if exactly one new run has its identity: a copy of a run is another run.
    """
    known = {entry.run.path for entry in before}
    existing = {entry.run.path for entry in now}
    new: dict[str, list[str]] = {}
    for entry in now:
        if entry.run.path not in known and entry.run.identity:
            new.setdefault(entry.run.identity, []).append(entry.run.path)
    missing = Counter(
        entry.run.identity for entry in before if entry.run.path not in existing
    )
    return {
        entry.run.path: new[entry.run.identity][0]
        for entry in before
        if entry.run.path not in existing
        and missing[entry.run.identity] == 1
        and len(new.get(entry.run.identity, ())) == 1
    }


def disambiguate(entries: Sequence[Entry]) -> list[Entry]:
    """Prefixes labels that occur more than once with the opened folder's name."""
    times = Counter(entry.label for entry in entries)
    return [
        replace(entry, label=os.path.join(folder_name(entry), entry.label))
        if times[entry.label] > 1
        else entry
        for entry in entries
    ]


def folder_name(entry: Entry) -> str:
    """Name of the folder that a label is relative to."""
    path = entry.run.path.removesuffix(".zarr").removesuffix(entry.label)
    return os.path.basename(path.rstrip("/" + os.sep))


def label(run: RunSummary, source: str) -> str:
    """The path of a run relative to the opened folder, without `.zarr`."""
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


def natural(text: str) -> tuple[str | int, ...]:
    """Sort key that puts run2 before run10."""
    parts = re.split(r"(\d+)", text)
    return tuple(int(part) if part.isdecimal() else part for part in parts)
