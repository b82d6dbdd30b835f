"""Checks of arguments before anything is measured."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_xavier.probing import check_examples, make_probe

X, Y = np.ones((6, 3)), np.zeros((6, 2))


@pytest.fixture
def model():
    model = keras.Sequential(
        [layers.Input((3,)), layers.Dense(4, "tanh", name="hidden"), layers.Dense(2)]
    )
    model.compile(loss="mse")
    return model


def test_a_model_must_be_compiled():
    model = keras.Sequential([layers.Dense(2)], name="raw")
    with pytest.raises(ValueError, match=r"'raw' is not compiled.*model\.compile"):
        make_probe(model, X, Y)


@pytest.mark.skipif(
    keras.backend.backend() == "jax", reason="Keras trains such a model on JAX"
)
def test_a_model_must_have_a_loss():
    model = keras.Sequential([layers.Input((3,)), layers.Dense(2)])
    model.compile("sgd")
    with pytest.raises(ValueError, match="No loss to compute"):
        make_probe(model, X, Y)


def test_inputs_must_fit_the_model(model):
    with pytest.raises(ValueError, match=r"does not accept this probe.*\(6, 5\)"):
        make_probe(model, np.ones((6, 5)), Y)


def test_targets_must_fit_the_model(model):
    with pytest.raises(ValueError, match=r"does not accept this probe.*\(6, 7\)"):
        make_probe(model, X, np.ones((6, 7)))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.ones((6, 3)), np.zeros((5, 2))),
        (np.ones((0, 3)), np.zeros((0, 2))),
        ({"a": np.ones((6, 3)), "b": np.ones((5, 3))}, np.zeros((6, 2))),
        (np.float32(1), np.float32(1)),
    ],
)
def test_there_must_be_as_many_targets_as_inputs(x, y):
    with pytest.raises(ValueError, match="the same number of inputs and targets"):
        check_examples(x, y)


def test_examples_are_counted():
    assert check_examples(X, Y) == 6
    assert check_examples({"a": X, "b": X}, [Y, Y]) == 6


def test_unknown_layer_names_raise_an_error(model):
    with pytest.raises(
        ValueError, match=r"\['hidden', 'dense.*'\].*Received: \['first'\]"
    ):
        make_probe(model, X, Y, layers=["hidden", "first"])


def test_an_empty_selection_raises_an_error(model):
    with pytest.raises(ValueError, match="should be names"):
        make_probe(model, X, Y, layers=())


def test_a_model_without_measurable_layers_raises_an_error():
    model = keras.Sequential([layers.Input((3,)), layers.Flatten()])
    model.compile(loss="mse")
    with pytest.raises(ValueError, match="no layer to measure"):
        make_probe(model, X, X)


def test_unsupported_backends_raise_an_error(model, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "numpy")
    with pytest.raises(NotImplementedError, match="KERAS_BACKEND=tensorflow"):
        make_probe(model, X, Y)


def test_a_probe_recognizes_its_model(model):
    probe = make_probe(model, X, Y)
    assert probe.is_of(model)
    assert not probe.is_of(keras.models.clone_model(model))
    model.compile(loss="mae")
    assert not probe.is_of(model)
