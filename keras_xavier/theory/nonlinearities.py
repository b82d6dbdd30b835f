"""Activation functions and their slopes in NumPy, for theory alone."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Values: TypeAlias = NDArray[np.float64]
Function: TypeAlias = Callable[[Values], Values]

LECUN_SCALE, LECUN_GAIN = 1.7159, 2 / 3
LEAKY_SLOPE = 0.2
SELU_SCALE = 1.0507009873554805
SELU_FLOOR = SELU_SCALE * 1.6732632423543772
DIFFERENCE = 1e-6


@dataclass(frozen=True)
class Nonlinearity:
    """An activation function φ as theory needs it.

    Attributes:
        function: φ, of an array.
        slope: φ', of an array.
        kinks: Where φ' jumps or bends; integrals are taken piece by piece.
    """

    function: Function
    slope: Function
    kinks: tuple[float, ...] = ()


Activation: TypeAlias = str | Function | Nonlinearity
"""How functions of this package take an activation, see `nonlinearity`."""


def nonlinearity(activation: Activation) -> Nonlinearity:
    """Finds an activation function by its name, or takes one of your own.

    Args:
        activation: One of `NONLINEARITIES`; a function of a NumPy array, whose
            slope is then taken by central differences; or a `Nonlinearity`.

    Returns:
        The function, its slope and its kinks.

    Raises:
        ValueError: If there is none of that name.

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


def _sigmoid(s: Values) -> Values:
    # exp of a negative number only, which never overflows.
    decay = np.exp(-np.abs(s))
    return np.where(s < 0, decay, 1) / (1 + decay)


def _tanh_slope(s: Values) -> Values:
    return 1 - np.tanh(s) ** 2


def _leaky(below: float) -> Nonlinearity:
    return Nonlinearity(
        lambda s: np.where(s > 0, s, below * s),
        lambda s: np.where(s > 0, 1.0, below),
        kinks=(0.0,),
    )


def _exponential(floor: float, above: float) -> Nonlinearity:
    return Nonlinearity(
        lambda s: np.where(s > 0, above * s, floor * np.expm1(np.minimum(s, 0))),
        lambda s: np.where(s > 0, above, floor * np.exp(np.minimum(s, 0))),
        kinks=(0.0,),
    )


def _normal_distribution(s: Values) -> Values:
    return (1 + np.vectorize(math.erf, otypes=[float])(s / math.sqrt(2))) / 2


def _normal_density(s: Values) -> Values:
    return np.exp(-np.square(s) / 2) / math.sqrt(2 * math.pi)


NONLINEARITIES = {
    "sigmoid": Nonlinearity(_sigmoid, lambda s: _sigmoid(s) * _sigmoid(-s)),
    "tanh": Nonlinearity(np.tanh, _tanh_slope),
    "softsign": Nonlinearity(
        lambda s: s / (1 + np.abs(s)),
        lambda s: 1 / np.square(1 + np.abs(s)),
        kinks=(0.0,),
    ),
    "scaled_tanh": Nonlinearity(
        lambda s: LECUN_SCALE * np.tanh(LECUN_GAIN * s),
        lambda s: LECUN_SCALE * LECUN_GAIN * _tanh_slope(LECUN_GAIN * s),
    ),
    "hard_tanh": Nonlinearity(
        lambda s: np.clip(s, -1, 1),
        lambda s: np.where(np.abs(s) < 1, 1.0, 0.0),
        kinks=(-1.0, 1.0),
    ),
    "relu": _leaky(0.0),
    "leaky_relu": _leaky(LEAKY_SLOPE),
    "elu": _exponential(1.0, 1.0),
    "selu": _exponential(SELU_FLOOR, SELU_SCALE),
    "gelu": Nonlinearity(
        lambda s: s * _normal_distribution(s),
        lambda s: _normal_distribution(s) + s * _normal_density(s),
    ),
    "silu": Nonlinearity(
        lambda s: s * _sigmoid(s),
        lambda s: _sigmoid(s) * (1 + s * _sigmoid(-s)),
    ),
    "arctan": Nonlinearity(np.arctan, lambda s: 1 / (1 + np.square(s))),
    "sine": Nonlinearity(np.sin, np.cos),
    "linear": Nonlinearity(lambda s: s, np.ones_like),
}
"""The activation functions of this package, and none (`"linear"`), by name."""
