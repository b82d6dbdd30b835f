"""Networks for the benchmarks."""

from collections.abc import Iterator

import keras
import numpy as np

from keras_xavier import models

PROBE_SIZE = 300
BATCH_SIZE = 10
SIDE, CLASSES = 32, 9
CONVOLUTIONS, CHANNELS = 20, 16


def dense_network(layers: int = 5, units: int = 1000) -> keras.Model:
    """The paper's network, 1024-5×1000-9."""
    model = models.mlp(
        (SIDE, SIDE),
        classes=CLASSES,
        layers=layers,
        units=units,
        activation="tanh",
        initializer="normalized",
        seed=0,
    )
    return compiled(model)


def convolutional_network() -> keras.Model:
    """Twenty convolutions with batch normalization; two of them halve the image."""
    keras.utils.set_random_seed(0)
    x = inputs = keras.layers.Input((SIDE, SIDE))
    x = keras.layers.Reshape((SIDE, SIDE, 1))(x)
    for i in range(CONVOLUTIONS):
        strides = 2 if i in (CONVOLUTIONS // 3, 2 * CONVOLUTIONS // 3) else 1
        x = keras.layers.Conv2D(CHANNELS, 3, strides, padding="same")(x)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.Activation("relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    outputs = keras.layers.Dense(CLASSES, "softmax")(x)
    return compiled(keras.Model(inputs, outputs))


def compiled(model: keras.Model) -> keras.Model:
    model.compile(
        optimizer=keras.optimizers.SGD(0.01), loss="sparse_categorical_crossentropy"
    )
    return model


def examples(size: int = PROBE_SIZE) -> tuple[np.ndarray, np.ndarray]:
    """Random images; their content does not affect the time."""
    random = np.random.default_rng(0)
    x = random.random((size, SIDE, SIDE), np.float32)
    return x, random.integers(0, CLASSES, size)


def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Repeats one batch forever."""
    batch = examples(BATCH_SIZE)
    while True:
        yield batch
