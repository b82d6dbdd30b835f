"""Networks that are broken on purpose, whose problem should be found."""

from typing import Any

import keras
import numpy as np
from keras import layers

from keras_xavier import initializers
from networks.cases import CLASSES, Case, Training, classification, series, vectors


def mlp(
    seed: int,
    activation: str | None,
    initializer: Any,
    *,
    hidden: int = 4,
    optimizer: Any = "adam",
    bias: Any = "zeros",
    x: Any = None,
    y: Any = None,
    **options: Any,
) -> Training:
    vectors_x, vectors_y = vectors(seed)
    x, y = vectors_x if x is None else x, vectors_y if y is None else y
    parts = [
        layers.Dense(
            64, activation, kernel_initializer=initializer, bias_initializer=bias
        )
        for _ in range(hidden)
    ]
    output = layers.Dense(CLASSES, "softmax", kernel_initializer=initializer)
    model = keras.Sequential([keras.Input(x.shape[1:]), *parts, output])
    return classification(model, x, y, optimizer, **options)


def sgd(learning_rate: float) -> keras.optimizers.Optimizer:
    return keras.optimizers.SGD(learning_rate)


def deep_sigmoid(seed: int) -> Training:
    standard = initializers.StandardUniform(seed=seed)
    return mlp(seed, "sigmoid", standard, hidden=5, optimizer=sgd(0.1))


def stuck_sigmoid(seed: int) -> Training:
    standard = initializers.StandardUniform(seed=seed)
    return mlp(seed, "sigmoid", standard, hidden=4, optimizer=sgd(1.0), epochs=20)


def small_weights(seed: int) -> Training:
    small = keras.initializers.RandomNormal(stddev=0.01, seed=seed)
    return mlp(seed, "tanh", small, optimizer=sgd(0.1))


def large_weights(seed: int) -> Training:
    large = keras.initializers.RandomNormal(stddev=1.0, seed=seed)
    return mlp(seed, "relu", large, optimizer=sgd(1e-6))


def too_fast(seed: int) -> Training:
    return mlp(seed, "relu", "he_normal", optimizer=keras.optimizers.Adam(0.5))


def too_slow(seed: int) -> Training:
    return mlp(seed, "relu", "he_normal", optimizer=sgd(1e-7))


def dead(seed: int) -> Training:
    low = keras.initializers.Constant(-4.0)
    return mlp(seed, "relu", "he_normal", bias=low)


def zeros(seed: int) -> Training:
    return mlp(seed, "tanh", "zeros")


def constant(seed: int) -> Training:
    return mlp(seed, "tanh", keras.initializers.Constant(0.05))


def nan_in_data(seed: int) -> Training:
    x, _ = vectors(seed)
    x[500:510, 3] = np.nan
    return mlp(seed, "relu", "he_normal", x=x)


def overflow(seed: int) -> Training:
    random = np.random.default_rng(seed)
    x = random.normal(size=(1500, 8)).astype("float32")
    y = (10 * x[:, :1]).astype("float32")
    model = keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            *(layers.Dense(64, "relu") for _ in range(3)),
            layers.Dense(1),
        ]
    )
    model.compile(sgd(10.0), "mse")
    return Training(model, x, y)


def exploding_recurrence(seed: int) -> Training:
    x, y = series(seed)
    large = keras.initializers.Orthogonal(gain=4.0, seed=seed)
    model = keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            *(
                layers.SimpleRNN(
                    24, None, recurrent_initializer=large, return_sequences=more
                )
                for more in (True, False)
            ),
            layers.Dense(CLASSES, "softmax"),
        ]
    )
    return classification(model, x, y, sgd(1e-6))


def deep_linear(seed: int) -> Training:
    large = keras.initializers.VarianceScaling(6.0, "fan_in", seed=seed)
    return mlp(seed, None, large, hidden=10, optimizer=sgd(1e-6))


def random_labels(seed: int) -> Training:
    x, _ = vectors(seed, size=6000)
    y = np.random.default_rng(seed + 1).integers(0, CLASSES, len(x))
    return mlp(seed, "tanh", "glorot_uniform", x=x, y=y, optimizer=sgd(1e-2), epochs=6)


def stopped_gradient(seed: int) -> Training:
    x, y = vectors(seed)
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(64, "relu")(inputs)
    h = layers.Lambda(lambda h: keras.ops.stop_gradient(keras.ops.sign(h - 10)))(h)
    outputs = layers.Dense(CLASSES, "softmax")(h)
    return classification(keras.Model(inputs, outputs), x, y)


def unscaled_inputs(seed: int) -> Training:
    x, _ = vectors(seed)
    return mlp(seed, "tanh", "glorot_uniform", x=100 * x + 50)


def deep_without_normalization(seed: int) -> Training:
    return mlp(seed, "relu", "glorot_uniform", hidden=30, epochs=6)


def names(*found: str) -> frozenset[str]:
    return frozenset(found)


BROKEN = (
    Case(
        "deep sigmoid network, PyTorch-style uniform initialization",
        deep_sigmoid,
        names("vanishing_gradient"),
    ),
    Case(
        "sigmoid network, high learning rate",
        stuck_sigmoid,
        names("top_layer_stuck"),
    ),
    Case("weights too small", small_weights, names("vanishing_signal")),
    Case("weights too large", large_weights, names("exploding_signal")),
    Case("learning rate too high", too_fast, names("updates_too_large")),
    Case("learning rate too low", too_slow, names("updates_too_small")),
    Case("ReLU with negative biases", dead, names("dead_units")),
    Case("all weights 0", zeros, names("symmetry_not_broken")),
    Case("all weights equal", constant, names("symmetry_not_broken")),
    Case("NaN in the inputs", nan_in_data, names("nonfinite_values")),
    Case("numerical overflow", overflow, names("nonfinite_values")),
    Case("amplifying recurrence", exploding_recurrence, names("exploding_gradient")),
    Case("amplifying deep linear network", deep_linear, names("exploding_gradient")),
    Case("random labels", random_labels, names("loss_not_decreasing")),
    Case(
        "stopped gradient",
        stopped_gradient,
        names("vanishing_gradient", "updates_too_small"),
        "a probe does not record layers without a gradient",
    ),
    Case("tanh with unscaled inputs", unscaled_inputs, names("saturated_layer")),
    Case(
        "30 layers without normalization",
        deep_without_normalization,
        names("vanishing_gradient", "wrong_initial_scale"),
        "Adam, whose steps do not shrink with the gradient, recovers in ten updates",
    ),
)
