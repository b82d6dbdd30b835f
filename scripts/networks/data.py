"""Real data that comes with scikit-learn, Shapeset, and MNIST where it is prepared."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Data:
    """Examples to train on, and examples to test on.

    Attributes:
        x: Array. Inputs.
        y: Array. Targets.
        test_x: Array. Inputs of the test set.
        test_y: Array. Targets of the test set.
    """

    x: Array
    y: Array
    test_x: Array
    test_y: Array


def split(x: Array, y: Array, seed: int, test: float = 0.3) -> Data:
    """Divides examples at random into training and test set."""
    order = np.random.default_rng(seed).permutation(len(x))
    cut = int(len(x) * test)
    held_out, kept = order[:cut], order[cut:]
    return Data(x[kept], y[kept], x[held_out], y[held_out])


def standardized(data: Data) -> Data:
    """Scales each feature to mean 0 and variance 1 on the training set."""
    mean, std = data.x.mean(0), data.x.std(0) + 1e-8
    return Data((data.x - mean) / std, data.y, (data.test_x - mean) / std, data.test_y)


@cache
def loaded(name: str) -> tuple[Array, Array]:
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    return bunch.data.astype("float32"), bunch.target


def table(name: str, seed: int) -> Data:
    """Iris, wine or breast cancer, with standardized features."""
    return standardized(split(*loaded(name), seed))


def diabetes(seed: int) -> Data:
    """Progress of diabetes, with standardized features and targets."""
    x, y = loaded("diabetes")
    data = standardized(split(x, y[:, None].astype("float32"), seed))
    mean, std = data.y.mean(), data.y.std()
    return Data(data.x, (data.y - mean) / std, data.test_x, (data.test_y - mean) / std)


def digits(seed: int, *shape: int) -> Data:
    """Handwritten digits, 8 × 8, with values of 0 to 1."""
    x, y = loaded("digits")
    return split((x / 16).reshape(-1, *shape), y, seed)


def properties_of_digits(seed: int) -> Data:
    """Three labels for each digit: whether it is even, over 4, divisible by 3."""
    data = digits(seed, 64)

    def labels(y: Array) -> Array:
        return np.stack([y % 2 == 0, y > 4, y % 3 == 0], -1).astype("float32")

    return Data(data.x, labels(data.y), data.test_x, labels(data.test_y))


def copies_of_digits(seed: int) -> Data:
    """Digits as inputs and targets, for an autoencoder."""
    data = digits(seed, 64)
    return Data(data.x, data.x, data.test_x, data.test_x)


def lower_halves_of_digits(seed: int) -> Data:
    """The upper four rows as inputs, the lower four, standardized, as targets."""
    x, _ = loaded("digits")
    rows = (x / 16).reshape(-1, 8, 8)
    data = split(rows[:, :4], rows[:, 4:].reshape(-1, 32), seed)
    mean, std = data.y.mean(), data.y.std()
    return Data(data.x, (data.y - mean) / std, data.test_x, (data.test_y - mean) / std)


def shapeset(seed: int, *shape: int) -> Data:
    """Images of Shapeset-3×2 with one shape, 16 × 16, with three classes."""
    from keras_xavier.datasets import shapeset3x2

    images, labels = shapeset3x2.generate(seed, 0, 5000)
    kept = labels < 3
    labels = labels[kept].astype("int32")
    pixels = images[kept].reshape(-1, 16, 2, 16, 2).mean((2, 4)).astype("float32")
    background = np.median(pixels, (1, 2), keepdims=True)
    pixels = (np.abs(pixels - background) > 8).astype("float32")
    pixels = (pixels - pixels.mean()) / pixels.std()
    return split(pixels.reshape(-1, *shape), labels, seed)


def mnist(seed: int) -> Data:
    """Two thousand digits of MNIST, 28 × 28, with values of 0 to 1."""
    images, labels = loaded_mnist()
    order = np.random.default_rng(seed).permutation(len(images))[:2400]
    return split(images[order], labels[order], seed)


@cache
def loaded_mnist() -> tuple[Array, Array]:
    from keras_xavier.datasets import load

    images, labels = load("mnist", download=False).test
    images = images - images.min()
    return (images / images.max()).astype("float32"), np.asarray(labels, "int32")


def has_mnist() -> bool:
    """Returns whether tensorflow-datasets has prepared MNIST on this machine."""
    from keras_xavier.datasets import DatasetError

    try:
        loaded_mnist()
    except DatasetError:
        return False
    return True
