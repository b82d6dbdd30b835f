"""Finds NaN and infinite values in the arrays that `fit` receives."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

VALUES = 50_000_000
"""Values of an array that are checked: about a tenth of a second."""
NAMES = {"x": "inputs", "y": "targets"}


def nonfinite_data(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Returns where the arrays that `fit` receives are not finite.

    Args:
        arguments: Mapping. Variables of `fit`: `x` and `y`, which may be nested.

    Returns:
        Dict from `"inputs"` and `"targets"`, if they have such values, to a dict of
        their `count` and the `first` position, a list of int. Data that are no NumPy
        arrays are not checked.
    """
    found = {}
    for argument, name in NAMES.items():
        for array in keras.tree.flatten(arguments.get(argument)):
            if isinstance(array, np.ndarray) and array.dtype.kind == "f":
                places = nonfinite_places(array)
                if len(places):
                    first = [int(place) for place in places[0]]
                    found[name] = {"count": len(places), "first": first}
                    break
    return found


def nonfinite_places(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Returns the positions of nonfinite values, of shape (value, axis)."""
    if not array.size:
        return np.empty((0, array.ndim), int)
    examples = (
        array[: max(1, VALUES * len(array) // array.size)] if array.ndim else array
    )
    with np.errstate(over="ignore", invalid="ignore"):
        # A finite sum needs no memory, and shows that all values are finite.
        if np.isfinite(examples.sum(dtype=np.float64)):
            return np.empty((0, array.ndim), int)
    return np.argwhere(~np.isfinite(examples))
