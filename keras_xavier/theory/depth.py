"""Numbers of layers over which signals and gradients reach their limits."""

import math
from dataclasses import dataclass

from keras_xavier.theory.mean_field import (
    BISECTIONS,
    NEARLY,
    SMALLEST,
    correlation_map,
    fixed_point,
    gradient_gain,
    stretch,
)
from keras_xavier.theory.nonlinearities import Activation, nonlinearity
from keras_xavier.theory.pairs import pair_expectation


@dataclass(frozen=True)
class DepthScales:
    """Numbers of layers over which a quantity falls to 1/e; `inf` if it does not.

    Attributes:
        variance: float. ξ_q, for the distance of the variance from its fixed point.
        correlation: float. ξ_c, for the distance of the correlation of two examples
            from its fixed point. It limits the depth to which a network separates them.
        gradient: float. ξ_∇, for the variance of gradients; negative if they explode.
    """

    variance: float
    correlation: float
    gradient: float


def depth_scales(
    activation: Activation,
    *,
    weight_variance: float,
    bias_variance: float = 0.0,
) -> DepthScales:
    """Returns the depth scales of signals and gradients, −1 / log χ.

    Args:
        activation: str, function of a NumPy array, or `Nonlinearity`. The activation
            function φ, such as `"tanh"`.
        weight_variance: float. σ_w², the variance of a weight times the fan-in.
        bias_variance: float. σ_b², the variance of a bias. Defaults to 0.

    Returns:
        `DepthScales` at the fixed point of the variance.

    Raises:
        ValueError: If the variance explodes, so that there is no fixed point.

    Reference:

    - Schoenholz et al. (2017), equations 7, 9 and 18.

    Example:

    >>> round(depth_scales("tanh", weight_variance=1 / 3).gradient, 3)
    0.91
    """
    weights = {"weight_variance": weight_variance, "bias_variance": bias_variance}
    q = fixed_point(activation, **weights)
    if not math.isfinite(q):
        raise ValueError(
            "Depth scales need a fixed point, but the variance explodes. Reduce "
            f"`weight_variance`. Received: weight_variance={weight_variance}, "
            f"bias_variance={bias_variance}"
        )
    phi = nonlinearity(activation)
    q = max(q, SMALLEST)
    chi_1 = gradient_gain(q, activation, weight_variance=weight_variance)
    chi_c = chi_1
    if chi_1 > 1 + NEARLY:
        c = _correlation_fixed_point(activation, q, **weights)
        chi_c = weight_variance * pair_expectation(phi.slope, c, q, phi.kinks)
    return DepthScales(
        variance=_scale(weight_variance * stretch(q, activation) / q),
        correlation=_scale(chi_c),
        gradient=_scale(chi_1),
    )


def _scale(gain: float) -> float:
    if gain <= 0:
        return 0.0
    return math.inf if abs(gain - 1) < NEARLY else -1 / math.log(gain)


def _correlation_fixed_point(
    activation: Activation, q: float, *, weight_variance: float, bias_variance: float
) -> float:
    """Returns c* below 1, the limit of the correlation in the chaotic phase."""
    low, high = -1.0, 1.0 - 1e-6
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        above = correlation_map(
            middle,
            activation,
            variance=q,
            weight_variance=weight_variance,
            bias_variance=bias_variance,
        )
        low, high = (middle, high) if above > middle else (low, middle)
    return (low + high) / 2
