"""Layers with weights: dense, convolutional, normalizing."""

from functools import partial

import numpy as np
from keras import layers
from one_update import (
    PASSES,
    WEIGHTS,
    around,
    make_data,
    output_of,
    outputs_of,
    side_by_side,
    train,
    without_activations,
)

ONE_WEIGHT = {
    "Dense": ((6,), partial(layers.Dense, 4, "tanh"), "bias"),
    "EinsumDense": (
        (5, 6),
        partial(
            layers.EinsumDense,
            "abc,cd->abd",
            (5, 4),
            bias_axes="d",
            activation="relu",
        ),
        "bias",
    ),
    "Conv1D": ((8, 2), partial(layers.Conv1D, 3, 3, activation="tanh"), "bias"),
    "Conv2D": ((6, 6, 2), partial(layers.Conv2D, 3, 3, activation="elu"), "bias"),
    "Conv3D": ((4, 4, 4, 2), partial(layers.Conv3D, 3, 2, activation="tanh"), "bias"),
    "DepthwiseConv2D": (
        (6, 6, 2),
        partial(layers.DepthwiseConv2D, 3, activation="sigmoid"),
        "bias",
    ),
    "Conv2DTranspose": (
        (4, 4, 2),
        partial(layers.Conv2DTranspose, 3, 3, activation="tanh"),
        "bias",
    ),
    "LayerNormalization": ((6,), layers.LayerNormalization, "beta"),
    "GroupNormalization": ((4, 6), partial(layers.GroupNormalization, 2), "beta"),
}


def test_layers_with_one_weight(run, source):
    parts = {kind: make(name=kind) for kind, (_, make, _) in ONE_WEIGHT.items()}
    model = side_by_side(
        [(shape, [parts[kind]]) for kind, (shape, _, _) in ONE_WEIGHT.items()]
    )
    x, _ = make_data(model)
    expected = outputs_of(model, parts.values(), x, training=True)
    linear = without_activations(model, parts)
    s = outputs_of(linear, map(linear.get_layer, parts), x, training=True)
    trained = train(model, run, source)
    assert set(trained.names) == {*parts, "last"}
    for (kind, layer), z, before in zip(parts.items(), expected, s, strict=True):
        row, activation = trained[kind], getattr(layer, "activation", None)
        assert (row.kind, row.units) == (kind, z.shape[-1])
        assert row.activation == (activation and activation.__name__)
        assert row.parameters == sum(np.prod(w.shape) for w in layer.trainable_weights)
        trained.check_absent(kind, {})
        trained.check(kind, "activation", z)
        trained.check(kind, "preactivation", before)
        offset = ONE_WEIGHT[kind][2]
        trained.check_weights(kind, layer.gamma if offset == "beta" else layer.kernel)
        trained.check_gradient(kind, getattr(layer, offset))


def test_batch_normalization(run, source):
    layer = layers.BatchNormalization(name="it")
    model = around((6,), layer)
    x, _ = make_data(model)
    # A copy, because a call in training mode changes the batch statistics.
    copy = without_activations(model, [])
    same = copy.get_layer("it")
    expected = output_of(copy, same, x, training=source == "batch")
    trained = train(model, run, source)
    assert trained["it"].kind == "BatchNormalization"
    trained.check_absent("it", {})
    trained.check("it", "activation", expected)
    trained.check("it", "preactivation", expected)
    if source == "probe":
        # Training uses batch statistics, the probe moving averages.
        trained.check("it", "weight", trained.before[layer.gamma.path])
        assert trained.measured("it", "weight_gradient")[3] > 0
    else:
        trained.check_weights("it", layer.gamma)
        trained.check_gradient("it", layer.beta)


def test_a_separable_convolution_has_a_row_for_each_kernel(run, source):
    layer = layers.SeparableConv2D(3, 3, activation="tanh", name="it")
    model = around((6, 6, 2), layer)
    x, _ = make_data(model)
    expected = output_of(model, layer, x, training=True)
    trained = train(model, run, source)
    rows = ["it/depthwise_kernel", "it/pointwise_kernel"]
    assert trained.names == ["it", *rows, "last"]
    reason = f"the rows {', '.join(rows)} have it"
    trained.check_absent("it", dict.fromkeys(WEIGHTS, reason))
    trained.check("it", "activation", expected)
    trained.check_gradient("it", layer.bias)
    for name, kernel in zip(
        rows, (layer.depthwise_kernel, layer.pointwise_kernel), strict=True
    ):
        reason = "the row of the layer has it"
        trained.check_absent(name, dict.fromkeys(PASSES, reason))
        trained.check_weights(name, kernel)
        assert trained[name].parameters == np.prod(kernel.shape)
