"""Theory, compared with networks of width 1000 for all activations and initializers."""

import keras
import numpy as np
import pytest

from keras_xavier import activations, initializers, theory
from keras_xavier.theory.mean_field import mean, second_moment

WIDTH, LAYERS, DRAWS, EXAMPLES = 1000, 3, 4, 40
SIGNAL = 1.3
"""Variance of the inputs: neither small nor a fixed point."""
WITHOUT_DATA = sorted(initializers.INITIALIZERS.keys() - {"lsuv"})


def draw(name, activation="linear"):
    """Returns networks, each a list of kernels and biases, some of them shared."""
    seed = keras.random.SeedGenerator(1)
    make = initializers.get(name, activation=activation, seed=seed)
    kernels = [np.asarray(make((WIDTH, WIDTH))) for _ in range(DRAWS)]
    biases = np.zeros((DRAWS, WIDTH), "float32")
    if name == "critical":
        biases = [np.asarray(make((WIDTH,))) for _ in range(DRAWS)]
    layers = list(zip(kernels, biases, strict=True))
    return [(layers[i:] + layers[:i])[:LAYERS] for i in range(DRAWS)]


@pytest.fixture(scope="module")
def networks():
    """Networks of the initializers that do not depend on the activation."""
    return {name: draw(name) for name in WITHOUT_DATA if name != "critical"}


@pytest.fixture(scope="module")
def signal():
    random = np.random.default_rng(0)
    return random.normal(0, SIGNAL**0.5, (EXAMPLES, WIDTH)).astype("float32")


@pytest.fixture(scope="module")
def gradient():
    random = np.random.default_rng(1)
    return random.normal(size=(EXAMPLES, WIDTH)).astype("float32")


def measure(networks, name, signal, gradient):
    """Returns the std of s, z and ∂C/∂s in each layer, over all networks."""
    phi, slope = activations.get(name), activations.facts(name).slope
    variances = []
    for layers in networks:
        s, back = [signal], [gradient]
        for kernel, bias in layers:
            s.append(np.asarray(phi(s[-1])) @ kernel + bias)
        for (kernel, _), below in zip(layers[::-1], s[-2::-1], strict=True):
            back.append(back[-1] @ kernel.T * np.asarray(slope(below)))
        z = [np.asarray(phi(one)) for one in s]
        rows = s, z, back[::-1]
        variances.append([[float(np.var(one)) for one in row] for row in rows])
    return np.sqrt(np.mean(variances, axis=0))


def predict(name, weight_variance, bias_variance=0.0):
    """Returns the prediction; σ_w² is a number, or a number for each layer."""
    q, back = [SIGNAL], [1.0]
    weights = np.broadcast_to(weight_variance, LAYERS)
    for one in weights:
        above = theory.variance_map(
            q[-1], name, weight_variance=one, bias_variance=bias_variance
        )
        q.append(above)
    for one, below in zip(weights[::-1], q[-2::-1], strict=True):
        gain = theory.gradient_gain(below, name, weight_variance=one)
        back.append(back[-1] * gain)
    z = [second_moment(one, name) - mean(one, name) ** 2 for one in q]
    return np.sqrt([q, z, back[::-1]])


def expected(name, initializer):
    if initializer == "critical":
        point = theory.edge_of_chaos(name)
        return predict(name, point.weight_variance, point.bias_variance)
    variance = theory.initial_variance(initializer, fan_in=WIDTH, fan_out=WIDTH)
    return predict(name, WIDTH * variance)


@pytest.mark.parametrize("initializer", WITHOUT_DATA)
@pytest.mark.parametrize("name", activations.ACTIVATIONS)
def test_every_activation_with_every_initializer(
    name, initializer, networks, signal, gradient
):
    drawn = networks.get(initializer) or draw(initializer, name)
    measured = measure(drawn, name, signal, gradient)
    np.testing.assert_allclose(measured, expected(name, initializer), rtol=0.05)


@pytest.mark.parametrize("name", activations.ACTIVATIONS)
def test_every_activation_with_lsuv(name, signal, gradient):
    layers = [
        keras.layers.Dense(
            WIDTH,
            activation=activations.get(name) if i < LAYERS else None,
            kernel_initializer=initializers.LSUV(seed=i),
        )
        for i in range(1, LAYERS + 1)
    ]
    below = keras.layers.Activation(activations.get(name))
    model = keras.Sequential([keras.Input((WIDTH,)), below, *layers])
    initializers.lsuv(model, signal)
    network = [[np.asarray(one) for one in layer.get_weights()] for layer in layers]
    measured = measure([network], name, signal, gradient)
    gains = [1 / second_moment(q, name) for q in (SIGNAL, 1.0, 1.0)]
    np.testing.assert_allclose(measured, predict(name, gains), rtol=0.05)
