"""Layers that do not fit together."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_xavier as kx
from keras_xavier.diagnosis import diagnose, examine
from keras_xavier.diagnosis.architecture import (
    no_nonlinearity,
    softmax_in_hidden_layer,
)

RULES = [softmax_in_hidden_layer, no_nonlinearity]
X = np.random.default_rng(0).normal(size=(64, 8)).astype("float32")
RELU, SOFTMAX, SIGMOID = ({"activation": n} for n in ("relu", "softmax", "sigmoid"))


def dense(units, **settings):
    return "Dense", [None, units], {"units": units, **settings}


def convolution(side, filters, **settings):
    shape = [None, side, side, filters]
    return "Conv2D", shape, {"filters": filters, "kernel_size": [3, 3], **settings}


def other(kind, *shape, **settings):
    return kind, [None, *shape], settings


OUTPUT = dense(3, **SOFTMAX)


@pytest.fixture
def found(write):
    """Diagnoses a network, given as (class, shape, settings) of its layers.

    `inputs` are the numbers of the layers before some layers; otherwise each layer
    follows the one before.
    """

    def diagnosed(*layers, size=(8,), inputs=None, model=None, **options):
        rows = [{"name": "0", "class": "InputLayer", "shape": [None, *size]}]
        for place, (kind, shape, settings) in enumerate(layers, 1):
            before = (inputs or {}).get(place, [place - 1])
            has_weights = kind.startswith(("Dense", "Conv", "LSTM"))
            rows.append(
                {
                    **{"name": str(place), "class": kind, "shape": shape},
                    **{"inputs": [*map(str, before)], "settings": settings},
                    "parameters": 9 * has_weights,
                }
            )
        known = {"layers": rows, "outputs": [rows[-1]["name"]], **(model or {})}
        run = write(attributes={"model": known}, **options)
        return examine(run, rules=RULES)

    return diagnosed


SOFTMAXES = {
    "an argument": ([dense(64, **SOFTMAX)], "1", 'activation="relu"'),
    "an Activation layer": (
        [dense(64), other("Activation", 64, **SOFTMAX)],
        *("1", 'keras.layers.Activation(activation="relu")'),
    ),
    "a Softmax layer": (
        [dense(64), other("Softmax", 64)],
        "1",
        'keras.layers.Activation("relu")',
    ),
    "normalization before, dropout after": (
        [
            *(dense(64), other("BatchNormalization", 64)),
            *(other("Activation", 64, **SOFTMAX), other("Dropout", 64, rate=0.1)),
        ],
        *("1", 'activation="relu"'),
    ),
    "a recurrent layer": (
        [("LSTM", [None, 64], {"units": 64, **SOFTMAX})],
        *("1", 'activation="relu"'),
    ),
}


@pytest.mark.parametrize("case", SOFTMAXES)
def test_a_softmax_in_a_hidden_layer_is_named(found, case):
    hidden, name, after = SOFTMAXES[case]
    (finding,) = found(*hidden, dense(32, **RELU), OUTPUT).findings
    assert finding.name == "softmax_in_hidden_layer"
    assert finding.layers == (name,)
    assert "1/64" in finding.summary
    assert after in finding.change.after


@pytest.mark.parametrize("axis", [1, 2])
def test_a_softmax_over_positions_is_attention(found, axis):
    hidden = [other("Conv1D", 9, 4), other("Softmax", 9, 4, axis=axis)]
    rest = other("Flatten", 36), OUTPUT
    findings = found(*hidden, *rest, size=(9, 4)).findings
    names = [one.name for one in findings if one.severity == "warning"]
    assert ("softmax_in_hidden_layer" in names) is (axis == 2)


def test_a_softmax_that_multiplies_other_values_is_a_gate(found):
    gated = dense(8, **SOFTMAX), other("Multiply", 8), OUTPUT
    assert not found(*gated, inputs={2: [0, 1]}).findings


def test_a_softmax_that_is_an_output_as_well_is_fine(found):
    model = {"outputs": ["1", "2"]}
    assert not found(dense(4, **SOFTMAX), dense(1), model=model).findings


LINEAR = {
    "two dense layers": ([dense(32), dense(32), dense(1, **SIGMOID)], (8,), ("1", "2")),
    "a separate activation of the output": (
        *([dense(32), dense(32), dense(1), other("Activation", 1, **SIGMOID)], (8,)),
        ("1", "2"),
    ),
    "normalization and dropout between": (
        [
            *(dense(32), other("BatchNormalization", 32)),
            *(other("Dropout", 32, rate=0.2), dense(1)),
        ],
        *((8,), ("1",)),
    ),
    "means of convolutions": (
        [
            *(convolution(6, 8), other("AveragePooling2D", 3, 3, 8)),
            *(convolution(1, 8), other("Flatten", 8), OUTPUT),
        ],
        *((8, 8, 1), ("1", "3")),
    ),
    "maxima of convolutions": (
        [
            *(convolution(6, 8), other("MaxPooling2D", 3, 3, 8)),
            *(convolution(1, 8), other("Flatten", 8), OUTPUT),
        ],
        *((8, 8, 1), ("1", "3")),
    ),
    "an autoencoder of several layers": (
        *([dense(6), dense(3), dense(6), dense(8)], (8,), ("1", "2", "3")),
    ),
}


@pytest.mark.parametrize("case", LINEAR)
def test_hidden_layers_without_activation_functions_are_named(found, case):
    network, size, names = LINEAR[case]
    (finding,) = found(*network, size=size).findings
    assert (finding.name, finding.severity) == ("no_nonlinearity", "warning")
    assert finding.layers == names
    assert "no activation function" in finding.summary
    assert ("max pooling" in finding.summary) is (case == "maxima of convolutions")
    assert 'activation="relu"' in finding.change.after


def test_the_skip_connection_of_a_linear_network_is_linear(found):
    network = dense(16), dense(16), other("Add", 16), dense(1)
    (finding,) = found(*network, inputs={3: [1, 2]}).findings
    assert finding.severity == "warning"


FINE = {
    "one layer": [dense(1)],
    "principal component analysis": [dense(4), dense(8)],
    "activation functions": [dense(32, **RELU), dense(32, activation="mine"), OUTPUT],
    "activation layers": [
        *(dense(32), other("BatchNormalization", 32), other("LeakyReLU", 32)),
        OUTPUT,
    ],
    "an unknown layer": [dense(32), other("Squared", 32), dense(32, **RELU), OUTPUT],
    "unknown settings": [("Dense", [None, 32], None), OUTPUT],
    "a bottleneck": [dense(32, **RELU), dense(4), dense(32, **RELU), OUTPUT],
    "layer normalization": [dense(32), other("LayerNormalization", 32), OUTPUT],
}


@pytest.mark.parametrize("case", FINE)
def test_networks_with_a_nonlinearity_or_a_single_layer_are_fine(found, case):
    assert not found(*FINE[case]).findings


def test_factorized_convolutions_are_fine(found):
    network = (
        *(convolution(6, 8, **RELU), convolution(6, 8), convolution(6, 8, **RELU)),
        *(other("Flatten", 288), OUTPUT),
    )
    assert not found(*network, size=(8, 8, 1)).findings


def test_residual_branches_that_end_without_activation_are_fine(found):
    branch = dense(8, **RELU), dense(8), other("Add", 8), OUTPUT
    assert not found(*branch, inputs={3: [0, 2]}).findings


def test_linear_layers_of_a_network_with_activation_functions_are_a_note(found):
    (finding,) = found(dense(32, **RELU), dense(32), dense(1)).findings
    assert (finding.severity, finding.layers) == ("note", ("2", "3"))


@pytest.mark.parametrize(("last", "severity"), [(0.5, "warning"), (1e-4, "note")])
def test_a_linear_network_that_solves_its_problem_is_a_note(program, last, severity):
    def row(name, **options):
        shape = {"shape": [None, 1], "parameters": 9, "settings": {}}
        return {"name": name, "class": "Dense", **shape, **options}

    first = row("first", shape=[None, 32], inputs=["x"])
    rows = [
        {"name": "x", "class": "InputLayer", "shape": [None, 20], "inputs": []},
        *(first, row("output", inputs=["first"])),
    ]
    run = program(
        *(np.random.default_rng(0).normal(size=300), "mean_squared_error"),
        losses=np.geomspace(1, last, 11),
        attributes={"model": {"layers": rows, "outputs": ["output"]}},
    )
    (finding,) = diagnose(run, rules=RULES)
    assert finding.severity == severity


def test_without_connections_the_rules_are_not_checked(write, found):
    for report in (
        examine(write(), rules=RULES),
        found(dense(32), OUTPUT, model={"omitted": 3}),
        found(dense(32), OUTPUT, inputs={1: [], 2: []}),
    ):
        assert not report.findings
        assert len(report.unchecked) == 2


def test_functions_of_the_program_are_activation_functions(tmp_path):
    hidden = layers.Dense(32, activation=lambda x: keras.ops.relu(x))
    parts = [keras.Input((8,)), hidden, layers.Dense(3, activation="softmax")]
    model = keras.Sequential(parts)
    model.compile("sgd", "sparse_categorical_crossentropy")
    record = kx.LayerStatistics(tmp_path / "run")
    model.fit(X, np.arange(64) % 3, verbose=0, callbacks=[record])
    assert not diagnose(kx.open_run(tmp_path / "run"), rules=RULES)
