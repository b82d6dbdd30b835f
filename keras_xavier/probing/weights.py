"""Finds the weights of layers: kernels or scales, and biases."""

from collections.abc import Mapping, Sequence
from itertools import chain

import keras

from keras_xavier.probing import introspection

REPEATING_LAYERS = (keras.layers.RNN, keras.layers.TimeDistributed)
"""Layers that call their inner layers once for each step of a sequence."""
SCALES = ("embeddings", "gamma", "scale", "alpha")
"""Weights that multiply, in layers without a kernel."""
NO_MATRICES = ("bias", "beta", "moving_mean", "moving_variance", "mean", "variance")
BIASES = ("bias", "beta")
"""Parts of the names of weights that are added to the preactivations."""


def kernels(layer: keras.Layer) -> list[keras.Variable]:
    """Returns the weights W of a layer without biases: its kernels, or its scales.

    A recurrent or time-distributed layer has the weights of its inner layers. All
    weights of a model itself count.
    """
    weights = [
        weight
        for weight in introspection.own_weights(layer)
        if weight.name not in NO_MATRICES
    ]
    if isinstance(layer, REPEATING_LAYERS):
        inner = [kernels(part) for part in introspection.inner_layers(layer)]
        found = {id(weight) for weight in chain(weights, *inner)}
        return [weight for weight in layer.weights if id(weight) in found]
    if isinstance(layer, keras.Model):
        return [weight for weight in weights if is_float(weight)]
    return (
        [weight for weight in weights if "kernel" in weight.name]
        or [weight for weight in weights if weight.name in SCALES]
        or [weight for weight in weights if len(weight.shape) > 1]
        or [weight for weight in weights if is_float(weight)]
    )


def biases(layer: keras.Layer) -> list[keras.Variable]:
    """Returns the biases of a layer, or the beta of a normalization.

    A recurrent or time-distributed layer has the biases of its inner layers.
    """
    weights = introspection.own_weights(layer)
    if isinstance(layer, REPEATING_LAYERS):
        inner = [biases(part) for part in introspection.inner_layers(layer)]
        weights = [*weights, *chain(*inner)]
    scaling = {id(kernel) for kernel in kernels(layer)}
    return [
        weight
        for weight in weights
        if id(weight) not in scaling
        and is_float(weight)
        and any(part in weight.name for part in BIASES)
    ]


def measured_weights(layers: Sequence[keras.Layer]) -> list[keras.Variable]:
    """Returns the kernels, scales and biases of layers, each once."""
    found = {
        id(weight): weight
        for layer in layers
        for weight in (*kernels(layer), *biases(layer))
        if is_float(weight)
    }
    return list(found.values())


def is_float(variable: keras.Variable) -> bool:
    return keras.backend.is_float_dtype(variable.dtype)


def weight_suffixes(
    layer: keras.Layer,
    found: Sequence[keras.Variable],
    layer_names: Mapping[int, str],
) -> list[str]:
    """Returns what to append to the name of a layer for each of its weights.

    The names of inner layers are included if the weights alone do not say whose they
    are, as in `td/words/embeddings`.
    """
    plain = [f"/{weight.name}" for weight in found]
    if len({*plain}) == len(plain) and not isinstance(
        layer, keras.layers.TimeDistributed
    ):
        return plain
    owners = {
        id(weight): layer_names[id(part)].removeprefix(layer_names[id(layer)])
        for part in introspection.inner_layers(layer)
        for weight in introspection.own_weights(part)
    }
    names = [
        owners.get(id(weight), "") + name
        for weight, name in zip(found, plain, strict=True)
    ]
    if len({*names}) == len(names):
        return names
    return [f"{name}#{number}" for number, name in enumerate(plain, 1)]
