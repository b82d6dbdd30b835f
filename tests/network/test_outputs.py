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


def test_of_a_residual_stream_only_the_last_sum_is_an_output():
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


def test_of_a_layer_that_is_called_several_times_the_last_calls_are_outputs():
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


@pytest.mark.parametrize("attributes", [{}, {"model": None}, {"model": {"layers": 3}}])
def test_without_a_graph_the_last_layer_and_each_softmax_are_outputs(attributes):
    table = rows("one", "label", "top", label="softmax")
    unmeasured = Layer("later", "Dense", None, 4, 20, absent=NO_VALUES)
    target = Layer("target", "Target", None, 4, 0, role=Role.TARGET)
    found = names([*table, unmeasured, target], attributes)
    assert found == ["label", "top"]
    assert output_rows([target], attributes) == set()
