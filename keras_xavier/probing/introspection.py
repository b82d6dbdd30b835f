"""What is asked of Keras layers; the only place that uses what Keras hides."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
from keras.src.backend import compute_output_spec

Tensor = Any

ACTIVATION_LAYERS = (
    keras.layers.ELU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.Softmax,
)
"""Layers that are an activation function and have no attribute of that name."""
REPEATING_LAYERS = (keras.layers.RNN, keras.layers.TimeDistributed)
"""Layers that call those inside of them again for each step of a sequence."""


@dataclass(frozen=True)
class Call:
    """One application of a layer's activation function.

    Attributes:
        layer: The layer.
        activation: Its function φ.
        preactivation: s, as it went in.
        value: φ(s), as it came out.
    """

    layer: keras.Layer
    activation: Callable[[Tensor], Tensor]
    preactivation: Tensor
    value: Tensor


def build(model: keras.Model, x: Any) -> None:
    """Creates the weights of a model that waits for its first data."""
    if all(layer.built for layer in model._flatten_layers()):
        return
    one = keras.tree.map_structure(
        lambda array: keras.KerasTensor((1, *array.shape[1:]), array.dtype), x
    )
    compute_output_spec(model, one, training=False)


def compilation(model: keras.Model) -> tuple[object, ...]:
    """The model and what `compile` made: other objects after each `compile`."""
    return model, model._compile_loss, model.optimizer


def compute_loss(model: keras.Model, x: Any, y: Any, predictions: Any) -> Tensor:
    """The loss of the model, computed as in `evaluate`."""
    return model._compute_loss(x=x, y=y, y_pred=predictions, training=False)


@contextmanager
def recorded_calls(
    model: keras.Model, on_preactivation: Callable[[Tensor], object]
) -> Iterator[list[Call]]:
    """Collects what goes through the activation functions of a model.

    Their place in the layers is taken by recorders, and given back at the end.
    This goes past `setattr`, which would track, or refuse, what is set.

    Args:
        model: The model to be called inside of the context.
        on_preactivation: Called with each s before φ is applied to it.

    Yields:
        The calls so far, in their order.
    """
    calls: list[Call] = []
    shadowed: list[tuple[dict[str, Any], str, Any]] = []

    def recorder(layer: keras.Layer, apply: Any) -> Callable[..., Tensor]:
        activation = activation_of(layer)

        def record(preactivation: Tensor, *args: Any, **kwargs: Any) -> Tensor:
            on_preactivation(preactivation)
            value = apply(preactivation, *args, **kwargs)
            calls.append(Call(layer, activation, preactivation, value))
            return value

        return record

    try:
        for layer in layers_with_activation(model):
            attributes = vars(layer)
            name = "activation" if "activation" in attributes else "call"
            record = recorder(layer, getattr(layer, name))
            shadowed.append((attributes, name, attributes.get(name)))
            attributes[name] = record
        yield calls
    finally:
        for attributes, name, original in shadowed:
            if original is None:
                del attributes[name]
            else:
                attributes[name] = original


def layers_with_activation(model: keras.Model) -> list[keras.Layer]:
    """Layers that apply an activation function, once for each call of theirs."""
    layers = model._flatten_layers()
    repeated = {
        id(part)
        for layer in layers
        if isinstance(layer, REPEATING_LAYERS)
        for part in layer._flatten_layers(include_self=False)
    }
    # A layer that serves as the activation of another is no layer of its own.
    serving = {id(vars(layer).get("activation")) for layer in layers}
    return [
        layer
        for layer in layers
        if activation_of(layer) is not None and id(layer) not in repeated | serving
    ]


def activation_of(layer: keras.Layer) -> Any:
    """The activation function of a layer, or the layer if it is one; or `None`."""
    activation = vars(layer).get("activation")
    if callable(activation):
        return activation
    if isinstance(layer, keras.layers.ReLU):
        form = (layer.max_value, layer.negative_slope, layer.threshold)
        return keras.activations.relu if form == (None, 0.0, 0.0) else layer
    return layer if isinstance(layer, ACTIVATION_LAYERS) else None


def call_names(calls: Sequence[Call]) -> list[str]:
    """Unique names: of the layer, or its path, and `:2`, … for further calls."""
    layers = {id(call.layer): call.layer for call in calls}
    shared = Counter(layer.name for layer in layers.values())
    seen: Counter[str] = Counter()
    names = []
    for call in calls:
        name = call.layer.name if shared[call.layer.name] == 1 else call.layer.path
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}:{seen[name]}")
    return names


def kernel(layer: keras.Layer) -> keras.Variable | str:
    """The weights W of a layer without its bias, or why there are none."""
    named = [weight for weight in layer.weights if weight.name == "kernel"]
    matrices = [weight for weight in layer.weights if len(weight.shape) > 1]
    found = named or matrices
    if not found:
        return "the layer has no weights"
    if len(found) > 1:
        return f"the layer has {len(found)} kernels"
    if not keras.backend.is_float_dtype(found[0].dtype):
        return f"the weights are stored as {found[0].dtype}"
    return found[0]
