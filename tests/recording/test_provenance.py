"""The configuration that is recorded with a run."""

import json

import keras
import keras_tuner
import numpy as np
import pytest
from four_updates import X, Y, fit, make_model, statistics

import keras_xavier as kx
from keras_xavier.recording.json_values import describe
from keras_xavier.recording.model_graph import GRAPH_BYTES, model_graph
from keras_xavier.recording.provenance import run_attributes
from keras_xavier.runs import open_run
from keras_xavier.runs.configuration import configuration


def recorded(model, run, x=X, y=Y, **options):
    callback = kx.LayerStatistics(run)
    model.fit(x, y, verbose=0, callbacks=[callback], **{"batch_size": 10, **options})
    return open_run(run).attributes


@pytest.mark.filterwarnings("ignore:.*from_logits=True:UserWarning")
def test_the_configuration_is_recorded(run):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    model = make_model(
        optimizer=keras.optimizers.SGD(schedule, momentum=0.5),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    found = recorded(model, run, epochs=2)
    assert found["optimizer"]["momentum"] == 0.5
    assert found["optimizer"]["learning_rate"]["config"]["decay_rate"] == 0.9
    training = found["training"]
    assert training["loss"]["from_logits"] is True
    assert training["metrics"] == ["accuracy"]
    assert (training["batch_size"], training["epochs"]) == (10, 2)
    assert (training["steps_per_epoch"], training["steps_per_execution"]) == (4, 1)
    assert found["model"]["parameters"] == found["model"]["trainable_parameters"] == 83
    layers = {one["name"]: one for one in found["model"]["layers"]}
    assert layers["output"]["inputs"] == ["hidden"]
    assert layers["hidden"]["shape"] == [None, 8]
    shown = configuration(found)
    assert shown["optimizer"] == "SGD"
    assert shown["loss.from_logits"] is True
    assert shown["batch_size"] == 10
    assert "bias_variances" not in shown


@pytest.mark.parametrize("probe", [None, (X[:20], Y[:20])])
def test_a_model_without_an_input_is_described_once_it_is_built(run, probe):
    model = keras.Sequential(
        [keras.layers.Dense(8, "tanh"), keras.layers.Dense(3, "softmax")]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    callback = kx.LayerStatistics(run, probe=probe)
    model.fit(X, Y, verbose=0, batch_size=10, callbacks=[callback])
    found = open_run(run).attributes
    assert found["model"]["trainable_parameters"] == model.count_params() > 0
    assert [one.get("inputs") for one in found["model"]["layers"]][-1] is not None
    assert found["not_predicted"] == ""
    assert set(found["weight_variances"]) == {one.name for one in model.layers}


def test_the_default_of_from_logits_is_recorded(run):
    found = recorded(make_model(), run)
    name = "sparse_categorical_crossentropy"
    assert found["training"]["loss"] == {"class": name, "from_logits": False}


def test_connections_of_a_graph(run):
    inputs = keras.Input((6,), name="in")
    a = keras.layers.Dense(4, name="a")(inputs)
    b = keras.layers.Dense(4, name="b")(a)
    inner = keras.Sequential([keras.layers.Dense(4, name="c")], name="inner")
    total = keras.layers.Add(name="add")([a, inner(b)])
    model = keras.Model(inputs, keras.layers.Dense(3, name="out")(total))
    rows = {one["name"]: one for one in model_graph(model)["layers"]}
    assert rows["add"]["inputs"] == ["a", "inner"]
    assert rows["inner"]["inputs"] == ["b"]
    assert rows["inner/c"]["class"] == "Dense"
    assert list(rows).index("a") < list(rows).index("b") < list(rows).index("add")


def test_settings_that_differ_from_defaults_are_recorded():
    normal = keras.initializers.RandomNormal(stddev=0.01)
    model = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(4, "relu", kernel_initializer=normal),
            keras.layers.Dense(4, kernel_initializer="he_normal", name="he"),
            keras.layers.Activation(keras.layers.LeakyReLU(0.2)),
            keras.layers.Lambda(lambda x: x + 1, name="own"),
        ]
    )
    graph = model_graph(model)
    settings = [one["settings"] for one in graph["layers"] if "/" not in one["name"]]
    random = {"class": "RandomNormal", "mean": 0.0, "stddev": 0.01}
    assert settings[1] == {
        "units": 4,
        "activation": "relu",
        "kernel_initializer": random,
    }
    assert settings[2] == {"units": 4, "kernel_initializer": "he_normal"}
    assert settings[3]["activation"]["negative_slope"] == 0.2
    assert graph["outputs"] == ["own"]


def test_operations_are_part_of_the_graph():
    inputs = keras.Input((6,), name="in")
    logits = keras.layers.Dense(3, name="logits")(inputs)
    model = keras.Model(inputs, keras.ops.softmax(logits))
    rows = model_graph(model)["layers"]
    assert rows[-1]["class"] == "Softmax"
    assert rows[-1]["inputs"] == ["logits"]


def test_a_graph_of_thousands_of_layers_is_cut():
    class Deep(keras.Model):
        def __init__(self):
            super().__init__()
            self.parts = [keras.layers.Activation("tanh") for _ in range(2500)]

    found = model_graph(Deep())
    assert len(json.dumps(found)) < GRAPH_BYTES * 1.2
    assert found["omitted"] == 2500 - len(found["layers"]) > 0


def test_custom_objects_are_described(run):
    def my_loss(y, p):
        return keras.ops.mean(p * 0.0, axis=-1)

    class Odd(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = keras.layers.Dense(3)

        def call(self, x):
            return self.inner(x)

        def get_config(self):
            raise RuntimeError("no configuration")

    model = Odd()
    model.compile("sgd", my_loss)
    found = recorded(model, run)
    assert found["training"]["loss"] == "my_loss"
    assert found["model"]["class"] == "Odd"
    assert [one["class"] for one in found["model"]["layers"]] == ["Dense"]


def test_attributes_never_raise_an_error():
    class Hostile(keras.Model):
        @property
        def weights(self):
            raise RuntimeError("no weights")

    found = run_attributes(Hostile(), source="batch", probe_size=None, seed=None)
    assert "no weights" in found["model"]["unavailable"]
    json.dumps(found, allow_nan=False)


def test_any_value_is_described():
    loop = []
    loop.append(loop)
    values = {
        "loop": loop,
        "nan": float("nan"),
        "array": np.zeros((3, 4)),
        "lambda": lambda: 0,
        "class": dict,
        "object": object(),
        3: "x" * 5000,
    }
    found = describe(values)
    json.dumps(found, allow_nan=False)
    assert found["array"] == "float64 array of shape (3, 4)"
    assert found["object"] == "object"
    assert len(found["3"]) == 1000


@pytest.mark.filterwarnings(
    "ignore:currentThread:DeprecationWarning", "ignore:getName:DeprecationWarning"
)
def test_a_trial_of_kerastuner(tmp_path):
    def build(hp):
        return make_model(seed=hp.Choice("seed", [1, 2]))

    tuner = keras_tuner.GridSearch(
        build, objective="loss", directory=tmp_path, project_name="search"
    )
    callback = kx.LayerStatistics(
        f"{tmp_path}/runs/search", hyperparameters={"given": 1}
    )
    tuner.search(X, Y, epochs=1, verbose=0, callbacks=[callback])
    runs = [open_run(one.path) for one in kx.find_runs(f"{tmp_path}/runs")]
    assert [dict(run.hyperparameters) for run in runs] == [
        {"seed": 1, "given": 1},
        {"seed": 2, "given": 1},
    ]
    assert [run.attributes["trial"] for run in runs] == ["0000", "0001"]


def test_a_second_fit_keeps_the_configuration(model, run):
    callback = statistics(run, "batch")
    fit(model, callback)
    before = dict(open_run(run).attributes)
    fit(model, callback)
    assert dict(open_run(run).attributes) == before
