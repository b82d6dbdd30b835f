"""Breaks a long drawing of a graph into columns, as text is broken into lines."""

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from keras_xavier.network.placement import Placement
from keras_xavier.network.points import Point

WIDE, LINE = 1.3, 0.2
"""Width of a node that has room for most names, and height of a row with one line of
text, in inches."""
BROKEN = 0.15
"""What a second line of text is worth, relative to an edge between columns."""
BETWEEN = 0.45
"""Width between columns, in widths of a node."""
BEYOND = 0.75
"""Ranks above and below the columns for edges that lead to another column."""
SLACK = 0.12
"""Share of a column by which it may be longer or shorter, to break where few edges
pass."""
PORT = 0.36
"""Distance from the center of a row from which edges run to another row."""
LANES, LANE = 5, 0.08
"""Number of edges beside each other between columns, and the distance between them."""


@dataclass(frozen=True)
class Columns:
    """Places of nodes and edges in columns.

    Attributes:
        nodes: Tuple of `Point`: x in widths of a node, and y, the negative row.
        edges: Tuple of tuples of `Point`: ends and bends of each edge.
        width: float. Width of all columns, in widths of a node.
        rows: int. Number of rows.
        count: int. Number of columns.
    """

    nodes: tuple[Point, ...]
    edges: tuple[tuple[Point, ...], ...]
    width: float
    rows: int
    count: int


@dataclass(frozen=True)
class Breaks:
    """Where a drawing is broken into columns.

    Attributes:
        starts: List of int. The first rank of each column.
        sides: Left and right side of each column.
        rows: int. Number of ranks of the longest column.
        broken: float. Mean number of edges from a column to the next.
    """

    starts: list[int]
    sides: list[tuple[float, float]]
    rows: int
    broken: float

    @property
    def width(self) -> float:
        """Width of all columns."""
        inside = sum(high - low for low, high in self.sides)
        return inside + BETWEEN * (len(self.sides) - 1)


def best_columns(placement: Placement, width: float, height: float) -> Columns:
    """Returns the columns in which the nodes of a drawing are most readable.

    Args:
        placement: `Placement`.
        width: float. Width of the panel in inches.
        height: float. Height of the panel in inches.
    """

    def worth(breaks: Breaks) -> float:
        across = min(width / breaks.width / WIDE, 1.0)
        lines = height / breaks.rows / LINE
        readable = lines**2 if lines < 1 else 0.7 + 0.3 * min(lines, 2.0)
        return across * readable - BROKEN * max(breaks.broken - 1, 0.0)

    if not placement.nodes:
        return Columns((), (), width=1.0, rows=1, count=1)
    most = max(math.ceil(placement.ranks * LINE / max(height, LINE)), 1)
    outline = Outline(placement)
    # Rows of two lines need twice as many columns.
    tried = [outline.breaks(count) for count in counts_up_to(2 * most)]
    return broken_at(placement, max(tried, key=worth))


def counts_up_to(most: int) -> Iterator[int]:
    """Yields numbers of columns, fewer of the large ones."""
    count = 1
    while count < most:
        yield count
        count += max(count // 8, 1)
    yield most


def broken_at(placement: Placement, breaks: Breaks) -> Columns:
    """Returns the places of nodes and edges in columns."""
    starts, sides, rows = breaks.starts, breaks.sides, breaks.rows
    offsets, right = [], 0.0
    for low, high in sides:
        offsets.append(right - low)
        right += high - low + BETWEEN

    def at(point: Point) -> tuple[int, float, float]:
        column = max(bisect_right(starts, point[1]) - 1, 0)
        return column, point[0] + offsets[column], starts[column] - point[1]

    used = 0
    edges = []
    for edge in placement.edges:
        places = [at(point) for point in edge]
        is_forward = edge[0][1] < edge[-1][1]
        drawn = [places[0][1:]]
        for (before, _, above_y), (column, x, y) in pairwise(places):
            if is_forward:
                drawn.append((drawn[-1][0], above_y - PORT))
            if column != before:
                lane = (used % LANES - (LANES - 1) / 2) * LANE
                used += 1
                between = offsets[column] + sides[column][0] - BETWEEN / 2 + lane
                below, above = lane - rows + 1 - BEYOND, lane + BEYOND
                drawn += [(drawn[-1][0], below), (between, below)]
                drawn += [(between, above), (x, above)]
            drawn += [(x, y + PORT), (x, y)] if is_forward else [(x, y)]
        edges.append(tuple(drawn))
    return Columns(
        tuple(at(point)[1:] for point in placement.nodes),
        tuple(edges),
        breaks.width,
        rows,
        len(starts),
    )


class Outline:
    """The outline of a drawing, to measure it quickly for many numbers of columns.

    Args:
        placement: `Placement`.
    """

    def __init__(self, placement: Placement) -> None:
        self._ranks = placement.ranks
        points = [(x, rank, 0.5) for x, rank in placement.nodes]
        points += [(x, rank, 0.1) for edge in placement.edges for x, rank in edge]
        self._x, self._rank, self._half = np.array(points).T
        passing = np.zeros(placement.ranks + 1, np.int64)
        for edge in placement.edges:
            ranks = [math.floor(rank) for _, rank in (edge[0], edge[-1])]
            passing[min(ranks)] += 1
            passing[max(ranks)] -= 1
        self._passing = np.cumsum(passing).tolist()

    def breaks(self, count: int) -> Breaks:
        """Breaks it into columns where few edges pass, if possible."""
        passing, starts = self._passing, [0]
        for left in range(min(count, self._ranks), 1, -1):
            size = (self._ranks - starts[-1]) / left
            ideal, slack = starts[-1] + size, SLACK * size
            first = max(math.ceil(ideal - slack), starts[-1] + 1)
            # Each of the other columns has a rank, too.
            last = min(math.floor(ideal + slack), self._ranks - left + 1)
            choices = range(first, max(last, first) + 1)
            cost = [(passing[rank - 1], abs(rank - ideal)) for rank in choices]
            starts.append(choices[cost.index(min(cost))])
        column = np.maximum(np.searchsorted(starts, self._rank, "right") - 1, 0)
        low, high = np.full(len(starts), -0.5), np.full(len(starts), 0.5)
        np.minimum.at(low, column, self._x - self._half)
        np.maximum.at(high, column, self._x + self._half)
        rows = max(end - start for start, end in pairwise([*starts, self._ranks]))
        between = [passing[start - 1] for start in starts[1:]]
        return Breaks(
            starts,
            list(zip(low.tolist(), high.tolist(), strict=True)),
            rows,
            sum(between) / max(len(between), 1),
        )
