"""Pre-training by denoising autoencoders, greedily, layer by layer.

That of the network which Glorot & Bengio (2010) hold beside theirs in figure 11; the
method is that of Vincent et al. (2008), *Extracting and composing robust features
with denoising autoencoders*.
"""

import math
from typing import Any

import keras
import numpy as np

from keras_xavier import datasets, initializers, models
from keras_xavier.experiments.experiment import Experiment

CORRUPTION = 0.25
"""Share of the inputs that an autoencoder sees as 0."""
LEARNING_RATE = 0.001
"""Of the autoencoders; larger ones make those of wide layers diverge."""
AT_A_TIME = 100
"""Most updates between two returns to Python."""


def pretrain(
    model: keras.Sequential, dataset: datasets.Dataset, experiment: Experiment
) -> None:
    """Gives the hidden layers of a network the weights of autoencoders.

    From the bottom to the top, each hidden layer becomes the encoder of a denoising
    autoencoder on what the layers below, which stay as they are, make of the images:
    a quarter of its inputs are set to 0, and from the code a linear decoder, which is
    thrown away afterwards, is to give back all of them. The cost is the sum of
    squared differences, averaged over the batch; plain gradient descent lowers it.

    Args:
        model: A network of `models.mlp`; its hidden layers change in place.
        dataset: The images; their labels are not used.
        experiment: How long, with which batches and which seed.

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
        at_a_time = math.gcd(updates, AT_A_TIME)
        autoencoder.compile(
            optimizer=keras.optimizers.SGD(LEARNING_RATE),
            loss=squared_error,
            steps_per_execution=at_a_time,
            jit_compile=False,
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
    """A model from images to what is lost of the inputs of a layer."""
    inputs = keras.Input(input_shape)
    whole = keras.layers.Flatten()(inputs)
    for fixed in below:
        fixed.trainable = False
        whole = fixed(whole)
    decoder = keras.layers.Dense(
        whole.shape[-1],
        kernel_initializer=initializers.get("normalized", seed=decoder_seed),
    )
    corrupted = keras.layers.Dropout(CORRUPTION, seed=noise_seed)(whole)
    restored = decoder(layer(corrupted))
    return keras.Model(inputs, keras.layers.Subtract()([restored, whole]))


def squared_error(_: Any, differences: Any) -> Any:
    """Sum of squared differences of each example."""
    return keras.ops.sum(keras.ops.square(differences), axis=-1)
