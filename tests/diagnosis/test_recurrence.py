"""Recurrent layers that amplify their state."""

import numpy as np
import pytest

from keras_xavier.statistics import Layer, Quantity, Statistic

ACTIVATION = Quantity.ACTIVATION
INPUT = Layer(
    *("input:x", "Input", None, 20, 0),
    absent=dict.fromkeys((q for q in Quantity if q != ACTIVATION), "data"),
    role="input",
)


def run_of(write, kind, settings, size):
    layers = (
        INPUT,
        Layer("rnn", kind, settings.get("activation", "tanh"), 20, 820),
        Layer("output", "Dense", "softmax", 20, 420),
    )
    rows = [
        {"name": "x", "class": "InputLayer", "inputs": []},
        {"name": "rnn", "class": kind, "inputs": ["x"], "settings": settings},
        {"name": "output", "class": "Dense", "inputs": ["rnn"], "settings": {}},
    ]
    values = np.array([0.5, size, 0.1])
    return write(
        {(ACTIVATION, Statistic.STD): values, (ACTIVATION, Statistic.UNIT_STD): values},
        layers=layers,
        losses=np.linspace(300, 200, 11),
        attributes={"model": {"layers": rows, "outputs": ["output"]}},
    )


def test_a_state_that_grows_is_named_with_its_settings(write, find):
    settings = {
        "units": 20,
        "activation": "linear",
        "recurrent_initializer": {"class": "Orthogonal", "gain": 4.0},
    }
    finding = find(run_of(write, "SimpleRNN", settings, 5000.0), "exploding_signal")
    assert finding.layers == ("rnn",)
    assert "10,000 times as large as the inputs" in finding.summary
    assert "gain=4.0" in finding.change.before
    assert finding.change.after == "keras.layers.SimpleRNN(20)"


@pytest.mark.parametrize(("kind", "size"), [("SimpleRNN", 20.0), ("Dense", 5000.0)])
def test_states_of_usual_size_and_other_layers_are_fine(write, find, kind, size):
    assert find(run_of(write, kind, {"units": 20}, size), "exploding_signal") is None
