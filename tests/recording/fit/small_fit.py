"""A small model, and `fit` with LayerStatistics."""

import keras
import numpy as np
import pytest
from keras import layers
from rows import rows_of_layers

from keras_xavier.recording.layer_statistics import LayerStatistics
from keras_xavier.runs import open_run

SIZE, BATCH = 40, 10
"""Four batches in an epoch."""
RATE = 0.1
GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(SIZE, 6)).astype("float32")
Y = GENERATOR.integers(0, 3, SIZE)
PROBE = (X[:BATCH], Y[:BATCH])
BACKEND = keras.backend.backend()
MOMENTS = ("mean", "std", "min", "max")

both_sources = pytest.mark.parametrize("source", ["probe", "batch"])
not_on_torch = pytest.mark.skipif(
    BACKEND == "torch", reason="Keras has no such thing on PyTorch"
)
compiled = pytest.mark.skipif(BACKEND == "torch", reason="PyTorch traces nothing")


def make_model(*, optimizer=None, inner=(), built=True, model=None, **options):
    keras.utils.set_random_seed(1)
    model = (model or keras.Sequential)(
        [
            *([layers.Input((6,))] if built else []),
            layers.Dense(8, "tanh", name="hidden"),
            *inner,
            layers.Dense(3, "softmax", name="output"),
        ]
    )
    loss = "sparse_categorical_crossentropy"
    model.compile(optimizer or sgd(), loss, **options)
    return model


def sgd(**options):
    return keras.optimizers.SGD(RATE, **options)


def statistics(run, source="batch", every=1, **options):
    probe = PROBE if source == "probe" else None
    return LayerStatistics(run, probe=probe, every=every, **options)


def fit(model, *callbacks, epochs=2, x=X, y=Y, **options):
    options = {"batch_size": BATCH, "verbose": 0, "shuffle": False} | options
    return model.fit(x, y, epochs=epochs, callbacks=list(callbacks), **options)


def read(run, quantity, statistic="mean", step=0):
    stored = open_run(run)
    values = stored.read_statistics(quantity, statistic)[:, rows_of_layers(stored)]
    return values[stored.steps.tolist().index(step)]


def weights(model):
    return [variable.numpy() for variable in model.weights]


class AtBatch(keras.callbacks.Callback):
    """Calls a function after one batch of one epoch."""

    def __init__(self, epoch, batch, action):
        super().__init__()
        self.at = epoch, batch
        self.action = action

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == self.at:
            self.action()


def raising(error):
    def action():
        raise error

    return action
