"""Targets that are the same for all examples."""

import numpy as np
import pytest

NAME = "constant_targets"
SCC = {"class": "sparse_categorical_crossentropy", "from_logits": False}
BCE = {"class": "binary_crossentropy", "from_logits": False}
CC = {"class": "categorical_crossentropy", "from_logits": False}
SOFTMAX = {"units": 3, "activation": "softmax"}


@pytest.mark.parametrize(
    ("y", "loss", "settings"),
    [
        (np.zeros(300), SCC, SOFTMAX),
        (np.ones(300), BCE, {"activation": "sigmoid"}),
        (np.tile([0, 1, 0], (300, 1)), CC, SOFTMAX),
        (np.full(300, 0.7), "mse", {}),
    ],
)
def test_equal_targets(program, find, y, loss, settings):
    finding = find(program(y, loss, settings), NAME)
    assert finding.severity == "error"
    assert finding.layers == ("target:output",)
    assert "np.unique" in finding.change.after


@pytest.mark.parametrize(
    ("y", "loss", "settings"),
    [
        (np.arange(300) < 2, BCE, {"activation": "sigmoid"}),
        (np.eye(3)[np.arange(300) % 3], CC, SOFTMAX),
        (0.7 + 1e-3 * np.arange(300), "mse", {}),
        (np.zeros(300), "identity_loss", {}),  # it may ignore the targets
        (np.zeros(20), BCE, {"activation": "sigmoid"}),
    ],
)
def test_targets_that_differ_or_are_few(program, find, y, loss, settings):
    assert find(program(y, loss, settings), NAME) is None
