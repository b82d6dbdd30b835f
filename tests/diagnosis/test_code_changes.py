"""Changes of a program as lines of code."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.diagnosis.code_changes import (
    REMOVED,
    call,
    compile_line,
    layer_line,
    optimizer_line,
)

SETTINGS = {"units": 32, "activation": "relu", "kernel_initializer": "he_normal"}
NORMAL = {"class": "RandomNormal", "stddev": 0.01}


@pytest.fixture
def run(write):
    row = {"name": "hidden_1", "class": "Dense", "settings": SETTINGS}
    attributes = {
        "model": {"layers": [row, {"name": "hidden_2", "class": "Own"}]},
        "training": {
            "loss": {"class": "categorical_crossentropy", "from_logits": False}
        },
        "optimizer": {"class": "SGD", "learning_rate": 0.1, "clipnorm": None},
    }
    return write(attributes=attributes)


def test_a_layer_is_changed(run):
    change = layer_line(run, "hidden_1", activation="tanh", kernel_initializer=REMOVED)
    assert change.before == (
        'keras.layers.Dense(32, activation="relu", kernel_initializer="he_normal")'
    )
    assert change.after == 'keras.layers.Dense(32, activation="tanh")'
    change = layer_line(run, "hidden_1", kernel_initializer=NORMAL)
    assert "keras.initializers.RandomNormal(stddev=0.01)" in change.after


def test_unknown_settings_have_no_line(run):
    assert layer_line(run, "hidden_2", activation="tanh") is None
    assert layer_line(run, "missing", activation="tanh") is None


def test_compile_and_the_optimizer_are_changed(run):
    change = compile_line(run, loss="mse")
    assert "keras.optimizers.SGD(learning_rate=0.1)" in change.before
    assert 'loss="categorical_crossentropy"' in change.before
    assert 'loss="mse"' in change.after
    change = optimizer_line(run, learning_rate=0.01)
    assert change.after == "keras.optimizers.SGD(learning_rate=0.01)"


@pytest.mark.parametrize("attributes", [{}, {"optimizer": [], "training": 3}])
def test_runs_without_metadata_have_no_lines(write, attributes):
    run = write(attributes=attributes)
    assert compile_line(run, loss="mse") is None
    assert optimizer_line(run, learning_rate=0.1) is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["units", "loss", "activation"]), VALUES))
def test_lines_are_python_whatever_is_recorded(arguments):
    ast.parse(call("keras.layers.Dense", arguments))
