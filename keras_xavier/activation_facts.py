"""Finds the bounds and slopes of an activation function that a Keras layer applies."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import keras

from keras_xavier.activation_table import Facts
from keras_xavier.keras_activation_table import ALIASES, KERAS_FACTS

PACKAGE = "keras_xavier.activations"
REGISTERED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "keras_hub>gelu_approximate": ("gelu", {"approximate": True})
}
"""Functions of other packages, by their registered name."""


def facts(activation: str | Callable[..., Any] | None) -> Facts | None:
    """Returns the bounds and slopes of an activation function.

    Args:
        activation: str, function, layer or `None`. A function of
            `keras_xavier.activations`, `keras.activations` or `keras.ops`, its name, a
            `functools.partial` of it with other parameters, or a layer such as
            `keras.layers.LeakyReLU(0.1)`.

    Returns:
        `Facts`; `None` if the function is unknown, linear, not elementwise, as softmax
        is, without a largest slope, as the exponential, or if its slopes are learned,
        as in `keras.layers.PReLU`.

    Example:

    >>> facts("tanh").largest_slope
    1.0
    >>> facts(keras.layers.ReLU(max_value=6.0)).upper
    6.0
    """
    match activation:
        case str():
            return _facts(ALIASES.get(activation, activation), {})
        case functools.partial(func=function, args=(), keywords=parameters):
            return _of_function(function, parameters)
        case keras.layers.ReLU():
            names = ("negative_slope", "max_value", "threshold")
            return _facts("relu", {name: getattr(activation, name) for name in names})
        case keras.layers.LeakyReLU(negative_slope=slope):
            return _facts("leaky_relu", {"negative_slope": slope})
        case keras.layers.ELU(alpha=alpha):
            return _facts("elu", {"alpha": alpha})
        case _:
            return _of_function(activation, {})


def _of_function(function: Any, given: Mapping[str, Any]) -> Facts | None:
    """Returns the facts of a function of Keras or of this package."""
    name = getattr(function, "__name__", None)
    if not isinstance(name, str):
        return None
    if getattr(function, "__module__", None) != PACKAGE and function not in (
        getattr(keras.activations, name, None),
        getattr(keras.ops, name, None),
    ):
        registered = keras.saving.get_registered_name(function)
        name, defaults = REGISTERED.get(registered, ("", {}))
        return _facts(name, {**defaults, **given})
    # `keras.ops.gelu` and `keras.activations.gelu` have different defaults.
    parameters = inspect.signature(function).parameters.values()
    defaults = {one.name: one.default for one in list(parameters)[1:]}
    return _facts(ALIASES.get(name, name), {**defaults, **given})


def _facts(name: str, parameters: Mapping[str, Any]) -> Facts | None:
    if name not in KERAS_FACTS:
        return None
    try:
        bound = inspect.signature(KERAS_FACTS[name]).bind(**parameters)
    except TypeError:
        # The parameters are incomplete, or newer than this package.
        return None
    bound.apply_defaults()
    known = (bool, int, float, type(None))
    if not all(isinstance(value, known) for value in bound.arguments.values()):
        return None
    return _computed(name, tuple(bound.arguments.items()))


@functools.lru_cache(maxsize=256)
def _computed(name: str, parameters: tuple[tuple[str, Any], ...]) -> Facts | None:
    """Returns the same object for the same function, as compiled functions need."""
    found = KERAS_FACTS[name](**dict(parameters))
    return found and found.computed_with(keras.ops)
