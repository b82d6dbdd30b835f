"""Places the nodes of a graph in ranks, from the inputs down to the outputs.

grandalf orders and aligns the nodes by Sugiyama's method. It is slow for long graphs,
so each part between two nodes that all values pass is placed on its own.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from keras_xavier.network.graph import Graph
from keras_xavier.network.points import GAP, LANE, Pair, Point

LANES = 12
"""Lanes for edges whose crossings are not avoided."""
MOST_PLACED, WIDEST = 1500, 150
"""Largest part, and most nodes and edges side by side, whose crossings are avoided."""


@dataclass(frozen=True)
class Placement:
    """Places of nodes and edges.

    Attributes:
        nodes: Tuple of `Point`, one for each node.
        edges: Tuple of tuples of `Point`: the ends and bends of each edge.
        ranks: int. Number of ranks.
    """

    nodes: tuple[Point, ...]
    edges: tuple[tuple[Point, ...], ...]
    ranks: int


def place(graph: Graph) -> Placement:
    """Places the nodes of a graph and the bends of its edges.

    Args:
        graph: `Graph`. Its nodes are in the order of computation.
    """
    forward = [(one.start, one.end) for one in graph.edges if not one.is_backward]
    nodes: list[Point] = [(0.0, 0.0)] * len(graph.nodes)
    bends: dict[Pair, tuple[Point, ...]] = {}
    bottom = -1.0
    leaving: dict[int, list[Pair]] = {}
    for pair in forward:
        leaving.setdefault(pair[0], []).append(pair)
    for part in parts(len(graph.nodes), forward):
        inside = [pair for node in part[:-1] for pair in leaving.get(node, ())]
        places, routes = place_part(part, inside)
        # The first node was placed with the part above.
        shift = bottom if part.start else 0.0
        for node, (x, rank) in places.items():
            nodes[node] = x, rank + shift
        for pair, points in routes.items():
            bends[pair] = tuple((x, rank + shift) for x, rank in points)
        bottom = max(rank for _, rank in nodes[part.start : part.stop])
    left = min((x for x, _ in nodes), default=0.0) - 0.5 - LANE
    for edge in graph.edges:
        if edge.is_backward:
            ends = nodes[edge.start][1], nodes[edge.end][1]
            bends[edge.start, edge.end] = tuple((left, rank) for rank in ends)
    routed = tuple(
        (nodes[one.start], *bends.get((one.start, one.end), ()), nodes[one.end])
        for one in graph.edges
    )
    return Placement(tuple(nodes), routed, int(bottom) + 1)


def parts(count: int, edges: Collection[Pair]) -> Iterator[range]:
    """Yields the nodes of each part; a part begins with the last node of another.

    Every edge lies within a part.
    """
    farthest = list(range(count))
    for start, end in edges:
        farthest[start] = max(farthest[start], end)
    first, reach = 0, 0
    for node in range(count):
        # Edges from nodes before this node end here, or before.
        if node and reach <= node:
            yield range(first, node + 1)
            first = node
        reach = max(reach, farthest[node])
    if count == 1:
        yield range(1)


def place_part(
    part: range, edges: Sequence[Pair]
) -> tuple[dict[int, Point], dict[Pair, list[Point]]]:
    """Places the nodes of a part, and the bends of its edges."""
    ranks = ranks_of(part, edges)
    spans = sum(ranks[end] - ranks[start] - 1 for start, end in edges)
    if len(part) <= 2:
        return {node: (0.0, float(rank)) for node, rank in ranks.items()}, {}
    if len(part) + spans > MOST_PLACED or widest(ranks, edges) > WIDEST:
        return in_rows(ranks), around(ranks, edges)
    # Imported here, because most networks are chains.
    from keras_xavier.network.sugiyama import arrange

    places: dict[int, Point] = {}
    routes: dict[Pair, list[Point]] = {}
    for component in components(part, edges):
        within = [pair for pair in edges if pair[0] in component]
        # Nodes that nothing uses are above the last node, and edges pass them.
        used = {start for start, _ in within}
        unused = [one for one in component if one not in used and one != part[-1]]
        ends = [(one, part[-1]) for one in unused if part[-1] in component]
        found, bends = arrange(component, [*within, *ends])
        beside = [node for node in component if node != part[0] and not found[node][1]]
        inner = [node for node in component if node not in (part[0], part[-1])]
        # The first node is in line with the part above, like most nodes in the part.
        line = [part[0]] if beside and part[0] in found else inner or component
        middle = median(found[node][0] for node in line)
        alone = {part[-1]} if beside else {part[0], part[-1]}
        if places:
            # The next component is at the right of the others.
            farthest = max(x for x, _ in places.values()) + 1 + GAP
            middle, alone = min(x for x, _ in found.values()) - farthest, set()
        for node, (x, rank) in found.items():
            places[node] = (0.0 if node in alone else x - middle), rank
        for pair, points in bends.items():
            if pair not in ends:
                routes[pair] = [(x - middle, rank) for x, rank in points]
    lowest = max(rank for node, (_, rank) in places.items() if node != part[-1])
    # The last node is below all others, even those that it does not depend on.
    places[part[-1]] = places[part[-1]][0], max(places[part[-1]][1], lowest + 1)
    return places, routes


def components(part: range, edges: Collection[Pair]) -> list[list[int]]:
    """Returns the nodes of a part in connected groups."""
    group = {node: [node] for node in part}
    for start, end in edges:
        if group[start] is not group[end]:
            group[start] += group[end]
            for node in group[end]:
                group[node] = group[start]
    return [sorted(one) for one in {id(one): one for one in group.values()}.values()]


def ranks_of(part: range, edges: Collection[Pair]) -> dict[int, int]:
    """Returns the number of nodes on the longest way to each node."""
    ranks = dict.fromkeys(part, 0)
    # A node follows its inputs.
    for start, end in sorted(edges):
        ranks[end] = max(ranks[end], ranks[start] + 1)
    last = part[-1]
    ranks[last] = max(*ranks.values(), len(part) > 1)
    return ranks


def widest(ranks: Mapping[int, int], edges: Collection[Pair]) -> int:
    """Returns the largest number of nodes and edges side by side."""
    counts = [0] * (max(ranks.values()) + 2)
    for rank in ranks.values():
        counts[rank] += 1
    for start, end in edges:
        for rank in range(ranks[start] + 1, ranks[end]):
            counts[rank] += 1
    return max(counts)


def around(ranks: Mapping[int, int], edges: Sequence[Pair]) -> dict[Pair, list[Point]]:
    """Leads long edges past the nodes, at the right; they share a few lanes."""
    rows = [*ranks.values()]
    edge = max(rows.count(rank) for rank in {*rows}) * (1 + GAP) / 2
    long = [pair for pair in edges if ranks[pair[1]] - ranks[pair[0]] > 1]
    return {
        (start, end): [
            (edge + LANE * (1 + i % LANES), ranks[start] + 0.5),
            (edge + LANE * (1 + i % LANES), ranks[end] - 0.5),
        ]
        for i, (start, end) in enumerate(long)
    }


def in_rows(ranks: Mapping[int, int]) -> dict[int, Point]:
    """Places nodes side by side in their order."""
    rows: dict[int, list[int]] = {}
    for node, rank in ranks.items():
        rows.setdefault(rank, []).append(node)
    return {
        node: ((i - (len(row) - 1) / 2) * (1 + GAP), float(rank))
        for rank, row in rows.items()
        for i, node in enumerate(row)
    }
