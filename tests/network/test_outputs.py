"""Outputs of networks, whatever is recorded of them."""

import pytest

from keras_xavier.network.outputs import output_rows
from keras_xavier.statistics import Layer, Quantity, Role

NO_VALUES = dict.fromkeys(Quantity, "not called")


def rows(*names, **activations):
    """Returns a layer table of dense layers."""
    return [
        Layer(name, "Dense", activations.get(name), units=4, parameters=20)
        for name in names
    ]


def graph(*layers, outputs=None):
    """Returns the attributes of a run: names, classes, parameters and inputs."""
    described = [
        {"name": name, "class": kind, "parameters": parameters}
        | ({} if inputs is None else {"inputs": inputs})
        for name, kind, parameters, inputs in layers
    ]
    ends = {} if outputs is None else {"outputs": outputs}
    return {"model": {"layers": described, **ends}}


def names(table, attributes):
    return [table[row].name for row in sorted(output_rows(table, attributes))]


CHAIN = [
    ("x", "InputLayer", 0, []),
    ("one", "Dense", 20, ["x"]),
    ("two", "Dense", 20, ["one"]),
    ("top", "Dense", 20, ["two"]),
]


@pytest.mark.parametrize("outputs", [["top"], None])
@pytest.mark.parametrize("recorded", [("one", "two"), ("one",), ("two",)])
def test_a_run_without_the_output_has_only_hidden_layers(recorded, outputs):
    assert names(rows(*recorded, "top"), graph(*CHAIN, outputs=outputs)) == ["top"]
    assert names(rows(*recorded), graph(*CHAIN, outputs=outputs)) == []


def test_layers_after_the_output_without_weights_belong_to_it():
    after = [
        ("softmax", "Activation", 0, ["top"]),
        ("shaped", "Reshape", 0, ["softmax"]),
    ]
    attributes = graph(*CHAIN, *after, outputs=["shaped"])
    table = [*rows("one", "two", "top"), Layer("softmax", "Activation", "tanh", 4, 0)]
    assert names(table, attributes) == ["top", "softmax"]


def test_only_the_last_sum_of_a_residual_stream_is_an_output():
    blocks = [
        ("x", "InputLayer", 0, []),
        ("first", "Dense", 20, ["x"]),
        ("branch", "Dense", 20, ["first"]),
        ("sum", "Add", 0, ["first", "branch"]),
        ("branch_1", "Dense", 20, ["sum"]),
        ("sum_1", "Add", 0, ["sum", "branch_1"]),
    ]
    table = rows("first", "branch", "sum", "branch_1", "sum_1")
    assert names(table, graph(*blocks, outputs=["sum_1"])) == ["sum_1"]


def test_all_heads_are_outputs_wherever_they_are_called():
    heads = [("side", "Dense", 20, ["one"])]
    attributes = graph(*CHAIN, *heads, outputs=["top", "side"])
    assert names(rows("one", "side", "two", "top"), attributes) == ["side", "top"]
    assert names(rows("one", "side", "two"), attributes) == ["side"]


def test_the_last_calls_of_a_shared_layer_are_outputs():
    shared = [("x", "InputLayer", 0, []), ("one", "Dense", 20, ["x", "one"])]
    table = rows("one", "one:2", "one:3")
    assert names(table, graph(*shared, outputs=["one"])) == ["one:3"]
    assert names(table, graph(*shared, outputs=["one", "one"])) == ["one:2", "one:3"]


@pytest.mark.parametrize("merge", ["Dot", "Subtract"])
def test_calls_of_one_layer_that_are_merged_are_not_outputs(merge):
    siamese = [
        *(("x", "InputLayer", 0, []), ("y", "InputLayer", 0, [])),
        ("one", "Dense", 20, ["x", "y"]),
        ("merge", merge, 0, ["one", "one"]),
        ("norm", "Norm", 0, ["merge"]),
    ]
    table = rows("one", "one:2", "merge")
    assert names(table, graph(*siamese, outputs=["norm"])) == ["merge"]
    assert names(table[:2], graph(*siamese, outputs=["norm"])) == []


def test_outputs_of_inner_models():
    inner = [
        ("x", "InputLayer", 0, []),
        ("model/x", "InputLayer", 0, []),
        ("model/dense", "Dense", 20, ["model/x"]),
        ("model/top", "Dense", 20, ["model/dense"]),
    ]
    attributes = graph(*inner, outputs=["model"])
    attributes["model"]["layers"].append(
        {"name": "model", "class": "Sequential", "outputs": ["model/top"]}
    )
    table = rows("model/dense", "model/top")
    assert names(table, attributes) == ["model/top"]
    assert names(table[:1], attributes) == []


def test_the_last_layer_inside_of_a_layer_whose_graph_is_unknown():
    block = [
        ("x", "InputLayer", 0, []),
        ("block", "Block", 40, ["x"]),
        ("block/one", "Dense", 20, None),
        ("block/two", "Dense", 20, None),
    ]
    attributes = graph(*block, outputs=["block"])
    assert names(rows("block/one", "block/two"), attributes) == ["block/two"]
    assert names(rows("block/one"), attributes) == []


def test_outputs_that_are_joined_are_outputs():
    heads = [
        ("mean", "Dense", 20, ["one"]),
        ("std", "Dense", 20, ["one"]),
        ("both", "Concatenate", 0, ["mean", "std"]),
    ]
    table = rows("one", "mean", "std")
    attributes = graph(*CHAIN[:2], *heads, outputs=["both"])
    assert names(table, attributes) == ["mean", "std"]


def test_a_shared_activation_belongs_to_the_last_layer():
    layers = [
        *CHAIN[:2],
        ("act", "Activation", 0, ["one", "two"]),
        ("two", "Dense", 20, ["act"]),
    ]
    table = [*rows("one"), *rows("act"), *rows("two"), *rows("act:2")]
    assert names(table, graph(*layers, outputs=["act"])) == ["two", "act:2"]


def test_a_learned_activation_belongs_to_the_layer_before_it():
    attributes = graph(*CHAIN, ("act", "PReLU", 4, ["top"]), outputs=["act"])
    assert names(rows("one", "top", "act"), attributes) == ["top", "act"]


def test_both_directions_of_the_last_layer_are_outputs():
    layers = [("x", "InputLayer", 0, []), ("both", "Bidirectional", 40, ["x"])]
    parts = [("both/forward", "LSTM", 20, None), ("both/backward", "LSTM", 20, None)]
    attributes = graph(*layers, *parts, outputs=["both"])
    table = rows("hidden", "both/forward", "both/backward")
    assert names(table, attributes) == ["both/forward", "both/backward"]


def test_an_activation_layer_and_the_layer_before_it_are_one_output():
    table = [*rows("one", "top"), Layer("softmax", "Softmax", "softmax", 4, 0)]
    assert names(table, graph(*CHAIN)) == ["top", "softmax"]
    assert names(table, {}) == ["top", "softmax"]


def test_names_may_contain_a_colon():
    layers = [("x", "InputLayer", 0, []), ("a:b", "Dense", 20, ["x"])]
    assert names(rows("a:b"), graph(*layers, outputs=["a:b"])) == ["a:b"]


def test_the_last_layer_is_an_output_if_the_graph_is_truncated():
    attributes = graph(*CHAIN[:3])
    attributes["model"]["omitted"] = 1
    assert names(rows("one", "top"), attributes) == ["top"]


def test_a_head_that_was_created_first_and_is_recorded_last():
    attributes = graph(CHAIN[3], *CHAIN[:3])
    assert names(rows("one", "two", "top"), attributes) == ["top"]


def test_cyclic_and_large_graphs():
    circle = [("a", "Relu", 0, ["b"]), ("b", "Relu", 0, ["a"])]
    assert names(rows("a"), graph(*circle, outputs=["a", "b"])) == ["a"]
    long = [(f"op_{i}", "Relu", 0, [f"op_{i + 1}"]) for i in range(9000)]
    found = graph(*long, outputs=[name for name, *_ in long])
    assert names(rows("op_8999", "other"), found) == ["op_8999"]


def test_names_may_have_any_number_of_slashes():
    deep = "a/" * 500_000
    attributes = graph((deep, "Dense", 20, ["x"]), CHAIN[3], outputs=["top"])
    assert names(rows(deep, "top"), attributes) == ["top"]


@pytest.mark.parametrize(
    "model",
    [
        {"outputs": ["top", 3]},
        {"outputs": "top"},
        {"outputs": ["nowhere"]},
        {"layers": [{"name": "top", "inputs": 3, "parameters": "many"}]},
        {"layers": [None, {"name": None}], "outputs": ["top"], "omitted": "all"},
    ],
)
def test_damaged_graphs_count_as_unknown(model):
    assert names(rows("one", "top"), {"model": model}) == ["top"]


@pytest.mark.parametrize("attributes", [{}, {"model": None}, {"model": {"layers": 3}}])
def test_without_a_graph_the_last_layer_and_each_softmax_are_outputs(attributes):
    table = rows("one", "label", "top", label="softmax")
    unmeasured = Layer("later", "Dense", None, 4, 20, absent=NO_VALUES)
    target = Layer("target", "Target", None, 4, 0, role=Role.TARGET)
    found = names([*table, unmeasured, target], attributes)
    assert found == ["label", "top"]
    assert output_rows([target], attributes) == set()
