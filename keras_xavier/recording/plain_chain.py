"""Describes the initial weights of a chain of dense layers, for `theory`."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras_xavier.initializers import LSUV, Critical
from keras_xavier.probing import introspection
from keras_xavier.probing.selection import ACTIVATION_LAYERS
from keras_xavier.theory.chains import (
    APPLIED_BY,
    BIAS_VARIANCES,
    DEVIATIONS,
    NOT_PREDICTED,
    PLAIN,
    ROUNDING,
    WEIGHT_VARIANCES,
)

TRUNCATED = 0.87962566103423978**2
"""Variance of a normal distribution that is cut off at two standard deviations."""


def chain_attributes(
    model: keras.Model, *, step: int, on_batches: bool
) -> dict[str, Any]:
    """Returns the initial variances of a chain of dense layers.

    Args:
        model: `keras.Model`. A built model.
        step: int. Number of updates before. The weights are compared with their
            initializers only before the first update.
        on_batches: bool. Whether training batches are measured, in which layers such
            as `Dropout` change the signal.

    Returns:
        Dict of `bias_variances`, from the name of a layer to its variance, from the
        input up, or `None` if the model is no such chain or a variance is unknown; of
        `weight_variances`, from the name of a layer to the mean square of the weights
        that its initializer draws, or `None` if it is unknown; of `activation_layers`,
        from the name of a layer to that of the layer with its activation function, if
        it is a layer of its own; and, before the first update, of `not_predicted`, the
        reason why theory does not describe the model.
    """
    reason = why_no_chain(model, on_batches)
    layers = [] if reason else model.layers
    separate = () if reason else activation_layers(model)
    dense = [layer for layer in layers if isinstance(layer, keras.layers.Dense)]
    for layer in dense:
        reason = reason or why_not_initial_bias(layer, compare=step == 0)
    biases = {layer.name: bias_variance(layer) for layer in dense}
    known = bool(dense) and None not in biases.values()
    weights = {
        layer.name: mean_square(layer.kernel_initializer, layer.kernel.shape)
        for layer in dense
    }
    return {
        BIAS_VARIANCES: biases if known else None,
        WEIGHT_VARIANCES: weights if known else None,
        APPLIED_BY: {layer.name: row for layer, row in separate if layer is not None},
        **({} if step else {NOT_PREDICTED: reason}),
    }


def why_no_chain(model: keras.Model, on_batches: bool) -> str:
    """Returns why a model is no chain of dense layers; an empty string if it is one."""
    nodes = introspection.graph_nodes(model)
    if not nodes:
        return "it covers Sequential and Functional models"
    if any(len(node.parent_nodes) > 1 for node in nodes):
        return "it covers plain chains, not layers with several inputs"
    parents = [id(parent) for node in nodes for parent in node.parent_nodes]
    operations = [node.operation for node in nodes]
    dense = [id(one) for one in operations if isinstance(one, keras.layers.Dense)]
    if len({*parents}) < len(nodes) - 1 or len({*dense}) < len(dense):
        return "it covers plain chains, not branches or layers that are called twice"
    for layer in operations:
        kind = type(layer).__name__
        if kind not in (*PLAIN, "InputLayer") and not is_activation(layer):
            return f"it covers chains of dense layers, not {layer.name} ({kind})"
        if kind == "Dropout" and layer.rate and on_batches:
            return f"it does not cover {layer.name}, which acts on training batches"
    for before, name in activation_layers(model):
        if before is None:
            return f"it covers dense layers with one activation function, not {name}"
    return ""


def is_activation(layer: Any) -> bool:
    """Returns whether a layer only applies an activation function."""
    return isinstance(layer, (keras.layers.Activation, *ACTIVATION_LAYERS))


def activation_layers(
    model: keras.Model,
) -> Iterator[tuple[keras.layers.Dense | None, str]]:
    """Yields the layers of a chain that only apply an activation function.

    Yields:
        Tuple of the linear dense layer before it, `None` if there is none, and the name
        of its row in the layer table.
    """
    calls: Counter[str] = Counter()
    before = None
    for node in introspection.graph_nodes(model):
        layer = node.operation
        if isinstance(layer, keras.layers.Dense):
            is_linear = layer.activation is keras.activations.linear
            before = layer if is_linear else None
        elif is_activation(layer):
            calls[layer.name] += 1
            further = f":{calls[layer.name]}" if calls[layer.name] > 1 else ""
            yield before, f"{layer.name}{further}"
            before = None


def why_not_initial_bias(layer: keras.layers.Dense, *, compare: bool) -> str:
    """Returns why the biases of a layer are not covered.

    Args:
        layer: `keras.layers.Dense`.
        compare: bool. Whether to compare the biases with their initializer.
    """
    expected = bias_variance(layer)
    if expected is None:
        name = type(layer.bias_initializer).__name__
        return f"it does not know {name}, the bias initializer of {layer.name}"
    if not layer.use_bias or not compare:
        return ""
    bias = np.asarray(keras.ops.convert_to_numpy(layer.bias), np.float64)
    error = DEVIATIONS * np.sqrt(2 / bias.size) + ROUNDING
    if abs(float(np.square(bias).mean()) - expected) > error * expected:
        return f"the biases of {layer.name} are not initial biases"
    return ""


def bias_variance(layer: keras.layers.Dense) -> float | None:
    """Returns the variance of initial biases; `None` if it is unknown."""
    kinds = keras.initializers
    match initializer := layer.bias_initializer if layer.use_bias else kinds.Zeros():
        case kinds.Zeros():
            return 0.0
        case Critical() as critical:
            return critical.bias_variance
        case kinds.RandomNormal(mean=0) | kinds.TruncatedNormal(mean=0):
            return mean_square(initializer, layer.kernel.shape)
        case _:
            return None


def mean_square(initializer: Any, shape: tuple[int, ...]) -> float | None:
    """Returns the mean square of the weights that an initializer draws.

    Args:
        initializer: `keras.initializers.Initializer`.
        shape: Tuple of two int. Shape of a dense kernel.

    Returns:
        float; `None` if it is unknown.
    """
    kinds = keras.initializers
    fan_in, fan_out = shape
    match initializer:
        case LSUV():
            return None
        case kinds.VarianceScaling(scale=scale, mode=mode):
            fans = {"fan_in": fan_in, "fan_out": fan_out}
            return float(scale / max(fans.get(mode, (fan_in + fan_out) / 2), 1))
        case kinds.Orthogonal(gain=gain):
            return float(gain**2 / max(shape))
        case kinds.RandomNormal(mean=mean, stddev=std):
            return float(mean**2 + std**2)
        case kinds.TruncatedNormal(mean=mean, stddev=std):
            return float(mean**2 + TRUNCATED * std**2)
        case kinds.RandomUniform(minval=low, maxval=high):
            return float((low**2 + low * high + high**2) / 3)
        case _:
            return None
