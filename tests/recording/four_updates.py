"""A small model with four updates in an epoch, and `fit` with LayerStatistics."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_xavier.recording.layer_statistics import LayerStatistics

SIZE, BATCH = 40, 10
"""Four updates in an epoch."""
GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(SIZE, 6)).astype("float32")
Y = GENERATOR.integers(0, 3, SIZE)
PROBE = (X[:20], Y[:20])
BACKEND = keras.backend.backend()

both_sources = pytest.mark.parametrize("source", ["probe", "batch"])


def statistics(run, source, **options):
    """Returns a callback that measures a probe or the training batches."""
    return LayerStatistics(run, probe=PROBE if source == "probe" else None, **options)


def make_model(seed=1, *, inner=(), built=True, **compiled):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            *([layers.Input((6,))] if built else []),
            layers.Dense(8, "tanh", name="hidden"),
            *inner,
            layers.Dense(3, "softmax", name="output"),
        ]
    )
    options = {"optimizer": "sgd", "loss": "sparse_categorical_crossentropy"}
    model.compile(**(options | compiled))
    return model


def fit(model, *callbacks, epochs=2, **options):
    options = {"batch_size": BATCH, "verbose": 0} | options
    return model.fit(X, Y, epochs=epochs, callbacks=list(callbacks), **options)


class AtStep(keras.callbacks.Callback):
    """Calls a function after one update."""

    def __init__(self, step, action):
        super().__init__()
        self.step = step
        self.action = action

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.optimizer.iterations) == self.step:
            self.action()
