"""The network that costs are measured on: the paper's, 1024-5×1000-9."""

import keras
import numpy as np

from keras_xavier import datasets, models

PROBE_SIZE = 300
BATCH_SIZE = 10


def paper_network(dataset: datasets.Dataset) -> keras.Model:
    model = models.mlp(
        dataset.input_shape,
        classes=dataset.classes,
        layers=5,
        units=1000,
        activation="tanh",
        initializer="normalized",
        seed=0,
    )
    model.compile(
        optimizer=keras.optimizers.SGD(0.01), loss="sparse_categorical_crossentropy"
    )
    return model


def probe_examples(dataset: datasets.Dataset) -> tuple[np.ndarray, np.ndarray]:
    x, y = dataset.test
    return x[:PROBE_SIZE], y[:PROBE_SIZE]
