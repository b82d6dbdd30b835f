"""Runs of models that are compiled again, frozen and unfrozen."""

import keras
import numpy as np
import pytest
from four_updates import X, Y, both_sources, fit, make_model, statistics
from rows import rows_of_layers

from keras_xavier.recording.layer_statistics import LayerStatistics
from keras_xavier.runs import open_run
from keras_xavier.runs.phases import Phase, read_phases

LOSS = "sparse_categorical_crossentropy"


def freeze(model, frozen, optimizer="sgd"):
    model.get_layer("hidden").trainable = not frozen
    model.compile(optimizer, LOSS)


@both_sources
@pytest.mark.parametrize("another", [False, True], ids=["same", "another"])
def test_a_run_goes_through_freezing_and_compiling(model, run, source, another):
    callback = statistics(run, source, every=4)
    freeze(model, frozen=True)
    fit(model, callback)
    freeze(model, frozen=False, optimizer=keras.optimizers.Adam(0.01))
    if another:
        callback = statistics(run, source, every=4, mode="resume")
    fit(model, callback)
    fit(model, callback, epochs=1)
    stored = open_run(run)
    last = [20] if source == "probe" else [15, 16, 19]
    before = [7] if source == "batch" else []
    steps = [0, 4, *before, 8, 12, *([16] if source == "probe" else []), *last]
    assert stored.steps.tolist() == sorted({*steps})
    assert stored.metrics()["loss"][0].tolist() == [4, 8, 12, 16, 20]
    (phase,) = read_phases(stored.attributes)
    assert (phase.step, phase.iterations) == (8, 0)
    if not another:
        assert phase.reason == (
            "compiled: optimizer SGD → Adam, trainable parameters 27 → 83"
        )
    first, *_ = rows_of_layers(stored)
    std = stored.read_statistics("weight", "std")[:, first]
    second = stored.steps > 8
    assert (std[~second] == std[0]).all()
    assert (std[second] != std[0]).all()
    assert stored.layers[first].parameters == 56
    gradients = stored.read_statistics("weight_gradient", "std")[:, first]
    assert np.isfinite(gradients[second]).all()
    assert "weight_gradient" not in stored.layers[first].absent


def test_fits_without_compilation_are_one_phase(model, run):
    callback = statistics(run, "batch")
    fit(model, callback)
    fit(model, callback)
    assert "phases" not in open_run(run).attributes


def test_a_resumed_run_continues_its_last_phase(model, run, tmp_path):
    callback = statistics(run, "probe")
    fit(model, callback)
    model.compile("sgd", LOSS)
    fit(model, callback)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    fit(loaded, statistics(run, "probe", mode="resume"), epochs=1)
    assert int(open_run(run).steps[-1]) == 20


def test_another_structure_ends_the_run_with_a_warning(run):
    model = make_model()
    callback = LayerStatistics(run)
    fit(model, callback)
    wider = keras.Sequential(
        [model.get_layer("hidden"), keras.layers.Dense(5), keras.layers.Dense(3)]
    )
    wider.compile(model.optimizer.__class__(), LOSS)
    wider.optimizer.iterations.assign(8)
    with pytest.warns(RuntimeWarning, match="its layers are"):
        history = fit(wider, callback)
    assert len(history.history["loss"]) == 2
    stored = open_run(run)
    assert stored.state == "interrupted"
    assert "its layers are" in stored.reason


def test_invalid_phases_are_skipped():
    good = {"step": 8, "iterations": 0, "reason": "compiled"}
    bad = [3, {}, {**good, "step": "8"}, {**good, "step": True}, {**good, "reason": 1}]
    assert read_phases({"phases": [*bad, good]}) == (Phase(8, 0, "compiled"),)
    for stored in ({}, {"phases": 3}, {"phases": {"step": 1}}):
        assert read_phases(stored) == ()


def test_the_probe_of_a_phase_is_the_same(model, run):
    callback = statistics(run, "probe")
    fit(model, callback)
    weights = model.get_weights()
    model.compile("sgd", LOSS)
    fit(model, callback, epochs=0)
    for one, other in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert open_run(run).steps[-1] == 8
    assert len(X) == len(Y)
