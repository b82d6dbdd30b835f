"""Activation functions and their slopes in NumPy."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from keras_xavier.activation_table import Facts
from keras_xavier.keras_activation_table import KERAS_FACTS

Values: TypeAlias = NDArray[np.float64]
Function: TypeAlias = Callable[[Values], Values]

DIFFERENCE = 1e-6
ERF_REACH = 6
"""Beyond it, the error function is 1 or -1 in float64."""
ERF_CELLS = 512
"""Cells of the table of the error function from one integer to the next."""


@dataclass(frozen=True)
class Nonlinearity:
    """An activation function φ with its slope, for the functions of `kx.theory`.

    Attributes:
        function: Function of a NumPy array. φ.
        slope: Function of a NumPy array. φ'.
        kinks: Tuple of float. The values at which φ or one of its derivatives jumps;
            integrals are split there. Defaults to none.

    Example:

    >>> square = Nonlinearity(np.square, lambda s: 2 * s)
    """

    function: Function
    slope: Function
    kinks: tuple[float, ...] = ()


Activation: TypeAlias = str | Function | Nonlinearity
"""The arguments that `nonlinearity` accepts."""


def nonlinearity(activation: Activation) -> Nonlinearity:
    """Returns an activation function by its name, or wraps a custom function.

    Args:
        activation: str, function of a NumPy array, or `Nonlinearity`. A name in
            `NONLINEARITIES`, or a custom function. The slope of a plain function is
            computed by central differences.

    Returns:
        `Nonlinearity`.

    Raises:
        ValueError: If the name is unknown.

    Example:

    >>> float(nonlinearity("softsign").slope(np.array(1.0)))
    0.25
    >>> round(float(nonlinearity(np.sin).slope(np.array(0.0))), 6)
    1.0
    """
    if isinstance(activation, Nonlinearity):
        return activation
    if callable(activation):
        function = activation
        return Nonlinearity(function, lambda s: _differences(function, s))
    if activation not in NONLINEARITIES:
        raise ValueError(
            f"`activation` must be one of {', '.join(NONLINEARITIES)}, or a function "
            f"of a NumPy array. Received: activation={activation!r}"
        )
    return NONLINEARITIES[activation]


def _differences(function: Function, s: Values) -> Values:
    return (function(s + DIFFERENCE) - function(s - DIFFERENCE)) / (2 * DIFFERENCE)


class NumPyOps:
    """NumPy's functions, and the functions that only `keras.ops` has."""

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    @staticmethod
    def sigmoid(s: Values) -> Values:
        # exp of a negative number only, which never overflows.
        decay = np.exp(-np.abs(s))
        return np.where(s < 0, decay, 1) / (1 + decay)

    @staticmethod
    def erf(s: Values) -> Values:
        """Computes the error function by cubic interpolation, with an error of 2e-13.

        `math.erf` takes a hundred times as long for large arrays.
        """
        edges, values, slopes = _erf_table()
        clipped = np.clip(s, edges[0], edges[-1])
        index = np.minimum((clipped - edges[0]) * ERF_CELLS, len(edges) - 2).astype(int)
        t = (clipped - edges[index]) * ERF_CELLS
        left, right = values[index], values[index + 1]
        rise = right - left
        from_left = slopes[index] / ERF_CELLS - rise
        from_right = rise - slopes[index + 1] / ERF_CELLS
        return left + t * (rise + (1 - t) * ((1 - t) * from_left + t * from_right))


@lru_cache(maxsize=1)
def _erf_table() -> tuple[Values, Values, Values]:
    """Returns points, the error function and its slope at each of them."""
    edges = np.arange(-ERF_REACH * ERF_CELLS, ERF_REACH * ERF_CELLS + 1) / ERF_CELLS
    values = np.array([math.erf(edge) for edge in edges])
    return edges, values, 2 / math.sqrt(math.pi) * np.exp(-np.square(edges))


def _in_numpy(facts: Facts) -> Nonlinearity:
    computed = facts.computed_with(NumPyOps())
    return Nonlinearity(computed.function, computed.slope, computed.kinks)


NONLINEARITIES = {
    name: _in_numpy(known)
    for name, make in KERAS_FACTS.items()
    if name != "threshold" and (known := make())
} | {"linear": Nonlinearity(lambda s: s, np.ones_like)}
"""The activation functions of this package and of Keras with their default parameters,
and the identity as `"linear"`."""
