"""Layers that do not fit together."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_xavier as kx
from keras_xavier.diagnosis import diagnose
from keras_xavier.diagnosis.architecture import softmax_in_hidden_layer

X = np.random.default_rng(0).normal(size=(64, 8)).astype("float32")


def dense(units, activation):
    return layers.Dense(units, activation=activation)


def gated():
    inputs = keras.Input((8,))
    weights = dense(8, "softmax")(inputs)
    return keras.Model(inputs, dense(3, "softmax")(layers.multiply([inputs, weights])))


def found(tmp_path, model):
    model.compile("sgd", "sparse_categorical_crossentropy")
    record = kx.LayerStatistics(tmp_path / "run")
    model.fit(X, np.arange(64) % 3, verbose=0, callbacks=[record])
    return diagnose(kx.open_run(tmp_path / "run"), rules=[softmax_in_hidden_layer])


def test_a_softmax_between_dense_layers_is_named(tmp_path):
    parts = [keras.Input((8,)), dense(64, "softmax"), dense(3, "softmax")]
    model = keras.Sequential(parts)
    (finding,) = found(tmp_path, model)
    assert finding.layers == (model.layers[0].name,)
    assert "1/64" in finding.summary
    assert 'activation="relu"' in finding.change.after


@pytest.mark.parametrize(
    "make",
    [gated, lambda: keras.Sequential([keras.Input((8,)), dense(3, "softmax")])],
    ids=["gate", "output"],
)
def test_a_softmax_of_a_gate_or_an_output_is_fine(tmp_path, make):
    assert not found(tmp_path, make())
