"""Weight initializers.

They apply to the kernels of dense and convolutional layers alike. The fan-in n is the
number of inputs of a unit, receptive field included; the fan-out is the number of units
that an input reaches. As in Keras, an initializer with an integer seed returns the same
values at each call, and one with a `keras.random.SeedGenerator` returns new values.

As in Keras, the fans follow from the shape of the kernel: the last axis is the output,
the axis before it is the input, and the others are the receptive field. `EinsumDense`
and `MultiHeadAttention` state the axes themselves. State them where the shape misleads,
as axes of one input and output:

- `DepthwiseConv2D` and the depthwise kernel of `SeparableConv2D`: a unit has one input
  channel, `input_axes=(0, 1), output_axes=(0, 1, 3)`,
- `Conv2DTranspose`: the kernel has the output before the input,
  `input_axes=(0, 1, 3), output_axes=(0, 1, 2)`,
- `Embedding`: a value depends on one row, not on all,
  `input_axes=(), output_axes=(1,)`.
"""

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import keras
from keras import ops

from keras_xavier.initializer_table import INITIALIZER_TABLE
from keras_xavier.theory import edge_of_chaos

Seed: TypeAlias = int | keras.random.SeedGenerator | None
Axes: TypeAlias = Sequence[int] | None

LSUV_ITERATIONS = 10
AXES = ("input_axes", "output_axes")
UNSTATED = (*AXES, "bias")
"""Arguments that are shown only if they are given."""

register = keras.saving.register_keras_serializable(package="keras_xavier")

LeCunNormal = keras.initializers.LecunNormal
LeCunUniform = keras.initializers.LecunUniform
HeNormal = keras.initializers.HeNormal
HeUniform = keras.initializers.HeUniform
Orthogonal = keras.initializers.Orthogonal


class ShowsConfig:
    """Mixin: the repr of an initializer shows its configuration."""

    def __repr__(self) -> str:
        config = self.get_config()  # type: ignore[attr-defined]
        arguments = ", ".join(
            f"{name}={value!r}"
            for name, value in config.items()
            if name not in UNSTATED or value is not None
        )
        return f"{type(self).__name__}({arguments})"


@register
class StandardUniform(ShowsConfig, keras.initializers.VarianceScaling):
    """PyTorch-style uniform, the "standard" initialization of the paper.

    Draws from `U[-1/√n, 1/√n]`, where n is the fan-in. This is the default of
    PyTorch's linear and convolutional layers. The variance of a weight is 1/(3n), so
    each layer of a linear network reduces the variance of the activations to a third
    in the forward pass, and the variance of the gradients to a third in the backward
    pass.

    Args:
        seed: int, `keras.random.SeedGenerator` or `None`. Seed of the random values.
            Defaults to `None`: a random seed.
        input_axes: Sequence of int or `None`. Axes of a kernel whose product is the
            fan-in. Defaults to `None`: from the shape, see above.
        output_axes: Sequence of int or `None`. Axes of a kernel whose product is the
            fan-out. Defaults to `None`.

    Reference:

    - Glorot & Bengio (2010), equation 1.

    Example:

    >>> initializer = StandardUniform(seed=0)
    >>> layer = keras.layers.Dense(3, kernel_initializer=initializer)
    >>> bool(ops.max(ops.abs(initializer((100, 50)))) <= 0.1)
    True
    >>> StandardUniform(seed=0, input_axes=(0, 1), output_axes=(0, 1, 3))
    StandardUniform(seed=0, input_axes=(0, 1), output_axes=(0, 1, 3))
    """

    def __init__(
        self,
        *,
        seed: Seed = None,
        input_axes: Axes = None,
        output_axes: Axes = None,
    ) -> None:
        super().__init__(
            scale=1 / 3,
            mode="fan_in",
            distribution="uniform",
            seed=seed,
            input_axes=input_axes,
            output_axes=output_axes,
        )

    def get_config(self) -> dict[str, Any]:
        """Returns the configuration: `seed`, `input_axes` and `output_axes`."""
        config = super().get_config()
        return {name: config[name] for name in ("seed", *AXES)}


@register
class NormalizedUniform(ShowsConfig, keras.initializers.GlorotUniform):
    """Glorot uniform, or Xavier uniform: the paper's normalized initialization.

    Draws from `U[-√6 / √(n_in + n_out), √6 / √(n_in + n_out)]`, where n_in is the
    fan-in and n_out the fan-out. This is a compromise between a constant variance of
    the activations and a constant variance of the back-propagated gradients. It returns
    the same values as `keras.initializers.GlorotUniform`.

    Args:
        seed: int, `keras.random.SeedGenerator` or `None`. Seed of the random values.
            Defaults to `None`: a random seed.
        input_axes: Sequence of int or `None`. Axes of a kernel whose product is the
            fan-in. Defaults to `None`: from the shape, see above.
        output_axes: Sequence of int or `None`. Axes of a kernel whose product is the
            fan-out. Defaults to `None`.

    Reference:

    - Glorot & Bengio (2010), equation 16.

    Example:

    >>> initializer = NormalizedUniform(seed=0)
    >>> layer = keras.layers.Dense(3, kernel_initializer=initializer)
    >>> bool(ops.max(ops.abs(initializer((100, 50)))) <= 0.2)
    True
    """


@register
class LSUV(ShowsConfig, keras.initializers.Orthogonal):
    """Layer-sequential unit variance: orthonormal kernels, to be scaled on data.

    The initializer draws the kernels. Call `lsuv` on the built model afterwards to
    scale them so that the preactivations of each layer have variance 1.

    Args:
        seed: int, `keras.random.SeedGenerator` or `None`. Seed of the random values.
            Defaults to `None`: a random seed.

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
        """Returns the configuration: `seed`."""
        return {"seed": super().get_config()["seed"]}


@register
class Critical(ShowsConfig, keras.initializers.VarianceScaling):
    """Edge of chaos: gradients neither vanish nor explode, however deep the network.

    Kernels are normal with variance σ_w² / n, where n is the fan-in, and biases are
    normal with variance σ_b². `theory.edge_of_chaos` computes both from the activation
    function: (σ_w², σ_b²) is (1, 0) for tanh and softsign, (2, 0) for ReLU and
    (1.98, 0.17) for GELU.

    Pass the initializer to the kernel and to the bias. With biases of 0, the signal of
    GELU vanishes: over 30 layers, the standard deviation of the preactivations falls
    from 1.4 to 0.001.

    A tensor of one axis is a bias, and others are kernels. The biases of
    `MultiHeadAttention` and of some `EinsumDense` have two axes: pass
    `Critical(activation, bias=True)` as their `bias_initializer`.

    Args:
        activation: str. The activation function of the layer: a name in
            `activations.ACTIVATIONS` or in `keras.activations`, such as `"linear"`.
        orthogonal: bool. Whether kernels have orthogonal columns or rows instead of
            independent values. With tanh, all singular values of the network's Jacobian
            are then near 1 (dynamical isometry), not only their mean square. ReLU
            networks cannot reach this. Defaults to `False`.
        seed: int, `keras.random.SeedGenerator` or `None`. Seed of the random values.
            Defaults to `None`: a random seed.
        input_axes: Sequence of int or `None`. Axes of a kernel whose product is the
            fan-in. Defaults to `None`: from the shape, see above.
        output_axes: Sequence of int or `None`. Axes of a kernel whose product is the
            fan-out. Defaults to `None`.
        bias: bool or `None`. Whether the initialized tensor is a bias. Defaults to
            `None`: a tensor of one axis is a bias.

    Raises:
        ValueError: If `activation` is unknown.

    Reference:

    - Schoenholz et al. (2017), *Deep information propagation*, section 3; Pennington,
      Schoenholz & Ganguli (2017), *Resurrecting the sigmoid in deep learning through
      dynamical isometry*.

    Example:

    >>> critical = Critical("gelu", seed=0)
    >>> layer = keras.layers.Dense(
    ...     3, activation="gelu", kernel_initializer=critical, bias_initializer=critical
    ... )
    >>> round(float(ops.std(critical((1000, 1000)))) * 1000**0.5, 2)
    1.41
    >>> critical
    Critical(activation='gelu', orthogonal=False, seed=0)
    """

    def __init__(
        self,
        activation: str,
        *,
        orthogonal: bool = False,
        seed: Seed = None,
        input_axes: Axes = None,
        output_axes: Axes = None,
        bias: bool | None = None,
    ) -> None:
        point = edge_of_chaos(activation)
        super().__init__(
            scale=point.weight_variance,
            mode="fan_in",
            distribution="untruncated_normal",
            seed=seed,
            input_axes=input_axes,
            output_axes=output_axes,
        )
        self.activation = activation
        self.orthogonal = orthogonal
        self.bias = bias
        self.bias_variance = point.bias_variance

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        if self._is_bias(shape):
            # With the seed of the kernel, the biases would repeat its first row.
            seed = self.seed + 1 if isinstance(self.seed, int) else self.seed
            return keras.random.normal(
                shape, stddev=self.bias_variance**0.5, dtype=dtype, seed=seed
            )
        if not self.orthogonal:
            return super().__call__(shape, dtype)
        axes = list(range(len(shape)))
        outputs = axes[-1:]
        if self.input_axes is not None and self.output_axes is not None:
            outputs = [axis for axis in axes if axis not in self.input_axes]
        order = [axis for axis in axes if axis not in outputs] + outputs
        fan_in, fan_out = (
            math.prod(shape[axis] for axis in some)
            for some in (order[: len(order) - len(outputs)], outputs)
        )
        # Keras makes the vectors along the longer side of the matrix orthonormal.
        gain = (self.scale * max(fan_in, fan_out) / fan_in) ** 0.5
        matrix = keras.initializers.Orthogonal(gain=gain, seed=self.seed)(
            (fan_in, fan_out), dtype
        )
        kernel = ops.reshape(matrix, [shape[axis] for axis in order])
        return ops.transpose(kernel, [order.index(axis) for axis in axes])

    def _is_bias(self, shape: tuple[int, ...]) -> bool:
        """Returns whether a tensor is a bias; layers state the axes of kernels only."""
        if self.bias is not None:
            return self.bias
        return len(shape) < 2 and self.input_axes is None

    def get_config(self) -> dict[str, Any]:
        """Returns the configuration: the arguments."""
        config = super().get_config()
        return {
            "activation": self.activation,
            "orthogonal": self.orthogonal,
            **{name: config[name] for name in ("seed", *AXES)},
            "bias": self.bias,
        }


def lsuv(model: keras.Model, x: Any, *, tolerance: float = 1e-3) -> None:
    """Scales the kernels of a model so that preactivations have variance 1.

    Layers with the initializer `LSUV` are scaled in place, one after another from the
    input up, each on the activations of the layers below.

    Args:
        model: `keras.Model`. A built Sequential or Functional model.
        x: Array of shape `(example, *input_shape)`. A few hundred inputs.
        tolerance: float. Largest deviation of the variance from 1. Defaults to 1e-3.

    Raises:
        ValueError: If no layer has the initializer `LSUV`, if the model is subclassed,
            or if all examples give a layer the same preactivations.

    Reference:

    - Mishkin & Matas (2016), *All you need is a good init*, algorithm 1.

    Example:

    >>> from keras_xavier.models import mlp
    >>> model = mlp((8,), classes=3, layers=2, units=20, initializer="lsuv")
    >>> lsuv(model, keras.random.normal((100, 8)))
    """
    layers = [
        layer
        for layer in model.layers
        if isinstance(getattr(layer, "kernel_initializer", None), LSUV)
    ]
    if not layers:
        raise ValueError(
            "`model` must have layers whose kernel_initializer is LSUV. Received: "
            f"model={model.name!r}, which has none"
        )
    if not getattr(model, "inputs", None):
        raise ValueError(
            "`model` must be a Sequential or Functional model, whose layers have a "
            f"known order. Received: model of type {type(model).__name__}"
        )
    inputs = model.inputs if len(model.inputs) > 1 else model.inputs[0]
    for layer in layers:
        below = keras.Model(inputs, layer.input)(x, training=False)
        for _ in range(LSUV_ITERATIONS):
            variance = float(ops.var(_preactivation(layer, below)))
            if not variance > 0:
                raise ValueError(
                    "`x` must contain different examples. Received: examples that give "
                    f"the layer {layer.name} preactivations of variance {variance}"
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
    known.name: globals()[known.class_name] for known in INITIALIZER_TABLE
}
"""The initializers, by name. "standard" is PyTorch-style uniform and "normalized" is
Glorot uniform; the two names are the paper's."""


def get(
    name: str, *, activation: str = "linear", seed: Seed = None
) -> keras.initializers.Initializer:
    """Returns an initializer by its name.

    Args:
        name: str. One of `INITIALIZERS`.
        activation: str. The activation function of the layer, which only `"critical"`
            uses. Defaults to `"linear"`.
        seed: int, `keras.random.SeedGenerator` or `None`. Seed of the random values.
            Defaults to `None`: a random seed.

    Returns:
        `keras.initializers.Initializer`.

    Raises:
        ValueError: If `name` or `activation` is unknown.

    Example:

    >>> get("normalized", seed=0)
    NormalizedUniform(seed=0)
    """
    if name not in INITIALIZERS:
        raise ValueError(
            f"`name` must be one of {', '.join(INITIALIZERS)}. Received: name={name!r}"
        )
    if name == "critical":
        return Critical(activation, seed=seed)
    return INITIALIZERS[name](seed=seed)
