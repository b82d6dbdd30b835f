"""How the weights of a layer are drawn before training.

All of them take the kernels of dense and of convolutional layers: the fan-in n
counts the inputs of one unit, the receptive field included, the fan-out those
units of the next layer that one input reaches. An initializer with an integer
seed gives the same values at each call, one with a `keras.random.SeedGenerator`
new ones, as everywhere in Keras.
"""

import math
from typing import Any, TypeAlias

import keras
from keras import ops

from keras_xavier.theory import edge_of_chaos

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


@register
class Critical(keras.initializers.VarianceScaling):
    """The edge of chaos: gradients neither vanish nor explode, at any depth.

    Kernels are normal with the variance σ_w² / n, n the fan-in, and biases with the
    variance σ_b², those of `theory.edge_of_chaos`. For tanh and softsign σ_w² is 1
    and σ_b² is 0, for ReLU 2 and 0, for GELU 1.98 and 0.17: give it to kernels and
    to biases.

    Args:
        activation: The activation function of the layer: one of
            `activations.ACTIVATIONS`, or `"linear"`.
        orthogonal: Whether kernels are a multiple of a matrix with orthonormal
            columns or rows. With tanh all singular values of the Jacobian of the
            network are then near 1 (dynamical isometry), not only their mean
            square; with ReLU they cannot be.
        seed: Integer, `keras.random.SeedGenerator` or `None`.

    Raises:
        ValueError: If the activation is not known.

    Reference:

    - Schoenholz et al. (2017), *Deep information propagation*; Pennington,
      Schoenholz & Ganguli (2017), *Resurrecting the sigmoid in deep learning
      through dynamical isometry*.

    Example:

    >>> critical = Critical("gelu", seed=0)
    >>> layer = keras.layers.Dense(
    ...     3, activation="gelu", kernel_initializer=critical, bias_initializer=critical
    ... )
    >>> round(float(ops.std(critical((1000, 1000)))) * 1000**0.5, 2)
    1.41
    """

    def __init__(
        self, activation: str, *, orthogonal: bool = False, seed: Seed = None
    ) -> None:
        point = edge_of_chaos(activation)
        super().__init__(
            scale=point.weight_variance,
            mode="fan_in",
            distribution="untruncated_normal",
            seed=seed,
        )
        self.activation = activation
        self.orthogonal = orthogonal
        self.bias_variance = point.bias_variance

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        if len(shape) < 2:
            # With the kernel's own seed, biases would repeat its first row.
            seed = self.seed + 1 if isinstance(self.seed, int) else self.seed
            return keras.random.normal(
                shape, stddev=self.bias_variance**0.5, dtype=dtype, seed=seed
            )
        if not self.orthogonal:
            return super().__call__(shape, dtype)
        fan_in = math.prod(shape[:-1])
        # Keras gives the longer side of the matrix orthonormal vectors.
        gain = (self.scale * max(fan_in, shape[-1]) / fan_in) ** 0.5
        return keras.initializers.Orthogonal(gain=gain, seed=self.seed)(shape, dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            "activation": self.activation,
            "orthogonal": self.orthogonal,
            "seed": super().get_config()["seed"],
        }


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
    "critical": Critical,
}
"""The initializers, by the names of the paper and of the field."""


def get(
    name: str, *, activation: str = "linear", seed: Seed = None
) -> keras.initializers.Initializer:
    """Makes an initializer by its name.

    Args:
        name: One of `INITIALIZERS`.
        activation: The layer's activation function, by which `"critical"` draws.
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
    if name == "critical":
        return Critical(activation, seed=seed)
    return INITIALIZERS[name](seed=seed)
