"""Expectations over Gaussian preactivations, by Gauss quadrature.

In a wide layer with random weights, preactivations are Gaussian, whatever the
activation below: each is a sum of many independent terms.
"""

import math
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
COARSE = 4.0 ** np.arange(FINEST // 2, 1)
"""Distances from a kink of the edges of panels, in the inner of two integrals."""


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


def pair_expectation(
    function: Function, correlation: float, variance: float, kinks: Sequence[float]
) -> float:
    """Computes E[f(s) f(s')] for s and s' from N(0, `variance`) that are correlated.

    As an expectation over s of that over s' when s is known, which is Gaussian about
    c s. The panels of the inner one narrow towards the kinks too: these lie elsewhere
    for each s.

    Args:
        function: f, of an array.
        correlation: c, of s and s'.
        variance: Variance of both, 0 or more.
        kinks: Where f or its derivatives jump.

    Returns:
        The expectation.

    Example:

    >>> round(pair_expectation(lambda s: s, 0.5, 4.0, ()), 12)
    2.0
    """
    # Where the inner expectation bends, as a function of s.
    bends = [*kinks, *(math.copysign(1, correlation) * kink for kink in kinks)]
    s, weights = nodes(variance, sorted({*bends}))
    scale = max(math.sqrt(variance), SMALLEST_SCALE)
    spread = scale * math.sqrt(max(1 - correlation**2, 0.0))
    if spread <= SMALLEST_SCALE * scale:
        return float((function(s) * function(correlation * s)) @ weights)
    centre = correlation * s[:, None]
    around = np.concatenate([-COARSE, [0.0], COARSE])
    edges = [
        np.broadcast_to(np.arange(-REACH, REACH + 1), (len(s), 2 * int(REACH) + 1))
    ]
    edges += [(kink - centre) / spread + around for kink in {0.0, *kinks}]
    z, inner = _on_panels(np.sort(np.concatenate(edges, axis=1).clip(-REACH, REACH)))
    given = (function(centre + spread * z) * inner).sum(axis=1)
    return float((function(s) * given) @ weights)


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
    return _on_panels(edges)


def _on_panels(edges: Values) -> tuple[Values, Values]:
    """Nodes between edges, these along the last axis, and the normal weights."""
    x, weights = np.polynomial.legendre.leggauss(PANEL_NODES)
    half = np.diff(edges)[..., None] / 2
    z = edges[..., :-1, None] + half * (1 + x)
    density = np.exp(-np.square(z) / 2) / math.sqrt(2 * math.pi)
    shape = (*edges.shape[:-1], -1)
    return z.reshape(shape), (half * weights * density).reshape(shape)
