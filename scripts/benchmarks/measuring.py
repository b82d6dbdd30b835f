"""What one statistics pass costs, and what users would otherwise take."""

import tempfile
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from benchmarks.network import paper_network, probe_examples
from benchmarks.results import Result, medians
from keras_xavier import datasets, probing

REPEATS = 15


def measure() -> list[Result]:
    dataset = datasets.load("shapeset3x2")
    model = paper_network(dataset)
    x, y = probe_examples(dataset)
    statistics_pass = probing.make_probe(model, x, y).measure
    with tempfile.TemporaryDirectory() as folder:
        bare, ours, summaries, predictions = medians(
            bare_pass(model, x, y),
            statistics_pass,
            summary_pass(model, x, y, folder),
            predict_pass(model, x),
            repeats=REPEATS,
        )
    return [
        Result("bare forward + backward on the probe of 300", bare * 1e3, "ms"),
        Result("statistics pass over it, 5 quantities", ours / bare, "×", at_most=1.5),
        Result("tf.summary histograms over it, 2 quantities", summaries / bare, "×"),
        Result("predict and NumPy over it, 1 quantity", predictions / bare, "×"),
    ]


def bare_pass(model: keras.Model, x: np.ndarray, y: np.ndarray) -> Callable[[], object]:
    """Loss and its gradients, nothing else."""
    examples, labels = tf.constant(x), tf.constant(y)
    loss_function = keras.losses.get(model.loss)

    @tf.function
    def run() -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(loss_function(labels, model(examples)))
        weights = [weight.value for weight in model.trainable_variables]
        # One number of each gradient, so that none is optimized away.
        return [tf.reshape(g, [-1])[0] for g in tape.gradient(loss, weights)]

    return lambda: [value.numpy() for value in run()]


def summary_pass(
    model: keras.Model, x: np.ndarray, y: np.ndarray, folder: str
) -> Callable[[], object]:
    """Activations and weight gradients as TensorBoard histograms, in graph."""
    examples, labels = tf.constant(x), tf.constant(y)
    loss_function = keras.losses.get(model.loss)
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    outputs = keras.Model(model.inputs, [layer.output for layer in layers])
    writer = tf.summary.create_file_writer(folder)

    @tf.function
    def run() -> None:
        with tf.GradientTape() as tape:
            activations = outputs(examples)
            loss = tf.reduce_mean(loss_function(labels, activations[-1]))
        kernels = [layer.kernel.value for layer in layers]
        gradients = tape.gradient(loss, kernels)
        with writer.as_default(step=0):
            for layer, z, g in zip(layers, activations, gradients, strict=True):
                tf.summary.histogram(f"{layer.name}/activation", z)
                tf.summary.histogram(f"{layer.name}/weight_gradient", g)

    return run


def predict_pass(model: keras.Model, x: np.ndarray) -> Callable[[], object]:
    """Activations fetched to the host, then NumPy."""
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    outputs = keras.Model(model.inputs, [layer.output for layer in layers])

    def run() -> None:
        for z in outputs.predict(x, batch_size=len(x), verbose=0):
            np.histogram(z, bins=1024)
            np.percentile(z, (2, 25, 50, 75, 98))
            z.mean(), z.std(), z.min(), z.max()

    return run
