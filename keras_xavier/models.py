"""The models that the paper trains."""

import keras
import numpy as np

from keras_xavier import activations, initializers


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
    """Makes a multilayer perceptron with a softmax output.

    As in Glorot & Bengio (2010), section 2.3: hidden layers of equal width, one
    softmax output layer, all biases 0 (but with `"critical"` where the activation
    asks for others).

    Args:
        input_shape: Shape of one example; images are flattened.
        classes: Number of classes.
        layers: Number of hidden layers, called `hidden_1`, `hidden_2`, …
        units: Number of units in each.
        activation: One of `activations.ACTIVATIONS`.
        initializer: One of `initializers.INITIALIZERS`, for all kernels, the
            output's too. After `"lsuv"`, call `initializers.lsuv`.
        seed: Integer from which each layer gets a seed of its own; `None` for
            new weights each time.

    Returns:
        A built, not yet compiled `keras.Sequential`.

    Raises:
        ValueError: If a number is under 1 or a name is not known.

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
            name=f"hidden_{number}",
        )
        for number, kernel in enumerate(kernels[:-1], start=1)
    ]
    output = keras.layers.Dense(
        classes, activation="softmax", kernel_initializer=kernels[-1], name="output"
    )
    flatten = [keras.layers.Flatten()] if len(input_shape) > 1 else []
    return keras.Sequential([keras.Input(input_shape), *flatten, *hidden, output])
