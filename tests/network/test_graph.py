import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.network.graph import Edge, network_graph


def recorded(*layers, outputs=("out",), **more):
    """Attributes of a run: layers are names with their inputs."""
    rows = [
        {"name": name, "class": kind, **({} if inputs is None else {"inputs": inputs})}
        for name, kind, inputs in layers
    ]
    return {"model": {"layers": rows, "outputs": list(outputs), **more}}


def graph_of(attributes, rows=(), most=250):
    return network_graph(attributes, rows, dict.fromkeys(rows, "Dense"), most)


def named(graph):
    names = [node.name for node in graph.nodes]
    return {(names[one.start], names[one.end]) for one in graph.edges}


RESIDUAL = recorded(
    ("x", "InputLayer", []),
    ("first", "Dense", ["x"]),
    ("second", "Dense", ["first"]),
    ("add", "Add", ["first", "second"]),
    ("out", "Dense", ["add"]),
)


def test_connections_are_as_recorded():
    graph = graph_of(RESIDUAL, ["first", "second", "out"])
    assert named(graph) == {
        ("x", "first"),
        ("first", "second"),
        ("first", "add"),
        ("second", "add"),
        ("add", "out"),
    }
    assert all(edge.is_recorded and not edge.is_backward for edge in graph.edges)
    assert [node.layers for node in graph.nodes] == [
        (),
        ("first",),
        ("second",),
        (),
        ("out",),
    ]


def test_a_layer_whose_inside_is_not_recorded_is_one_node():
    attributes = recorded(
        ("x", "InputLayer", []),
        ("attention", "MultiHeadAttention", ["x"]),
        ("attention/query", "EinsumDense", None),
        ("attention/value", "EinsumDense", None),
        ("out", "Dense", ["attention"]),
    )
    rows = ["attention/query", "attention/query/kernel", "attention/value", "out"]
    graph = graph_of(attributes, rows)
    assert [(node.name, node.kind, node.layers) for node in graph.nodes] == [
        ("x", "InputLayer", ()),
        ("attention", "MultiHeadAttention", tuple(rows[:3])),
        ("out", "Dense", ("out",)),
    ]
    assert named(graph) == {("x", "attention"), ("attention", "out")}


def test_without_a_recorded_graph_the_layers_are_a_chain():
    graph = graph_of({}, ["a", "b", "c"])
    assert graph.edges == (Edge(0, 1, is_recorded=False), Edge(1, 2, is_recorded=False))
    subclassed = recorded(("a", "Dense", None), ("b", "Dense", None), outputs=())
    assert graph_of(subclassed).edges == (Edge(0, 1, is_recorded=False),)
    # A layer that no other layer uses is not connected.
    unused = recorded(
        ("x", "InputLayer", []), ("a", "Dense", []), ("out", "Add", ["x"])
    )
    assert named(graph_of(unused)) == {("x", "out")}


def test_a_layer_that_is_called_again_has_a_connection_backward():
    attributes = recorded(
        ("x", "InputLayer", []),
        ("shared", "Dense", ["x", "between"]),
        ("between", "Dense", ["shared"]),
        ("out", "Dense", ["shared"]),
    )
    graph = graph_of(attributes)
    assert [node.name for node in graph.nodes] == ["x", "shared", "between", "out"]
    assert [(one.start, one.end) for one in graph.edges if one.is_backward] == [(2, 1)]


def test_blocks_of_large_networks_are_folded():
    layers = [("x", "InputLayer", [])]
    for block in range(4):
        for layer in range(4):
            layers.append((f"block{block}_{layer}_conv", "Conv2D", [layers[-1][0]]))
    layers.append(("out", "Dense", [layers[-1][0]]))
    rows = [name for name, *_ in layers[1:]]
    graph = graph_of(recorded(*layers), rows, most=6)
    assert [node.name for node in graph.nodes] == [
        *("x", "block0", "block1", "block2", "block3", "out")
    ]
    assert graph.nodes[1].layers == tuple(rows[:4])
    assert len(graph.edges) == 5
    assert graph.is_folded


NAMES = st.sampled_from(["a", "b", "a/b", "a/c", "a/c/d", "b1_x", "b1_y", "b1_z"])
VALUES = st.recursive(
    st.none() | st.integers() | NAMES,
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
    max_leaves=4,
)
ROWS = st.fixed_dictionaries(
    {
        "name": NAMES | VALUES,
        "class": st.sampled_from(["Dense", "InputLayer"]) | VALUES,
    },
    optional={"inputs": st.lists(NAMES) | VALUES, "outputs": st.lists(NAMES) | VALUES},
)


@given(
    st.fixed_dictionaries(
        {"layers": st.lists(ROWS, max_size=8) | VALUES},
        optional={"outputs": VALUES, "omitted": VALUES},
    )
    | VALUES,
    st.lists(NAMES, unique=True),
    st.integers(1, 9),
)
def test_damaged_graphs_are_read_as_far_as_possible(model, rows, most):
    graph = graph_of({"model": model}, rows, most)
    assert graph.omitted >= 0
    for edge in graph.edges:
        assert edge.is_backward == (edge.start > edge.end)
        assert 0 <= min(edge.start, edge.end) < len(graph.nodes)
    drawn = [layer for node in graph.nodes for layer in node.layers]
    assert len(drawn) == len({*drawn}) <= len(rows)


@pytest.mark.parametrize("count", [1, 3000])
def test_long_networks_are_read(count):
    layers = [("l0", "Dense", [])]
    layers += [(f"l{i}", "Dense", [f"l{i - 1}"]) for i in range(1, count)]
    graph = graph_of(recorded(*layers, outputs=[layers[-1][0]]))
    assert (len(graph.nodes), len(graph.edges)) == (count, count - 1)
