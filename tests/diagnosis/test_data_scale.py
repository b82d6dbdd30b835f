"""Inputs and targets that are not scaled."""

import numpy as np
import pytest

from keras_xavier.statistics import Quantity, Statistic

X = np.random.default_rng(0).normal(size=(300, 20))
REAL = X[:, 0]
INPUTS, TARGETS = "inputs_not_scaled", "targets_not_scaled"
BETWEEN = np.geomspace(1, 150, 20)


def layer(kind, **settings):
    shape = [None, 20]
    return {"name": "first", "class": kind, "settings": settings, "shape": shape}


@pytest.mark.parametrize(
    ("x", "change"),
    [
        (100 * X + 300, "x.std(axis=0)"),
        (np.clip(128 + 40 * X, 0, 255), "x / 255"),
        (X * np.append(np.ones(19), 150), "x.std(axis=0)"),
        (1e-3 * X, "x.std(axis=0)"),
    ],
)
def test_inputs_that_are_not_scaled(program, find, x, change):
    finding = find(program(REAL, "mse", x=x), INPUTS)
    assert finding.severity == "warning"
    assert finding.layers == ("hidden",)
    assert change in finding.change.after


@pytest.mark.parametrize(
    "x",
    [
        X,
        16 * np.abs(X) / 3,
        np.clip(128 + 40 * X, 0, 255) / 255,
        (X > 2.5).astype(float),  # sparse
        np.eye(20)[np.arange(300) % 20],
        X * np.geomspace(10, 0.05, 20),  # principal components
        0.05 * X,
    ],
)
def test_inputs_that_are_scaled(program, find, x):
    assert find(program(REAL, "mse", x=x), INPUTS) is None


@pytest.mark.parametrize(
    "kind", ["Rescaling", "Normalization", "BatchNormalization", "Lambda", "Embedding"]
)
def test_layers_that_scale_their_inputs(program, find, kind):
    run = program(REAL, "mse", x=100 * X, before=[layer(kind)])
    assert find(run, INPUTS) is None


@pytest.mark.parametrize("kind", ["Flatten", "Dropout", "Reshape", "RandomFlip"])
def test_layers_that_pass_their_inputs_on(program, find, kind):
    assert find(program(REAL, "mse", x=100 * X, before=[layer(kind)]), INPUTS)


@pytest.mark.parametrize("kind", ["LSTM", "Conv1D", "Bidirectional", "Embedding"])
def test_first_layers_of_other_kinds(program, find, kind):
    run = program(REAL, "mse", x=100 * X, first=kind)
    assert (find(run, INPUTS) is None) == (kind == "Embedding")


@pytest.mark.parametrize("size", [1.0, 100.0])
def test_a_subclassed_model_may_scale_its_inputs(program, find, size):
    """The first preactivations show the size of what the layer receives."""
    signal = {(Quantity.PREACTIVATION, Statistic.STD): size}
    run = program(REAL, "mse", x=100 * X, changes=signal, attributes={"model": {}})
    assert (find(run, INPUTS) is None) == (size == 1)


@pytest.mark.parametrize(
    ("y", "loss"),
    [
        (1e6 + 2e5 * REAL, "mse"),
        (300 * REAL, "mae"),
        (300 * REAL, "root_mean_squared_error"),
        (1e-5 * REAL, "mse"),
    ],
)
def test_targets_that_are_not_scaled(program, find, y, loss):
    finding = find(program(y, loss), TARGETS)
    assert "are not scaled" in finding.summary
    assert "y.std(axis=0)" in finding.change.after


@pytest.mark.parametrize(
    ("y", "loss", "settings"),
    [
        (60 + 10 * REAL, "mse", {}),
        (1e6 + 2e5 * REAL, "my_loss", {}),
        (1e3 * np.abs(REAL), "poisson", {"activation": "exponential"}),
        (
            np.arange(300) % 200,
            {"class": "sparse_categorical_crossentropy", "from_logits": True},
            {"units": 200},
        ),
        (0.01 * REAL, "mse", {}),
    ],
)
def test_targets_that_need_no_scaling(program, find, y, loss, settings):
    assert find(program(y, loss, settings), TARGETS) is None


def test_targets_out_of_range_are_reported_once(program, find):
    run = program(1e6 + 2e5 * REAL, "mse", {"activation": "sigmoid"})
    assert find(run, TARGETS) is None
    assert find(run, "targets_out_of_range")
