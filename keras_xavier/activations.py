"""Activation functions z = φ(s), and what is known of each.

The functions work on every Keras backend and are registered, so a model that
uses them can be saved and loaded. `facts` tells the range of a function and its
slope φ'(s), which decides where its units are saturated.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

Tensor = Any
Activation = Callable[[Tensor], Tensor]

register = keras.saving.register_keras_serializable(package="keras_xavier")

LECUN_SCALE, LECUN_GAIN = 1.7159, 2 / 3
LEAKY_SLOPE = 0.2
SELU_SCALE = 1.0507009873554805
SELU_FLOOR = SELU_SCALE * 1.6732632423543772


@register
def sigmoid(s: Tensor) -> Tensor:
    """Logistic sigmoid: `1 / (1 + exp(-s))`, from 0 to 1.

    Its mean is not 0, which in deep networks drives the top hidden layer into
    saturation (Glorot & Bengio 2010, section 3.1).

    Args:
        s: Preactivations, a tensor of any shape.

    Returns:
        Activations, of the same shape.

    Example:

    >>> float(sigmoid(0.0))
    0.5
    """
    return ops.sigmoid(s)


@register
def tanh(s: Tensor) -> Tensor:
    """Hyperbolic tangent, from -1 to 1, with slope 1 at 0.

    Args:
        s: Preactivations, a tensor of any shape.

    Returns:
        Activations, of the same shape.

    Example:

    >>> float(tanh(0.0))
    0.0
    """
    return ops.tanh(s)


@register
def softsign(s: Tensor) -> Tensor:
    """Softsign: `s / (1 + |s|)`, from -1 to 1.

    It nears its asymptotes as a polynomial does, not as an exponential, so its
    units leave saturation more easily (Bergstra et al. 2009; Glorot & Bengio
    2010, section 3.3).

    Args:
        s: Preactivations, a tensor of any shape.

    Returns:
        Activations, of the same shape.

    Example:

    >>> float(softsign(1.0))
    0.5
    """
    return ops.softsign(s)


@register
def scaled_tanh(s: Tensor) -> Tensor:
    """LeCun's tanh: `1.7159 tanh(2 s / 3)`, with ±1 at ±1.

    LeCun, Bottou, Orr & Müller (1998), *Efficient BackProp*, section 4.4.

    Args:
        s: Preactivations, a tensor of any shape.

    Returns:
        Activations, of the same shape.

    Example:

    >>> round(float(scaled_tanh(1.0)), 3)
    1.0
    """
    return LECUN_SCALE * ops.tanh(LECUN_GAIN * s)


@register
def hard_tanh(s: Tensor) -> Tensor:
    """Piecewise linear tanh: `max(-1, min(1, s))`.

    Args:
        s: Preactivations, a tensor of any shape.

    Returns:
        Activations, of the same shape.

    Example:

    >>> float(hard_tanh(-3.0))
    -1.0
    """
    return ops.hard_tanh(s)


@register
def relu(s: Tensor) -> Tensor:
    """Rectifier: `max(0, s)`. Glorot, Bordes & Bengio (2011).

    Args:
        s: Preactivations, a tensor of any shape.

    Returns:
        Activations, of the same shape.

    Example:

    >>> float(relu(-3.0))
    0.0
    """
    return ops.relu(s)


@register
def leaky_relu(s: Tensor) -> Tensor:
    """Leaky rectifier: `s` above 0 and `0.2 s` below, the slope of Keras.

    Maas, Hannun & Ng (2013).

    Args:
        s: Preactivations, a tensor of any shape.

    Returns:
        Activations, of the same shape.

    Example:

    >>> round(float(leaky_relu(-1.0)), 3)
    -0.2
    """
    return ops.leaky_relu(s, negative_slope=LEAKY_SLOPE)


@register
def elu(s: Tensor) -> Tensor:
    """Exponential linear unit: `s` above 0 and `exp(s) - 1` below.

    Clevert, Unterthiner & Hochreiter (2016).

    Args:
        s: Preactivations, a tensor of any shape.

    Returns:
        Activations, of the same shape.

    Example:

    >>> float(elu(2.0))
    2.0
    """
    return ops.elu(s)


@register
def selu(s: Tensor) -> Tensor:
    """Scaled exponential linear unit, which keeps mean 0 and variance 1.

    `1.0507 s` above 0 and `1.7581 (exp(s) - 1)` below. Klambauer, Unterthiner,
    Mayr & Hochreiter (2017).

    Args:
        s: Preactivations, a tensor of any shape.

    Returns:
        Activations, of the same shape.

    Example:

    >>> round(float(selu(1.0)), 4)
    1.0507
    """
    return ops.selu(s)


@register
def gelu(s: Tensor) -> Tensor:
    """Gaussian error linear unit: `s Φ(s)`, Φ the normal distribution function.

    Hendrycks & Gimpel (2016).

    Args:
        s: Preactivations, a tensor of any shape.

    Returns:
        Activations, of the same shape.

    Example:

    >>> round(float(gelu(1.0)), 4)
    0.8413
    """
    return ops.gelu(s, approximate=False)


@register
def silu(s: Tensor) -> Tensor:
    """Sigmoid linear unit, or swish: `s sigmoid(s)`.

    Elfwing, Uchibe & Doya (2018); Ramachandran, Zoph & Le (2017).

    Args:
        s: Preactivations, a tensor of any shape.

    Returns:
        Activations, of the same shape.

    Example:

    >>> round(float(silu(1.0)), 4)
    0.7311
    """
    return ops.silu(s)


@register
def arctan(s: Tensor) -> Tensor:
    """Arc tangent, from -π/2 to π/2, with slope 1 at 0.

    Args:
        s: Preactivations, a tensor of any shape.

    Returns:
        Activations, of the same shape.

    Example:

    >>> round(float(arctan(1.0)), 4)
    0.7854
    """
    return ops.arctan(s)


@register
def sine(s: Tensor) -> Tensor:
    """Sine, from -1 to 1. Sitzmann et al. (2020), with ω₀ in the weights.

    Args:
        s: Preactivations, a tensor of any shape.

    Returns:
        Activations, of the same shape.

    Example:

    >>> float(sine(0.0))
    0.0
    """
    return ops.sin(s)


def _sigmoid_slope(s: Tensor) -> Tensor:
    z = ops.sigmoid(s)
    return z * (1 - z)


def _gelu_slope(s: Tensor) -> Tensor:
    density = ops.exp(-ops.square(s) / 2) / math.sqrt(2 * math.pi)
    return (1 + ops.erf(s / math.sqrt(2))) / 2 + s * density


def _silu_slope(s: Tensor) -> Tensor:
    z = ops.sigmoid(s)
    return z * (1 + s * (1 - z))


def _step(s: Tensor, *, below: float = 0.0, above: float = 1.0) -> Tensor:
    """`above` where s > 0, `below` elsewhere, in the type of s."""
    return ops.where(s > 0, ops.full_like(s, above), ops.full_like(s, below))


def _inside(s: Tensor) -> Tensor:
    """1 where -1 < s < 1, 0 elsewhere, in the type of s."""
    return ops.where(ops.abs(s) < 1, ops.ones_like(s), ops.zeros_like(s))


def _exponential_slope(s: Tensor, *, floor: float, above: float) -> Tensor:
    """Slope of what is `floor (exp(s) - 1)` below 0."""
    return ops.where(
        s > 0, ops.full_like(s, above), floor * ops.exp(ops.minimum(s, 0.0))
    )


def _exponential_slope_from_value(z: Tensor, *, floor: float, above: float) -> Tensor:
    return ops.where(z > 0, ops.full_like(z, above), z + floor)


@dataclass(frozen=True)
class Facts:
    """What is known of an activation function φ.

    Attributes:
        name: Its name.
        lower: Infimum of its values; -inf without one.
        upper: Supremum of its values; inf without one.
        largest_slope: Supremum of |φ'(s)|.
        slope: φ' as a function of the preactivation s.
        slope_from_value: φ' as a function of the activation z = φ(s), where z
            determines it; else `None`.
    """

    name: str
    lower: float
    upper: float
    largest_slope: float
    slope: Activation
    slope_from_value: Activation | None = None


FACTS = (
    Facts("sigmoid", 0.0, 1.0, 0.25, _sigmoid_slope, lambda z: z * (1 - z)),
    Facts(
        "tanh",
        *(-1.0, 1.0, 1.0),
        lambda s: 1 - ops.square(ops.tanh(s)),
        lambda z: 1 - ops.square(z),
    ),
    Facts(
        "softsign",
        *(-1.0, 1.0, 1.0),
        lambda s: 1 / ops.square(1 + ops.abs(s)),
        lambda z: ops.square(1 - ops.abs(z)),
    ),
    Facts(
        "scaled_tanh",
        *(-LECUN_SCALE, LECUN_SCALE, LECUN_SCALE * LECUN_GAIN),
        lambda s: LECUN_SCALE * LECUN_GAIN * (1 - ops.square(ops.tanh(LECUN_GAIN * s))),
        lambda z: LECUN_GAIN * (LECUN_SCALE - ops.square(z) / LECUN_SCALE),
    ),
    Facts("hard_tanh", -1.0, 1.0, 1.0, _inside, _inside),
    Facts("relu", 0.0, math.inf, 1.0, _step, _step),
    Facts(
        "leaky_relu",
        *(-math.inf, math.inf, 1.0),
        lambda s: _step(s, below=LEAKY_SLOPE),
        lambda z: _step(z, below=LEAKY_SLOPE),
    ),
    Facts(
        "elu",
        *(-1.0, math.inf, 1.0),
        lambda s: _exponential_slope(s, floor=1.0, above=1.0),
        lambda z: _exponential_slope_from_value(z, floor=1.0, above=1.0),
    ),
    Facts(
        "selu",
        *(-SELU_FLOOR, math.inf, SELU_FLOOR),
        lambda s: _exponential_slope(s, floor=SELU_FLOOR, above=SELU_SCALE),
        lambda z: _exponential_slope_from_value(z, floor=SELU_FLOOR, above=SELU_SCALE),
    ),
    Facts("gelu", -0.16997120747990369, math.inf, 1.128904145185155, _gelu_slope),
    Facts("silu", -0.2784645427610738, math.inf, 1.0998393201288667, _silu_slope),
    Facts(
        "arctan",
        *(-math.pi / 2, math.pi / 2, 1.0),
        lambda s: 1 / (1 + ops.square(s)),
        lambda z: ops.square(ops.cos(z)),
    ),
    Facts("sine", -1.0, 1.0, 1.0, ops.cos),
)
"""The slope of a sine is not determined by its value, nor are those of GELU and
SiLU, which fall before they rise."""

_FACTS_BY_NAME = {known.name: known for known in FACTS}

ACTIVATIONS: dict[str, Activation] = {name: globals()[name] for name in _FACTS_BY_NAME}
"""The functions of this module, by name."""


def get(name: str) -> Activation:
    """Finds an activation function by its name.

    Args:
        name: One of `ACTIVATIONS`.

    Returns:
        The function.

    Raises:
        ValueError: If there is none of that name.

    Example:

    >>> get("softsign") is softsign
    True
    """
    if name not in ACTIVATIONS:
        raise ValueError(
            f"`name` must be one of {', '.join(ACTIVATIONS)}. Received: name={name!r}"
        )
    return ACTIVATIONS[name]


def facts(activation: str | Activation | None) -> Facts | None:
    """Tells what is known of an activation function.

    Args:
        activation: A function of this module, the one of Keras that computes
            the same, or the name of either.

    Returns:
        Its facts; `None` if it is not known, or linear, or no function of one
        number at a time, such as softmax.

    Example:

    >>> facts("tanh").largest_slope
    1.0
    """
    if activation is None or isinstance(activation, str):
        return _FACTS_BY_NAME.get(activation or "")
    for name, known in _FACTS_BY_NAME.items():
        if activation in (ACTIVATIONS[name], getattr(keras.activations, name, None)):
            return known
    return None
