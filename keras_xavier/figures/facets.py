"""Layers of several runs in panels, and the colors and styles of their lines.

Layers of a single run differ in color. If there are several runs, the runs differ in
color and the layers in line style, unless each run has its own panel.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from keras_xavier.figure_spec import Facet
from keras_xavier.figures.labels import Shown
from keras_xavier.figures.legend import Entry, with_hidden_layers
from keras_xavier.figures.paging import MOST_PANELS, nearest_page, on_page, page_count
from keras_xavier.figures.style import LineStyle, Style, line_style, marker
from keras_xavier.layer_order import merge_names
from keras_xavier.text import shorten_all

Key = tuple[int, int]
"""Position of a run, and of a layer in it."""
Entries = list[Entry]


@dataclass(frozen=True)
class Compared:
    """A run in a comparison.

    Attributes:
        name: str. Name of the run.
        index: int. Determines its color.
        layers: Tuple of str. Names of its layers.
        note: str. Text after its name, which does not affect the lines.
    """

    name: str
    index: int
    layers: tuple[str, ...]
    note: str = field(default="", compare=False)


@dataclass(frozen=True)
class Comparison:
    """Layers of runs in panels.

    Attributes:
        runs: The runs.
        visible: Names of the layers to draw, or `None` for all.
        panels: The lines that share a panel.
        page: int. Index of the page of panels.
        most: int. Maximum number of panels on a page.
        line_limit: int. Maximum number of lines on a page; 0 for any number.
    """

    runs: tuple[Compared, ...]
    visible: frozenset[str] | None
    panels: Facet
    page: int = 0
    most: int = MOST_PANELS
    line_limit: int = 0

    @cached_property
    def keys(self) -> list[Key]:
        """The visible layers."""
        return [
            (i, j)
            for i, run in enumerate(self.runs)
            for j, layer in enumerate(run.layers)
            if self.visible is None or layer in self.visible
        ]

    @cached_property
    def all_layers(self) -> list[str]:
        """Names of the layers of all runs, visible or not; see `merge_names`."""
        return merge_names([run.layers for run in self.runs])

    @cached_property
    def order(self) -> list[str]:
        """Names of the visible layers of all runs, in the same order."""
        shown = {self.layer(key) for key in self.keys}
        return [name for name in self.all_layers if name in shown]

    @cached_property
    def _positions(self) -> dict[str, int]:
        """Positions of the layers, which do not depend on the visible layers."""
        return {name: i for i, name in enumerate(self.all_layers)}

    @property
    def _all(self) -> Sequence[str | int]:
        """Names of the layers or positions of the runs of all panels."""
        return self.order if self.panels is Facet.LAYERS else range(len(self.runs))

    @property
    def pages(self) -> int:
        """Number of pages."""
        is_one = self.panels is Facet.TOGETHER
        pages = 1 if is_one else page_count(len(self._all), self.most)
        return pages * self._parts

    @property
    def _most_layers(self) -> int:
        """Maximum number of layers of each run on a page."""
        if not self.line_limit or self.panels is Facet.LAYERS:
            return max(len(self.order), 1)
        runs = len(self.runs)
        if self.panels is not Facet.TOGETHER:
            runs = min(runs, self.most)
        return max(self.line_limit // max(runs, 1), 1)

    @property
    def _parts(self) -> int:
        """Number of pages with the same panels, each with other layers."""
        return page_count(len(self.order), self._most_layers)

    @cached_property
    def _drawn(self) -> set[str]:
        """Names of the layers on this page."""
        part = self.page % self._parts
        places = on_page(len(self.order), self._most_layers, part)
        return {self.order[i] for i in places}

    @cached_property
    def _chosen(self) -> list[str | int]:
        """Names of layers or positions of runs that have a panel on this page."""
        page = self.page // self._parts
        return [self._all[i] for i in on_page(len(self._all), self.most, page)]

    @cached_property
    def _groups(self) -> dict[Key, str | int]:
        """The name of the layer or the position of the run of each line's panel."""
        if self.panels is Facet.TOGETHER:
            return dict.fromkeys(self.keys, 0)
        by_layer = self.panels is Facet.LAYERS
        return {key: self.layer(key) if by_layer else key[0] for key in self.keys}

    @cached_property
    def lines_beside(self) -> dict[Key, int]:
        """Number of lines in the panel of each line, on all pages."""
        sizes = Counter(self._groups.values())
        return {key: sizes[group] for key, group in self._groups.items()}

    @cached_property
    def shown(self) -> Shown:
        """The numbers of runs and layers on this page."""
        runs = {run for run, _ in self.places}
        layers = {self.layer(key) for key in self.places}
        return Shown(len(runs), len(layers), len(self.all_layers))

    @property
    def panel_runs(self) -> list[int]:
        """Positions of the runs of panels that are not panels of layers."""
        if self.panels is Facet.TOGETHER:
            return [*range(len(self.runs))]
        return [int(i) for i in self._chosen]

    @property
    def titles(self) -> list[str]:
        """Full titles of the panels, at least one."""
        if self.panels is Facet.TOGETHER or not self._chosen:
            return [""]
        if self.panels is Facet.LAYERS:
            return [str(name) for name in self._chosen]
        return [self.runs[int(i)].name for i in self._chosen]

    @property
    def title_notes(self) -> list[str]:
        """Notes after the titles, if each run has its own panel."""
        if self.panels in (Facet.TOGETHER, Facet.LAYERS) or not self._chosen:
            return [""] * len(self.titles)
        return [self.notes[int(i)] for i in self._chosen]

    @cached_property
    def _run_names(self) -> list[str]:
        """Short names of the runs."""
        return shorten_all([run.name for run in self.runs])

    @cached_property
    def _layer_names(self) -> dict[str, str]:
        """Short names of the layers."""
        return dict(zip(self.order, shorten_all(self.order), strict=True))

    @cached_property
    def short_names(self) -> dict[Key, str]:
        """Names of the layers as in legends and titles."""
        runs, layers = self._run_names, self._layer_names
        return {
            (i, j): f"{runs[i]}, {layers[self.layer((i, j))]}"
            if len(runs) > 1
            else layers[self.layer((i, j))]
            for i, j in self.places
        }

    @property
    def notes(self) -> list[str]:
        """Notes after the names of the runs."""
        return [run.note for run in self.runs]

    @property
    def columns(self) -> int:
        """Number of panels side by side."""
        count = len(self.titles)
        if self.panels is Facet.STACKED:
            return 1
        if self.panels is Facet.RUNS:
            return columns_for(count)
        return 1 if count <= 3 else 2 if count <= 8 else 3

    @cached_property
    def places(self) -> dict[Key, int]:
        """The index of the panel of each layer that has a panel."""
        keys = [key for key in self.keys if self.layer(key) in self._drawn]
        if self.panels is Facet.TOGETHER:
            return dict.fromkeys(keys, 0)
        panels = {one: i for i, one in enumerate(self._chosen)}
        groups = ((key, self._groups[key]) for key in keys)
        return {key: panels[one] for key, one in groups if one in panels}

    def layer(self, key: Key) -> str:
        """Returns the name of a layer."""
        return self.runs[key[0]].layers[key[1]]

    @property
    def is_by_run(self) -> bool:
        """Whether the runs differ in color, rather than the layers."""
        alone = self.panels in (Facet.RUNS, Facet.STACKED)
        return len(self.runs) > 1 and not alone

    def color(self, key: Key, style: Style) -> str:
        """Returns the color of a layer of a run."""
        run = self.runs[key[0]]
        if self.is_by_run:
            return style.run_color(run.index)
        names = self.all_layers
        return style.layer_color(self._positions[self.layer(key)], len(names))

    def line_style(self, key: Key) -> LineStyle:
        """Returns the line style of a layer; layers in the same panel differ."""
        alone = self.panels is Facet.LAYERS
        return "solid" if alone else line_style(self._positions[self.layer(key)])

    def marker(self, key: Key) -> str:
        """Returns the marker of a layer, or of a run if each layer has a panel."""
        by_run = self.is_by_run and self.panels is Facet.LAYERS
        if by_run:
            return marker(self.runs[key[0]].index)
        return marker(self._positions[self.layer(key)])

    def look_remarks(self, *, has_markers: bool) -> list[str]:
        """Returns a remark if layers that differ only in line style look alike."""
        if not self.is_by_run or self.panels is Facet.LAYERS:
            return []
        looks = {
            (self.line_style(key), self.marker(key) if has_markers else "")
            for key in self.places
        }
        if len(looks) == len({self.layer(key) for key in self.places}):
            return []
        return [f"some layers look alike, as there are {len(looks)} line styles"]

    def entries(
        self,
        style: Style,
        artist: Callable[[Key], Artist],
        *,
        has_markers: bool = False,
    ) -> tuple[Entries, Entries, str]:
        """Returns the entries of the legend.

        Args:
            style: Colors.
            artist: Returns the artist of a layer.
            has_markers: Whether the lines have markers.

        Returns:
            Tuple of three: entries of layers or runs, entries of runs in addition to
            entries of layers, and the noun for the first entries.
        """
        runs = []
        by_layer = self.panels is Facet.LAYERS
        for run, name in zip(self.runs, self._run_names, strict=True):
            if not self.is_by_run:
                break
            dot = marker(run.index) if by_layer and has_markers else ""
            color = style.run_color(run.index)
            swatch = Line2D([], [], color=color, linewidth=2.4, marker=dot)
            runs.append(Entry(swatch, name, run=run.name, note=run.note))
        if by_layer:
            return list(runs), [], "runs"
        if self.look_remarks(has_markers=has_markers):
            return list(runs), [], "runs"
        names = self._layer_names
        layers: dict[str, Entry] = {}
        for key in sorted(
            self.places, key=lambda key: self._positions[self.layer(key)]
        ):
            sample = artist(key)
            if self.is_by_run:
                sample = Line2D(
                    [],
                    [],
                    color=style.muted,
                    linestyle=self.line_style(key),
                    marker=self.marker(key) if has_markers else "",
                    markersize=5,
                )
            layer = self.layer(key)
            layers.setdefault(layer, Entry(sample, names[layer], layer=layer))
        entries = with_hidden_layers(
            list(layers.values()), self.all_layers, self.visible, style.muted
        )
        return entries, list(runs), "layers"


def columns_for(runs: int) -> int:
    """Returns the number of panels side by side, if each run has one."""
    return runs if runs <= 3 else 2 if runs == 4 else min((runs + 1) // 2, 4)


def compare(
    runs: Sequence[Compared],
    visible: Collection[str] | None,
    panels: Facet | str,
    *,
    page: int = 0,
    most: int = MOST_PANELS,
    line_limit: int = 0,
) -> Comparison:
    """Assigns runs to panels; see `Comparison`. Resolves `Facet.AUTO`.

    Args:
        runs: The runs.
        visible: Names of the layers to draw, or `None` for all.
        panels: The lines that share a panel.
        page: Index of the page; the last page if there are fewer.
        most: Maximum number of panels on a page.
        line_limit: Maximum number of lines on a page; 0 for any number.
    """
    some = None if visible is None else frozenset(visible)
    if panels == Facet.AUTO:
        panels = Facet.RUNS if len(runs) > 1 else Facet.TOGETHER
    found = Comparison(tuple(runs), some, Facet(panels), 0, most, line_limit)
    return replace(found, page=nearest_page(page, found.pages))


def select(layers: Sequence[str], visible: Collection[str] | None) -> NDArray[np.bool_]:
    """Returns whether each layer is visible, as array of bool of shape (layer,)."""
    return np.array([visible is None or name in visible for name in layers], bool)
