"""Targets that the output cannot reach, or that the loss does not allow."""

import numpy as np
import pytest

RANDOM = np.random.default_rng(0)
REAL = RANDOM.normal(size=300)
CLASSES = np.arange(300) % 3
BITS = np.arange(300) % 2
NAME = "targets_out_of_range"
BCE = {"class": "binary_crossentropy", "from_logits": False}
SCC = {"class": "sparse_categorical_crossentropy", "from_logits": False}
SOFTMAX = {"units": 3, "activation": "softmax"}
SIGMOID, TANH, RELU = ({"activation": name} for name in ("sigmoid", "tanh", "relu"))


@pytest.mark.parametrize(
    ("y", "loss", "settings", "severity"),
    [
        (100 + 20 * REAL, "mse", SIGMOID, "error"),
        (100 + 20 * REAL, "root_mean_squared_error", SIGMOID, "error"),
        (3 * REAL, "Huber", TANH, None),
        (REAL - 3, "mae", RELU, "error"),
        (REAL + 1, "mse", RELU, "warning"),
        (2 * REAL, "log_cosh", {"activation": {"class": "ReLU", "max_value": 1}}, None),
        (BITS, {**BCE, "from_logits": True}, RELU, None),
        (2 * BITS - 1, "hinge", SIGMOID, None),
    ],
)
def test_targets_beyond_the_output(program, find, y, loss, settings, severity):
    finding = find(program(y, loss, settings), NAME)
    assert severity in (None, finding.severity)
    assert "lie outside the range of" in finding.summary
    assert finding.change.before != finding.change.after


@pytest.mark.parametrize(
    ("y", "loss", "settings", "change"),
    [
        (2 * BITS - 1, BCE, SIGMOID, "model.fit(x, (y + 1) / 2)"),
        (CLASSES, BCE, SIGMOID, 'Dense(3, activation="softmax")'),
        (REAL, BCE, SIGMOID, 'loss="mean_squared_error"'),
        (CLASSES - 3, "poisson", {"activation": "exponential"}, None),
        (CLASSES, "hinge", {}, 'loss="sparse_categorical_crossentropy"'),
        (CLASSES + 1, SCC, SOFTMAX, "model.fit(x, y - 1)"),
        (2 * CLASSES, SCC, SOFTMAX, 'Dense(5, activation="softmax")'),
        (CLASSES - 1, SCC, SOFTMAX, None),
        (CLASSES / 2, SCC, SOFTMAX, None),
        (CLASSES, "mape", {}, 'loss="mean_absolute_error"'),
    ],
)
def test_targets_that_the_loss_does_not_allow(program, find, y, loss, settings, change):
    finding = find(program(y, loss, settings), NAME)
    assert finding.severity == "error"
    if change:
        assert change in finding.change.after


@pytest.mark.parametrize(
    ("y", "loss", "settings"),
    [
        (RANDOM.random(300), "mse", SIGMOID),
        (np.append(RANDOM.random(299), 1.004), "mse", SIGMOID),
        (np.append(RANDOM.random(299), 7.0), "mse", SIGMOID),  # an outlier
        (np.tanh(REAL), "mse", TANH),
        (np.abs(REAL), "mse", RELU),
        (100 * REAL, "mse", {}),
        (100 * REAL, "my_loss", SIGMOID),
        (BITS, BCE, SIGMOID),
        (BITS, "hinge", TANH),
        (2 * BITS - 1, "hinge", {}),
        (CLASSES, SCC, SOFTMAX),
        (CLASSES - 1, {**SCC, "ignore_class": -1}, SOFTMAX),
        (CLASSES + 1, "mape", {}),
        (100 * REAL, "mse", {"activation": "my_function"}),
    ],
)
def test_targets_within_reach(program, find, y, loss, settings):
    assert find(program(y, loss, settings), NAME) is None


def test_a_rescaled_output(program, find):
    """A layer after the sigmoid changes its range."""
    for scale, reached in ((200.0, True), (2.0, False)):
        settings = {"scale": scale}
        last = {"name": "last", "class": "Rescaling", "shape": [None, 1]}
        run = program(
            100 + 10 * REAL, "mse", SIGMOID, last=[{**last, "settings": settings}]
        )
        assert (find(run, NAME) is None) == reached
    last = [{"name": "last", "class": "Multiply", "shape": [None, 1]}]
    assert find(program(100 + 10 * REAL, "mse", SIGMOID, last=last), NAME) is None


def test_recurrent_outputs_apply_tanh(program, find):
    assert find(program(5 * REAL, "mse", kind="LSTM"), NAME)
    assert find(program(5 * REAL, "mse", kind="GRU"), NAME)
    assert find(program(np.tanh(REAL), "mse", kind="LSTM"), NAME) is None


@pytest.mark.parametrize("lowest", [150.0, 9000.0])
def test_the_last_layer_of_a_subclassed_model(program, find, lowest):
    """A loss below its minimum shows that the model scales the output afterwards."""
    losses = np.geomspace(12_000, lowest, 4)
    run = program(
        100 + 10 * REAL,
        "mse",
        SIGMOID,
        seen=(0, 100, 200, 300),
        losses=losses,
        attributes={"model": {}},
    )
    assert (find(run, NAME) is None) == (lowest < 1000)
