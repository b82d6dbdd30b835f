"""Selects the layers to measure, and names them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import keras

from keras_xavier.probing import introspection, naming
from keras_xavier.probing.weights import REPEATING_LAYERS, is_float, kernels

Layers = str | type | Callable[[keras.Layer], bool] | Sequence[str | type] | None
"""Names, globs such as `"conv*"`, classes, or a function; `None` selects all."""

ACTIVATION_LAYERS = (
    keras.layers.ELU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ReLU,
    keras.layers.Softmax,
)
"""Layers that are activation functions, so they have no attribute `activation`."""
MERGING_LAYERS = (
    keras.layers.Add,
    keras.layers.Average,
    keras.layers.Dot,
    keras.layers.Maximum,
    keras.layers.Minimum,
    keras.layers.Multiply,
    keras.layers.Subtract,
)
"""Layers that compute with several tensors. `Add` computes the residual stream."""


class MismatchError(ValueError):
    """An argument of the user's that does not fit the model that is trained."""


def select_layers(model: keras.Model, layers: Layers = None) -> list[keras.Layer]:
    """Returns the layers to measure.

    By default these are the layers that apply an activation function, have weights or
    merge tensors, at any depth, except for layers inside recurrent and time-distributed
    layers. The model is among them if it has weights of its own.

    Args:
        model: `keras.Model`. A built model.
        layers: str, class, function from a layer to bool, or list of str and classes.
            Names, globs such as `"conv*"` or classes of layers. Defaults to `None`:
            all layers named above.

    Returns:
        List of `keras.Layer`, in the order in which Keras lists them.

    Raises:
        MismatchError: If `layers` selects no layer, or a name or a class matches none.
        ValueError: If `layers` is `None`, and the model has no layer to measure.
    """
    _, *flat = introspection.all_layers(model)
    if kernels(model):
        flat.append(model)
    hidden = {
        id(part)
        for layer in flat
        if isinstance(layer, REPEATING_LAYERS)
        for part in introspection.inner_layers(layer)
    }
    # A layer that serves as the activation of another layer is measured with it.
    hidden |= {id(introspection.own_activation(layer)) for layer in flat}
    visible = [
        layer
        for layer in flat
        if id(layer) not in hidden and not isinstance(layer, keras.layers.InputLayer)
    ]
    inner = [layer for layer in flat if id(layer) in hidden]
    if layers is None:
        found = [layer for layer in visible if is_measured_by_default(layer)]
        if not found:
            raise ValueError(
                "The model has no layer to measure: none applies an activation "
                "function or has weights. Select some with `layers`."
            )
        return found
    if callable(layers) and not isinstance(layers, type):
        found = [layer for layer in visible if layers(layer)]
        if not found:
            raise MismatchError(
                "`layers` should select some of the layers. Received: a function "
                f"that selects none of {[layer.name for layer in visible]}"
            )
        return found
    wanted = [layers] if isinstance(layers, (str, type)) else list(layers)
    names = naming.layer_names(model)

    def fits(layer: keras.Layer, wanted: str | type) -> bool:
        if isinstance(wanted, type):
            return isinstance(layer, wanted)
        return any(fnmatchcase(n, wanted) for n in (layer.name, names[id(layer)]))

    def fitting(wanted: str | type) -> list[keras.Layer]:
        # Layers inside recurrent layers only if no other layer is meant.
        shown = [layer for layer in visible if fits(layer, wanted)]
        return shown or [layer for layer in inner if fits(layer, wanted)]

    unused = [one for one in wanted if not fitting(one)]
    if unused or not wanted:
        raise MismatchError(
            "`layers` should be names, patterns or classes of some of "
            f"{[names[id(layer)] for layer in visible]}. Received: {unused or wanted}"
        )
    chosen = {id(layer) for one in wanted for layer in fitting(one)}
    return [layer for layer in flat if id(layer) in chosen]


def check_layers(layers: Any) -> None:
    """Checks the type of the `layers` argument of `select_layers`.

    Raises:
        ValueError: If it is not a name, a class, a function or a list of these.
    """
    parts = layers if isinstance(layers, (list, tuple)) else [layers]
    for part in parts:
        if not (part is None or isinstance(part, str) or callable(part)):
            raise ValueError(
                "`layers` should be names, patterns or classes of layers, or a "
                f"function from a layer to True or False. Received: {part!r}"
            )


def is_measured_by_default(layer: keras.Layer) -> bool:
    if isinstance(layer, keras.layers.Wrapper):
        # Other wrappers return the output of their inner layer.
        return isinstance(layer, REPEATING_LAYERS)
    return (
        activation_of(layer) is not None
        or isinstance(layer, (*REPEATING_LAYERS, *MERGING_LAYERS))
        or any(is_float(weight) for weight in introspection.own_weights(layer))
    )


def activation_of(layer: keras.Layer) -> Any:
    """Returns the activation function of a layer, the layer if it is one, or `None`."""
    activation = introspection.own_activation(layer)
    if callable(activation):
        return activation
    if isinstance(layer, keras.layers.ReLU):
        form = (layer.max_value, layer.negative_slope, layer.threshold)
        return keras.activations.relu if form == (None, 0.0, 0.0) else layer
    return layer if isinstance(layer, ACTIVATION_LAYERS) else None


def table_names(
    layers: Sequence[keras.Layer], layer_names: Mapping[int, str]
) -> list[str]:
    """Returns the names of layers, with `:2`, `:3`, … appended for further calls.

    Args:
        layers: Sequence of `keras.Layer`. The layer of each call.
        layer_names: Mapping from `id(layer)` to its name.
    """
    seen: Counter[int] = Counter()
    names = []
    for layer in layers:
        seen[id(layer)] += 1
        calls = seen[id(layer)]
        names.append(layer_names[id(layer)] + (f":{calls}" if calls > 1 else ""))
    return names
