"""Records of tensors that are counted in part."""

import json

import keras
import numpy as np
import pytest
from rows import rows_of_layers

import keras_xavier as kx
from keras_xavier.probing.sampling import LIMIT, PART
from keras_xavier.runs.exports.tables import description
from keras_xavier.statistics import Quantity

INPUTS, UNITS = 100, LIMIT // 100
WEIGHTS = (Quantity.WEIGHT, Quantity.WEIGHT_GRADIENT, Quantity.WEIGHT_UPDATE)
X, Y = np.random.default_rng(0).normal(size=(20, INPUTS)), np.zeros(20)


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((INPUTS,)),
            keras.layers.Dense(UNITS, "tanh", name="large"),
            keras.layers.Dense(1, name="output"),
        ]
    )
    model.compile("sgd", "mse")
    return model


def record(model, run, **options):
    recorder = kx.LayerStatistics(run, **options)
    model.fit(X, Y, batch_size=10, verbose=0, callbacks=[recorder])
    return kx.open_run(run)


@pytest.mark.parametrize("source", ["batch", "probe"])
def test_a_run_says_how_many_values_were_counted(model, tmp_path, source):
    probe = {"probe": (X, Y)} if source == "probe" else {}
    run = record(model, str(tmp_path / "run"), **probe)
    rows = rows_of_layers(run)
    large, output = (run.layers[row] for row in rows)
    counted = {q: (PART, LIMIT) for q in WEIGHTS if q not in large.absent}
    assert (large.counted, output.counted) == (counted, {})
    counts = run.read_histogram("weight", -1)[rows]
    assert counts.sum(-1).tolist() == [PART, UNITS]
    described = {row["name"]: row for row in json.loads(description(run)["layers"])}
    row = described["large"]
    assert row["counted"]["weight"] == [PART, LIMIT]


def test_all_values_can_be_counted(model, tmp_path):
    run = record(model, str(tmp_path / "run"), exact=True)
    first, *_ = rows_of_layers(run)
    assert run.layers[first].counted == {}
    assert run.read_histogram("weight", -1)[first].sum() == LIMIT


def test_a_custom_loop_can_count_all_values(model, tmp_path):
    for exact, expected in ((False, PART), (True, LIMIT)):
        path = str(tmp_path / f"exact-{exact}")
        with kx.measuring(model, path, exact=exact) as recorder:
            recorder.record(X, Y, 0)
        run = kx.open_run(path)
        first, *_ = rows_of_layers(run)
        assert run.read_histogram("weight", 0)[first].sum() == expected


def test_a_resumed_run_may_count_other_numbers(model, tmp_path):
    path = str(tmp_path / "run")
    record(model, path, exact=True)
    run = record(model, path, mode="resume")
    first, *_ = rows_of_layers(run)
    assert run.layers[first].counted[Quantity.WEIGHT] == (PART, LIMIT)
    totals = [
        run.read_histogram("weight", i)[first].sum() for i in range(len(run.steps))
    ]
    assert {totals[0], totals[-1]} == {LIMIT, PART}


def test_large_activations_are_counted_in_part(tmp_path):
    # The batch size is unknown while TensorFlow traces the step.
    inputs = keras.Input((100, 100))
    outputs = keras.layers.Dense(120, "tanh", name="wide")(inputs)
    model = keras.Model(inputs, outputs)
    model.compile("sgd", "mse")
    x = np.ones((100, 100, 100), np.float32)
    recorder = kx.LayerStatistics(str(tmp_path / "run"))
    model.fit(x, np.zeros((100, 100, 120)), 100, verbose=0, callbacks=[recorder])
    run = kx.open_run(tmp_path / "run")
    (layer,) = (run.layers[row] for row in rows_of_layers(run))
    of = (PART, 100 * 100 * 120)
    forward = (Quantity.PREACTIVATION, Quantity.ACTIVATION)
    assert layer.counted == dict.fromkeys(
        (*forward, Quantity.PREACTIVATION_GRADIENT), of
    )
