"""The compared runs: their order, names and colors, and the union of layers. No Qt."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count

import numpy as np
from numpy.typing import NDArray

from keras_xavier.layer_order import merge_names
from keras_xavier.runs import State
from keras_xavier.statistics import Layer
from keras_xavier.text import sanitize
from keras_xavier_gui.sources.run_cache import Snapshot

SAFE_COLORS = 7
"""Number of colors of runs that color-blind readers distinguish; see
`keras_xavier.figures.style`, whose import would take too long here."""


@dataclass(frozen=True)
class Comparison:
    """The compared runs. Lists, plots and reports take order, names and colors from it.

    Attributes:
        runs: The compared runs in the order of the list of runs. Names and colors
            differ from run to run.
    """

    runs: tuple[Snapshot, ...] = ()

    @property
    def main(self) -> Snapshot | None:
        """The first run with records, or else the first one that can be read."""

        def rank(run: Snapshot) -> tuple[bool, bool]:
            return len(run.steps) > 0, run.state is not State.BROKEN

        return max(self.runs, key=rank, default=None)

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The rows of the layer tables of all runs, in the order of the networks."""
        rows: dict[str, Layer] = {}
        for run in self.runs:
            for layer in run.layers:
                rows.setdefault(layer.name, layer)
        tables = {tuple(layer.name for layer in run.layers): None for run in self.runs}
        return tuple(rows[name] for name in merge_names([*tables]))

    @cached_property
    def steps(self) -> NDArray[np.int64]:
        """The steps recorded by any run, ascending."""
        none = np.empty(0, np.int64)
        return np.unique(np.concatenate([none, *(run.steps for run in self.runs)]))


def compare(
    snapshots: Sequence[Snapshot], last_colors: Mapping[str, int]
) -> Comparison:
    """Compares runs.

    Args:
        snapshots: The runs, in the order of the list of runs.
        last_colors: Color that each run had last or is to have, by path.
    """
    paths = [run.path for run in snapshots]
    names, colors = unique_names(paths), assign_colors(paths, last_colors)
    return Comparison(
        tuple(
            replace(run, name=names[run.path], color=colors[run.path])
            for run in snapshots
        )
    )


def unique_names(paths: Sequence[str]) -> dict[str, str]:
    """Names of runs by path; equal names are preceded by the folders that differ.

    >>> list(unique_names(["/a/runs/tanh.zarr", "/b/runs/tanh.zarr"]).values())
    ['a/runs/tanh', 'b/runs/tanh']
    """
    parts = {path: parts_of(path) for path in paths}
    most = max(map(len, parts.values()), default=0)
    names: dict[str, str] = {}
    for length in range(1, most + 1):
        short = {
            path: "/".join(map(sanitize, of[-length:]))
            for path, of in parts.items()
            if path not in names
        }
        times = Counter(short.values())
        names |= {
            path: name
            for path, name in short.items()
            if times[name] == 1 or length == most
        }
    unique: dict[str, str] = {}
    for path in paths:
        # Paths may differ only in their suffix or in unprintable characters.
        numbered = (f"{names[path]} ({number})" for number in count(2))
        taken = unique.values()
        is_free = names[path] not in taken
        unique[path] = (
            names[path] if is_free else next(x for x in numbered if x not in taken)
        )
    return unique


def parts_of(path: str) -> list[str]:
    """The folders of a run, from the outermost one, and its name."""
    plain = path.replace(os.sep, "/").rstrip("/").removesuffix(".zarr")
    return [part for part in plain.split("/") if part] or [path]


def assign_colors(paths: Sequence[str], last: Mapping[str, int]) -> dict[str, int]:
    """Assigns each run a color of its own, if possible the color it had last.

    Args:
        paths: Paths of the runs.
        last: Color that each run had last or is to have, by path.
    """
    room = max(SAFE_COLORS, len(paths))
    colors: dict[str, int] = {}
    taken: set[int] = set()
    for path in paths:
        wanted = last.get(path, room)
        if wanted < room and wanted not in taken:
            colors[path] = wanted
            taken.add(wanted)
    free = (color for color in count() if color not in taken)
    return {path: colors[path] if path in colors else next(free) for path in paths}
