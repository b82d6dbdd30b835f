"""Forward and backward passes over the same examples, to compare."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

Pass = Callable[[], object]


def bare_pass(model: keras.Model, x: np.ndarray, y: np.ndarray) -> Pass:
    """Computes the loss and its gradients only."""
    return {"tensorflow": tensorflow_pass, "jax": jax_pass, "torch": torch_pass}[
        keras.backend.backend()
    ](model, keras.losses.get(model.loss), x, y)


def tensorflow_pass(
    model: keras.Model, loss: Any, x: np.ndarray, y: np.ndarray
) -> Pass:
    import tensorflow as tf

    inputs, labels = tf.constant(x), tf.constant(y)

    @tf.function
    def run() -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            mean = tf.reduce_mean(loss(labels, model(inputs, training=False)))
        weights = [weight.value for weight in model.trainable_variables]
        # One element of each gradient, so that none is optimized away.
        return [tf.reshape(g, [-1])[0] for g in tape.gradient(mean, weights)]

    return lambda: [value.numpy() for value in run()]


def jax_pass(model: keras.Model, loss: Any, x: np.ndarray, y: np.ndarray) -> Pass:
    import jax

    inputs, labels = jax.numpy.asarray(x), jax.numpy.asarray(y)
    # Copies, because `fit` and `predict` of the model donate its variables.
    weights = [jax.numpy.array(one.value) for one in model.trainable_variables]

    def mean(values: list[jax.Array]) -> jax.Array:
        mapping = list(zip(model.trainable_variables, values, strict=True))
        with keras.StatelessScope(mapping):
            return jax.numpy.mean(loss(labels, model(inputs, training=False)))

    run = jax.jit(jax.grad(mean))
    return lambda: jax.block_until_ready(run(weights))


def torch_pass(model: keras.Model, loss: Any, x: np.ndarray, y: np.ndarray) -> Pass:
    import torch

    inputs, labels = torch.tensor(x), torch.tensor(y)
    weights = [weight.value for weight in model.trainable_variables]

    def run() -> object:
        mean = loss(labels, model(inputs, training=False)).mean()
        return torch.autograd.grad(mean, weights)

    return run


def summary_pass(model: keras.Model, x: np.ndarray, y: np.ndarray, folder: str) -> Pass:
    """The same five quantities as TensorBoard histograms, in graph."""
    import tensorflow as tf

    inputs, labels = tf.constant(x), tf.constant(y)
    loss = keras.losses.get(model.loss)
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    kernels = [layer.kernel.value for layer in layers]
    writer = tf.summary.create_file_writer(folder)

    @tf.function
    def run() -> None:
        z = tf.reshape(inputs, (len(x), -1))
        forward = []
        with tf.GradientTape() as tape:
            for layer in layers:
                s = tf.matmul(z, layer.kernel) + layer.bias
                tape.watch(s)
                z = layer.activation(s)
                forward.append((s, z))
            mean = tf.reduce_mean(loss(labels, z))
        preactivations = [s for s, _ in forward]
        gradients = tape.gradient(mean, [*preactivations, *kernels])
        with writer.as_default(step=0):
            for i, layer in enumerate(layers):
                tensors = {
                    "preactivation": forward[i][0],
                    "activation": forward[i][1],
                    "preactivation_gradient": gradients[i],
                    "weight": kernels[i],
                    "weight_gradient": gradients[len(layers) + i],
                }
                for name, tensor in tensors.items():
                    tf.summary.histogram(f"{layer.name}/{name}", tensor)

    return run


def predict_pass(model: keras.Model, x: np.ndarray) -> Pass:
    """Fetches activations only, and computes their statistics with NumPy."""
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    outputs = keras.Model(model.inputs, [layer.output for layer in layers])

    def run() -> None:
        for z in outputs.predict(x, batch_size=len(x), verbose=0):
            np.histogram(z, bins=1024)
            np.percentile(z, (2, 25, 50, 75, 98))
            z.mean(), z.std(), z.min(), z.max()

    return run
