"""Greedy layer-wise pre-training with denoising autoencoders.

The pre-trained network in figure 11 of Glorot & Bengio (2010) uses it. The method is
from Vincent et al. (2008), *Extracting and composing robust features with denoising
autoencoders*.
"""

import math
from typing import Any

import keras
import numpy as np

from keras_xavier import datasets, initializers, models
from keras_xavier.experiments.experiment import Experiment

CORRUPTION = 0.25
"""Share of the inputs of an autoencoder that are set to 0."""
LEARNING_RATE = 0.001
"""Learning rate of the autoencoders; wide layers diverge with larger rates."""
STEPS_PER_EXECUTION = 100
"""Upper bound on updates per call of the compiled function."""


def pretrain(
    model: keras.Sequential, dataset: datasets.Dataset, experiment: Experiment
) -> None:
    """Pre-trains the hidden layers of a network as denoising autoencoders.

    From bottom to top, each hidden layer is trained as the encoder of a denoising
    autoencoder whose inputs are the outputs of the frozen layers below. A quarter of
    the inputs are set to 0, and a linear decoder, discarded afterwards, reconstructs
    all inputs from the code. The loss is the sum of squared differences, averaged over
    the batch; the optimizer is plain gradient descent.

    Args:
        model: `keras.Sequential` from `models.mlp`. Its hidden layers change in place.
        dataset: `Dataset`. Its labels are not used.
        experiment: `Experiment`. Supplies the number of updates, batch size and seed.

    Example:

    >>> data = datasets.load("shapeset3x2")
    >>> model = models.mlp(data.input_shape, classes=9, layers=2, units=20)
    >>> pretrain(model, data, Experiment(pretraining_updates=100))
    """
    hidden = models.hidden_layers(model)
    seeds = np.random.SeedSequence(experiment.seed).generate_state(2 * len(hidden))
    updates = experiment.pretraining_updates
    for i, layer in enumerate(hidden):
        autoencoder = make_autoencoder(
            dataset.input_shape, hidden[:i], layer, *map(int, seeds[2 * i : 2 * i + 2])
        )
        autoencoder.compile(
            optimizer=keras.optimizers.SGD(LEARNING_RATE),
            loss=squared_error,
            steps_per_execution=math.gcd(updates, STEPS_PER_EXECUTION),
            jit_compile=keras.backend.backend() == "jax",
        )
        images = dataset.stream(
            experiment.batch_size, seed=experiment.seed, start=i * updates
        )
        autoencoder.fit(
            images.map(lambda images, labels: (images, 0.0)),
            steps_per_epoch=updates,
            shuffle=False,
            verbose=0,
        )
    for layer in hidden:
        layer.trainable = True


def make_autoencoder(
    input_shape: tuple[int, ...],
    below: list[keras.Layer],
    layer: keras.Layer,
    noise_seed: int,
    decoder_seed: int,
) -> keras.Model:
    """Builds a model from images to the reconstruction errors of a layer."""
    inputs = keras.Input(input_shape)
    clean = keras.layers.Flatten()(inputs)
    for fixed in below:
        fixed.trainable = False
        clean = fixed(clean)
    decoder = keras.layers.Dense(
        clean.shape[-1],
        kernel_initializer=initializers.get("normalized", seed=decoder_seed),
    )
    corrupted = keras.layers.Dropout(CORRUPTION, seed=noise_seed)(clean)
    restored = decoder(layer(corrupted))
    return keras.Model(inputs, keras.layers.Subtract()([restored, clean]))


def squared_error(_: Any, differences: Any) -> Any:
    """Loss: the sum of squared differences of each example."""
    return keras.ops.sum(keras.ops.square(differences), axis=-1)
