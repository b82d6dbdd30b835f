"""The line that is printed while the first record compiles."""

import time

import keras
import numpy as np
import pytest
from keras import layers

from keras_xavier.recording import compilation_notice
from keras_xavier.recording.layer_statistics import LayerStatistics

LINES = {
    "batch": "LayerStatistics: compiling the recorded step, once ...\n",
    "probe": "LayerStatistics: compiling the pass over the probe, once ...\n",
}
X = np.ones((20, 4), "float32")


class Slow(layers.Layer):
    """A layer that takes long to trace."""

    def call(self, x):
        time.sleep(0.2)
        return x


@pytest.fixture
def train(tmp_path, monkeypatch, capfd):
    """Function that trains a model, and returns what is printed."""
    if keras.backend.backend() == "torch":
        pytest.skip("PyTorch compiles nothing")
    monkeypatch.setattr(compilation_notice, "PATIENCE", 0.1)

    def train(source, **options):
        model = keras.Sequential([layers.Input((4,)), Slow(), layers.Dense(2)])
        model.compile("sgd", "mse")
        probe = (X, X[:, :2]) if source == "probe" else None
        callback = LayerStatistics(str(tmp_path / "run"), probe=probe, every=1)
        model.fit(X, X[:, :2], batch_size=10, callbacks=[callback], **options)
        return capfd.readouterr().out

    return train


@pytest.mark.parametrize("source", LINES)
def test_a_long_compilation_is_reported_once(train, source):
    printed = train(source, epochs=2, verbose=2)
    assert printed.count(LINES[source]) == 1
    assert printed.count("once") == 1


@pytest.mark.parametrize("source", LINES)
def test_a_silent_fit_stays_silent(train, source):
    assert train(source, verbose=0) == ""


def test_a_short_compilation_is_not_reported(train, monkeypatch):
    monkeypatch.setattr(compilation_notice, "PATIENCE", 60)
    assert "compiling" not in train("batch", verbose=2)
