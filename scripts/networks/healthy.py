"""Healthy programs, in which no problems should be found."""

from typing import Any

import keras
from keras import layers

from networks import data
from networks.program import Program, Tensor

losses = keras.losses


def dense(p: Program, h: Tensor) -> Tensor:
    for _ in range(p.depth):
        h = p.dropped(layers.Dense(48, **p.settings())(h))
    return h


def separate(p: Program, h: Tensor) -> Tensor:
    """Dense layers with their activation function in a layer of its own."""
    for _ in range(p.depth):
        h = layers.Dense(32, **{**p.settings(), "activation": None})(h)
        h = p.dropped(layers.Activation(p.activation)(h))
    return h


def normalized(p: Program, h: Tensor) -> Tensor:
    for _ in range(p.depth):
        h = layers.Dense(32, **{**p.settings(), "activation": None})(h)
        h = layers.Activation(p.activation)(layers.BatchNormalization()(h))
        h = p.dropped(h)
    return h


def bottleneck(p: Program, h: Tensor) -> Tensor:
    for width in (48, 16, 48):
        h = p.dropped(layers.Dense(width, **p.settings())(h))
    return h


def residual(p: Program, h: Tensor) -> Tensor:
    h = layers.Dense(32, **{**p.settings(), "activation": None})(h)
    for _ in range(p.depth):
        inner = layers.Dense(32, **p.settings())(layers.LayerNormalization()(h))
        inner = layers.Dense(32, **{**p.settings(), "activation": None})(inner)
        h = layers.Add()([h, p.dropped(inner)])
    return h


def convolutional(p: Program, h: Tensor) -> Tensor:
    for place in range(p.depth):
        h = layers.Conv2D(8 * (place + 1), 3, padding="same", **p.settings())(h)
        h = layers.MaxPooling2D()(h)
    return p.dropped(layers.Flatten()(h))


def residual_convolutional(p: Program, h: Tensor) -> Tensor:
    linear = {**p.settings(), "activation": None}
    h = layers.Conv2D(12, 3, padding="same", **linear)(h)
    for _ in range(p.depth):
        inner = layers.Activation(p.activation)(layers.BatchNormalization()(h))
        inner = layers.Conv2D(12, 3, padding="same", **linear)(inner)
        h = layers.Add()([h, inner])
    h = layers.Activation(p.activation)(layers.BatchNormalization()(h))
    return p.dropped(layers.Flatten()(layers.MaxPooling2D()(h)))


def recurrent(kind: Any, **options: Any) -> Any:
    """Returns a body with one recurrent layer."""

    def body(p: Program, h: Tensor) -> Tensor:
        settings = {**p.settings(), "recurrent_initializer": p.recurrent()}
        return p.dropped(kind(32, **settings, **options)(h))

    return body


def attention(p: Program, h: Tensor) -> Tensor:
    places = layers.Embedding(8, 32)(keras.ops.arange(8))
    h = layers.Dense(32, **{**p.settings(), "activation": None})(h) + places
    for _ in range(p.depth):
        normal = layers.LayerNormalization()(h)
        h = layers.Add()([h, layers.MultiHeadAttention(2, 16)(normal, normal)])
        inner = layers.Dense(48, **p.settings())(layers.LayerNormalization()(h))
        inner = layers.Dense(32, **{**p.settings(), "activation": None})(inner)
        h = layers.Add()([h, p.dropped(inner)])
    return layers.GlobalAveragePooling1D()(layers.LayerNormalization()(h))


def classes(name: str, load: Any, body: Any, units: int, **options: Any) -> Program:
    loss = losses.SparseCategoricalCrossentropy
    return Program(name, load, body, units, "classes", loss, **options)


def binary(name: str, load: Any, body: Any, **options: Any) -> Program:
    loss = losses.BinaryCrossentropy
    options = {"output": "sigmoid", **options}
    return Program(name, load, body, 1, "binary", **{"loss": loss, **options})


def regression(
    name: str, load: Any, body: Any, units: int = 1, **options: Any
) -> Program:
    options = {"loss": losses.MeanSquaredError, "output": None, **options}
    return Program(name, load, body, units, "regression", **options)


def he() -> str:
    return "he_normal"


DIGITS = classes("digits, dense", lambda s: data.digits(s, 64), dense, 10)
IMAGES = classes(
    "digits, convolutional", lambda s: data.digits(s, 8, 8, 1), convolutional, 10
)
RESIDUAL_IMAGES = classes(
    "digits, convolutional residual",
    lambda s: data.digits(s, 8, 8, 1),
    residual_convolutional,
    10,
    epochs=8,
)
ROWS = classes(
    "digits row by row, GRU",
    lambda s: data.digits(s, 8, 8),
    recurrent(layers.GRU),
    10,
    activation="tanh",
    rate=5e-3,
)
RECURRENT = classes(
    "digits row by row, simple recurrent",
    lambda s: data.digits(s, 8, 8),
    recurrent(layers.SimpleRNN),
    10,
    activation="tanh",
)
ATTENTION = classes(
    "digits row by row, attention",
    lambda s: data.digits(s, 8, 8),
    attention,
    10,
    activation="gelu",
    depth=1,
    rate=3e-3,
)
LABELS = Program(
    "properties of digits, dense",
    data.properties_of_digits,
    dense,
    3,
    "labels",
    losses.BinaryCrossentropy,
    output="sigmoid",
    initializer=he,
)
AUTOENCODER = regression(
    "digits, autoencoder", data.copies_of_digits, bottleneck, 64, output="sigmoid"
)
HALVES = regression(
    "lower halves of digits, LSTM",
    data.lower_halves_of_digits,
    recurrent(layers.LSTM),
    32,
    activation="tanh",
    rate=5e-3,
    epochs=20,
)
WINE = classes(
    "wine, dense, SGD",
    lambda s: data.table("wine", s),
    dense,
    3,
    activation="tanh",
    optimizer="sgd",
    rate=0.05,
    batch_size=16,
    epochs=30,
)
IRIS = classes(
    "iris, activation layers",
    lambda s: data.table("iris", s),
    separate,
    3,
    activation="sigmoid",
    depth=1,
    rate=0.02,
    batch_size=16,
    epochs=40,
)
CANCER = binary(
    "breast cancer, dense", lambda s: data.table("breast_cancer", s), separate
)
NORMALIZED = binary(
    "breast cancer, batch normalization and dropout, logits",
    lambda s: data.table("breast_cancer", s),
    normalized,
    output=None,
    loss=lambda: losses.BinaryCrossentropy(from_logits=True),
    dropout=0.2,
)
DIABETES = regression(
    "diabetes, dense", data.diabetes, dense, depth=1, epochs=12, batch_size=16
)
RESIDUAL = regression(
    "diabetes, residual, SGD",
    data.diabetes,
    residual,
    optimizer="sgd",
    rate=5e-3,
    epochs=12,
    batch_size=16,
)
SHAPES = classes(
    "Shapeset, convolutional",
    lambda s: data.shapeset(s, 16, 16, 1),
    convolutional,
    3,
    rate=3e-3,
    epochs=10,
)
DEEP = classes(
    "Shapeset, four tanh layers, SGD",
    lambda s: data.shapeset(s, 256),
    dense,
    3,
    activation="tanh",
    optimizer="sgd",
    rate=0.02,
    depth=4,
    epochs=12,
    batch_size=16,
)
MNIST = classes(
    "MNIST, convolutional", data.mnist, convolutional, 10, rate=2e-3, epochs=5
)
HEALTHY: tuple[Program, ...] = (
    *(DIGITS, IMAGES, RESIDUAL_IMAGES, ROWS, RECURRENT, ATTENTION, LABELS),
    *(AUTOENCODER, HALVES, WINE, IRIS, CANCER, NORMALIZED, DIABETES, RESIDUAL),
    *(SHAPES, DEEP),
)
