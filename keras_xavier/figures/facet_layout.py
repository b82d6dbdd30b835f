"""Arranges runs side by side, with a panel for as many layers of each run as fit.

A run is one column of panels, or one row. Across the runs, a line of panels shows the
same layer of each run if the runs have names of layers in common. If runs overlap, a
line is one panel.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from keras_xavier.figure_spec import Facet
from keras_xavier.figures.facets import MOST_PANELS, Key, columns_for
from keras_xavier.text import LONGEST_NAME, evenly_spaced, shorten_all

MAP_LAYERS, RIDGE_LAYERS = 6, 4
"""Maximum number of panels of a single run."""
MOST_OF_EACH = 4
"""Maximum number of panels of each run if there are several."""
MOST_RIDGES, MOST_ROWS = 20, 4
"""Maximum number of ridges one below the other, and of rows of panels."""
MOST_OVERLAID, RIDGES_IN_PANEL = 7, 60
"""Maximum number of runs in a panel, one for each color, and of all their ridges."""
MOST_NAMED = 2
"""Maximum number of layers without a panel that are listed by name."""
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
    """

    names: tuple[str, ...]
    layers: tuple[tuple[str, ...], ...]
    shown: tuple[int, ...]
    lines: tuple[Line, ...]
    in_rows: bool
    overlaid: bool

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
        return max(layers, 1) if self.in_rows else 1 if layers <= 3 else 2

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

    @property
    def headed(self) -> list[int]:
        """Indices of the rows whose titles have a first line."""
        titles = enumerate(self.titles())
        return [i // self.columns for i, title in titles if "\n" in title]

    def remarks(self, all_layers: Sequence[Sequence[str]], all_runs: int) -> list[str]:
        """Returns remarks on runs and layers that are not shown.

        Args:
            all_layers: Names of all layers of each run.
            all_runs: int. Number of runs, including those without a panel.
        """
        found = []
        if len(self.shown) < all_runs:
            found.append(f"{len(self.shown)} of {all_runs:,} runs")
        some = [self.chosen(run) for run in self.shown]
        every = [all_layers[run] for run in self.shown]
        missing = dict.fromkeys(
            name
            for chosen, layers in zip(some, every, strict=True)
            for name in layers
            if name not in chosen
        )
        if missing:
            most = max(map(len, every))
            alike = len({*map(len, every)}) == 1
            shown = f"{max(map(len, some))} of {'' if alike else 'up to '}{most} layers"
            if len(missing) <= MOST_NAMED:
                shown += f", without {' and '.join(shorten_all([*missing]))}"
            found.append(shown)
        return found


def arrange(
    names: Sequence[str],
    layers: Sequence[Sequence[str]],
    visible: Collection[str] | None,
    *,
    alone: int,
    most_rows: int = 0,
    overlaid: bool = False,
) -> FacetLayout:
    """Chooses evenly spaced layers, the same of each run.

    Args:
        names: Names of the runs.
        layers: Names of the layers of each run, in model order.
        visible: Names of the layers to draw, or `None` for all.
        alone: int. Largest number of layers of a single run.
        most_rows: int. Largest number of runs that are rows of panels; more runs are
            columns.
        overlaid: bool. Whether the runs share panels, which leaves room for as many
            layers as of a single run.

    Returns:
        The runs that have such layers, at most `MOST_PANELS` or `MOST_OVERLAID`, and
        of each at most `MOST_OF_EACH` layers.
    """
    wanted = [
        [j for j, name in enumerate(of) if visible is None or name in visible]
        for of in layers
    ]
    shown = [i for i, of in enumerate(wanted) if of]
    shown = shown[: MOST_OVERLAID if overlaid else MOST_PANELS]
    most = alone
    if len(shown) > 1 and not overlaid:
        most = max(min(MOST_OF_EACH, MOST_PANELS // len(shown)), 1)
    by_name = [{layers[i][j]: (i, j) for j in wanted[i]} for i in shown]
    lines: list[Line]
    if len(shown) > 1 and (chosen := _common(by_name, most)):
        lines = [tuple(of.get(name) for of in by_name) for name in chosen]
    else:
        by_depth = [
            [(i, wanted[i][k]) for k in evenly_spaced(len(wanted[i]), most)]
            for i in shown
        ]
        lines = list(zip_longest(*by_depth))
    return FacetLayout(
        tuple(names),
        tuple(map(tuple, layers)),
        tuple(shown),
        tuple(lines),
        len(shown) <= most_rows,
        overlaid and len(shown) > 1,
    )


def arrange_maps(
    names: Sequence[str],
    layers: Sequence[Sequence[str]],
    visible: Collection[str] | None = None,
) -> FacetLayout:
    """Lays out maps: runs are columns; see `arrange`."""
    return arrange(names, layers, visible, alone=MAP_LAYERS)


def arrange_ridges(
    names: Sequence[str],
    layers: Sequence[Sequence[str]],
    visible: Collection[str] | None = None,
    panels: Facet | str = Facet.RUNS,
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
    )


def most_ridges(arrangement: FacetLayout) -> int:
    """Returns the number of distinguishable ridges in each panel."""
    if arrangement.overlaid:
        return min(MOST_RIDGES, RIDGES_IN_PANEL // len(arrangement.shown))
    return MOST_RIDGES // arrangement.rows


def _common(runs: Sequence[dict[str, Key]], most: int) -> list[str]:
    """Returns names of layers that have a panel, if the runs have any in common.

    Layers of all runs take precedence; others fill the remaining room.
    """
    deepest = sorted(runs, key=len, reverse=True)
    order = list(dict.fromkeys(chain.from_iterable(deepest)))
    common = [name for name in order if all(name in of for of in runs)]
    others = [name for name in order if name not in common]
    if not common:
        return []
    room = max(most - len(common), 0)
    chosen = {common[i] for i in evenly_spaced(len(common), most)}
    chosen |= {others[i] for i in evenly_spaced(len(others), room)}
    return [name for name in order if name in chosen]
