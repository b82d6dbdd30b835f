"""Small models of every kind, and their tensors, computed directly."""

from dataclasses import dataclass
from functools import cached_property

import keras
import numpy as np
import pytest
from keras import layers

from keras_xavier import activations
from keras_xavier.probing import make_probe
from keras_xavier.statistics import Quantity, Role


class Subclassed(keras.Model):
    """A model that builds its layers when it is first called."""

    def __init__(self):
        super().__init__()
        self.last = layers.Dense(3, "softmax", name="last")
        self.convolution = layers.Conv2D(4, 3, activation="tanh", name="convolution")
        self.flatten = layers.Flatten()
        self.hidden = layers.Dense(8, activations.softsign, name="hidden")

    def call(self, x):
        return self.last(self.hidden(self.flatten(self.convolution(x))))


def sequential():
    return keras.Sequential(
        [
            layers.Input((12,)),
            layers.Dense(20, "tanh", name="first"),
            layers.Dropout(0.5),
            layers.Dense(15, "sigmoid", name="second"),
            layers.Dense(3, "softmax", name="output"),
        ]
    )


def unbuilt():
    return keras.Sequential(
        [
            layers.Dense(10, name="linear"),
            layers.BatchNormalization(name="normalization"),
            layers.Activation("relu", name="rectifier"),
            layers.Dense(3, "softmax", name="output"),
        ]
    )


def functional():
    inputs = layers.Input((9, 9, 2))
    x = layers.Conv2D(5, 3, activation=activations.sine, name="convolution")(inputs)
    y = layers.SeparableConv2D(5, 3, activation="elu", name="separable")(inputs)
    x = layers.Flatten()(layers.Add(name="add")([x, y]))
    return keras.Model(inputs, layers.Dense(3, "softmax", name="output")(x))


def one_dimension():
    return keras.Sequential(
        [
            layers.Input((20, 2)),
            layers.Conv1D(4, 3, activation=activations.scaled_tanh, name="one"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(3, "softmax", name="output"),
        ]
    )


def three_dimensions():
    return keras.Sequential(
        [
            layers.Input((5, 5, 5, 1)),
            layers.Conv3D(4, 2, activation=activations.arctan, name="three"),
            layers.Flatten(),
            layers.Dense(3, "softmax", name="output"),
        ]
    )


def nested():
    inner = keras.Sequential(
        [layers.Dense(7, activations.hard_tanh, name="hidden")], name="inner"
    )
    return keras.Sequential(
        [
            layers.Input((12,)),
            layers.Dense(6, "gelu", name="hidden"),
            inner,
            layers.Dense(3, "softmax", name="output"),
        ]
    )


MODELS = {
    "sequential": (sequential, (12,)),
    "unbuilt": (unbuilt, (12,)),
    "functional": (functional, (9, 9, 2)),
    "subclassed": (Subclassed, (8, 8, 1)),
    "one_dimension": (one_dimension, (20, 2)),
    "three_dimensions": (three_dimensions, (5, 5, 5, 1)),
    "nested": (nested, (12,)),
}


@dataclass(frozen=True)
class Case:
    name: str
    model: keras.Model
    x: np.ndarray
    y: np.ndarray

    @cached_property
    def probe(self):
        return make_probe(self.model, self.x, self.y)

    @cached_property
    def measurement(self):
        return self.probe.measure()

    @cached_property
    def rows(self):
        """Returns indices and rows of layers, without biases, inputs and targets."""
        return rows_of_layers(self.probe)

    @cached_property
    def raw(self):
        """Returns names of layers, tensors by quantity, and the loss."""
        return raw_tensors(self.model, self.x, self.y)


def rows_of_layers(probe):
    return [(i, row) for i, row in enumerate(probe.layers) if row.role is Role.LAYER]


def make_case(name, size=40):
    build, shape = MODELS[name]
    keras.utils.set_random_seed(3)
    model = build()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    generator = np.random.default_rng(5)
    # Wide enough to saturate some units.
    x = 3 * generator.normal(size=(size, *shape)).astype("float32")
    return Case(name, model, x, generator.integers(0, 3, size))


@pytest.fixture(scope="module", params=MODELS)
def case(request):
    """A model of each kind, which tests must not change."""
    return make_case(request.param)


@pytest.fixture
def layer_rows():
    """A function from a probe to indices and rows of its layers."""
    return rows_of_layers


@pytest.fixture
def make():
    return make_case


@pytest.fixture
def simple():
    return make_case("sequential")


def raw_tensors(model, x, y):
    """Replaces the activations permanently, runs the model, and differentiates with
    respect to an offset added to each preactivation.
    """
    originals = [
        (layer, layer.activation)
        for layer in model._flatten_layers()
        if callable(getattr(layer, "activation", None))
    ]
    recorded = []
    added = []

    def replace(layer, activation):
        def record(s):
            if len(recorded) < len(added):
                s = s + added[len(recorded)]
            z = activation(s)
            recorded.append((layer, s, z))
            return z

        layer.activation = record

    for layer, activation in originals:
        replace(layer, activation)
    model(x)
    zeros = [keras.ops.zeros(s.shape) for _, s, _ in recorded]
    kernels = [getattr(layer, "kernel", None) for layer, _, _ in recorded]
    known = [kernel for kernel in kernels if kernel is not None]
    forward = [(layer, host(s), host(z)) for layer, s, z in recorded]

    def loss_of(values):
        recorded.clear()
        added[:] = values[: len(zeros)]
        mapping = list(zip(known, values[len(zeros) :], strict=True))
        with keras.StatelessScope(mapping):
            predictions = model(x, training=False)
        losses = keras.losses.sparse_categorical_crossentropy(y, predictions)
        return keras.ops.mean(losses)

    values = [*zeros, *(keras.ops.copy(kernel.value) for kernel in known)]
    loss, gradients = differentiate(loss_of, values)
    of_kernels = iter(gradients[len(zeros) :])
    rows = []
    for (_, s, z), gradient, kernel in zip(forward, gradients, kernels, strict=False):
        row = {
            Quantity.PREACTIVATION: s,
            Quantity.ACTIVATION: z,
            Quantity.PREACTIVATION_GRADIENT: host(gradient),
        }
        if kernel is not None:
            row[Quantity.WEIGHT] = host(kernel.value)
            row[Quantity.WEIGHT_GRADIENT] = host(next(of_kernels))
        rows.append(row)
    for layer, activation in originals:
        layer.activation = activation
    return [layer.name for layer, _, _ in forward], rows, float(host(loss))


def host(tensor):
    return np.array(keras.ops.convert_to_numpy(tensor))


@pytest.fixture(name="differentiate")
def differentiate_fixture():
    """A function that returns a loss and its gradients."""
    return differentiate


def differentiate(loss_of, values):
    """Returns a loss and its gradients, computed with each backend's functions."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return jax.value_and_grad(loss_of)(values)
    if backend == "torch":
        import torch

        values = [value.detach().requires_grad_() for value in values]
        loss = loss_of(values)
        return loss.detach(), torch.autograd.grad(loss, values)
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(values)
        loss = loss_of(values)
    return loss, tape.gradient(loss, values)
