"""Healthy networks, in which no problems should be found."""

from typing import Any

import keras
import numpy as np
from keras import layers

from keras_xavier import initializers
from networks.cases import (
    CLASSES,
    Case,
    Training,
    classification,
    images,
    sentences,
    series,
    vectors,
)


def mlp(
    seed: int, activation: str, initializer: str, *, hidden: int, optimizer: Any
) -> Training:
    x, y = vectors(seed)
    parts = [
        layers.Dense(64, activation, kernel_initializer=initializer)
        for _ in range(hidden)
    ]
    model = keras.Sequential(
        [keras.Input(x.shape[1:]), *parts, layers.Dense(CLASSES, "softmax")]
    )
    return classification(model, x, y, optimizer)


def tanh(seed: int) -> Training:
    sgd = keras.optimizers.SGD(0.1)
    return mlp(seed, "tanh", "glorot_uniform", hidden=4, optimizer=sgd)


def relu(seed: int) -> Training:
    return mlp(seed, "relu", "he_normal", hidden=5, optimizer="adam")


def sigmoid(seed: int) -> Training:
    return mlp(seed, "sigmoid", "glorot_uniform", hidden=1, optimizer="adam")


def gelu(seed: int) -> Training:
    momentum = keras.optimizers.SGD(0.02, momentum=0.9)
    return mlp(seed, "gelu", "he_normal", hidden=4, optimizer=momentum)


def softsign(seed: int) -> Training:
    return mlp(seed, "softsign", "glorot_uniform", hidden=4, optimizer="adam")


def selu(seed: int) -> Training:
    return mlp(seed, "selu", "lecun_normal", hidden=8, optimizer="adam")


def normalized_layers(seed: int) -> Training:
    x, y = vectors(seed)
    inputs = keras.Input(x.shape[1:])
    h = inputs
    for _ in range(5):
        h = layers.LayerNormalization()(layers.Dense(64, "relu")(h))
    outputs = layers.Dense(CLASSES, "softmax")(h)
    return classification(keras.Model(inputs, outputs), x, y)


def convolutional(seed: int) -> Training:
    x, y = images(seed)
    inputs = keras.Input(x.shape[1:])
    h = inputs
    for filters in (8, 16, 16):
        h = layers.Conv2D(filters, 3, padding="same", use_bias=False)(h)
        h = layers.ReLU()(layers.BatchNormalization()(h))
        h = layers.MaxPooling2D()(h)
    h = layers.Dropout(0.2)(layers.Flatten()(h))
    outputs = layers.Dense(CLASSES, "softmax")(h)
    return classification(keras.Model(inputs, outputs), x, y, epochs=6)


def residual(seed: int) -> Training:
    x, y = images(seed)
    inputs = keras.Input(x.shape[1:])
    h = layers.Conv2D(12, 3, padding="same", strides=2)(inputs)
    for _ in range(4):
        inner = layers.ReLU()(layers.BatchNormalization()(h))
        inner = layers.Conv2D(12, 3, padding="same", kernel_initializer="he_normal")(
            inner
        )
        h = layers.Add()([h, inner])
    h = layers.GlobalAveragePooling2D()(layers.ReLU()(layers.BatchNormalization()(h)))
    outputs = layers.Dense(CLASSES, "softmax")(h)
    return classification(keras.Model(inputs, outputs), x, y, epochs=6)


def transformer(seed: int) -> Training:
    x, y = sentences(seed)
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = layers.Embedding(40, 32)(inputs)
    for _ in range(2):
        normal = layers.LayerNormalization()(h)
        h = layers.Add()([h, layers.MultiHeadAttention(2, 16)(normal, normal)])
        inner = layers.Dense(64, "gelu")(layers.LayerNormalization()(h))
        h = layers.Add()([h, layers.Dense(32)(inner)])
    h = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(h))
    outputs = layers.Dense(CLASSES, "softmax")(h)
    return classification(keras.Model(inputs, outputs), x, y, epochs=6)


def lstm(seed: int) -> Training:
    x, y = series(seed)
    model = keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            layers.LSTM(24, return_sequences=True),
            layers.LSTM(24),
            layers.Dense(CLASSES, "softmax"),
        ]
    )
    return classification(model, x, y, epochs=8)


def gru(seed: int) -> Training:
    x, y = sentences(seed)
    model = keras.Sequential(
        [
            keras.Input(x.shape[1:], dtype="int32"),
            layers.Embedding(40, 24),
            layers.GRU(24),
            layers.Dense(CLASSES, "softmax"),
        ]
    )
    return classification(model, x, y, epochs=8)


def embedding(seed: int) -> Training:
    x, y = sentences(seed)
    model = keras.Sequential(
        [
            keras.Input(x.shape[1:], dtype="int32"),
            layers.Embedding(40, 16),
            layers.GlobalAveragePooling1D(),
            layers.Dense(32, "relu"),
            layers.Dense(CLASSES, "softmax"),
        ]
    )
    return classification(model, x, y)


def autoencoder(seed: int) -> Training:
    random = np.random.default_rng(seed)
    hidden = random.normal(size=(1500, 4))
    x = np.tanh(hidden @ random.normal(size=(4, 30))).astype("float32")
    widths = (48, 24, 6, 24, 48)
    model = keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            *(layers.Dense(width, "relu") for width in widths),
            layers.Dense(30, "tanh"),
        ]
    )
    model.compile("adam", "mse")
    return Training(model, x, x)


def regression(seed: int) -> Training:
    random = np.random.default_rng(seed)
    x = random.normal(size=(1500, 8)).astype("float32")
    y = np.sin(x[:, :1]) + x[:, 1:2] * x[:, 2:3] + 0.1 * random.normal(size=(1500, 1))
    critical = initializers.Critical("silu", seed=seed)
    model = keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            *(
                layers.Dense(
                    48, "silu", kernel_initializer=critical, bias_initializer=critical
                )
                for _ in range(3)
            ),
            layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.RMSprop(1e-3), "mse")
    return Training(model, x, y.astype("float32"))


HEALTHY = (
    Case("tanh, Glorot initialization, SGD", tanh),
    Case("ReLU, He initialization, Adam", relu),
    Case("sigmoid, one hidden layer, Adam", sigmoid),
    Case("GELU, He initialization, momentum", gelu),
    Case("softsign, Glorot initialization, Adam", softsign),
    Case("SELU, LeCun initialization, 8 layers", selu),
    Case("layer normalization, 5 layers", normalized_layers),
    Case("convolutional network with batch normalization", convolutional),
    Case("convolutional residual network", residual),
    Case("transformer, two blocks", transformer),
    Case("two LSTM layers", lstm),
    Case("embedding and GRU", gru),
    Case("embedding, mean, dense", embedding),
    Case("autoencoder, ReLU with a bottleneck", autoencoder),
    Case("regression, SiLU on the edge of chaos", regression),
)
