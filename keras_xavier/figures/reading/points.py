"""Data points and cells of a figure: the nearest one to a place, and its neighbors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, cast

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Transform
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Values = tuple[tuple[str, str], ...]
"""Names and formatted values."""

REACH = 0.25
"""Inches around a place in which points are searched first."""
MOST_CANDIDATES = 200_000
"""Points whose distances are computed at most: more take longer than a frame."""


@dataclass(frozen=True)
class Reading:
    """The values at one data point or in one cell of a figure.

    Attributes:
        run: str. Name of the run.
        layer: str. Name of the layer; empty if the point belongs to no layer.
        step: int or `None`. The recorded step.
        values: Tuple of pairs of str. Names and formatted values.
        value: float. The main value.
        title: str. Name of the line if it is not a layer. Defaults to `""`.
    """

    run: str
    layer: str
    step: int | None
    values: Values
    value: float
    title: str = ""

    def names(self, *, with_run: bool) -> list[str]:
        """Returns what is read: layer or line, run, and step."""
        names = [name for name in (self.title or self.layer,) if name]
        if with_run and self.run:
            names.append(self.run)
        if self.step is not None:
            names.append(f"step {self.step:,}")
        return names

    def text(self, *, with_run: bool) -> str:
        """Returns the reading in one line."""
        values = ", ".join(f"{name} {value}".strip() for name, value in self.values)
        return f"{', '.join(self.names(with_run=with_run))}: {values}"


class Spot(NamedTuple):
    """A data point or a cell: the index of its group, its line and its place on it."""

    group: int
    line: int
    point: int


@dataclass(frozen=True)
class Lines:
    """Data points of lines, outlines or dots in one panel.

    Attributes:
        axes: `Axes` of the panel.
        run: int. Index of the run among the runs of the plot.
        x: Array of shape (point,), ascending, or (point, line), with NaN after the
            last point of a line.
        y: Array of shape (point, line). NaN where nothing is drawn.
        layers: Name of the layer of each line; empty if it is not a layer.
        artists: The drawn lines.
        read: Returns the values at a line and a point.
        point_layers: Name of the layer of each point, if points rather than lines are
            layers.
        bands: What stands out with each line, such as its band.
    """

    axes: Axes
    run: int
    x: Floats
    y: Floats
    layers: Sequence[str]
    artists: Sequence[Artist]
    read: Callable[[int, int], Reading]
    point_layers: Sequence[str] = ()
    bands: Sequence[Artist | None] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """Number of lines and of points on each."""
        return self.y.shape[1], self.y.shape[0]

    def place(self, line: int, point: int) -> tuple[float, float]:
        """Returns the coordinates of a point."""
        x = self.x[point] if self.x.ndim == 1 else self.x[point, line]
        return float(x), float(self.y[point, line])

    def drawn(self, line: int) -> tuple[Floats, Floats]:
        """Returns where the points of a line are on the canvas; NaN out of view."""
        x = self.x if self.x.ndim == 1 else self.x[:, line]
        return in_view(self.axes, x, self.y[:, line])

    def nearest(
        self, x: float, y: float, most: float = np.inf
    ) -> tuple[float, int, int]:
        """Returns the distance of the nearest point in pixels, its line and index.

        Args:
            x: Pixels from the left.
            y: Pixels from the bottom.
            most: Distance beyond which points do not matter.
        """
        if self.x.ndim == 2:
            return self._nearest_of(0, len(self.x), x, y)
        reach = min(REACH * figure_of(self.axes).dpi, most)
        found = self._nearest_within(reach, x, y)
        if found[0] <= reach or most <= reach:
            return found
        # Nothing beyond this distance can be nearer.
        farthest = min(found[0], most, self.axes.bbox.width)
        return self._nearest_within(farthest, x, y)

    def _nearest_within(
        self, reach: float, x: float, y: float
    ) -> tuple[float, int, int]:
        ends = values_along(self.axes, np.array([x - reach, x, x + reach]))
        first, middle, last = np.searchsorted(self.x, np.sort(ends))
        most = max(MOST_CANDIDATES // max(self.y.shape[1], 1) // 2, 1)
        first = max(first - 1, middle - most, 0)
        last = min(last + 1, middle + most, len(self.x))
        return self._nearest_of(int(first), int(last), x, y)

    def _nearest_of(
        self, first: int, last: int, x: float, y: float
    ) -> tuple[float, int, int]:
        xs = self.x[first:last]
        rows = xs if xs.ndim == 2 else xs[:, np.newaxis]
        across, up = in_view(self.axes, rows, self.y[first:last])
        distances = np.hypot(across - x, up - y)
        distances[np.isnan(distances)] = np.inf
        if not distances.size:
            return np.inf, 0, 0
        point, line = np.unravel_index(distances.argmin(), distances.shape)
        return float(distances[point, line]), int(line), first + int(point)


@dataclass(frozen=True)
class Cells:
    """Cells of a map of colors in one panel: rows from bottom to top, columns of steps.

    Attributes:
        axes: `Axes` of the panel.
        run: int. Index of the run among the runs of the plot.
        x_edges: Array of shape (column + 1,), ascending.
        y_edges: Array of shape (row + 1,), ascending.
        layers: Name of the layer of each row, or one name for all rows.
        read: Returns the values of a row and a column, or `None` if the cell is empty.
    """

    axes: Axes
    run: int
    x_edges: Floats
    y_edges: Floats
    layers: Sequence[str]
    read: Callable[[int, int], Reading | None]

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns."""
        return len(self.y_edges) - 1, len(self.x_edges) - 1

    @cached_property
    def has_row_for_each_layer(self) -> bool:
        """Whether the rows are layers."""
        return len(self.layers) == self.shape[0] > 1

    def layer(self, row: int) -> str:
        """Returns the name of the layer of a row."""
        return self.layers[row if len(self.layers) > 1 else 0]

    def box(self, row: int, column: int) -> tuple[float, float, float, float]:
        """Returns the ends of a cell on the canvas: left, bottom, right, top."""
        x = pixels_along(self.axes, "x", self.x_edges[column : column + 2])
        y = pixels_along(self.axes, "y", self.y_edges[row : row + 2])
        return float(x.min()), float(y.min()), float(x.max()), float(y.max())

    def frame(self, row: int) -> tuple[float, float, float, float]:
        """Returns the ends of the visible part of a row, or of the whole map."""
        seen = self.axes.bbox
        bottom, top = seen.y0, seen.y1
        if self.has_row_for_each_layer:
            edges = pixels_along(self.axes, "y", self.y_edges[row : row + 2])
            ends = np.clip(edges, seen.y0, seen.y1)
            bottom, top = float(ends.min()), float(ends.max())
        return seen.x0, bottom, seen.x1, top

    def at(self, x: float, y: float) -> tuple[int, int] | None:
        """Returns row and column at a place in pixels."""
        right = float(values_along(self.axes, np.array([x]))[0])
        up = float(values_along(self.axes, np.array([y]), "y")[0])
        row = int(np.searchsorted(self.y_edges, up, side="right")) - 1
        column = int(np.searchsorted(self.x_edges, right, side="right")) - 1
        rows, columns = self.shape
        return (row, column) if 0 <= row < rows and 0 <= column < columns else None


Group = Lines | Cells
"""What can be read in one panel."""


def layer_of(group: Group, line: int) -> str:
    """Returns the name of the layer of a line or a row."""
    return group.layers[line] if isinstance(group, Lines) else group.layer(line)


def find_nearest(
    groups: Sequence[Group], axes: Axes, x: float, y: float
) -> Spot | None:
    """Returns the cell at a place, or else the data point nearest to it.

    Distances are distances on the canvas, whatever the scales of the axes are. Points
    out of view are not found.

    Args:
        groups: What can be read in the figure.
        axes: The panel at the place.
        x: Pixels from the left.
        y: Pixels from the bottom.
    """
    best, spot = np.inf, None
    for i, group in enumerate(groups):
        if group.axes is not axes:
            continue
        if isinstance(group, Cells):
            if (cell := group.at(x, y)) and group.read(*cell):
                return Spot(i, *cell)
            continue
        distance, line, point = group.nearest(x, y, best)
        if distance < best:
            best, spot = distance, Spot(i, line, point)
    return spot


def read(groups: Sequence[Group], spot: Spot) -> Reading | None:
    """Returns the values at a spot, or `None` if the cell is empty."""
    return groups[spot.group].read(spot.line, spot.point)


def place_of(groups: Sequence[Group], spot: Spot) -> tuple[float, float]:
    """Returns where a spot is, in pixels from the left and from the bottom."""
    group = groups[spot.group]
    if isinstance(group, Cells):
        left, bottom, right, top = group.box(spot.line, spot.point)
        seen = group.axes.bbox
        left, right = np.clip([left, right], seen.x0, seen.x1)
        return (left + right) / 2, (bottom + top) / 2
    x, y = group.place(spot.line, spot.point)
    return (
        float(pixels_along(group.axes, "x", np.array([x]))[0]),
        float(pixels_along(group.axes, "y", np.array([y]))[0]),
    )


def figure_of(axes: Axes) -> Figure:
    """Returns the figure that contains a panel."""
    return cast(Figure, axes.get_figure(root=True))


def panel_of(artist: Artist) -> Axes:
    """Returns the panel that contains an artist."""
    return cast(Axes, artist.axes)


def in_view(axes: Axes, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Returns positions on the canvas, NaN where they are out of view."""
    across, up = pixels_along(axes, "x", x), pixels_along(axes, "y", y)
    box = axes.bbox
    # Half a pixel of rounding.
    across = np.where((across < box.x0 - 0.5) | (across > box.x1 + 0.5), np.nan, across)
    up = np.where((up < box.y0 - 0.5) | (up > box.y1 + 0.5), np.nan, up)
    return across, up


def pixels_along(axes: Axes, which: str, values: Floats) -> Floats:
    """Returns the positions of values along an axis, in pixels on the canvas."""
    transform, scale, shift = _axis(axes, which)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        scaled = np.asarray(transform.transform(np.asarray(values, np.float64).ravel()))
        found: Floats = shift + scale * scaled
    return found.reshape(np.shape(values))


def values_along(axes: Axes, pixels: Floats, which: str = "x") -> Floats:
    """Returns the values at positions along an axis."""
    transform, scale, shift = _axis(axes, which)
    return np.asarray(transform.inverted().transform((pixels - shift) / scale))


def _axis(axes: Axes, which: str) -> tuple[Transform, float, float]:
    """Transform of an axis, and scale and shift from transformed values to pixels.

    Limits of axes would take longer: matplotlib searches all panels that share them.
    """
    row, axis = (0, axes.xaxis) if which == "x" else (1, axes.yaxis)
    matrix = axes.transData.get_affine().get_matrix()
    return axis.get_transform(), float(matrix[row, row]), float(matrix[row, 2])
