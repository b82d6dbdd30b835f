"""Custom layers."""

import keras
import numpy as np
from keras import layers, ops
from one_update import (
    WEIGHTS,
    around,
    make_data,
    output_of,
    train,
)


class Product(layers.Layer):
    """A layer with a matrix of an unusual name and no activation function."""

    def build(self, shape):
        self.matrix = self.add_weight(shape=(shape[-1], 4), name="matrix")
        self.offset = self.add_weight(shape=(4,), name="offset")

    def call(self, x):
        return x @ self.matrix + self.offset


def test_a_custom_layer(run, source):
    layer = Product(name="it")
    model = around((6,), layer)
    x, _ = make_data(model)
    expected = output_of(model, layer, x, training=True)
    trained = train(model, run, source)
    row = trained["it"]
    assert (row.kind, row.activation, row.units) == ("Product", None, 4)
    trained.check_absent("it", {})
    trained.check("it", "preactivation", expected)
    trained.check("it", "activation", expected)
    trained.check_weights("it", layer.matrix)
    trained.check_gradient("it", layer.offset)


class Scaled(layers.Layer):
    def build(self, shape):
        self.factor = self.add_weight(shape=(shape[-1],), name="factor")

    def call(self, x):
        return x * self.factor


def test_a_custom_layer_with_a_vector_of_weights(run, source):
    layer = Scaled(name="it")
    trained = train(around((6,), layer), run, source)
    trained.check_absent("it", {})
    trained.check_weights("it", layer.factor)


class Twice(layers.Layer):
    """A layer that applies its activation function twice."""

    def __init__(self, **options):
        super().__init__(**options)
        self.first = layers.Dense(4, name="first")
        self.second = layers.Dense(4, name="second")
        self.activation = keras.activations.tanh

    def call(self, x):
        return self.activation(self.second(self.activation(self.first(x))))


def test_a_layer_that_applies_its_activation_twice(run, source):
    layer = Twice(name="it")
    model = around((6,), layer)
    x, _ = make_data(model)
    first = np.tanh(ops.convert_to_numpy(layer.first(x)))
    second = np.tanh(ops.convert_to_numpy(layer.second(first)))
    trained = train(model, run, source)
    assert trained.names == ["it/first", "it", "it/second", "it:2", "last"]
    trained.check("it", "activation", first)
    trained.check("it:2", "activation", second)
    trained.check("it:2", "preactivation", np.arctanh(second))
    trained.check_weights("it/second", layer.second.kernel)
    trained.check_absent(
        "it", dict.fromkeys(WEIGHTS, "the layer has no weights of its own")
    )
    trained.check_gradient("it", layer.first.bias)
    trained.check_gradient("it:2", layer.second.bias)


class Tied(layers.Layer):
    """A layer that multiplies by the embeddings of another layer."""

    def __init__(self, embedding, **options):
        super().__init__(**options)
        self.embedding = embedding

    def call(self, x):
        return x @ ops.transpose(self.embedding.embeddings)


def test_tied_weights_have_the_total_gradient(run, source):
    embedding = layers.Embedding(7, 4, name="embedding")
    hidden = layers.Dense(4, "tanh", name="hidden")
    model = around((5,), embedding, hidden, Tied(embedding, name="tied"), dtype="int32")
    trained = train(model, run, source)
    assert trained.names == ["embedding", "hidden", "last"]
    trained.check_absent("embedding", {})
    trained.check_weights("embedding", embedding.embeddings)
