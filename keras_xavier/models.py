"""The multilayer perceptrons that the paper trains."""

import keras
import numpy as np

from keras_xavier import activations, initializers

HIDDEN = "hidden_"
"""Prefix of the names of hidden layers."""


def mlp(
    input_shape: tuple[int, ...],
    *,
    classes: int,
    layers: int = 5,
    units: int = 1000,
    activation: str = "tanh",
    initializer: str = "normalized",
    seed: int | None = None,
) -> keras.Sequential:
    """Returns a multilayer perceptron with a softmax output.

    Hidden layers of equal width, called `hidden_1`, `hidden_2` and so on, and a softmax
    layer called `output`. All biases are 0, except with the initializer `"critical"`.

    Args:
        input_shape: Tuple of int. Shape of one example. Images are flattened.
        classes: int. Number of classes.
        layers: int. Number of hidden layers. Defaults to 5.
        units: int. Number of units in each hidden layer. Defaults to 1000.
        activation: str. Activation function of the hidden layers: one of
            `activations.ACTIVATIONS`. Defaults to `"tanh"`.
        initializer: str. Initializer of all kernels, including the output layer: one
            of `initializers.INITIALIZERS`. After `"lsuv"`, call `initializers.lsuv`.
            Defaults to `"normalized"`, which is Glorot uniform.
        seed: int or `None`. Seed from which the seed of each layer is derived.
            Defaults to `None`: different weights at each call.

    Returns:
        `keras.Sequential`, built but not compiled.

    Raises:
        ValueError: If a number is less than 1 or a name is unknown.

    Reference:

    - Glorot & Bengio (2010), section 2.3.

    Example:

    >>> model = mlp((32, 32, 1), classes=9, layers=5, units=1000)
    >>> model.count_params()
    5038009
    """
    for name, number in (("classes", classes), ("layers", layers), ("units", units)):
        if number < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {name}={number}")
    seeds = np.random.SeedSequence(seed).generate_state(layers + 1)
    phis = [activation] * layers + ["linear"]
    kernels = [
        initializers.get(initializer, activation=phi, seed=int(word))
        for phi, word in zip(phis, seeds, strict=True)
    ]
    hidden = [
        keras.layers.Dense(
            units,
            activation=activations.get(activation),
            kernel_initializer=kernel,
            bias_initializer=kernel if initializer == "critical" else "zeros",
            name=f"{HIDDEN}{number}",
        )
        for number, kernel in enumerate(kernels[:-1], start=1)
    ]
    output = keras.layers.Dense(
        classes, activation="softmax", kernel_initializer=kernels[-1], name="output"
    )
    flatten = [keras.layers.Flatten()] if len(input_shape) > 1 else []
    return keras.Sequential([keras.Input(input_shape), *flatten, *hidden, output])


def hidden_layers(model: keras.Model) -> list[keras.Layer]:
    """Returns the hidden layers of an `mlp`, from the input up."""
    return [layer for layer in model.layers if layer.name.startswith(HIDDEN)]
