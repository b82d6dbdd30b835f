"""The paper's analysis: variances in linear and nearly linear networks.

Near 0, where tanh and softsign have slope 1, a layer is linear: z^{i+1} = z^i W^i.
Layers are numbered as in the paper: n_0 inputs, n_i units in layer i, and W^i between
layers i and i+1.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from keras_xavier.theory.nonlinearities import Values


def forward_variances(
    widths: Sequence[int],
    weight_variances: Sequence[float],
    *,
    input_variance: float = 1.0,
) -> Values:
    """Returns the variance of each layer's activations: Var[x] ∏ n_i' Var[W^i'].

    Args:
        widths: Sequence of int. n_0, n_1, …, n_d: number of inputs, then of the units
            of each layer.
        weight_variances: Sequence of float. Var[W^0], …, Var[W^(d-1)].
        input_variance: float. Var[x], of inputs with mean 0. Defaults to 1.

    Returns:
        Array of shape (d + 1,), from the input up.

    Raises:
        ValueError: If `weight_variances` does not hold d values.

    Reference:

    - Glorot & Bengio (2010), equation 5.

    Example:

    >>> forward_variances([1000] * 3, [1 / 3000] * 2).round(3)
    array([1.   , 0.333, 0.111])
    """
    _check(widths, weight_variances)
    gains = np.multiply(widths[:-1], weight_variances)
    return input_variance * np.cumprod([1.0, *gains])


def backward_variances(
    widths: Sequence[int],
    weight_variances: Sequence[float],
    *,
    output_variance: float = 1.0,
) -> Values:
    """Returns the variance of the gradients: Var[∂C/∂s^d] ∏ n_i'+1 Var[W^i'].

    Args:
        widths: Sequence of int. n_0, n_1, …, n_d: number of inputs, then of the units
            of each layer.
        weight_variances: Sequence of float. Var[W^0], …, Var[W^(d-1)].
        output_variance: float. Var[∂C/∂s^d], at the top. Defaults to 1.

    Returns:
        Array of shape (d + 1,), from the input up.

    Raises:
        ValueError: If `weight_variances` does not hold d values.

    Reference:

    - Glorot & Bengio (2010), equation 6.

    Example:

    >>> backward_variances([1000] * 3, [1 / 3000] * 2).round(3)
    array([0.111, 0.333, 1.   ])
    """
    _check(widths, weight_variances)
    gains = np.multiply(widths[1:], weight_variances)
    return output_variance * np.cumprod([1.0, *gains[::-1]])[::-1]


def weight_gradient_variances(
    widths: Sequence[int],
    weight_variances: Sequence[float],
    *,
    input_variance: float = 1.0,
    output_variance: float = 1.0,
) -> Values:
    """Returns the variance of ∂C/∂W^i of one example: Var[z^i] Var[∂C/∂s^{i+1}].

    In layers of equal width with weights of equal variance, it is the same for all
    layers, although activations and back-propagated gradients fade.

    Args:
        widths: Sequence of int. n_0, n_1, …, n_d: number of inputs, then of the units
            of each layer.
        weight_variances: Sequence of float. Var[W^0], …, Var[W^(d-1)].
        input_variance: float. Var[x], of inputs with mean 0. Defaults to 1.
        output_variance: float. Var[∂C/∂s^d], at the top. Defaults to 1.

    Returns:
        Array of shape (d,), from the input up.

    Raises:
        ValueError: If `weight_variances` does not hold d values.

    Reference:

    - Glorot & Bengio (2010), equations 7 and 14.

    Example:

    >>> weight_gradient_variances([1000] * 3, [1 / 3000] * 2).round(3)
    array([0.333, 0.333])
    """
    forward = forward_variances(widths, weight_variances, input_variance=input_variance)
    backward = backward_variances(
        widths, weight_variances, output_variance=output_variance
    )
    return forward[:-1] * backward[1:]


def forward_condition(fan_in: int) -> float:
    """Returns the Var[W] that preserves the variance of the activations, 1 / n_i.

    Args:
        fan_in: int. n_i, the number of inputs of a unit.

    Returns:
        float. The variance of a weight.

    Reference:

    - Glorot & Bengio (2010), equations 8 and 10.

    Example:

    >>> forward_condition(1000)
    0.001
    """
    return 1 / fan_in


def backward_condition(fan_out: int) -> float:
    """Returns the Var[W] that preserves the variance of the gradients, 1 / n_{i+1}.

    Args:
        fan_out: int. n_{i+1}, the number of units that an input reaches.

    Returns:
        float. The variance of a weight.

    Reference:

    - Glorot & Bengio (2010), equations 9 and 11.

    Example:

    >>> backward_condition(500)
    0.002
    """
    return 1 / fan_out


def compromise(fan_in: int, fan_out: int) -> float:
    """Returns the Var[W] between both conditions, 2 / (n_i + n_{i+1}).

    Args:
        fan_in: int. n_i, the number of inputs of a unit.
        fan_out: int. n_{i+1}, the number of units that an input reaches.

    Returns:
        float. The variance of a weight.

    Reference:

    - Glorot & Bengio (2010), equation 12.

    Example:

    >>> compromise(1000, 1000)
    0.001
    """
    return 2 / (fan_in + fan_out)


def _check(widths: Sequence[int], weight_variances: Sequence[float]) -> None:
    if len(weight_variances) != len(list(pairwise(widths))):
        raise ValueError(
            "`weight_variances` must hold one value for every two adjacent widths. "
            f"Received: {len(widths)} widths and {len(weight_variances)} variances"
        )
