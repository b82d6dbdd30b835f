"""Selection of layers, their names and their kernels."""

import keras
import pytest
from keras import layers

from keras_xavier.probing import naming
from keras_xavier.probing.selection import (
    check_layers,
    kernels,
    select_layers,
    table_names,
)


@pytest.fixture(scope="module")
def model():
    return keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(2, 3, name="conv_1"),
            layers.BatchNormalization(name="norm"),
            layers.ReLU(name="relu"),
            layers.Conv2D(2, 3, name="conv_2"),
            layers.Flatten(name="flatten"),
            layers.Dropout(0.5, name="dropout"),
            keras.Sequential([layers.Dense(4, "tanh", name="hidden")], name="inner"),
            layers.Dense(3, name="output"),
        ]
    )


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        (None, ["conv_1", "norm", "relu", "conv_2", "hidden", "output"]),
        ("norm", ["norm"]),
        (["output", "conv_1"], ["conv_1", "output"]),
        ("conv*", ["conv_1", "conv_2"]),
        (["conv*", layers.Dense], ["conv_1", "conv_2", "hidden", "output"]),
        (layers.Dropout, ["dropout"]),
        (lambda layer: layer.name.endswith("t"), ["dropout", "output"]),
        ("*inner/hidden", ["hidden"]),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_layers_are_selected(model, chosen, names):
    assert [layer.name for layer in select_layers(model, chosen)] == names


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ("cnov*", r"'conv_1'.*Received: \['cnov\*'\]"),
        (["norm", "first"], r"Received: \['first'\]"),
        (layers.LSTM, "LSTM"),
        ([], "should be names"),
        (lambda layer: False, "selects none"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_selecting_no_layer_raises_an_error(model, chosen, message):
    with pytest.raises(ValueError, match=message):
        select_layers(model, chosen)


@pytest.mark.parametrize("chosen", [3, ["a", 3], {"a": 1}])
def test_invalid_selections_raise_an_error(chosen):
    with pytest.raises(ValueError, match=r"Received: (3|\{)"):
        check_layers(chosen)


@pytest.mark.parametrize(
    ("layer", "shape", "names"),
    [
        (layers.Dense(3), (2,), ["kernel"]),
        (layers.EinsumDense("ab,bc->ac", 3), (2,), ["kernel"]),
        (layers.Conv1D(3, 2), (5, 2), ["kernel"]),
        (
            layers.SeparableConv2D(3, 2),
            (5, 5, 2),
            ["depthwise_kernel", "pointwise_kernel"],
        ),
        (layers.Embedding(4, 3), (5,), ["embeddings"]),
        (layers.BatchNormalization(), (2,), ["gamma"]),
        (layers.LayerNormalization(), (2,), ["gamma"]),
        (layers.LSTM(3), (5, 2), ["kernel", "recurrent_kernel"]),
        (layers.PReLU(), (2,), ["alpha"]),
        (layers.Flatten(), (2, 2), []),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_weights_of_a_layer(layer, shape, names):
    layer.build((None, *shape))
    assert [kernel.name for kernel in kernels(layer)] == names


class Holder(layers.Layer):
    """A layer that contains a layer with a common name."""

    def __init__(self, name):
        super().__init__(name=name)
        self.part = layers.Dense(1, name="part")

    def call(self, x):
        return self.part(x)


def test_table_names_are_unique():
    one, other = Holder("one"), Holder("other")
    single = layers.Dense(1, name="part")
    model = keras.Sequential([layers.Input((1,)), single, one, other])
    calls = [single, one.part, other.part, single, one.part]
    assert table_names(calls, naming.layer_names(model)) == [
        "part",
        "one/part",
        "other/part",
        "part:2",
        "one/part:2",
    ]


def test_equal_names_in_one_model_are_numbered():
    class Twins(keras.Model):
        def __init__(self):
            super().__init__()
            self.first = layers.Dense(1, name="twin")
            self.second = layers.Dense(1, name="twin")

    model = Twins()
    names = table_names([model.first, model.second], naming.layer_names(model))
    assert names == ["twin", "twin#2"]
