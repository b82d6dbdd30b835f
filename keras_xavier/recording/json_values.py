"""Converts any Python object to JSON of limited size, as a description."""

import math
from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np

from keras_xavier.probing import introspection

MOST_ITEMS = 100
LONGEST_TEXT = 1000
DEEPEST = 6


def describe(value: Any, depth: int = 0) -> Any:
    """Describes an object in JSON; never raises an error.

    Objects of Keras become dicts of their class and configuration. Functions and other
    objects become their names. Long texts and collections are shortened.

    Args:
        value: Any object.
        depth: int. Number of collections around it. Defaults to 0.

    Returns:
        JSON value.

    Example:

    >>> describe({"rate": np.float32(0.5), "function": len, "limit": float("inf")})
    {'rate': 0.5, 'function': 'len', 'limit': 'inf'}
    """
    match value:
        case None | bool() | int():
            return value
        case float():
            return shortest(value) if math.isfinite(value) else str(value)
        case str():
            return value[:LONGEST_TEXT].encode(errors="replace").decode()
        case np.generic():
            return describe(value.item(), depth)
        case np.ndarray():
            if value.ndim == 0:
                return describe(value.item(), depth)
            return f"{value.dtype} array of shape {value.shape}"
    if depth >= DEEPEST:
        return name_of(value)
    if isinstance(value, Mapping):
        items = [*value.items()][:MOST_ITEMS]
        return {str(describe(str(k))): describe(v, depth + 1) for k, v in items}
    if isinstance(value, Sequence | Set):
        return [describe(item, depth + 1) for item in [*value][:MOST_ITEMS]]
    if not isinstance(value, type) and hasattr(value, "get_config"):
        return describe_object(value, depth)
    return name_of(value)


def shortest(value: float) -> float:
    """Returns a number as it was written: Keras converts settings to float32.

    >>> shortest(0.0010000000474974513)
    0.001
    """
    with np.errstate(over="ignore"):
        single = np.float32(value)
    return float(str(single)) if single == value else value


def describe_object(value: Any, depth: int = 0) -> dict[str, Any]:
    """Describes an object of Keras by its class and configuration."""
    try:
        config = introspection.configuration(value)
    except Exception as error:  # noqa: BLE001 - of custom classes
        config = {"config": f"unavailable: {type(error).__name__}: {error}"}
    described = describe(config, depth + 1)
    if not isinstance(described, dict):
        described = {"config": described}
    return {"class": type(value).__name__, **described}


def name_of(value: Any) -> str:
    """Returns the name of a function or class, or the class of another object."""
    name = getattr(value, "__name__", None)
    return name if isinstance(name, str) else type(value).__name__


def numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Returns the numbers among metrics; a program may log anything."""
    return {
        name: value
        for name, value in metrics.items()
        if np.ndim(value) == 0 and hasattr(value, "__float__")
    }
