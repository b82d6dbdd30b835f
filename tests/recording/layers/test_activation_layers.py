"""Activation functions that are layers."""

from functools import partial

import keras
from keras import layers, ops
from one_update import (
    WEIGHTS,
    around,
    make_data,
    output_of,
    outputs_of,
    side_by_side,
    train,
)

from keras_xavier.statistics import Quantity

ACTIVATIONS = {
    "Activation": (partial(layers.Activation, "tanh"), "tanh"),
    "ReLU": (layers.ReLU, "relu"),
    "ReLU6": (partial(layers.ReLU, 6.0), "ReLU"),
    "LeakyReLU": (layers.LeakyReLU, "LeakyReLU"),
    "PReLU": (
        partial(layers.PReLU, alpha_initializer=keras.initializers.Constant(0.3)),
        "PReLU",
    ),
    "ELU": (layers.ELU, "ELU"),
    "Softmax": (layers.Softmax, "Softmax"),
}


def test_layers_that_are_activation_functions(run, source):
    parts = {kind: make(name=kind) for kind, (make, _) in ACTIVATIONS.items()}
    dense = {kind: layers.Dense(4, name=f"before_{kind}") for kind in parts}
    model = side_by_side([((6,), [dense[kind], parts[kind]]) for kind in parts])
    x, _ = make_data(model)
    s = outputs_of(model, dense.values(), x, training=True)
    z = outputs_of(model, parts.values(), x, training=True)
    trained = train(model, run, source)
    for kind, before, after in zip(parts, s, z, strict=True):
        assert trained[kind].activation == ACTIVATIONS[kind][1]
        trained.check(kind, "preactivation", before)
        trained.check(kind, "activation", after)
        trained.check_gradient(f"before_{kind}", dense[kind].bias)
        trained.check_gradient(kind, dense[kind].bias)
    trained.check_absent("PReLU", {})
    trained.check_weights("PReLU", parts["PReLU"].alpha)
    absent = dict.fromkeys(WEIGHTS, "the layer has no weights of its own")
    for kind in parts.keys() - {"PReLU"}:
        trained.check_absent(kind, absent)


def test_no_gradient_reaches_layers_below_all_weights(run, source):
    trained = train(around((6,), layers.ReLU(name="it")), run, source)
    absent = {Quantity.PREACTIVATION_GRADIENT: "no gradient comes back to it"}
    no_weights = dict.fromkeys(WEIGHTS, "the layer has no weights of its own")
    trained.check_absent("it", absent | no_weights)


def test_a_dense_layer_with_an_activation_layer(run, source):
    alpha = keras.initializers.Constant(0.3)
    layer = layers.Dense(4, layers.PReLU(alpha_initializer=alpha), name="it")
    model = around((6,), layer)
    x, _ = make_data(model)
    z = output_of(model, layer, x, training=True)
    s = x @ ops.convert_to_numpy(layer.kernel)
    trained = train(model, run, source)
    assert trained.names == ["it", "last"]
    assert trained["it"].activation == "PReLU"
    trained.check_absent("it", {})
    trained.check("it", "preactivation", s)
    trained.check("it", "activation", z)
    trained.check_weights("it", layer.kernel)
    trained.check_gradient("it", layer.bias)
