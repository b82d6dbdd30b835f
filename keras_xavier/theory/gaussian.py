"""Expectations over Gaussian preactivations, by Gauss quadrature.

In a wide layer with random weights, preactivations are Gaussian, whatever the
activation below: each is a sum of many independent terms.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from keras_xavier.theory.nonlinearities import Function, Values

PANEL_NODES = 16
SMALLEST_SCALE = 1e-12
"""Stands for a standard deviation of 0, so that a kink at 0 has both of its sides."""
REACH = 10.0
"""Standard deviations beyond which a Gaussian holds under 1e-22."""
FINEST = -16
"""Panels narrow towards each kink and 0 down to 2^-16 standard deviations."""


def expectation(function: Function, variance: float, kinks: Sequence[float]) -> float:
    """Computes E[f(s)] for s from N(0, `variance`).

    By Gauss–Legendre quadrature on panels that narrow towards 0 and towards each
    kink. Gauss–Hermite quadrature is for polynomials: its nodes straddle the kink
    of a hard tanh and miss by 1 % with 128 of them, and miss the steps of a
    saturated sigmoid; the panels are as exact as float64 for both.

    Args:
        function: f, of an array.
        variance: Variance of s, 0 or more.
        kinks: Where f or its derivatives jump.

    Returns:
        The expectation.

    Example:

    >>> round(expectation(np.square, 4.0, ()), 12)
    4.0
    """
    s, weights = nodes(variance, kinks)
    return float(function(s) @ weights)


def nodes(variance: float, kinks: Sequence[float]) -> tuple[Values, Values]:
    """Where `expectation` evaluates a function, and with which weights."""
    if not 0 <= variance < np.inf:
        raise ValueError(
            f"`variance` must be a number, 0 or more. Received: variance={variance}"
        )
    scale = max(float(np.sqrt(variance)), SMALLEST_SCALE)
    z, weights = _panels(tuple(kink / scale for kink in kinks))
    return scale * z, weights


@lru_cache(maxsize=64)
def _panels(kinks: tuple[float, ...]) -> tuple[Values, Values]:
    """Nodes and weights of the standard normal distribution."""
    distances = np.concatenate([2.0 ** np.arange(FINEST, 1), np.arange(2, 2 * REACH)])
    centres = {0.0, *(kink for kink in kinks if abs(kink) < REACH)}
    around = np.concatenate([-distances, [0.0], distances])
    edges = np.unique([centre + around for centre in centres])
    edges = edges[np.abs(edges) <= REACH]
    x, weights = np.polynomial.legendre.leggauss(PANEL_NODES)
    half = np.diff(edges)[:, None] / 2
    z = (edges[:-1, None] + half * (1 + x)).ravel()
    return z, (half * weights).ravel() * np.exp(-np.square(z) / 2) / np.sqrt(2 * np.pi)
