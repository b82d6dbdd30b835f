"""Arranges runs side by side, with a panel for each of some layers of each run.

A run is one column of panels, or one row. Across the runs, a line of panels shows the
same layer of each run if the runs have names of layers in common. If runs overlap, a
line is one panel.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from keras_xavier.figure_spec import Facet
from keras_xavier.figures.facets import Key, columns_for
from keras_xavier.figures.labels import Shown
from keras_xavier.figures.paging import (
    MOST_IN_FILE,
    MOST_PANELS,
    each_page,
    nearest_page,
)
from keras_xavier.layer_order import merge_names
from keras_xavier.text import LONGEST_NAME, shorten_all

MAP_LAYERS, RIDGE_LAYERS = 6, 4
"""Maximum number of panels of a single run on a page."""
MOST_OF_EACH = 4
"""Maximum number of panels of each run on a page, and of panels side by side."""
MOST_RIDGES, MOST_ROWS = 20, 4
"""Maximum number of ridges one below the other, and of rows of panels."""
MOST_OVERLAID, RIDGES_IN_PANEL = 7, 60
"""Maximum number of runs in a panel, one for each color, and of all their ridges."""
BETWEEN = ", "
"""Separates the name of a run from the name of its layer."""
Line = tuple[Key | None, ...]
"""One layer of each run; `None` if a run does not have it."""


@dataclass(frozen=True)
class FacetLayout:
    """The layers of runs that have a panel, and the positions of the panels.

    Attributes:
        names: Names of all runs.
        layers: Names of the layers of each run, in model order.
        shown: Indices of the runs that have panels.
        lines: The layers that have a panel, of each shown run.
        in_rows: Whether a run is a row of panels rather than a column.
        overlaid: Whether all runs share the panel of a layer.
        page: Index of the page.
        pages: Number of pages.
    """

    names: tuple[str, ...]
    layers: tuple[tuple[str, ...], ...]
    shown: tuple[int, ...]
    lines: tuple[Line, ...]
    in_rows: bool
    overlaid: bool
    page: int = 0
    pages: int = 1

    @property
    def panels(self) -> list[list[Key]]:
        """The layers in each panel, from left to right and from top to bottom."""
        if self.overlaid:
            return [[key for key in line if key is not None] for line in self.lines]
        lines = zip(*self.lines, strict=True) if self.in_rows else self.lines
        cells = chain.from_iterable(lines)
        return [[] if key is None else [key] for key in cells]

    @property
    def keys(self) -> list[Key]:
        """The layers that have a panel, in the order of the panels."""
        return list(chain.from_iterable(self.panels))

    @property
    def columns(self) -> int:
        """Number of panels side by side."""
        runs, layers = len(self.shown), len(self.lines)
        if runs > 1 and not self.overlaid:
            if layers == 1:
                return columns_for(runs)
            return layers if self.in_rows else runs
        if self.in_rows:
            return min(max(layers, 1), MOST_OF_EACH)
        return 1 if layers <= 3 else 2

    @property
    def rows(self) -> int:
        """Number of panels one below the other."""
        return max(math.ceil(len(self.panels) / self.columns), 1)

    def layer(self, key: Key) -> str:
        """Returns the name of a layer."""
        return self.layers[key[0]][key[1]]

    def name(self, key: Key) -> str:
        """Returns the name of a layer, preceded by its run if there are several."""
        layer = self.layer(key)
        return BETWEEN.join((self.names[key[0]], layer)) if self.compares else layer

    @property
    def compares(self) -> bool:
        """Whether there are several runs."""
        return len(self.names) > 1

    def chosen(self, run: int) -> list[str]:
        """Returns the names of the layers of a run that have a panel."""
        keys = [key for key in chain.from_iterable(self.lines) if key is not None]
        return [self.layer(key) for key in keys if key[0] == run]

    def titles(self, longest: int = LONGEST_NAME) -> list[str]:
        """Titles of the panels: names of layers.

        The first panel of each run has the name of the run as a first line.

        Args:
            longest: int. Maximum number of characters.
        """
        if self.overlaid or not self.compares:
            # Layers without common names share a panel by depth.
            names = [dict.fromkeys(map(self.layer, keys)) for keys in self.panels]
            return shorten_all([" / ".join(one) for one in names], longest) or [""]
        layers = list(dict.fromkeys(map(self.layer, self.keys)))
        short = dict(zip(layers, shorten_all(layers, longest), strict=True))
        alone = not self.in_rows or len(self.lines) == 1
        room = longest if alone else longest * self.columns
        runs = shorten_all([self.names[run] for run in self.shown], room)

        def title(line: Line, place: int) -> str:
            key = line[place]
            if key is None:
                others = {self.layer(other) for other in line if other is not None}
                text = f"no {short[others.pop()]}" if len(others) == 1 else ""
            else:
                text = short[self.layer(key)]
            return f"{runs[place]}\n{text}" if line is self.lines[0] else text

        titles = [[title(line, i) for i in range(len(line))] for line in self.lines]
        ordered = zip(*titles, strict=True) if self.in_rows else titles
        return list(chain.from_iterable(ordered)) or [""]

    def count_shown(self, all_layers: Sequence[Sequence[str]]) -> Shown:
        """Returns the numbers of runs and layers that have a panel.

        Args:
            all_layers: Names of all layers of each run, with a panel or without.
        """
        layers = {self.layer(key) for key in self.keys}
        every = {name for names in all_layers for name in names}
        return Shown(len(self.shown), len(layers), len(every))

    @property
    def headed(self) -> list[int]:
        """Indices of the rows whose titles have a first line."""
        titles = enumerate(self.titles())
        return [i // self.columns for i, title in titles if "\n" in title]


def arrange(
    names: Sequence[str],
    layers: Sequence[Sequence[str]],
    visible: Collection[str] | None,
    *,
    alone: int,
    most_rows: int = 0,
    overlaid: bool = False,
    page: int = 0,
    whole: bool = False,
) -> FacetLayout:
    """Chooses the panels of a page.

    Args:
        names: Names of the runs.
        layers: Names of the layers of each run, in model order.
        visible: Names of the layers to draw, or `None` for all.
        alone: int. Largest number of layers of a single run on a page.
        most_rows: int. Largest number of runs that are rows of panels; more runs are
            columns.
        overlaid: bool. Whether the runs share panels, which leaves room for as many
            layers as of a single run.
        page: int. Index of the page; the last page if there are fewer.
        whole: bool. Whether the figure grows with its panels: the only page has up to
            `MOST_IN_FILE` panels of up to `MOST_OF_EACH` runs.

    Returns:
        The runs and layers of the page: the same layers of each run, in model order.
        The last pages of some runs precede the first page of the next runs.
    """
    wanted = [
        [j for j, name in enumerate(of) if visible is None or name in visible]
        for of in layers
    ]
    drawn = [i for i, of in enumerate(wanted) if of]
    pages: list[tuple[tuple[int, ...], tuple[Line, ...]]] = []
    most_runs = MOST_OVERLAID if overlaid else MOST_PANELS
    if whole:
        drawn = drawn[:most_runs]
    for chunk in each_page(len(drawn), most_runs):
        runs = [drawn[i] for i in chunk]
        lines = _lines(runs, layers, wanted)
        most = _most_layers(1 if overlaid else len(runs), alone, whole)
        if whole:
            lines = lines[:most]
        for part in each_page(len(lines), most):
            pages.append(_without_empty(runs, [lines[i] for i in part]))
    page = nearest_page(page, len(pages))
    shown, chosen = pages[page]
    return FacetLayout(
        tuple(names),
        tuple(map(tuple, layers)),
        shown,
        chosen,
        # Many layers of several runs need columns for the runs.
        len(shown) <= most_rows and (len(shown) == 1 or len(chosen) <= MOST_OF_EACH),
        overlaid and len(shown) > 1,
        page,
        len(pages),
    )


def arrange_maps(
    names: Sequence[str],
    layers: Sequence[Sequence[str]],
    visible: Collection[str] | None = None,
    *,
    page: int = 0,
    whole: bool = False,
) -> FacetLayout:
    """Lays out maps: runs are columns; see `arrange`."""
    return arrange(names, layers, visible, alone=MAP_LAYERS, page=page, whole=whole)


def arrange_ridges(
    names: Sequence[str],
    layers: Sequence[Sequence[str]],
    visible: Collection[str] | None = None,
    panels: Facet | str = Facet.RUNS,
    *,
    page: int = 0,
    whole: bool = False,
) -> FacetLayout:
    """Lays out ridgelines: runs are rows, as ridges need height; see `arrange`."""
    return arrange(
        names,
        layers,
        visible,
        alone=RIDGE_LAYERS,
        # With more rows, not even a few ridges are distinguishable.
        most_rows=MOST_OVERLAID if panels == Facet.LAYERS else MOST_ROWS,
        overlaid=panels == Facet.LAYERS,
        page=page,
        whole=whole,
    )


def most_ridges(arrangement: FacetLayout) -> int:
    """Returns the number of distinguishable ridges in each panel."""
    if arrangement.overlaid:
        return min(MOST_RIDGES, RIDGES_IN_PANEL // len(arrangement.shown))
    return MOST_RIDGES // min(arrangement.rows, MOST_ROWS)


def _most_layers(runs: int, alone: int, whole: bool) -> int:
    """Returns the largest number of layers of each run on a page."""
    if whole and runs <= MOST_OF_EACH:
        return MOST_IN_FILE // max(runs, 1)
    return alone if runs <= 1 else max(min(MOST_OF_EACH, MOST_PANELS // runs), 1)


def _lines(
    runs: Sequence[int],
    layers: Sequence[Sequence[str]],
    wanted: Sequence[Sequence[int]],
) -> list[Line]:
    """Returns the lines of panels of all layers.

    A line has layers of the same name if the runs have any in common, else of the
    same depth.
    """
    by_name = [{layers[i][j]: (i, j) for j in wanted[i]} for i in runs]
    if len(runs) > 1 and set.intersection(*map(set, by_name)):
        order = merge_names([list(of) for of in by_name])
        return [tuple(of.get(name) for of in by_name) for name in order]
    return list(zip_longest(*[[(i, j) for j in wanted[i]] for i in runs]))


def _without_empty(
    runs: Sequence[int], lines: Sequence[Line]
) -> tuple[tuple[int, ...], tuple[Line, ...]]:
    """Leaves out runs that have none of the layers of a page."""
    kept = [k for k in range(len(runs)) if any(line[k] is not None for line in lines)]
    shown = tuple(runs[k] for k in kept)
    return shown, tuple(tuple(line[k] for k in kept) for line in lines)
