"""The programs of lesson 7: networks that do not learn, each with one fault."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

ARMS = 3
UNITS = 32


def spirals(
    count: int, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.integer[Any]]]:
    """Returns points on three arms of a spiral.

    Args:
        count: int. Number of points.
        seed: int. Seed. Defaults to 0.

    Returns:
        Tuple of an array of shape (count, 2), the points, and an integer array of shape
        (count,), the numbers of their arms.

    Example:

    >>> x, y = spirals(100)
    >>> x.shape, y.shape
    ((100, 2), (100,))
    """
    random = np.random.default_rng(seed)
    arms = random.integers(0, ARMS, count)
    radii = random.uniform(0.1, 1, count)
    angles = 5 * radii + 2 * np.pi / ARMS * arms + random.normal(0, 0.15, count)
    points = 2 * radii * np.array([np.cos(angles), np.sin(angles)])
    return points.T.astype("float32"), arms


def build(
    activation: str = "relu",
    *,
    layers: int = 3,
    output: str | None = "softmax",
    learning_rate: float = 0.3,
    seed: int = 0,
    **options: Any,
) -> keras.Model:
    """Builds and compiles a network for the spirals.

    Args:
        activation: str. Activation function of the hidden layers. Defaults to `"relu"`.
        layers: int. Number of hidden layers of 32 units. Defaults to 3.
        output: str. Activation function of the output. Defaults to `"softmax"`.
        learning_rate: float. Step size of plain gradient descent. Defaults to 0.3.
        seed: int. Seed of the initial weights. Defaults to 0.
        **options: Further options of all `Dense` layers.

    Returns:
        Compiled `keras.Model`.

    Example:

    >>> build().count_params()
    2307
    """
    keras.utils.set_random_seed(seed)
    hidden = [
        keras.layers.Dense(UNITS, activation, name=f"hidden_{number}", **options)
        for number in range(1, layers + 1)
    ]
    last = keras.layers.Dense(ARMS, output, name="output", **options)
    model = keras.Sequential([keras.Input((2,)), *hidden, last])
    model.compile(
        keras.optimizers.SGD(learning_rate),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        # XLA compiles for seconds and makes small networks hardly faster.
        jit_compile=False,
    )
    return model


@dataclass(frozen=True)
class Program:
    """A program that trains a network.

    Attributes:
        network: Function that returns the compiled `keras.Model`.
        scale: float. Factor of the inputs. Defaults to 1.
    """

    network: Callable[[], keras.Model]
    scale: float = 1.0


HEALTHY = Program(build)
PROGRAMS = {
    "program-1": Program(lambda: build("tanh"), scale=500),
    "program-2": Program(lambda: build(learning_rate=5.0)),
    "program-3": Program(lambda: build(output=None)),
    "program-4": Program(
        lambda: build("tanh", kernel_initializer=keras.initializers.Constant(0.1))
    ),
    "program-5": Program(lambda: build("sigmoid", layers=8)),
    "program-6": Program(lambda: build(kernel_regularizer=keras.regularizers.L2(0.1))),
}
