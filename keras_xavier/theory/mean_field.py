"""The answer to what a linear analysis leaves open: the mean field of wide layers.

How can an analysis of linear networks tell anything of tanh and softsign? In a wide
layer with random weights the preactivations are Gaussian, and all that the next
layer sees of them is their variance q. So the activation function turns into a map
of variances, q → σ_w² E[φ(s)²] + σ_b², and into one number for gradients, the gain
χ₁ = σ_w² E[φ'(s)²]. Where q is small, tanh and softsign have slope 1, and both are
what the paper finds for a linear network; where it is not, they tell by how much
the paper is off.

σ_w² is the variance of a weight times the fan-in, n Var[W]: 1/3 for the standard
initialization, 1 for the normalized one between layers of equal width.
"""

import math
from dataclasses import dataclass

import numpy as np

from keras_xavier.theory.gaussian import expectation, pair_expectation
from keras_xavier.theory.nonlinearities import Activation, nonlinearity

LARGEST, SMALLEST = 1e12, 1e-24
"""Variances beyond which they count as infinite, or as 0."""
BISECTIONS = 60
NEARLY = 1e-8


def second_moment(variance: float, activation: Activation) -> float:
    """Mean square of activations, E[φ(s)²], for s from N(0, `variance`).

    Example:

    >>> round(second_moment(2.0, "relu"), 6)
    1.0
    """
    phi = nonlinearity(activation)
    return expectation(lambda s: np.square(phi.function(s)), variance, phi.kinks)


def mean(variance: float, activation: Activation) -> float:
    """Mean of activations, E[φ(s)], for s from N(0, `variance`).

    Example:

    >>> round(mean(1.0, "sigmoid"), 6)
    0.5
    """
    phi = nonlinearity(activation)
    return expectation(phi.function, variance, phi.kinks)


def squared_slope(variance: float, activation: Activation) -> float:
    """Mean square of slopes, E[φ'(s)²], for s from N(0, `variance`).

    Example:

    >>> round(squared_slope(2.0, "relu"), 6)
    0.5
    """
    phi = nonlinearity(activation)
    return expectation(lambda s: np.square(phi.slope(s)), variance, phi.kinks)


def variance_map(
    variance: float,
    activation: Activation,
    *,
    weight_variance: float,
    bias_variance: float = 0.0,
) -> float:
    """Variance of the next layer's preactivations: σ_w² E[φ(s)²] + σ_b².

    Args:
        variance: q, the variance of this layer's preactivations.
        activation: As for `nonlinearity`.
        weight_variance: σ_w², the variance of a weight times the fan-in.
        bias_variance: σ_b².

    Returns:
        The variance of the preactivations above.

    Reference:

    - Poole et al. (2016), *Exponential expressivity in deep neural networks through
      transient chaos*, equation 3.

    Example:

    >>> round(variance_map(1.0, "relu", weight_variance=2.0), 6)
    1.0
    """
    return weight_variance * second_moment(variance, activation) + bias_variance


def fixed_point(
    activation: Activation,
    *,
    weight_variance: float,
    bias_variance: float = 0.0,
    start: float = 1.0,
) -> float:
    """The variance q* that preactivations reach in depth, V(q*) = q*.

    Args:
        activation: As for `nonlinearity`.
        weight_variance: σ_w², the variance of a weight times the fan-in.
        bias_variance: σ_b².
        start: Variance from which the search begins; where every variance is a
            fixed point, as with ReLU and He's weights, it is the answer.

    Returns:
        q*; 0 if the signal dies, inf if it explodes.

    Reference:

    - Poole et al. (2016), equation 4.

    Example:

    >>> round(fixed_point("tanh", weight_variance=4.0), 3)
    2.121
    >>> fixed_point("tanh", weight_variance=1 / 3)
    0.0
    """

    def growth(q: float) -> float:
        above = variance_map(
            q, activation, weight_variance=weight_variance, bias_variance=bias_variance
        )
        return above / q - 1

    def sign(q: float) -> int:
        change = growth(q)
        return 0 if abs(change) < NEARLY else int(math.copysign(1, change))

    direction = sign(start)
    if direction == 0:
        return start
    q = start
    while sign(q) == direction:
        before, q = q, q * 2.0**direction
        if q > LARGEST:
            return math.inf
        if q < SMALLEST:
            return 0.0
    for _ in range(BISECTIONS):
        middle = math.sqrt(before * q)
        before, q = (middle, q) if sign(middle) == direction else (before, middle)
    return math.sqrt(before * q)


def gradient_gain(
    variance: float, activation: Activation, *, weight_variance: float
) -> float:
    """χ₁ = σ_w² E[φ'(s)²]: by what the variance of gradients changes in a layer.

    Below 1 gradients vanish on their way back, above 1 they explode. It is the mean
    squared singular value of a layer's Jacobian, too.

    Args:
        variance: q, the variance of preactivations; q* for a layer deep inside.
        activation: As for `nonlinearity`.
        weight_variance: σ_w², here n_{i+1} Var[W^i] for widths that differ.

    Returns:
        χ₁.

    Reference:

    - Poole et al. (2016), equation 6; Schoenholz et al. (2017), *Deep information
      propagation*, section 5.

    Example:

    >>> round(gradient_gain(1.0, "relu", weight_variance=2.0), 6)
    1.0
    """
    return weight_variance * squared_slope(variance, activation)


def correlation_map(
    correlation: float,
    activation: Activation,
    *,
    variance: float,
    weight_variance: float,
    bias_variance: float = 0.0,
) -> float:
    """How alike two examples are a layer further on, from how alike they are here.

    Args:
        correlation: c, between the preactivations of both examples.
        activation: As for `nonlinearity`.
        variance: q*, which the preactivations of both have reached.
        weight_variance: σ_w², the variance of a weight times the fan-in.
        bias_variance: σ_b².

    Returns:
        Their correlation in the layer above.

    Reference:

    - Poole et al. (2016), equation 5.

    Example:

    >>> args = {"variance": 1.0, "weight_variance": 2.0}
    >>> round(correlation_map(0.0, "relu", **args), 4) == round(1 / np.pi, 4)
    True
    """
    phi = nonlinearity(activation)
    product = pair_expectation(phi.function, correlation, variance, phi.kinks)
    return (weight_variance * product + bias_variance) / variance


@dataclass(frozen=True)
class DepthScales:
    """Numbers of layers over which something fades to 1/e; inf where it does not.

    Attributes:
        variance: ξ_q, of the distance of the variance from its fixed point.
        correlation: ξ_c, of the distance of the correlation of two examples from
            its fixed point: how deep the network can tell them apart.
        gradient: ξ_∇, of the variance of gradients; negative where they explode.
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
    """Over how many layers signals and gradients fade: −1 / log χ.

    Args:
        activation: As for `nonlinearity`.
        weight_variance: σ_w², the variance of a weight times the fan-in.
        bias_variance: σ_b².

    Returns:
        The three depth scales, at the fixed point.

    Raises:
        ValueError: If the variance explodes: there is no fixed point.

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
            "Without a fixed point there are no depth scales: with weight_variance="
            f"{weight_variance} and bias_variance={bias_variance} the variance "
            "explodes. Choose smaller weights."
        )
    phi = nonlinearity(activation)
    q = max(q, SMALLEST)
    chi_1 = gradient_gain(q, activation, weight_variance=weight_variance)
    stretched = expectation(lambda s: s * phi.function(s) * phi.slope(s), q, phi.kinks)
    chi_c = chi_1
    if chi_1 > 1 + NEARLY:
        c = _correlation_fixed_point(activation, q, **weights)
        chi_c = weight_variance * pair_expectation(phi.slope, c, q, phi.kinks)
    return DepthScales(
        variance=_scale(weight_variance * stretched / q),
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
    """c* below 1, where two examples end in the chaotic phase."""
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
