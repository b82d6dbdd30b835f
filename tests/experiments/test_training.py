"""Training of one experiment."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from keras_xavier import datasets, models
from keras_xavier.experiments.experiment import Experiment
from keras_xavier.experiments.training import (
    checkpoint_path,
    compile_model,
    error,
    train,
)
from keras_xavier.runs import RunError, State

SMALL = Experiment(layers=2, units=12, updates=40, learning_rate=0.05)


def weights(run):
    return keras.models.load_model(checkpoint_path(run)).get_weights()


def test_a_run_holds_records_metrics_and_hyperparameters(tmp_path):
    run = train(SMALL, str(tmp_path / "run"), every=10)
    assert run.state is State.FINISHED
    assert run.steps[0] == 0
    assert run.steps[-1] == 40
    assert [layer.name for layer in run.layers] == [
        "input:input_layer",
        *("hidden_1", "hidden_1/bias", "hidden_2", "hidden_2/bias"),
        *("output", "output/bias", "target:output"),
    ]
    assert run.hyperparameters["activation"] == "tanh"
    metrics = run.metrics()
    assert {"loss", "error", "val_error", "probe_loss", "test_error"} <= set(metrics)
    for name in ("val_error", "test_error"):
        assert metrics[name][0].tolist() == list(range(2, 41, 2))


@pytest.mark.parametrize("updates", [40, 4000])
def test_errors_are_computed_on_all_examples(tmp_path, updates):
    run = train(replace(SMALL, updates=updates), str(tmp_path / "run"))
    model = keras.models.load_model(checkpoint_path(str(tmp_path / "run")))
    dataset = datasets.load("shapeset3x2")
    for name, examples in (("val", dataset.validation), ("test", dataset.test)):
        found = model.evaluate(*examples, verbose=0, return_dict=True)
        stored = run.metrics()[f"{name}_error"][1][-1]
        assert stored == pytest.approx(found["error"], abs=1e-5)


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_only_jax_needs_compilation(backend, monkeypatch):
    # Without it, Keras runs each operation of a JAX network on its own.
    model = models.mlp((4, 4, 1), classes=2, layers=1, units=2)
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    compile_model(model, 0.1)
    assert model.jit_compile is (backend == "jax")


def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path):
    whole, parts = str(tmp_path / "whole"), str(tmp_path / "parts")
    train(SMALL, whole)
    train(Experiment(layers=2, units=12, updates=17, learning_rate=0.05), parts)
    run = train(SMALL, parts, mode="resume")
    for expected, resumed in zip(weights(whole), weights(parts), strict=True):
        np.testing.assert_array_equal(resumed, expected)
    assert run.steps[-1] == 40
    assert np.all(np.diff(run.steps) > 0)


def test_a_run_resumes_with_its_own_hyperparameters_only(tmp_path):
    run = str(tmp_path / "run")
    train(SMALL, run)
    other = Experiment(layers=2, units=13, updates=80, learning_rate=0.05)
    with pytest.raises(RunError, match="units 12, not 13"):
        train(other, run, mode="resume")
    with pytest.raises(RunError, match="already has 40 updates"):
        train(SMALL, run, mode="resume")
    checkpoint_path(run).unlink()
    with pytest.raises(RunError, match="cannot be resumed"):
        train(SMALL, run, mode="resume")


def test_error_is_the_share_of_wrong_classes():
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], np.float32)
    for labels in (np.array([0, 0, 0]), np.array([[0], [0], [0]])):
        assert np.asarray(error(labels, probabilities)).tolist() == [0, 1, 0]
