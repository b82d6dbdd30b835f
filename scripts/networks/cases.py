"""Cases of the measurement, and their datasets."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]
CLASSES = 4


@dataclass(frozen=True)
class Training:
    """A compiled model and its training data.

    Attributes:
        model: Compiled `keras.Model`.
        x: Inputs.
        y: Targets.
        epochs: int. Number of epochs. Defaults to 12.
        batch_size: int. Examples per update. Defaults to 32.
    """

    model: keras.Model
    x: Any
    y: Any
    epochs: int = 12
    batch_size: int = 32


@dataclass(frozen=True)
class Case:
    """A network to diagnose.

    Attributes:
        name: str. Description of the network.
        make: Function from a seed to a `Training`.
        expected: Set of str. Names of findings, at least one of which is expected;
            empty for a healthy network.
        remark: str. Remark on the result. Defaults to `""`.
    """

    name: str
    make: Callable[[int], Training]
    expected: frozenset[str] = field(default_factory=frozenset)
    remark: str = ""


def classification(
    model: keras.Model, x: Any, y: Any, optimizer: Any = "adam", **options: Any
) -> Training:
    """Compiles a classifier."""
    model.compile(optimizer, "sparse_categorical_crossentropy")
    return Training(model, x, y, **options)


def vectors(seed: int, *, size: int = 1500, width: int = 20) -> tuple[Array, Array]:
    """Standardized vectors around eight centers, with four classes."""
    random = np.random.default_rng(seed)
    centers = random.normal(size=(8, width))
    which = random.integers(0, len(centers), size)
    x = centers[which] + random.normal(size=(size, width))
    return (x / np.sqrt(2)).astype("float32"), which % CLASSES


def images(seed: int, *, size: int = 1200, side: int = 12) -> tuple[Array, Array]:
    """Noisy images of a bar, with its orientation as one of four classes."""
    random = np.random.default_rng(seed)
    y = random.integers(0, CLASSES, size)
    row, column = np.mgrid[:side, :side] - (side - 1) / 2
    angles = np.pi * np.arange(CLASSES) / CLASSES
    along = np.cos(angles)[:, None, None] * row + np.sin(angles)[:, None, None] * column
    shift = random.uniform(-2, 2, size)[:, None, None]
    bars = (np.abs(along[y] - shift) < 1).astype("float32")
    noise = random.normal(scale=0.3, size=bars.shape)
    x = (bars + noise - bars.mean()) / (bars + noise).std()
    return x[..., None].astype("float32"), y


def sentences(
    seed: int, *, size: int = 1200, length: int = 16, vocabulary: int = 40
) -> tuple[Array, Array]:
    """Sequences of words, with the most frequent of four kinds of words as class."""
    random = np.random.default_rng(seed)
    y = random.integers(0, CLASSES, size)
    words = random.integers(0, vocabulary, (size, length))
    marked = random.random((size, length)) < 0.3
    words = np.where(marked, words // CLASSES * CLASSES + y[:, None], words)
    return words.astype("int32"), y


def series(seed: int, *, size: int = 1200, length: int = 16) -> tuple[Array, Array]:
    """Noisy waves, with one of four frequencies as class."""
    random = np.random.default_rng(seed)
    y = random.integers(0, CLASSES, size)
    phase = random.uniform(0, 2 * np.pi, size)[:, None]
    time = np.arange(length) / length * 2 * np.pi
    waves = np.sin((y[:, None] + 1) * time + phase)
    x = waves + random.normal(scale=0.3, size=waves.shape)
    return x[..., None].astype("float32"), y
