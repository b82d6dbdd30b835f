"""Places connected nodes by Sugiyama's method: few crossings, straight edges."""

from collections.abc import Sequence
from dataclasses import dataclass

from grandalf.graphs import Edge, Graph, Vertex
from grandalf.layouts import DummyVertex, SugiyamaLayout

from keras_xavier.network.placement import GAP, LANE, Pair, Point

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
    places = {
        node: (vertex.view.xy[0], float(layout.grx[vertex].rank))
        for node, vertex in vertices.items()
    }
    routes = {
        pair: [
            (bend.view.xy[0], float(rank))
            for rank, bend in sorted(layout.ctrls[edge].items())
            if isinstance(bend, DummyVertex)
        ]
        for pair, edge in placed.items()
        if edge in layout.ctrls
    }
    return places, routes
