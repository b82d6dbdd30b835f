"""Networks of many layers, whose first training step takes seconds to compile."""

from collections.abc import Callable

import keras
import numpy as np

BATCH_SIZE = 8
SIDE, CLASSES = 64, 10
VOCABULARY, SEQUENCE, WIDTH, HEADS, BLOCKS = 1000, 64, 128, 4, 12
DENSE_LAYERS, UNITS = 40, 32


def application(name: str) -> keras.Model:
    create = getattr(keras.applications, name)
    return create(weights=None, input_shape=(SIDE, SIDE, 3), classes=CLASSES)


def transformer() -> keras.Model:
    """A transformer encoder that classifies sequences of tokens."""
    inputs = keras.layers.Input((SEQUENCE,), dtype="int32")
    x = keras.layers.Embedding(VOCABULARY, WIDTH)(inputs)
    for _ in range(BLOCKS):
        attention = keras.layers.MultiHeadAttention(HEADS, WIDTH // HEADS)
        h = keras.layers.LayerNormalization()(x)
        x = keras.layers.add([x, attention(h, h)])
        h = keras.layers.LayerNormalization()(x)
        h = keras.layers.Dense(4 * WIDTH, "gelu")(h)
        x = keras.layers.add([x, keras.layers.Dense(WIDTH)(h)])
    x = keras.layers.GlobalAveragePooling1D()(keras.layers.LayerNormalization()(x))
    return keras.Model(inputs, keras.layers.Dense(CLASSES, "softmax")(x))


def dense_layers() -> keras.Model:
    hidden = [keras.layers.Dense(UNITS, "tanh") for _ in range(DENSE_LAYERS)]
    output = keras.layers.Dense(CLASSES, "softmax")
    return keras.Sequential([keras.layers.Input((UNITS,)), *hidden, output])


NETWORKS: dict[str, Callable[[], keras.Model]] = {
    f"ResNet50, {SIDE} × {SIDE}": lambda: application("ResNet50"),
    f"MobileNetV3Small, {SIDE} × {SIDE}": lambda: application("MobileNetV3Small"),
    f"ConvNeXtTiny, {SIDE} × {SIDE}": lambda: application("ConvNeXtTiny"),
    f"transformer of {BLOCKS} blocks": transformer,
    f"{DENSE_LAYERS} dense layers": dense_layers,
}


def make_network(name: str) -> keras.Model:
    """Returns one of `NETWORKS`, compiled with Adam, as most of them are trained."""
    model = NETWORKS[name]()
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def examples(model: keras.Model, batches: int) -> tuple[np.ndarray, np.ndarray]:
    """Random examples; their content does not affect the time."""
    random = np.random.default_rng(0)
    (example,) = model.inputs
    shape = (batches * BATCH_SIZE, *example.shape[1:])
    if example.dtype == "int32":
        x = random.integers(0, VOCABULARY, shape)
    else:
        x = random.random(shape, np.float32)
    return x, random.integers(0, CLASSES, len(x))
