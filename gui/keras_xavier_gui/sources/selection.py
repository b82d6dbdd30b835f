"""The runs, layers and step that the user selected."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from keras_xavier.statistics import Layer, Role
from keras_xavier_gui.qt import QtCore, Signal
from keras_xavier_gui.sources.comparison import SAFE_COLORS, Comparison, compare
from keras_xavier_gui.sources.run_cache import Snapshot

FARTHEST = 2**62
"""Commands and bookmarks may ask for steps that are too large for an array."""


@dataclass(frozen=True)
class Emphasis:
    """Runs and layers that plots and lists emphasize.

    Attributes:
        runs: Paths of runs; empty for all runs.
        layers: Names of layers; empty for all layers.
    """

    runs: frozenset[str] = frozenset()
    layers: frozenset[str] = frozenset()


class Selection(QtCore.QObject):
    """The selected runs, layers and step, which all plots share.

    Attributes:
        comparison: The selected runs that are not hidden, with names and colors.
        hidden: Names of layers that are not drawn in any run.
        extra: Names of rows that are drawn though they are not layers, such as biases.
        step: The selected step, or `None` for the latest one.
        is_awaited: Whether selected runs have not been read yet.
        emphasis: The runs and layers to emphasize, or `None`.
    """

    runs_changed = Signal()
    renamed = Signal(str, str)
    """The old and the new path of a run."""
    layers_changed = Signal()
    step_changed = Signal()
    emphasis_changed = Signal()
    marked_changed = Signal()

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self.comparison = Comparison()
        self.hidden: frozenset[str] = frozenset()
        self.extra: frozenset[str] = frozenset()
        self.step: int | None = None
        self.is_awaited = False
        self.emphasis: Emphasis | None = None
        self._marked: Emphasis | None = None
        self._pointed: Emphasis | None = None
        self._facts: list[tuple[object, ...]] = []
        self._colors: dict[str, int] = {}
        self._selected = Comparison()
        self._hidden_paths: frozenset[str] = frozenset()

    @property
    def runs(self) -> tuple[Snapshot, ...]:
        """The selected runs in the order of the list, with unique names and colors.

        Runs that are hidden in plots are not among them.
        """
        return self.comparison.runs

    @property
    def all_runs(self) -> tuple[Snapshot, ...]:
        """The selected runs, including those that are hidden in plots."""
        return self._selected.runs

    @property
    def hidden_runs(self) -> frozenset[str]:
        """Paths of the selected runs that are hidden in plots."""
        return self._hidden_paths & {run.path for run in self.all_runs}

    @property
    def run(self) -> Snapshot | None:
        """The first selected run with records, if any has."""
        return self.comparison.main

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The rows of the layer tables of all selected runs, in network order."""
        return self.comparison.layers

    @property
    def steps(self) -> NDArray[np.int64]:
        """The steps recorded by any selected run, ascending."""
        return self.comparison.steps

    @property
    def record(self) -> int | None:
        """Index in `steps` nearest to the selected step; `None` without steps."""
        if not len(self.steps):
            return None
        if self.step is None:
            return len(self.steps) - 1
        return int(np.argmin(np.abs(self.steps - self.step)))

    def reserve_colors(self, paths: Iterable[str]) -> None:
        """Gives listed runs different colors, as long as there are safe colors."""
        for path in paths:
            self._colors.setdefault(path, len(self._colors) % SAFE_COLORS)

    def rename(self, old: str, new: str) -> None:
        """Replaces the path of a run; it keeps its color and stays selected."""
        if old in self._colors:
            self._colors[new] = self._colors.pop(old)
        self.renamed.emit(old, new)
        paths = {new if path == old else path for path in self._hidden_paths}
        self._hidden_paths = frozenset(paths)
        self.set_runs(
            [
                replace(run, path=new) if run.path == old else run
                for run in self.all_runs
            ]
        )

    def expect_runs(self) -> None:
        """Announces that `set_runs` follows once the runs are read."""
        self.is_awaited = True
        if not self.runs:
            self.runs_changed.emit()

    def set_runs(self, runs: Sequence[Snapshot]) -> None:
        """Selects runs, in the order of the list of runs."""
        was_awaited, self.is_awaited = self.is_awaited, False
        is_settled = was_awaited and not runs
        now = [facts(run) for run in runs]
        if now != self._facts or is_settled:
            self._facts = now
            self._selected = compare(runs, self._colors)
            self._colors |= {run.path: run.color for run in self.all_runs}
            # A run that is selected again is drawn.
            self.hide_runs(self._hidden_paths & {run.path for run in runs})

    def hide_runs(
        self, paths: Collection[str], among: Collection[str] | None = None
    ) -> None:
        """Sets the selected runs that plots do not draw; they cannot hide all runs.

        Args:
            paths: Paths of the runs to hide.
            among: Paths of the runs that are selected next. Defaults to None: the
                selected runs.
        """
        selected = [run.path for run in self.all_runs]
        every = {*(selected if among is None else among)}
        self._hidden_paths = frozenset() if every <= {*paths} else frozenset(paths)
        shown = [run for run in self.all_runs if run.path not in self._hidden_paths]
        # Until the next runs are selected, all of the present ones may be hidden.
        is_whole = len(shown) in (0, len(selected))
        self.comparison = self._selected if is_whole else Comparison(tuple(shown))
        self.runs_changed.emit()

    def is_drawn(self, layer: Layer) -> bool:
        """Returns whether a row of a layer table is drawn."""
        if layer.role is Role.LAYER:
            return layer.name not in self.hidden
        return layer.name in self.extra

    def drawn_names(
        self, layers: Sequence[Layer], outputs: Collection[int]
    ) -> list[str] | None:
        """Returns the rows for figures to read; `None` for the layers alone.

        Output layers are not among them: a figure that leaves them out by default
        would draw them if they were named.
        """
        drawn = [one for one in layers if self.is_drawn(one)]
        extra = [one.name for one in drawn if one.role is not Role.LAYER]
        if not extra:
            return None
        usual = [one.name for one in drawn if one.role is Role.LAYER]
        ends = {layers[row].name for row in outputs}
        return [*([one for one in usual if one not in ends] or usual), *extra]

    def set_hidden(self, layers: Collection[str], extra: Collection[str] = ()) -> None:
        """Sets which layers are hidden, and which rows that are no layers are drawn."""
        if (frozenset(layers), frozenset(extra)) != (self.hidden, self.extra):
            self.hidden, self.extra = frozenset(layers), frozenset(extra)
            self.layers_changed.emit()

    def show_layers(self, names: Collection[str]) -> None:
        """Draws these rows, too."""
        self.set_hidden(self.hidden.difference(names), self.extra.union(names))

    def show_only(self, names: Collection[str]) -> None:
        """Draws these rows and no others."""
        layers = {one.name for one in self.layers if one.role is Role.LAYER}
        self.set_hidden(layers.difference(names), set(names) - layers)

    def point_at(self, emphasis: Emphasis | None) -> None:
        """Emphasizes what the mouse or the keyboard points at, until it moves on."""
        self._pointed = emphasis
        self._emphasize()

    def mark(self, emphasis: Emphasis | None) -> None:
        """Emphasizes runs and layers until others are marked."""
        is_new, self._marked = emphasis != self._marked, emphasis
        self._emphasize()
        if is_new:
            self.marked_changed.emit()

    @property
    def marked(self) -> Emphasis | None:
        """The runs and layers that were marked, even if the mouse is over others."""
        return self._marked

    def _emphasize(self) -> None:
        emphasis = self._marked if self._pointed is None else self._pointed
        if emphasis != self.emphasis:
            self.emphasis = emphasis
            self.emphasis_changed.emit()

    def set_record(self, record: int) -> None:
        """Selects one of `steps` by index; the last index selects the latest step."""
        if not len(self.steps):
            return
        last = len(self.steps) - 1
        record = min(max(record, 0), last)
        self.set_step(None if record == last else int(self.steps[record]))

    def go_to(self, step: float) -> None:
        """Selects the recorded step nearest to a step."""
        if len(self.steps):
            self.set_record(int(np.argmin(np.abs(self.steps - step))))

    def move(self, records: int) -> None:
        """Selects the step this many records later."""
        if (record := self.record) is not None:
            self.set_record(record + records)

    def set_step(self, step: int | None) -> None:
        """Selects a step, recorded or not; `None` selects the latest step."""
        if step is not None:
            step = min(max(step, 0), FARTHEST)
        if step != self.step:
            self.step = step
            self.step_changed.emit()


def facts(run: Snapshot) -> tuple[object, ...]:
    """Everything that a plot of the run depends on."""
    return run.path, run.version, run.state, run.reason
