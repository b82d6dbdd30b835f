"""Propagates the variance and the correlation of signals through a chain of layers."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from keras_xavier.theory import mean_field
from keras_xavier.theory.gaussian import expectation
from keras_xavier.theory.nonlinearities import Values, nonlinearity

LARGEST = 1e70
"""Variances beyond this, which float32 cannot hold, are not propagated."""


@dataclass(frozen=True)
class Chain:
    """A chain of dense layers, from the input up.

    Attributes:
        phis: Tuple of str or `None`. Activation function of each layer, if known.
        units: Tuple of int. Units of each layer but the last.
        gains: Tuple of float. n Var[W] of each layer but the first.
        biases: Tuple of float. Var[b] of each layer but the first.
        square: float. q, the mean square of the first layer's preactivations.
    """

    phis: tuple[str | None, ...]
    units: tuple[int, ...]
    gains: tuple[float, ...]
    biases: tuple[float, ...]
    square: float


def limit_distance(value: float) -> float:
    """Returns 1 − c without errors of rounding beyond its range."""
    return float(np.clip(value, 0.0, 2.0))


@lru_cache(maxsize=256)
def moments(chain: Chain) -> tuple[Values, Values, Values]:
    """Returns q, E[φ²] and Var[φ] in each layer."""
    rows = []
    q = chain.square
    above = zip((*chain.gains, np.nan), (*chain.biases, np.nan), strict=True)
    for phi, (gain, bias) in zip(chain.phis, above, strict=True):
        square = _expected(mean_field.second_moment, phi, q)
        mean = _expected(mean_field.mean, phi, q)
        rows.append((q, square, max(square - mean**2, 0.0)))
        q = gain * square + bias
    return tuple(np.array(rows, np.float64).T)


@lru_cache(maxsize=256)
def differences(chain: Chain, distance: float) -> tuple[Values, Values]:
    """Returns 1 − c of preactivations, and E[(z − z')²] / 2 of activations."""
    rows = []
    q = moments(chain)[0]
    above = zip((*chain.gains, np.nan), (*q[1:], np.nan), strict=True)
    for phi, one, (gain, next_q) in zip(chain.phis, q, above, strict=True):
        difference = _expected(mean_field.difference, phi, distance, one)
        rows.append((distance, difference))
        follows = 0 < next_q < LARGEST
        distance = limit_distance(gain * difference / next_q) if follows else np.nan
    return tuple(np.array(rows, np.float64).T)


@lru_cache(maxsize=256)
def gradients(chain: Chain, gains: tuple[float, ...], square: float) -> Values:
    """Returns the mean square of ∂C/∂s in each layer."""
    back = [square]
    pairs = zip(chain.phis[-2::-1], moments(chain)[0][-2::-1], strict=True)
    for gain, (phi, q) in zip(gains[::-1], pairs, strict=True):
        back.append(back[-1] * gain * _expected(mean_field.squared_slope, phi, q))
    return np.array(back[::-1])


@lru_cache(maxsize=256)
def slope_correlations(chain: Chain, distance: float) -> Values:
    """Returns the correlation of gradients in each layer over that in the last."""
    q, (distances, _) = moments(chain)[0], differences(chain, distance)
    each = [
        _expected(mean_field.slope_correlation, phi, one, other)
        for phi, one, other in zip(chain.phis[:-1], distances, q[:-1], strict=False)
    ]
    return np.cumprod([1.0, *each[::-1]], dtype=np.float64)[::-1]


def _expected(of: Callable[..., float], phi: str | None, *at: float) -> float:
    """Returns an expectation, or NaN if φ or an argument is unknown."""
    return of(*at, phi) if phi and (np.abs(at) < LARGEST).all() else np.nan


def deviation(chain: Chain) -> float:
    """Returns the largest relative standard deviation of a std over random weights.

    The mean square of n activations deviates by its own random error, and by as much as
    the layer below makes it follow.
    """
    found = [0.0]
    for name, q, units, gain, bias in zip(
        chain.phis,
        moments(chain)[0],
        chain.units,
        chain.gains,
        chain.biases,
        strict=False,
    ):
        if name is None or not abs(q) < LARGEST:
            break
        square = mean_field.second_moment(q, name)
        above = gain * square + bias
        if not (square > 0 and 0 < above < LARGEST):
            break
        random = (_fourth_moment(q, name) / square**2 - 1) / units
        follows = mean_field.stretch(q, name) / square
        share = gain * square / above
        found.append(share**2 * (follows**2 * found[-1] + random))
    return math.sqrt(max(found)) / 2


def _fourth_moment(variance: float, name: str) -> float:
    phi = nonlinearity(name)
    return expectation(lambda s: np.power(phi.function(s), 4), variance, phi.kinks)
