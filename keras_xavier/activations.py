"""Activation functions z = φ(s), and their bounds and slopes.

The functions run on every Keras backend. They are registered with Keras, so a model
that uses them can be saved, and loaded after importing this module. Keras finds only
its own functions by name, so pass the function itself:
`Dense(100, activation=activations.scaled_tanh)`, or `activations.get("scaled_tanh")`.

`facts` returns the bounds of a function and its slope φ'(s), which decides where its
units are saturated.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from keras_xavier.activation_facts import facts as facts
from keras_xavier.activation_table import (
    ACTIVATION_TABLE,
    LEAKY_SLOPE,
    LECUN_GAIN,
    LECUN_SCALE,
)

Tensor = Any
Activation = Callable[[Tensor], Tensor]

register = keras.saving.register_keras_serializable(package="keras_xavier")


@register
def sigmoid(s: Tensor) -> Tensor:
    """Logistic sigmoid: `1 / (1 + exp(-s))`, between 0 and 1.

    Its mean is not 0. In deep networks this drives the top hidden layer into
    saturation.

    Args:
        s: Tensor of any shape. Preactivations.

    Returns:
        Tensor of the shape of `s`. Activations.

    Reference:

    - Glorot & Bengio (2010), section 3.1.

    Example:

    >>> float(sigmoid(0.0))
    0.5
    """
    return ops.sigmoid(s)


@register
def tanh(s: Tensor) -> Tensor:
    """Hyperbolic tangent: `(exp(s) - exp(-s)) / (exp(s) + exp(-s))`.

    Between -1 and 1, with slope 1 at 0.

    Args:
        s: Tensor of any shape. Preactivations.

    Returns:
        Tensor of the shape of `s`. Activations.

    Reference:

    - Glorot & Bengio (2010), section 3.2.

    Example:

    >>> float(tanh(0.0))
    0.0
    """
    return ops.tanh(s)


@register
def softsign(s: Tensor) -> Tensor:
    """Softsign: `s / (1 + |s|)`, between -1 and 1.

    It approaches its asymptotes polynomially, not exponentially as tanh does, so
    its units leave saturation more easily.

    Args:
        s: Tensor of any shape. Preactivations.

    Returns:
        Tensor of the shape of `s`. Activations.

    Reference:

    - Bergstra et al. (2009), *Quadratic polynomials learn better image features*;
      Glorot & Bengio (2010), section 3.3.

    Example:

    >>> float(softsign(1.0))
    0.5
    """
    return ops.softsign(s)


@register
def scaled_tanh(s: Tensor) -> Tensor:
    """LeCun's tanh: `1.7159 tanh(2 s / 3)`.

    Scaled so that it maps 1 to 1 and -1 to -1.

    Args:
        s: Tensor of any shape. Preactivations.

    Returns:
        Tensor of the shape of `s`. Activations.

    Reference:

    - LeCun, Bottou, Orr & Müller (1998), *Efficient BackProp*, section 4.4.

    Example:

    >>> round(float(scaled_tanh(1.0)), 3)
    1.0
    """
    return LECUN_SCALE * ops.tanh(LECUN_GAIN * s)


@register
def hard_tanh(s: Tensor) -> Tensor:
    """Piecewise linear tanh: `max(-1, min(1, s))`.

    Args:
        s: Tensor of any shape. Preactivations.

    Returns:
        Tensor of the shape of `s`. Activations.

    Reference:

    - Collobert (2004), *Large scale machine learning*.

    Example:

    >>> float(hard_tanh(-3.0))
    -1.0
    """
    return ops.hard_tanh(s)


@register
def relu(s: Tensor) -> Tensor:
    """Rectified linear unit: `max(0, s)`.

    Args:
        s: Tensor of any shape. Preactivations.

    Returns:
        Tensor of the shape of `s`. Activations.

    Reference:

    - Glorot, Bordes & Bengio (2011), *Deep sparse rectifier neural networks*.

    Example:

    >>> float(relu(-3.0))
    0.0
    """
    return ops.relu(s)


@register
def leaky_relu(s: Tensor) -> Tensor:
    """Leaky rectified linear unit: `s` above 0 and `0.2 s` below.

    0.2 is the default slope of Keras.

    Args:
        s: Tensor of any shape. Preactivations.

    Returns:
        Tensor of the shape of `s`. Activations.

    Reference:

    - Maas, Hannun & Ng (2013), *Rectifier nonlinearities improve neural network
      acoustic models*.

    Example:

    >>> round(float(leaky_relu(-1.0)), 3)
    -0.2
    """
    return ops.leaky_relu(s, negative_slope=LEAKY_SLOPE)


@register
def elu(s: Tensor) -> Tensor:
    """Exponential linear unit: `s` above 0 and `exp(s) - 1` below.

    Args:
        s: Tensor of any shape. Preactivations.

    Returns:
        Tensor of the shape of `s`. Activations.

    Reference:

    - Clevert, Unterthiner & Hochreiter (2016), *Fast and accurate deep network
      learning by exponential linear units*.

    Example:

    >>> float(elu(2.0))
    2.0
    """
    return ops.elu(s)


@register
def selu(s: Tensor) -> Tensor:
    """Scaled exponential linear unit, which keeps mean 0 and variance 1.

    `1.0507 s` above 0 and `1.7581 (exp(s) - 1)` below.

    Args:
        s: Tensor of any shape. Preactivations.

    Returns:
        Tensor of the shape of `s`. Activations.

    Reference:

    - Klambauer, Unterthiner, Mayr & Hochreiter (2017), *Self-normalizing neural
      networks*, equation 2.

    Example:

    >>> round(float(selu(1.0)), 4)
    1.0507
    """
    return ops.selu(s)


@register
def gelu(s: Tensor) -> Tensor:
    """Gaussian error linear unit: `s Φ(s)`.

    Φ is the distribution function of the standard normal distribution. It is
    computed exactly, not by the approximation with tanh.

    Args:
        s: Tensor of any shape. Preactivations.

    Returns:
        Tensor of the shape of `s`. Activations.

    Reference:

    - Hendrycks & Gimpel (2016), *Gaussian error linear units*, section 2.

    Example:

    >>> round(float(gelu(1.0)), 4)
    0.8413
    """
    return ops.gelu(s, approximate=False)


@register
def silu(s: Tensor) -> Tensor:
    """Sigmoid linear unit, or swish: `s sigmoid(s)`.

    Args:
        s: Tensor of any shape. Preactivations.

    Returns:
        Tensor of the shape of `s`. Activations.

    Reference:

    - Elfwing, Uchibe & Doya (2018), *Sigmoid-weighted linear units for neural network
      function approximation in reinforcement learning*; Ramachandran, Zoph & Le
      (2017), *Searching for activation functions*.

    Example:

    >>> round(float(silu(1.0)), 4)
    0.7311
    """
    return ops.silu(s)


@register
def arctan(s: Tensor) -> Tensor:
    """Arc tangent, between -π/2 and π/2, with slope 1 at 0.

    Args:
        s: Tensor of any shape. Preactivations.

    Returns:
        Tensor of the shape of `s`. Activations.

    Example:

    >>> round(float(arctan(1.0)), 4)
    0.7854
    """
    return ops.arctan(s)


@register
def sine(s: Tensor) -> Tensor:
    """Sine, between -1 and 1.

    The frequency ω₀ of the paper is part of the weights here.

    Args:
        s: Tensor of any shape. Preactivations.

    Returns:
        Tensor of the shape of `s`. Activations.

    Reference:

    - Sitzmann et al. (2020), *Implicit neural representations with periodic activation
      functions*.

    Example:

    >>> float(sine(0.0))
    0.0
    """
    return ops.sin(s)


ACTIVATIONS: dict[str, Activation] = {
    known.name: globals()[known.name] for known in ACTIVATION_TABLE
}
"""The functions of this module, by name."""


def get(name: str) -> Activation:
    """Returns an activation function by its name.

    Args:
        name: str. One of `ACTIVATIONS`.

    Returns:
        Function of a tensor.

    Raises:
        ValueError: If `name` is unknown.

    Example:

    >>> get("softsign") is softsign
    True
    """
    if name not in ACTIVATIONS:
        raise ValueError(
            f"`name` must be one of {', '.join(ACTIVATIONS)}. Received: name={name!r}"
        )
    return ACTIVATIONS[name]
