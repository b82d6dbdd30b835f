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
    """Mean and spread of the singular values of a layer's Jacobian.

    Attributes:
        mean: float. Mean of the singular values of ∂z^{i+1}/∂z^i.
        std: float. Their standard deviation; 0 if they are all equal.
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
    """Predicts the mean and spread of the singular values of diag(φ'(s)) Wᵀ.

    For independent weights, the squared singular values λ follow the Marchenko–Pastur
    law with rows weighted by the slopes φ'(s). Its Stieltjes transform m(−t), for t >
    0, is the root of a monotone equation, and the mean singular value is an integral of
    it: E√λ = 2/π ∫ (1 − u² m(−u²)) du. For orthogonal weights, the singular values are
    the slopes times σ_w.

    Args:
        variance: float. q, the variance of the upper layer's preactivations.
        activation: str, function of a NumPy array, or `Nonlinearity`. The upper layer's
            activation function φ, such as `"tanh"`.
        weight_variance: float. σ_w², the variance of a weight times the fan-in.
        fan_in: int. Units of the lower layer. Only the ratio to `fan_out` matters.
            Defaults to 1.
        fan_out: int. Units of the upper layer. Defaults to 1.
        orthogonal: bool. Whether the weights are a multiple of an orthogonal matrix.
            Requires layers of equal width. Defaults to `False`.

    Returns:
        `SingularValues`, over the min(fan_in, fan_out) singular values.

    Raises:
        ValueError: If `orthogonal` is true and the layers have unequal width.

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
        # The smaller layer limits the number of singular values.
        first, second = (value * max(ratio, 1) for value in (first, second))
    return SingularValues(first, math.sqrt(max(second - first**2, 0.0)))


def _mean_root(squares: Values, weights: Values, ratio: float) -> float:
    """Returns the mean square root of the eigenvalues of D W Wᵀ D over the rows.

    Args:
        squares: Array of shape (node,). Squared slopes, the diagonal of D².
        weights: Array of shape (node,). Frequency of each.
        ratio: float. Number of rows of W over the number of its columns.
    """
    angle, steps = np.polynomial.legendre.leggauss(PANEL_NODES)
    theta = (angle + 1) * math.pi / 4
    u = np.tan(theta)
    part = _resolved(np.square(u), squares, weights, ratio)
    return float((part / np.square(np.cos(theta))) @ steps) * math.pi / 4 * 2 / math.pi


def _resolved(t: Values, squares: Values, weights: Values, ratio: float) -> Values:
    """Returns E[λ / (λ + t)] for each t > 0.

    Uses the companion transform g(−t) = (1 − ratio (1 − t m)) / t, which solves
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
