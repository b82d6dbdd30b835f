from keras_xavier.statistics import Layer, Role
from keras_xavier_gui.layers.tree import MOST_BESIDE, layer_tree


def layer(name, role=Role.LAYER, kind="Dense"):
    return Layer(name, kind, "relu", 8, 72, role=role)


def outline(node):
    """Labels of all items, by label; descriptions of items without children."""
    return {
        one.label: outline(one) if one.children else one.description
        for one in node.children
    }


def test_layers_are_below_their_blocks_and_biases_below_their_layers():
    table = [
        layer("input:x", Role.INPUT),
        layer("embed"),
        layer("embed/bias", Role.BIAS),
        layer("block_0/attention/query"),
        layer("block_0/attention/key"),
        layer("block_0/attention/scores", Role.ATTENTION),
        layer("block_0/out"),
    ]
    root = layer_tree(table, {"block_0/attention": "MultiHeadAttention"})
    assert outline(root) == {
        "embed": {"bias": "bias"},
        "block_0": {
            "attention": {
                "query": "Dense · relu",
                "key": "Dense · relu",
                "scores": "attention",
            },
            "out": "Dense · relu",
        },
        "input:x": "input",
    }
    block, attention = root.children[1], root.children[1].children[0]
    assert block.description == "3 layers"
    assert attention.description == "MultiHeadAttention · 2 layers"


def test_many_layers_are_folded_into_ranges():
    root = layer_tree([layer(f"dense_{i}") for i in range(41)], {})
    assert len(root.children) <= 5
    assert root.children[0].label == "dense_0 … dense_7"
    assert [row.name for row in root.rows] == [f"dense_{i}" for i in range(41)]
    root = layer_tree([layer(f"dense_{i}") for i in range(2000)], {})
    assert max(len(one.children) for one in [root, *root.walk()]) <= MOST_BESIDE
    assert len(root.rows) == 2000


def test_a_filter_lists_names_classes_and_globs():
    table = [
        layer("block_0/query"),
        layer("block_0/norm", kind="LayerNormalization"),
        layer("block_1/query"),
        layer("block_1/query/bias", Role.BIAS),
    ]

    def listed(text):
        return [row.name for row in layer_tree(table, {}, text).rows]

    assert listed("QUERY block_1") == ["block_1/query", "block_1/query/bias"]
    # A word in a name does not select classes.
    assert listed("norm") == ["block_0/norm"]
    assert listed("dense") == ["block_0/query", "block_1/query", "block_1/query/bias"]
    assert listed("normalization") == ["block_0/norm"]
    assert listed("*/query") == ["block_0/query", "block_1/query"]
    assert listed("*/bias") == ["block_1/query/bias"]
    # A layer stays in its block even if the filter hides the rest of it.
    assert outline(layer_tree(table, {}, "norm")) == {
        "block_0": {"norm": "LayerNormalization · relu"}
    }
