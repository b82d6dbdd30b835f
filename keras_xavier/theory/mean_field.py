"""Mean-field theory of wide layers, which extends the linear analysis.

In a wide layer with random weights, preactivations are Gaussian, and the next layer
depends only on their variance q. The activation function thus becomes a map of
variances, q → σ_w² E[φ(s)²] + σ_b², and a gain of gradients, χ₁ = σ_w² E[φ'(s)²]. Where
q is small, tanh and softsign have slope 1, and both agree with the paper's linear
analysis; where q is large, they quantify its error.

σ_w² is the variance of a weight times the fan-in, n Var[W]. It is 1/3 for the standard
initialization (PyTorch-style uniform), and 1 for the normalized initialization (Glorot
uniform) between layers of equal width.
"""

import math

import numpy as np

from keras_xavier.theory.gaussian import expectation
from keras_xavier.theory.nonlinearities import Activation, nonlinearity
from keras_xavier.theory.pairs import pair_difference, pair_expectation

LARGEST, SMALLEST = 1e12, 1e-24
"""Variances beyond these count as infinite, or as 0."""
BISECTIONS = 60
NEARLY = 1e-8


def second_moment(variance: float, activation: Activation) -> float:
    """Returns the mean square of activations, E[φ(s)²], for s from N(0, `variance`).

    Args:
        variance: float. Variance of the preactivations.
        activation: str, function of a NumPy array, or `Nonlinearity`. The activation
            function φ, such as `"tanh"`.

    Returns:
        float. The mean square.

    Example:

    >>> round(second_moment(2.0, "relu"), 6)
    1.0
    """
    phi = nonlinearity(activation)
    return expectation(lambda s: np.square(phi.function(s)), variance, phi.kinks)


def mean(variance: float, activation: Activation) -> float:
    """Returns the mean of activations, E[φ(s)], for s from N(0, `variance`).

    Args:
        variance: float. Variance of the preactivations.
        activation: str, function of a NumPy array, or `Nonlinearity`. The activation
            function φ, such as `"sigmoid"`.

    Returns:
        float. The mean.

    Example:

    >>> round(mean(1.0, "sigmoid"), 6)
    0.5
    """
    phi = nonlinearity(activation)
    return expectation(phi.function, variance, phi.kinks)


def squared_slope(variance: float, activation: Activation) -> float:
    """Returns the mean square of slopes, E[φ'(s)²], for s from N(0, `variance`).

    Args:
        variance: float. Variance of the preactivations.
        activation: str, function of a NumPy array, or `Nonlinearity`. The activation
            function φ, such as `"tanh"`.

    Returns:
        float. The mean square.

    Example:

    >>> round(squared_slope(2.0, "relu"), 6)
    0.5
    """
    phi = nonlinearity(activation)
    return expectation(lambda s: np.square(phi.slope(s)), variance, phi.kinks)


def stretch(variance: float, activation: Activation) -> float:
    """Returns E[s φ(s) φ'(s)], the slope of E[φ(s)²] by log q, for s from N(0, q).

    Args:
        variance: float. q, the variance of the preactivations.
        activation: str, function of a NumPy array, or `Nonlinearity`. The activation
            function φ, such as `"tanh"`.

    Returns:
        float. The slope; E[φ(s)²] itself for a rectifier.

    Example:

    >>> round(stretch(2.0, "relu"), 6)
    1.0
    """
    phi = nonlinearity(activation)
    return expectation(
        lambda s: s * phi.function(s) * phi.slope(s), variance, phi.kinks
    )


def difference(distance: float, variance: float, activation: Activation) -> float:
    """Returns E[(φ(s) − φ(s'))²] / 2, which equals E[φ(s)²] − E[φ(s) φ(s')].

    It is the variance of a unit's activation between examples, if the preactivations of
    every two examples have the same correlation.

    Args:
        distance: float between 0 and 2. 1 − c, where c is the correlation of s and s'.
            Unlike c, it is accurate for examples that are nearly equal.
        variance: float. Variance of the preactivations s and s'.
        activation: str, function of a NumPy array, or `Nonlinearity`. The activation
            function φ, such as `"sigmoid"`.

    Returns:
        float. The mean squared difference, divided by 2.

    Example:

    >>> round(difference(1.0, 1.0, "relu"), 6)  # 1/2 - 1/(2 pi)
    0.340845
    """
    phi = nonlinearity(activation)
    return pair_difference(phi.function, distance, variance, phi.kinks)


def slope_correlation(
    distance: float, variance: float, activation: Activation
) -> float:
    """Returns E[φ'(s) φ'(s')] / E[φ'(s)²], by which gradients become less alike.

    A layer multiplies the correlation of the back-propagated gradients of two examples
    by it.

    Args:
        distance: float between 0 and 2. 1 − c, where c is the correlation of s and s'.
        variance: float. Variance of the preactivations s and s'.
        activation: str, function of a NumPy array, or `Nonlinearity`. The activation
            function φ, such as `"tanh"`.

    Returns:
        float. The correlation; NaN if all slopes are 0.

    Reference:

    - Schoenholz et al. (2017), section 5.

    Example:

    >>> round(slope_correlation(1.0, 1.0, "relu"), 6)
    0.5
    """
    phi = nonlinearity(activation)
    square = squared_slope(variance, activation)
    product = pair_expectation(phi.slope, 1 - distance, variance, phi.kinks)
    return product / square if square > 0 else math.nan


def variance_map(
    variance: float,
    activation: Activation,
    *,
    weight_variance: float,
    bias_variance: float = 0.0,
) -> float:
    """Returns the variance of the next layer's preactivations: σ_w² E[φ(s)²] + σ_b².

    Args:
        variance: float. q, the variance of this layer's preactivations.
        activation: str, function of a NumPy array, or `Nonlinearity`. The activation
            function φ, such as `"tanh"`.
        weight_variance: float. σ_w², the variance of a weight times the fan-in.
        bias_variance: float. σ_b², the variance of a bias. Defaults to 0.

    Returns:
        float. The variance of the next layer's preactivations.

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
    """Returns the variance q* that preactivations approach with depth, V(q*) = q*.

    Args:
        activation: str, function of a NumPy array, or `Nonlinearity`. The activation
            function φ, such as `"tanh"`.
        weight_variance: float. σ_w², the variance of a weight times the fan-in.
        bias_variance: float. σ_b², the variance of a bias. Defaults to 0.
        start: float. Variance at which the search begins. It is returned if every
            variance is a fixed point, as for ReLU with He initialization. Defaults
            to 1.

    Returns:
        float. q*; 0 if the signal vanishes, `inf` if it explodes.

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
    """Returns the gain of gradients in a layer, χ₁ = σ_w² E[φ'(s)²].

    χ₁ is the factor by which the variance of the gradients changes. Gradients vanish if
    it is less than 1 and explode if it is greater than 1. It equals the mean squared
    singular value of the layer's Jacobian.

    Args:
        variance: float. q, the variance of the preactivations: q* deep in a network.
        activation: str, function of a NumPy array, or `Nonlinearity`. The activation
            function φ, such as `"tanh"`.
        weight_variance: float. σ_w². For layers of unequal width, n_{i+1} Var[W^i].

    Returns:
        float. χ₁.

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
    """Returns the correlation of two examples in the next layer.

    Args:
        correlation: float. c, the correlation of the preactivations of two examples.
        activation: str, function of a NumPy array, or `Nonlinearity`. The activation
            function φ, such as `"tanh"`.
        variance: float. q*, the variance of the preactivations of both examples.
        weight_variance: float. σ_w², the variance of a weight times the fan-in.
        bias_variance: float. σ_b², the variance of a bias. Defaults to 0.

    Returns:
        float. The correlation of their preactivations in the next layer.

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
