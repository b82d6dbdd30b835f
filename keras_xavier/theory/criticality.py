"""The edge of chaos, at which gradients neither vanish nor explode."""

from dataclasses import dataclass

import numpy as np

from keras_xavier.theory.mean_field import second_moment, squared_slope, stretch
from keras_xavier.theory.nonlinearities import Activation

VARIANCES = np.geomspace(1e-4, 1e4, 161)
"""The variances searched for a fixed point; the first stands for 0."""
NEARLY = 1e-6
BISECTIONS = 40


@dataclass(frozen=True)
class CriticalPoint:
    """Variances with χ₁ = 1 at a stable fixed point.

    Attributes:
        weight_variance: float. σ_w², the variance of a weight times the fan-in.
        bias_variance: float. σ_b², the variance of a bias.
        variance: float. q*, the stable variance of the preactivations. If it is 0, the
            variance approaches 0 as a power of the depth, not exponentially.
    """

    weight_variance: float
    bias_variance: float
    variance: float


def edge_of_chaos(activation: Activation) -> CriticalPoint:
    """Returns variances of weights and biases that preserve signals at any depth.

    On the edge of chaos, the variance of the gradients is constant from layer to layer,
    χ₁ = σ_w² E[φ'(s)²] = 1, and so is the variance of the preactivations, q* = σ_w²
    E[φ(s)²] + σ_b². Each q* that allows both is a point of the edge. Among the stable
    points, this function returns the point with the smallest q*. For tanh and softsign
    it is σ_w² = 1 and σ_b² = 0, the normalized initialization (Glorot uniform) between
    layers of equal width. For ReLU it is σ_w² = 2, He initialization.

    Args:
        activation: str, function of a NumPy array, or `Nonlinearity`. The activation
            function φ, such as `"tanh"`.

    Returns:
        `CriticalPoint`.

    Raises:
        ValueError: If there is no stable point, as for a constant function.

    Reference:

    - Poole et al. (2016); Schoenholz et al. (2017), section 3; Hayou, Doucet &
      Rousseau (2019), *On the impact of the activation function on deep neural
      networks training*, algorithm 1.

    Example:

    >>> round(edge_of_chaos("relu").weight_variance, 6)
    2.0
    >>> round(edge_of_chaos("tanh").weight_variance, 6)
    1.0
    """
    found = [(i, _point(q, activation)) for i, q in enumerate(VARIANCES)]
    first, point = next(((i, one) for i, one in found if one), (0, None))
    if point is None:
        raise ValueError(
            "`activation` must have an edge of chaos with a stable variance between "
            f"{VARIANCES[0]:g} and {VARIANCES[-1]:g}. "
            f"Received: activation={activation!r}"
        )
    if first == 0:
        return CriticalPoint(1 / squared_slope(0.0, activation), 0.0, 0.0)
    before, q = VARIANCES[first - 1], VARIANCES[first]
    for _ in range(BISECTIONS):
        middle = np.sqrt(before * q)
        if nearer := _point(middle, activation):
            q, point = middle, nearer
        else:
            before = middle
    return point


def _point(q: float, activation: Activation) -> CriticalPoint | None:
    """Returns the point with the fixed point q, or `None` if it is not stable."""
    slope = squared_slope(q, activation)
    if not slope > 0:
        return None
    bias_variance = q - second_moment(q, activation) / slope
    stable = stretch(q, activation) / (q * slope) <= 1 + NEARLY
    if not stable or bias_variance < -NEARLY * q:
        return None
    return CriticalPoint(1 / slope, max(float(bias_variance), 0.0), float(q))
