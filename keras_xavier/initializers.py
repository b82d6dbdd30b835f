"""How the weights of a layer are drawn before training.

All of them take the kernels of dense and of convolutional layers: the fan-in n
counts the inputs of one unit, the receptive field included, the fan-out those
units of the next layer that one input reaches. An initializer with an integer
seed gives the same values at each call, one with a `keras.random.SeedGenerator`
new ones, as everywhere in Keras.
"""

from typing import Any, TypeAlias

import keras
from keras import ops

Seed: TypeAlias = int | keras.random.SeedGenerator | None

LSUV_ITERATIONS = 10

register = keras.saving.register_keras_serializable(package="keras_xavier")

LeCunNormal = keras.initializers.LecunNormal
LeCunUniform = keras.initializers.LecunUniform
HeNormal = keras.initializers.HeNormal
HeUniform = keras.initializers.HeUniform
Orthogonal = keras.initializers.Orthogonal


@register
class StandardUniform(keras.initializers.VarianceScaling):
    """The paper's "standard" initialization: `U[-1/√n, 1/√n]`, n the fan-in.

    The variance of a weight is 1/(3n), so that in a linear network the variance
    of activations falls to a third from layer to layer, and that of gradients
    as well on the way back.

    Args:
        seed: Integer, `keras.random.SeedGenerator` or `None`.

    Reference:

    - Glorot & Bengio (2010), equation 1.

    Example:

    >>> initializer = StandardUniform(seed=0)
    >>> layer = keras.layers.Dense(3, kernel_initializer=initializer)
    >>> bool(ops.max(ops.abs(initializer((100, 50)))) <= 0.1)
    True
    """

    def __init__(self, *, seed: Seed = None) -> None:
        super().__init__(scale=1 / 3, mode="fan_in", distribution="uniform", seed=seed)

    def get_config(self) -> dict[str, Any]:
        return {"seed": super().get_config()["seed"]}


@register
class NormalizedUniform(keras.initializers.GlorotUniform):
    """The paper's normalized initialization, after its author "Xavier".

    `U[-√6 / √(n_in + n_out), √6 / √(n_in + n_out)]`, n_in the fan-in and n_out
    the fan-out: a compromise between keeping the variance of activations, and
    keeping that of back-propagated gradients, equal over layers. It draws the
    very values of Keras's `GlorotUniform`.

    Args:
        seed: Integer, `keras.random.SeedGenerator` or `None`.

    Reference:

    - Glorot & Bengio (2010), equation 16.

    Example:

    >>> initializer = NormalizedUniform(seed=0)
    >>> layer = keras.layers.Dense(3, kernel_initializer=initializer)
    >>> bool(ops.max(ops.abs(initializer((100, 50)))) <= 0.2)
    True
    """

    def __init__(self, *, seed: Seed = None) -> None:
        super().__init__(seed=seed)

    def get_config(self) -> dict[str, Any]:
        return {"seed": super().get_config()["seed"]}


@register
class LSUV(keras.initializers.Orthogonal):
    """Layer-sequential unit variance: orthonormal, to be scaled by data.

    Drawing the weights is the first half; `lsuv` is the second, and needs the
    built model and examples.

    Args:
        seed: Integer, `keras.random.SeedGenerator` or `None`.

    Reference:

    - Mishkin & Matas (2016), *All you need is a good init*, algorithm 1.

    Example:

    >>> model = keras.Sequential(
    ...     [keras.Input((8,)), keras.layers.Dense(4, kernel_initializer=LSUV(seed=0))]
    ... )
    >>> lsuv(model, keras.random.normal((100, 8), seed=1))
    """

    def __init__(self, *, seed: Seed = None) -> None:
        super().__init__(gain=1.0, seed=seed)

    def get_config(self) -> dict[str, Any]:
        return {"seed": super().get_config()["seed"]}


def lsuv(model: keras.Model, x: Any, *, tolerance: float = 1e-3) -> None:
    """Scales the kernels of a model until preactivations have variance 1.

    Layers drawn by `LSUV` are scaled one after another, from the input on, each
    on the activations of those below.

    Args:
        model: A built Sequential or Functional model.
        x: Examples, a few hundred: an array of shape `(n, *input_shape)`.
        tolerance: Largest allowed deviation of a variance from 1.

    Raises:
        ValueError: If no layer was drawn by `LSUV`, the model is a subclassed
            one, or the examples give a layer no variance.

    Reference:

    - Mishkin & Matas (2016), *All you need is a good init*, algorithm 1.
    """
    layers = [
        layer
        for layer in model.layers
        if isinstance(getattr(layer, "kernel_initializer", None), LSUV)
    ]
    if not layers:
        raise ValueError(
            "`lsuv` scales layers whose kernel_initializer is LSUV. Received a model "
            f"with none: {model.name}"
        )
    if not getattr(model, "inputs", None):
        raise ValueError(
            "`lsuv` needs a Sequential or Functional model, whose layers have a known "
            f"order. Received: {type(model).__name__}"
        )
    inputs = model.inputs if len(model.inputs) > 1 else model.inputs[0]
    for layer in layers:
        below = keras.Model(inputs, layer.input)(x, training=False)
        for _ in range(LSUV_ITERATIONS):
            variance = float(ops.var(_preactivation(layer, below)))
            if not variance > 0:
                raise ValueError(
                    f"The examples give layer {layer.name} preactivations of variance "
                    f"{variance}; `lsuv` needs examples that differ."
                )
            if abs(variance - 1) <= tolerance:
                break
            layer.kernel.assign(layer.kernel / variance**0.5)


def _preactivation(layer: keras.Layer, below: Any) -> Any:
    activation = layer.activation
    try:
        layer.activation = keras.activations.linear
        return layer(below)
    finally:
        layer.activation = activation


INITIALIZERS: dict[str, type[keras.initializers.Initializer]] = {
    "standard": StandardUniform,
    "normalized": NormalizedUniform,
    "lecun_normal": LeCunNormal,
    "lecun_uniform": LeCunUniform,
    "he_normal": HeNormal,
    "he_uniform": HeUniform,
    "orthogonal": Orthogonal,
    "lsuv": LSUV,
}
"""The initializers, by the names of the paper and of the field."""


def get(name: str, *, seed: Seed = None) -> keras.initializers.Initializer:
    """Makes an initializer by its name.

    Args:
        name: One of `INITIALIZERS`.
        seed: Integer, `keras.random.SeedGenerator` or `None`.

    Returns:
        A Keras initializer.

    Raises:
        ValueError: If there is none of that name.

    Example:

    >>> get("normalized", seed=0)((3, 2)).shape
    TensorShape([3, 2])
    """
    if name not in INITIALIZERS:
        raise ValueError(
            f"`name` must be one of {', '.join(INITIALIZERS)}. Received: name={name!r}"
        )
    return INITIALIZERS[name](seed=seed)
