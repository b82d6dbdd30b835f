"""Places connected nodes by Sugiyama's method: few crossings, straight edges."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from grandalf.graphs import Edge, Graph, Vertex
from grandalf.layouts import DummyVertex, SugiyamaLayout

from keras_xavier.network.points import GAP, LANE, Pair, Point

WAYS = 4
"""Number of alignments of the vertices."""
ROUNDS = 3
"""Rounds of reordering to avoid crossings."""


@dataclass
class View:
    """The size of a vertex, and its place, which grandalf sets."""

    w: float = 1.0
    h: float = 1.0
    xy: Point = (0.0, 0.0)


def arrange(
    nodes: Sequence[int], edges: Sequence[Pair]
) -> tuple[dict[int, Point], dict[Pair, list[Point]]]:
    """Returns the places of connected nodes, and the bends of edges that pass nodes.

    Args:
        nodes: Sequence of int.
        edges: Sequence of pairs of nodes, without cycles.
    """
    vertices = {node: Vertex(node) for node in nodes}
    for vertex in vertices.values():
        vertex.view = View()
    placed = {
        (start, end): Edge(vertices[start], vertices[end]) for start, end in edges
    }
    (component,) = Graph([*vertices.values()], [*placed.values()]).C
    layout = SugiyamaLayout(component)
    layout.xspace, layout.dw = GAP, LANE
    layout.init_all(optimize=True)
    layout.draw(ROUNDS)
    across = apart(layout, straightest(layout))
    places = {
        node: (across[vertex], float(layout.grx[vertex].rank))
        for node, vertex in vertices.items()
    }
    routes = {
        pair: [
            (across[bend], float(rank))
            for rank, bend in sorted(layout.ctrls[edge].items())
            if isinstance(bend, DummyVertex)
        ]
        for pair, edge in placed.items()
        if edge in layout.ctrls
    }
    return places, routes


def apart(layout: SugiyamaLayout, across: Callable[[Any], float]) -> dict[Any, float]:
    """Returns the places of vertices after moving those that overlap to the right.

    The alignments of grandalf rarely place two vertices of a rank at the same place.
    """
    places: dict[Any, float] = {}
    for rank in layout.layers:
        free = -math.inf
        for vertex in sorted(rank, key=across):
            half = (LANE if isinstance(vertex, DummyVertex) else 1.0) / 2
            places[vertex] = max(across(vertex), free + half)
            free = places[vertex] + half + GAP
    return places


def straightest(layout: SugiyamaLayout) -> Callable[[Any], float]:
    """Returns the place across of each vertex, so that most edges are straight.

    grandalf aligns the vertices in four ways and uses the means, which are crooked.
    """

    def bent(way: int) -> float:
        return sum(
            abs(layout.grx[edge.v[0]].x[way] - layout.grx[edge.v[1]].x[way])
            for edge in layout.g.sE
            if edge not in layout.ctrls
        )

    best = min(range(WAYS), key=bent)
    return lambda vertex: float(layout.grx[vertex].x[best])
