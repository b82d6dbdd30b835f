"""Draws emphasized lines, rows and points over a figure."""

import copy
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle, StepPatch
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.transforms import IdentityTransform

from keras_xavier.figures.evidence_marks import EVIDENCE
from keras_xavier.figures.reading.points import (
    Cells,
    Group,
    Lines,
    Spot,
    figure_of,
    layer_of,
    pixels_along,
    place_of,
)
from keras_xavier.figures.style import Style

VEIL_ALPHA = 0.6
"""Opacity of the veil over the other lines."""
WIDER, HALO = 1.2, 3.0
"""Points by which an emphasized line, and the halo around it, are wider."""
MARK_SIZE, RING_SIZE = 7.0, 11.0
"""Sizes in points of the mark of a data point, and of a ring around it."""
SMALLEST_CELL = 5.0
"""Smallest width and height of the frame of a cell in pixels."""


def emphasized(
    groups: Sequence[Group], runs: Collection[int] | None, layers: Collection[str]
) -> list[tuple[int, int]]:
    """Returns the lines that show runs and layers, as pairs of group and line.

    In each panel, these are the lines of both the runs and the layers; in a panel
    without such a line, the lines of the layers; or else the lines of the runs. So the
    other panels show the same layer, or the same run.

    Args:
        groups: What can be read in the figure.
        runs: Indices of runs, or `None` for all runs.
        layers: Names of layers; empty for all layers.
    """

    def has_run(i: int, _: int) -> bool:
        return runs is not None and groups[i].run in runs

    def has_layer(i: int, line: int) -> bool:
        return layer_of(groups[i], line) in layers

    def has_both(i: int, line: int) -> bool:
        if runs is None:
            return has_layer(i, line)
        return has_run(i, line) and (not layers or has_layer(i, line))

    found: list[tuple[int, int]] = []
    panels: dict[Axes, list[tuple[int, int]]] = {}
    for i, group in enumerate(groups):
        lines = [(i, line) for line in range(_lines(group))]
        panels.setdefault(group.axes, []).extend(lines)
    for lines in panels.values():
        for fits in (has_both, has_layer, has_run):
            if chosen := [one for one in lines if fits(*one)]:
                found += chosen
                break
    return found


def _lines(group: Group) -> int:
    """Number of lines or rows that can be emphasized."""
    if isinstance(group, Cells) and not group.has_row_for_each_layer:
        return 1
    return group.shape[0]


def emphasis_artists(
    groups: Sequence[Group],
    chosen: Sequence[tuple[int, int]],
    layers: Collection[str],
    style: Style,
) -> list[Artist]:
    """Returns artists to draw over a figure: veils, emphasized lines and frames.

    Args:
        groups: What can be read in the figure.
        chosen: Pairs of group and line, as `emphasized` returns them.
        layers: Names of emphasized layers, for points that are layers.
        style: Colors of the figure.
    """
    artists: list[Artist] = []
    maps = {i for i, group in enumerate(groups) if isinstance(group, Cells)}
    rows = sum(_lines(groups[i]) for i in maps)
    is_every_map = sum(i in maps for i, _ in chosen) == rows
    drawn: dict[int, Axes] = {}
    for i, _ in chosen:
        drawn[id(groups[i].axes)] = groups[i].axes
    for axes in drawn.values():
        of = [i for i, group in enumerate(groups) if group.axes is axes]
        every = sum(_lines(groups[i]) for i in of)
        these = [(i, line) for i, line in chosen if groups[i].axes is axes]
        if isinstance(groups[of[0]], Cells):
            frames = (
                []
                if is_every_map
                else [
                    group.frame(line)
                    for i, line in these
                    if isinstance(group := groups[i], Cells)
                ]
            )
            artists += [_rectangle(axes, one, style.mark, 0.0) for one in frames]
        elif len(these) < every:
            artists.append(_veil(axes, style))
            # Shaded steps and thresholds of a finding stay legible.
            marks = [a for a in axes.get_children() if a.get_gid() == EVIDENCE]
            artists += [a for a in marks if not isinstance(a, Text)]
            for i, line in these:
                artists += _stand_out(groups[i], line, style)
            artists += [a for a in marks if isinstance(a, Text)]
    artists += _rings(groups, layers, style)
    return artists


def mark_of(groups: Sequence[Group], spot: Spot, style: Style) -> Artist:
    """Returns the mark of the data point or the cell that is read."""
    group = groups[spot.group]
    if isinstance(group, Cells):
        box = group.box(spot.line, spot.point)
        return _rectangle(group.axes, box, style.mark, SMALLEST_CELL)
    return _mark(group.axes, *place_of(groups, spot), MARK_SIZE, style.mark, style)


def _veil(axes: Axes, style: Style) -> Artist:
    box = axes.bbox
    veil = Rectangle(
        (box.x0 + 1, box.y0 + 1),
        box.width,
        box.height,
        facecolor=(style.background, VEIL_ALPHA),
        linewidth=0,
        transform=IdentityTransform(),
    )
    return _over(axes, veil)


def _stand_out(group: Group, line: int, style: Style) -> Iterator[Artist]:
    """Yields a line with its band, wider than it is and with a halo."""
    if not isinstance(group, Lines):
        return
    yield from filter(None, group.bands[line : line + 1])
    artist = group.artists[line]
    wide: Any = copy.copy(artist)
    width = wide.get_linewidth() + WIDER
    wide.set_linewidth(width)
    halo = withStroke(linewidth=width + HALO, foreground=style.background)
    wide.set_path_effects([halo])
    if isinstance(wide, Line2D):
        # The markers would have halos, too.
        wide.set_marker("none")
    elif isinstance(wide, StepPatch):
        wide.set_fill(False)
    yield wide
    if isinstance(artist, Line2D) and artist.get_marker() not in ("", "None", "none"):
        yield artist


def _rings(
    groups: Sequence[Group], layers: Collection[str], style: Style
) -> Iterator[Artist]:
    """Yields rings around the points of emphasized layers."""
    for group in groups:
        for point, name in enumerate(getattr(group, "point_layers", ())):
            if name in layers and isinstance(group, Lines):
                x, y = group.place(0, point)
                at = (
                    float(pixels_along(group.axes, "x", np.array([x]))[0]),
                    float(pixels_along(group.axes, "y", np.array([y]))[0]),
                )
                yield _mark(group.axes, *at, RING_SIZE, "none", style)


def _mark(
    axes: Axes, x: float, y: float, size: float, color: str, style: Style
) -> Artist:
    """Returns a round mark at a place in pixels."""
    mark = Line2D(
        [x],
        [y],
        marker="o",
        markersize=size,
        markerfacecolor=color,
        markeredgecolor=style.foreground,
        markeredgewidth=1.2,
        linestyle="none",
        transform=IdentityTransform(),
    )
    return _over(axes, mark, clip=False)


def _rectangle(
    axes: Axes, box: tuple[float, float, float, float], color: str, least: float
) -> Artist:
    left, bottom, right, top = box
    width, height = max(right - left, least), max(top - bottom, least)
    frame = Rectangle(
        ((left + right - width) / 2, (bottom + top - height) / 2),
        width,
        height,
        fill=False,
        edgecolor=color,
        linewidth=1.6,
        transform=IdentityTransform(),
    )
    return _over(axes, frame)


def _over(axes: Axes, artist: Artist, *, clip: bool = True) -> Artist:
    """Prepares an artist that an app draws over a figure."""
    artist.set_figure(figure_of(axes))
    if clip:
        artist.set_clip_box(axes.bbox)
    return artist


def color_of(groups: Sequence[Group], spot: Spot, style: Style) -> str:
    """Returns the color of a line as `#rrggbb`; cells have the color of marks."""
    group = groups[spot.group]
    if isinstance(group, Cells):
        return style.mark
    artist = group.artists[spot.line]
    color = artist.get_color() if isinstance(artist, Line2D) else style.mark
    if isinstance(artist, StepPatch):
        color = artist.get_edgecolor()
    return to_hex(color)
