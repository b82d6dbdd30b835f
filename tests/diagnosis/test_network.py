"""Layers whose activation function is a layer of its own."""

import keras
import numpy as np
import pytest

import keras_xavier as kx
from keras_xavier.diagnosis import diagnose, examine
from keras_xavier.diagnosis.network import hidden_rows, weight_rows
from keras_xavier.diagnosis.program import outputs
from keras_xavier.statistics import Layer

L = keras.layers
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(320, 8)).astype("float32")
Y = np.digitize(X[:, 0], [-0.5, 0.5])


def names(run, rows):
    return [run.layers[row].name for row in rows]


def record(folder, layers, y, loss, *, epochs=2, batch_size=32):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((8,)), *layers])
    model.compile("sgd", loss, run_eagerly=False)
    callback = kx.LayerStatistics(folder, mode="overwrite")
    model.fit(X, y, batch_size, epochs, verbose=0, callbacks=[callback])
    return kx.open_run(folder)


def dense(activation, separate, units=16):
    if separate:
        return [L.Dense(units), L.Activation(activation)]
    return [L.Dense(units, activation=activation)]


def test_an_activation_layer_belongs_to_the_layer_before_it(tmp_path):
    layers = [L.Dense(8, name="one"), L.ReLU(name="act"), L.Dense(8, name="two")]
    layers += [L.BatchNormalization(name="norm"), L.Activation("tanh", name="tanh")]
    layers += [L.Dense(3, name="logits"), L.Softmax(name="softmax")]
    run = record(tmp_path / "run", layers, Y, "sparse_categorical_crossentropy")
    assert names(run, hidden_rows(run)) == ["act", "two", "tanh"]
    assert names(run, weight_rows(run)) == ["one", "two", "norm"]


def test_all_outputs_of_a_model_are_outputs(tmp_path):
    inputs = keras.Input((8,))
    z = L.Dense(8, "relu", name="hidden")(inputs)
    one, two = L.Dense(1, name="one")(z), L.Dense(1, name="two")(z)
    model = keras.Model(inputs, [one, two])
    model.compile("sgd", ["mse", "mse"])
    y = X[:, :1]
    record = kx.LayerStatistics(tmp_path / "run")
    model.fit(X, [y, y], verbose=0, callbacks=[record])
    run = kx.open_run(tmp_path / "run")
    assert names(run, hidden_rows(run)) == ["hidden"]


def test_both_towers_of_a_siamese_network_are_hidden(tmp_path):
    x, y, shared = keras.Input((8,)), keras.Input((8,)), L.Dense(8, name="shared")
    model = keras.Model([x, y], keras.ops.norm(shared(x) - shared(y), axis=-1))
    model.compile("sgd", "mse")
    record = kx.LayerStatistics(tmp_path / "run")
    model.fit([X, X[::-1]], X[:, 0], verbose=0, callbacks=[record])
    run = kx.open_run(tmp_path / "run")
    assert names(run, hidden_rows(run)) == ["shared", "shared:2"]


def test_each_output_of_an_inner_model_has_its_own_targets(tmp_path):
    inputs = keras.Input((8,))
    heads = [L.Dense(1)(inputs), L.Dense(3, "softmax")(inputs)]
    inner = keras.Model(inputs, heads, name="inner")
    model = keras.Model(inputs, inner(inputs))
    model.compile("sgd", ["mse", "sparse_categorical_crossentropy"])
    record = kx.LayerStatistics(tmp_path / "run")
    model.fit(X, [X[:, :1], Y], verbose=0, callbacks=[record])
    run = kx.open_run(tmp_path / "run")
    targets = [run.layers[one.target].name for one in outputs(run)]
    assert targets == ["target:inner", "target:inner#2"]
    # Targets of the first output are no labels of the second one.
    assert diagnose(run) == []


def test_runs_without_connections_use_the_order_of_the_table(write):
    table = (
        Layer("dense", "Dense", None, 20, 420),
        Layer("relu", "Activation", "relu", 20, 0, 0.0),
        Layer("top", "Dense", None, 20, 420),
        Layer("softmax", "Activation", "softmax", 20, 0),
    )
    for attributes in ({}, {"model": None}, {"model": {"layers": [3, {}]}}):
        run = write(layers=table, attributes=attributes)
        assert names(run, hidden_rows(run)) == ["relu"]
        assert names(run, weight_rows(run)) == ["dense"]


@pytest.mark.parametrize("separate", [False, True])
def test_both_ways_of_writing_a_network_get_the_same_diagnosis(tmp_path, separate):
    bias = keras.initializers.Constant(-50)
    hidden = dense("relu", separate)
    hidden[0].bias_initializer = bias
    output = dense("softmax", separate, 3)
    loss = "sparse_categorical_crossentropy"
    run = record(tmp_path / "run", [*hidden, *output], Y, loss, epochs=12)
    (finding,) = diagnose(run)
    assert finding.name == "dead_units"
    assert "All units" in finding.summary
    assert "bias_initializer" in finding.change.before
    assert "bias_initializer" not in finding.change.after


@pytest.mark.parametrize("separate", [False, True])
def test_a_dead_output(tmp_path, separate):
    output = dense("relu", separate, 1)
    output[0].bias_initializer = keras.initializers.Constant(-9)
    run = record(
        tmp_path / "run", [*dense("tanh", separate), *output], X[:, 0] ** 2, "mse"
    )
    (finding,) = [one for one in diagnose(run) if one.severity == "error"]
    assert finding.name == "dead_output"
    assert finding.steps[0] == 0
    assert "relu" in finding.change.before
    assert "relu" not in finding.change.after


def test_an_output_that_lives_and_targets_of_0_are_no_dead_output(tmp_path):
    run = record(tmp_path / "a", [L.Dense(1, "relu")], X[:, 0] ** 2, "mse")
    assert "dead output" in examine(run).passed
    output = L.Dense(1, "relu", bias_initializer=keras.initializers.Constant(-9))
    run = record(tmp_path / "b", [output], 0 * X[:, 0], "mse")
    assert "dead output" in examine(run).passed


def test_batches_of_one_example_have_no_vanishing_signal(tmp_path):
    layers = [*dense("relu", separate=True), *dense("relu", separate=True, units=1)]
    layers += dense("sigmoid", separate=True, units=1)
    y = (X[:, 0] > 0).astype("float32")
    run = record(tmp_path / "run", layers, y, "binary_crossentropy", batch_size=1)
    found = [
        one.name for cause in diagnose(run) for one in (cause, *cause.consequences)
    ]
    assert "vanishing_signal" not in found
    assert "exploding_signal" not in found


def test_dead_channels_are_named_channels(write, find):
    table = (
        Layer("conv", "Conv2D", "relu", 20, 420, 0.0),
        Layer("output", "Dense", "softmax", 20, 420),
    )
    zeros = np.where(np.arange(20) < 12, 1.0, 0.5) * np.array([[1], [0]])
    finding = find(write(units={"zero": zeros}, layers=table), "dead_units")
    assert "60% of the channels of conv" in finding.summary


def test_a_layer_of_zeros_does_not_make_the_next_one_explode(write, find):
    run = write({("activation", "unit_std"): [0, 1, 1, 1, 1]})
    assert find(run, "exploding_signal") is None


def test_symptoms_of_a_network_that_learns_are_no_errors(write, find):
    losses = np.linspace(1, 0.1, 11)
    share = np.zeros((11, 5))
    share[:, 0] = 0.95
    saturated = {("activation", "saturated"): share}
    assert find(write(saturated), "saturated_layer").severity == "error"
    run = write(saturated, losses=losses)
    assert find(run, "saturated_layer").severity == "warning"
    table = tuple(
        Layer(f"hidden_{i}", "Dense", "relu", 20, 420, 0.0) for i in range(1, 3)
    )
    table = (*table, Layer("output", "Dense", "linear", 20, 420))
    zeros = np.where(np.arange(20) < 12, 1.0, 0.5) * np.array([[1], [0], [0]])
    units = {"zero": zeros}
    assert find(write(units=units, layers=table), "dead_units")
    assert find(write(units=units, layers=table, losses=losses), "dead_units") is None
