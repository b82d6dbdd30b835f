"""The edge of chaos: weights with which gradients neither vanish nor explode."""

from dataclasses import dataclass

import numpy as np

from keras_xavier.theory.gaussian import expectation
from keras_xavier.theory.mean_field import second_moment, squared_slope
from keras_xavier.theory.nonlinearities import Activation, nonlinearity

VARIANCES = np.geomspace(1e-4, 1e4, 161)
"""Where a fixed point is looked for; the first of them stands for 0."""
NEARLY = 1e-6
BISECTIONS = 40


@dataclass(frozen=True)
class CriticalPoint:
    """Where χ₁ = 1 at a stable fixed point.

    Attributes:
        weight_variance: σ_w², the variance of a weight times the fan-in.
        bias_variance: σ_b².
        variance: q*, which the variance of preactivations stays at; 0 if it falls
            towards it, slowly: not exponentially, but as a power of the depth.
    """

    weight_variance: float
    bias_variance: float
    variance: float


def edge_of_chaos(activation: Activation) -> CriticalPoint:
    """Finds weights that let signal and gradient through any depth.

    On the edge of chaos, gradients keep their size, χ₁ = σ_w² E[φ'(s)²] = 1, and so
    does the variance of preactivations, q* = σ_w² E[φ(s)²] + σ_b². Each q* for which
    both can hold is a point of the edge. Of those at which the variance is stable,
    this is the one with the smallest variance. For tanh and softsign that is
    σ_w² = 1 without biases: the normalized initialization of Glorot & Bengio (2010)
    between layers of equal width. For ReLU it is He's σ_w² = 2.

    Args:
        activation: As for `nonlinearity`.

    Returns:
        The variances of weights and biases, and of preactivations.

    Raises:
        ValueError: If there is none, such as for an activation that is constant.

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
            "There is no edge of chaos with a stable variance between "
            f"{VARIANCES[0]:g} and {VARIANCES[-1]:g} for this activation. "
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
    """The point of the edge with the fixed point q, if there is a stable one."""
    phi = nonlinearity(activation)
    slope = squared_slope(q, activation)
    if not slope > 0:
        return None
    bias_variance = q - second_moment(q, activation) / slope
    stretched = expectation(lambda s: s * phi.function(s) * phi.slope(s), q, phi.kinks)
    stable = stretched / (q * slope) <= 1 + NEARLY
    if not stable or bias_variance < -NEARLY * q:
        return None
    return CriticalPoint(1 / slope, max(float(bias_variance), 0.0), float(q))
