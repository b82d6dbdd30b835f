"""The graph to draw: one node for each layer, or for a block of layers."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

from keras_xavier.network.blocks import blocks_of
from keras_xavier.network.recorded import (
    RecordedLayer,
    mapping,
    recorded_classes,
    recorded_layers,
    texts,
)

MOST_NODES = 250
"""Largest number of nodes; blocks of larger networks are folded."""
MOST_LAYERS = 20_000
"""Largest number of layers that are read from a file."""
DEEPEST = 100
"""Largest number of layers around a layer; names in a damaged file may have more."""


@dataclass(frozen=True)
class Node:
    """A node of the graph.

    Attributes:
        name: str. Name of the layer or of the block.
        kind: str. Class of the layer; empty if it is not known.
        layers: Tuple of str. Names of the rows of the layer table in this node.
    """

    name: str
    kind: str
    layers: tuple[str, ...]


@dataclass(frozen=True)
class Edge:
    """A connection between two nodes.

    Attributes:
        start: int. Index of the node whose output is used.
        end: int. Index of the node that uses it.
        is_recorded: bool. Whether the connection is recorded, rather than assumed
            from the order of the layers.
        is_backward: bool. Whether it closes a cycle, as a layer does that is called
            several times.
    """

    start: int
    end: int
    is_recorded: bool = True
    is_backward: bool = False


@dataclass(frozen=True)
class Graph:
    """The layers of a network and their connections.

    Attributes:
        nodes: Tuple of `Node`, in the order of computation.
        edges: Tuple of `Edge`.
        omitted: int. Number of layers that were not recorded.
        is_folded: bool. Whether nodes are blocks of layers with recorded connections.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    omitted: int = 0
    is_folded: bool = False

    @property
    def inputs(self) -> list[list[int]]:
        """The indices of the nodes before each node."""
        found: list[list[int]] = [[] for _ in self.nodes]
        for edge in self.edges:
            found[edge.end].append(edge.start)
        return found

    @property
    def is_recorded(self) -> bool:
        """Whether any connection is recorded."""
        return any(edge.is_recorded for edge in self.edges)


def network_graph(
    attributes: Mapping[str, Any],
    rows: Sequence[str],
    kinds: Mapping[str, str],
    most: int = MOST_NODES,
) -> Graph:
    """Returns the graph of the network of a run.

    A layer whose inner connections are not recorded, such as attention, is one node.
    Without a recorded graph, the nodes are the rows in their order.

    Args:
        attributes: Mapping. Attributes of the run.
        rows: Sequence of str. Names of the layers in the layer table.
        kinds: Mapping of names of layers to their classes.
        most: int. Blocks are folded if there are more nodes. Defaults to `MOST_NODES`.
    """
    recorded = dict([*recorded_layers(attributes).items()][:MOST_LAYERS])
    known = recorded or {name: RecordedLayer(name, kinds[name]) for name in rows}
    classes = {**kinds, **recorded_classes(attributes)}
    model = mapping(attributes.get("model"))
    omitted = model.get("omitted")
    owner = owners(known)
    nodes = [*dict.fromkeys(owner.values())]
    is_complete = bool(recorded) and bool(texts(model.get("outputs")))
    edges = connections(known, owner, nodes, is_complete=is_complete)
    order = forward_order(nodes, edges)
    grouped = folded(order, most)
    owner = {name: grouped[node] for name, node in owner.items()}
    names = [*dict.fromkeys(grouped[node] for node in order)]
    contained = rows_in(rows, owner)
    places = {name: i for i, name in enumerate(names)}
    joined: dict[tuple[int, int], bool] = {}
    for (start, end), is_recorded in edges.items():
        pair = places[grouped[start]], places[grouped[end]]
        if pair[0] != pair[1]:
            joined[pair] = joined.get(pair, False) or is_recorded
    return Graph(
        nodes=tuple(
            Node(name, classes.get(name, ""), tuple(contained[name])) for name in names
        ),
        edges=tuple(
            Edge(start, end, is_recorded, is_backward=start > end)
            for (start, end), is_recorded in joined.items()
        ),
        omitted=omitted if type(omitted) is int and omitted > 0 else 0,
        is_folded=len(names) < len(nodes),
    )


def owners(known: Mapping[str, RecordedLayer]) -> dict[str, str]:
    """Returns for each layer the outermost layer around it whose inside is not known.

    The inside of a layer is known if the inputs of the layers in it are recorded.
    """
    closed = {
        outer
        for name, layer in known.items()
        if not layer.inputs and layer.kind != "InputLayer"
        for outer in paths_around(name)
        if outer in known
    }
    return {
        name: next((one for one in paths_around(name) if one in closed), name)
        for name in known
    }


def paths_around(name: str) -> Iterator[str]:
    """Yields the paths around a name, the outermost first, up to `DEEPEST`."""
    places = (place for place, letter in enumerate(name) if letter == "/")
    for place in islice(places, DEEPEST):
        yield name[:place]


def connections(
    known: Mapping[str, RecordedLayer],
    owner: Mapping[str, str],
    nodes: Sequence[str],
    *,
    is_complete: bool,
) -> dict[tuple[str, str], bool]:
    """Returns pairs of connected nodes, and whether the connection is recorded.

    If the outputs of the model are not recorded, as in subclassed models, a node
    without recorded inputs follows the node before it.
    """
    found: dict[tuple[str, str], bool] = {}
    for name, layer in known.items():
        for before in layer.inputs:
            if before in owner and owner[before] != owner[name]:
                found[owner[before], owner[name]] = True
    if is_complete:
        return found
    reached = {end for _, end in found}
    for before, node in pairwise(nodes):
        is_input = node in known and known[node].kind == "InputLayer"
        if node not in reached and not is_input:
            found[before, node] = False
    return found


def forward_order(
    nodes: Sequence[str], edges: Collection[tuple[str, str]]
) -> list[str]:
    """Returns the nodes with each node after its inputs, unless they form a cycle.

    Within a cycle, and wherever else it is possible, the order of the nodes is kept.
    """
    cycle = cycles(nodes, edges)
    places = {node: place for place, node in enumerate(nodes)}
    before: dict[str, list[str]] = {node: [] for node in nodes}
    for start, end in edges:
        if cycle[start] != cycle[end] or places[start] < places[end]:
            before[end].append(start)
    return list(depth_first(nodes, before))


def cycles(nodes: Sequence[str], edges: Collection[tuple[str, str]]) -> dict[str, str]:
    """Returns one node for all nodes of a cycle, by Kosaraju's method."""
    before: dict[str, list[str]] = {node: [] for node in nodes}
    after: dict[str, list[str]] = {node: [] for node in nodes}
    for start, end in edges:
        before[end].append(start)
        after[start].append(end)
    found: dict[str, str] = {}
    for root in reversed(list(depth_first(nodes, after))):
        stack = [root]
        while stack:
            node = stack.pop()
            if node not in found:
                found[node] = root
                stack += before[node]
    return found


def depth_first(
    nodes: Sequence[str], following: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """Yields each node after the nodes that it leads to."""
    entered: set[str] = set()
    done: set[str] = set()
    for root in nodes:
        stack = [root]
        while stack:
            node = stack[-1]
            if node not in entered:
                entered.add(node)
                stack += [
                    one for one in reversed(following[node]) if one not in entered
                ]
            else:
                stack.pop()
                if node not in done:
                    done.add(node)
                    yield node


def folded(order: Sequence[str], most: int) -> dict[str, str]:
    """Returns the block that stands for each node: the node itself, if few are drawn.

    Only consecutive nodes are folded, so that no cycles come into being.
    """
    blocks = blocks_of(order) if len(order) > most else {}
    level = max(map(len, blocks.values()), default=0)
    chosen = {node: node for node in order}
    while level and len({*chosen.values()}) > most:
        level -= 1
        chosen = {
            node: blocks[node][level] if len(blocks[node]) > level else node
            for node in order
        }
        pieces: dict[str, int] = {}
        previous = None
        for block in chosen.values():
            if block != previous:
                pieces[block] = pieces.get(block, 0) + 1
            previous = block
        chosen = {
            node: block if pieces[block] == 1 else node
            for node, block in chosen.items()
        }
    return chosen


def rows_in(rows: Sequence[str], owner: Mapping[str, str]) -> dict[str, list[str]]:
    """Returns the rows of the layer table in each node."""
    found: dict[str, list[str]] = {node: [] for node in owner.values()}
    for row in rows:
        around = [row, *reversed([*paths_around(row)])]
        if layer := next((one for one in around if one in owner), None):
            found[owner[layer]].append(row)
    return found
