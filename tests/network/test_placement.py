from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.network.columns import Outline, best_columns, broken_at
from keras_xavier.network.graph import Edge, Graph, Node
from keras_xavier.network.placement import place


def graph(count, pairs):
    nodes = tuple(Node(str(i), "Dense", (str(i),)) for i in range(count))
    edges = tuple(Edge(a, b, is_backward=a > b) for a, b in pairs)
    return Graph(nodes, edges)


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 12))
    node = st.integers(0, count - 1)
    pairs = draw(st.sets(st.tuples(node, node).filter(lambda one: one[0] != one[1])))
    return graph(count, sorted(pairs))


@given(graphs())
def test_inputs_are_above_and_nodes_do_not_overlap(drawn):
    placement = place(drawn)
    assert len(placement.nodes) == len(drawn.nodes)
    for edge, points in zip(drawn.edges, placement.edges, strict=True):
        assert points[0] == placement.nodes[edge.start]
        assert points[-1] == placement.nodes[edge.end]
        ranks = [rank for _, rank in points]
        if not edge.is_backward:
            assert ranks == sorted(ranks)
            assert ranks[0] < ranks[-1]
    for (x, rank), (other, below) in combinations(placement.nodes, 2):
        assert rank != below or abs(x - other) >= 1
    assert all(0 <= rank < placement.ranks for _, rank in placement.nodes)


def test_nodes_that_grandalf_places_over_each_other_are_moved_apart():
    pairs = [
        *((0, 1), (1, 3), (0, 3), (2, 5), (1, 5), (9, 12), (12, 13), (16, 15)),
        *((18, 15), (12, 15), (18, 16), (14, 17), (15, 17), (2, 17), (29, 18)),
        *((15, 19), (17, 20), (17, 21), (19, 21), (18, 21), (19, 22), (20, 22)),
        *((20, 23), (2, 23), (30, 34), (33, 34), (22, 25), (23, 35), (25, 26)),
        *((25, 27), (26, 28), (27, 28), (27, 32), (31, 32), (28, 29), (32, 33)),
        *((18, 33), (29, 30), (23, 30), (33, 36), (3, 4), (5, 6), (6, 7), (7, 8)),
        *((8, 9), (9, 10), (10, 11), (13, 14), (23, 24), (27, 31)),
    ]
    placement = place(graph(37, pairs))
    for (x, rank), (other, below) in combinations(placement.nodes, 2):
        assert rank != below or abs(x - other) >= 1


@given(graphs(), st.integers(1, 5))
def test_columns_keep_nodes_apart(drawn, count):
    placement = place(drawn)
    columns = broken_at(placement, Outline(placement).breaks(count))
    for (x, y), (other, below) in combinations(columns.nodes, 2):
        assert abs(y - below) >= 0.99 or abs(x - other) >= 1
    assert {y for _, y in columns.nodes} <= {-float(i) for i in range(columns.rows)}
    sides = [side for x, _ in columns.nodes for side in (x - 0.5, x + 0.5)]
    assert min(sides) > -0.01
    assert max(sides) < columns.width + 0.01
    for edge, points in zip(drawn.edges, columns.edges, strict=True):
        assert points[0] == columns.nodes[edge.start]
        assert points[-1] == columns.nodes[edge.end]


def test_a_chain_is_straight_and_a_skip_connection_passes_beside_it():
    placement = place(graph(5, [(0, 1), (1, 2), (2, 3), (3, 4), (1, 3)]))
    assert [x for x, _ in placement.nodes] == [0] * 5
    *_, skip = placement.edges
    assert all(abs(x) > 0.5 for x, _ in skip[1:-1])
    assert len(skip) == 3


@pytest.mark.parametrize(("layers", "columns"), [(6, 1), (40, range(2, 6))])
def test_few_columns_are_used_for_few_layers(layers, columns):
    placement = place(graph(layers, [(i, i + 1) for i in range(layers - 1)]))
    found = best_columns(placement, 8.0, 5.0).count
    assert found in ([columns] if isinstance(columns, int) else columns)


def test_large_and_dense_graphs_are_placed():
    chain = [(i, i + 1) for i in range(1999)]
    assert place(graph(2000, chain)).ranks == 2000
    hub = [(i, i + 1) for i in range(299)] + [(i, 299) for i in range(298)]
    assert place(graph(300, hub)).ranks == 300
    star = [(0, i) for i in range(1, 999)] + [(i, 999) for i in range(1, 999)]
    assert place(graph(1000, star)).ranks == 3
