"""Layer-wise pre-training with denoising autoencoders."""

import keras
import numpy as np

from keras_xavier import datasets, models
from keras_xavier.experiments.experiment import Experiment
from keras_xavier.experiments.pretraining import make_autoencoder, pretrain
from keras_xavier.experiments.training import build

SHAPESET = datasets.load("shapeset3x2")


def network():
    return models.mlp(SHAPESET.input_shape, classes=9, layers=2, units=16, seed=3)


def reconstruction_error(model, number):
    """Mean squared reconstruction error of the autoencoder of a layer."""
    hidden = [layer for layer in model.layers if layer.name.startswith("hidden_")]
    autoencoder = make_autoencoder(
        SHAPESET.input_shape, hidden[:number], hidden[number], 0, 1
    )
    autoencoder.compile(optimizer=keras.optimizers.SGD(0.001), loss="mse")
    images = SHAPESET.test[0][:500]
    zeros = np.zeros((500, *autoencoder.output_shape[1:]), np.float32)
    # Train the decoder only, as pre-training discards it.
    hidden[number].trainable = False
    autoencoder.compile(optimizer=keras.optimizers.SGD(0.5), loss="mse")
    autoencoder.fit(images, zeros, batch_size=10, epochs=3, shuffle=False, verbose=0)
    return autoencoder.evaluate(images, zeros, verbose=0)


def test_pretrained_layers_reconstruct_images_better():
    plain, pretrained = network(), network()
    pretrain(
        pretrained, SHAPESET, Experiment(layers=2, units=16, pretraining_updates=600)
    )
    assert reconstruction_error(pretrained, 0) < 0.8 * reconstruction_error(plain, 0)


def test_pretraining_changes_the_hidden_layers_only():
    model, before = network(), network().get_weights()
    pretrain(model, SHAPESET, Experiment(layers=2, units=16, pretraining_updates=20))
    changed = [
        not np.array_equal(new, old)
        for new, old in zip(model.get_weights(), before, strict=True)
    ]
    assert changed == [True, True, True, True, False, False]
    assert all(layer.trainable for layer in model.layers)


def test_pretraining_is_reproducible():
    experiment = Experiment(layers=2, units=16, seed=3, pretraining_updates=20)
    first, second = (build(experiment, SHAPESET).get_weights() for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
