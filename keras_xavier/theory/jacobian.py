"""Singular values of the Jacobian of a wide layer with random weights."""

import math
from dataclasses import dataclass

import numpy as np

from keras_xavier.theory.gaussian import nodes
from keras_xavier.theory.nonlinearities import Activation, Values, nonlinearity

PANEL_NODES = 200
BISECTIONS = 80


@dataclass(frozen=True)
class SingularValues:
    """How a layer stretches what comes into it.

    Attributes:
        mean: Mean of the singular values of ∂z^{i+1}/∂z^i.
        std: Their standard deviation; 0 if all directions fare alike.
    """

    mean: float
    std: float


def jacobian_singular_values(
    variance: float,
    activation: Activation,
    *,
    weight_variance: float,
    fan_in: int = 1,
    fan_out: int = 1,
    orthogonal: bool = False,
) -> SingularValues:
    """Predicts mean and spread of the singular values of diag(φ'(s)) Wᵀ.

    For independent weights their squares follow the law of Marchenko and Pastur,
    with the slopes φ'(s) as weights of the rows. Its Stieltjes transform m(−t), for
    t > 0, is the root of a monotone equation, and the mean of the roots of the
    squares is an integral over it: E√λ = 2/π ∫ (1 − u² m(−u²)) du. With orthogonal
    weights, the singular values are the slopes themselves.

    Args:
        variance: q, the variance of the upper layer's preactivations.
        activation: The upper layer's φ, as for `nonlinearity`.
        weight_variance: σ_w², the variance of a weight times the fan-in.
        fan_in: Units of the lower layer, or any number in proportion.
        fan_out: Units of the upper layer, in the same proportion.
        orthogonal: Whether the weights are a multiple of an orthogonal matrix; for
            layers of equal width.

    Returns:
        Mean and standard deviation, of the min(fan_in, fan_out) singular values.

    Raises:
        ValueError: If weights between layers of unequal width are to be orthogonal.

    Reference:

    - Glorot & Bengio (2010), section 4.2.1; Marchenko & Pastur (1967); Silverstein
      & Bai (1995); Pennington, Schoenholz & Ganguli (2017), *Resurrecting the
      sigmoid in deep learning through dynamical isometry*.

    Example:

    >>> found = jacobian_singular_values(0.0, "tanh", weight_variance=1.0)
    >>> round(found.mean, 3) == round(8 / (3 * np.pi), 3)  # the quarter circle
    True
    """
    phi = nonlinearity(activation)
    s, weights = nodes(variance, phi.kinks)
    squares = np.square(phi.slope(s))
    weights = weights / weights.sum()
    if orthogonal:
        if fan_in != fan_out:
            raise ValueError(
                "Orthogonal weights need layers of equal width. Received: "
                f"fan_in={fan_in}, fan_out={fan_out}"
            )
        first = math.sqrt(weight_variance) * float(np.sqrt(squares) @ weights)
        second = weight_variance * float(squares @ weights)
    else:
        ratio = fan_out / fan_in
        first = math.sqrt(weight_variance) * _mean_root(squares, weights, ratio)
        second = weight_variance * float(squares @ weights)
        # There are no more singular values than units of the smaller layer.
        first, second = (value * max(ratio, 1) for value in (first, second))
    return SingularValues(first, math.sqrt(max(second - first**2, 0.0)))


def _mean_root(squares: Values, weights: Values, ratio: float) -> float:
    """Mean over the rows of the roots of the eigenvalues of D W Wᵀ D.

    Args:
        squares: Squares of the slopes, the diagonal of D².
        weights: How frequent each is.
        ratio: Rows of W in proportion to its columns.
    """
    angle, steps = np.polynomial.legendre.leggauss(PANEL_NODES)
    theta = (angle + 1) * math.pi / 4
    u = np.tan(theta)
    part = _resolved(np.square(u), squares, weights, ratio)
    return float((part / np.square(np.cos(theta))) @ steps) * math.pi / 4 * 2 / math.pi


def _resolved(t: Values, squares: Values, weights: Values, ratio: float) -> Values:
    """E[λ / (λ + t)] for each t > 0.

    With the companion transform g(−t) = (1 − ratio (1 − t m)) / t, which solves
    1/g = t + ratio E[τ / (1 + τ g)] over the squared slopes τ.
    """

    def excess(g: Values) -> Values:
        shares = squares / (1 + np.outer(g, squares))
        return 1 / g - t - ratio * shares @ weights

    low, high = np.zeros_like(t), 1 / t
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        above = excess(np.maximum(middle, 1e-300)) > 0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return (1 - t * (low + high) / 2) / ratio
