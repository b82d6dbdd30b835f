"""LayerStatistics in `fit`, with runs on disk."""

import json

import keras
import numpy as np
import pytest
from four_updates import (
    BACKEND,
    BATCH,
    PROBE,
    SIZE,
    AtStep,
    X,
    Y,
    both_sources,
    fit,
    make_model,
    statistics,
)
from rows import rows_of_layers

from keras_xavier.diagnosis import FindingWarning
from keras_xavier.figures.loaders import depth_profile_data
from keras_xavier.probing import make_probe
from keras_xavier.recording.layer_statistics import LayerStatistics
from keras_xavier.runs import open_run
from keras_xavier.statistics import QUANTITIES, STATISTICS


def of_training(warnings):
    """Returns only the warnings of the callback."""
    return [one for one in warnings if one.category is RuntimeWarning]


@pytest.mark.parametrize(
    ("every", "steps"),
    [
        (None, [0, 1, 2, 4, 8]),
        (5, [0, 5, 10]),
        (100, [0]),
        ("epoch", [0, 4, 8]),
        (lambda step: step in (3, 7), [0, 3, 7]),
    ],
    ids=["default", "5", "100", "epoch", "function"],
)
@pytest.mark.parametrize(("source", "last"), [("probe", 12), ("batch", 11)])
def test_steps_that_are_recorded(model, run, source, last, every, steps):
    fit(model, statistics(run, source, every=every), epochs=3)
    assert open_run(run).steps.tolist() == [*steps, last]


def test_records_equal_measurements_at_their_step(model, run):
    probe = make_probe(model, *PROBE)
    expected = {0: probe.measure()}
    at_step = AtStep(5, lambda: expected.setdefault(5, probe.measure()))
    fit(model, at_step, LayerStatistics(run, probe=PROBE, every=5))
    expected[8] = probe.measure()
    stored = open_run(run)
    assert stored.layers == probe.layers
    assert stored.steps.tolist() == [0, 5, 8]
    for record, measurement in enumerate(expected.values()):
        # Updates are measured after the next step.
        for i, quantity in enumerate(QUANTITIES[:-1]):
            np.testing.assert_array_equal(
                stored.read_histogram(quantity, record), measurement.histogram[i]
            )
            for j, statistic in enumerate(STATISTICS):
                np.testing.assert_array_equal(
                    stored.read_statistics(quantity, statistic)[record],
                    measurement.statistics[i, :, j],
                )
    steps, losses = stored.metrics()["probe_loss"]
    assert steps.tolist() == [0, 5, 8]
    np.testing.assert_allclose(
        losses, [m.scalars["probe_loss"] for m in expected.values()]
    )


@both_sources
def test_logs_of_training_are_stored_at_the_end_of_epochs(run, source):
    model = make_model(metrics=["accuracy"])
    history = fit(model, statistics(run, source), validation_data=(X, Y)).history
    metrics = open_run(run).metrics()
    measured = ["gradient_norm"] + ["probe_loss"] * (source == "probe")
    assert metrics.keys() == {*history, *measured}
    for name, values in history.items():
        steps, stored = metrics[name]
        assert steps.tolist() == [4, 8]
        np.testing.assert_allclose(stored, values)


@pytest.mark.parametrize(
    ("source", "steps"),
    [("probe", [0, 3, 4, 6, 9, 12]), ("batch", [0, 3, 4, 6, 9, 11])],
)
def test_several_fits_continue_a_run(model, run, source, steps):
    callback = statistics(run, source, every=3)
    states = []
    at_step = AtStep(6, lambda: states.append(open_run(run).state))
    fit(model, callback, epochs=1)
    states.append(open_run(run).state)
    fit(model, callback, at_step, epochs=2)
    states.append(open_run(run).state)
    assert states == ["finished", "running", "finished"]
    assert open_run(run).steps.tolist() == steps
    logged, _ = open_run(run).metrics()["loss"]
    assert logged.tolist() == [4, 8, 12]


def test_a_fit_without_updates_records_the_start(model, run):
    fit(model, LayerStatistics(run, probe=PROBE), epochs=0)
    assert open_run(run).steps.tolist() == [0]


def test_a_fit_without_batches_leaves_no_run(model, run, tmp_path):
    fit(model, LayerStatistics(run), epochs=0)
    assert not list(tmp_path.iterdir())


@both_sources
def test_layers_can_be_selected(model, run, source):
    fit(model, statistics(run, source, layers=["output"]), epochs=1)
    stored = open_run(run)
    names = [stored.layers[row].name for row in rows_of_layers(stored)]
    assert names == ["output"]


class Chain(keras.Model):
    """A model whose connections are not recorded."""

    def __init__(self, layers):
        super().__init__()
        self.chain = layers

    def call(self, x):
        for layer in self.chain:
            x = layer(x)
        return x


@pytest.mark.parametrize("model_of", [keras.Sequential, Chain])
@pytest.mark.parametrize("layers", [None, "hidden*"])
def test_figures_leave_out_the_output_and_no_other_layer(run, model_of, layers):
    chain = [keras.layers.Dense(4, "relu", name=f"hidden_{i}") for i in range(3)]
    model = model_of([*chain, keras.layers.Dense(1, name="output")])
    model.compile("sgd", "mse")
    fit(model, LayerStatistics(run, layers=layers), epochs=1)
    drawn = depth_profile_data(open_run(run), -1).layers
    assert [*drawn] == ["hidden_0", "hidden_1", "hidden_2"]


@both_sources
def test_hyperparameters_and_attributes_are_stored(model, run, source):
    hyperparameters = {"seed": 7, "initializer": "normalized"}
    callback = statistics(run, source, hyperparameters=hyperparameters)
    fit(model, callback, epochs=1)
    stored = open_run(run)
    assert stored.hyperparameters == hyperparameters
    attributes = stored.attributes
    assert attributes["source"] == source
    assert attributes.get("probe_size") == (20 if source == "probe" else None)
    assert attributes["seed"] == 7
    assert attributes["backend"] == BACKEND
    assert attributes["versions"].keys() >= {"numpy", BACKEND}
    assert attributes["versions"]["keras"] == keras.__version__
    assert attributes["optimizer"]["class"] == "SGD"
    assert attributes["optimizer"]["learning_rate"] == pytest.approx(0.01)


def test_an_optimizer_with_a_schedule_is_stored(run):
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 100)
    model = make_model(optimizer=keras.optimizers.SGD(schedule))
    fit(model, LayerStatistics(run, probe=PROBE), epochs=1)
    config = open_run(run).attributes["optimizer"]["learning_rate"]
    assert config["class_name"] == "CosineDecay"


def test_another_loss_is_measured_after_another_compile(model, run):
    callback = LayerStatistics(run, probe=PROBE, every=4)
    fit(model, callback, epochs=1)
    model.compile(model.optimizer, loss=lambda y, p: 0 * keras.ops.mean(p, -1))
    fit(model, callback, epochs=1)
    _, losses = open_run(run).metrics()["probe_loss"]
    assert losses[:2].all()
    assert losses[-1] == 0


def test_another_optimizer_is_measured_after_another_compile(model, run):
    callback = LayerStatistics(run, every=1)
    fit(model, callback, epochs=1)
    optimizer = keras.optimizers.SGD(0.0)
    optimizer.build(model.trainable_variables)
    optimizer.iterations.assign(4)
    model.compile(optimizer, loss=model.loss)
    fit(model, callback, epochs=1)
    stored = open_run(run)
    assert stored.steps.tolist() == list(range(8))
    updates = stored.read_statistics("weight_update", "std")[:, rows_of_layers(stored)]
    assert (updates[:4] > 0).all()
    assert (updates[4:] == 0).all()


@both_sources
def test_an_error_in_measuring_warns_once_and_training_continues(
    model, run, source, monkeypatch
):
    def fail(*_):
        raise OSError("out of order")

    plain = make_model()
    fit(plain, shuffle=False)
    monkeypatch.setattr("keras_xavier.runs.RunWriter.record", fail)
    with pytest.warns(RuntimeWarning, match="step 0.*out of order") as caught:
        fit(model, statistics(run, source, every=1), shuffle=False)
    assert len(of_training(caught)) == 1
    for expected, found in zip(plain.weights, model.weights, strict=True):
        np.testing.assert_allclose(found.numpy(), expected.numpy(), atol=1e-6)
    stored = open_run(run)
    assert stored.state == "finished"
    assert len(stored.steps) == 0
    assert stored.metrics()["loss"][0].tolist() == [4, 8]


def test_batches_that_cannot_be_measured_are_still_trained_on(model, run, monkeypatch):
    def fail(*_):
        raise OSError("out of order")

    monkeypatch.setattr("keras_xavier.probing.training_step.make_layer_table", fail)
    with pytest.warns(RuntimeWarning, match="step 0.*out of order") as caught:
        fit(model, LayerStatistics(run, every=1))
    assert len(of_training(caught)) == 1
    assert int(model.optimizer.iterations) == 8


@both_sources
def test_an_error_in_a_schedule_warns_once(model, run, source):
    def every(step):
        if step == 2:
            raise KeyError("two")
        return True

    with pytest.warns(RuntimeWarning, match="step 2.*two") as caught:
        fit(model, statistics(run, source, every=every), epochs=1)
    assert len(of_training(caught)) == 1
    steps = [0, 1, 3] if source == "batch" else [0, 1, 3, 4]
    assert open_run(run).steps.tolist() == steps


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"probe": X}, "a tuple"),
        ({"probe": (X, Y[:5])}, "the same number of inputs"),
        ({"every": 0}, "`every`"),
        ({"mode": "append"}, "`mode`"),
        ({"layers": 3}, "`layers`"),
        ({"hyperparameters": {"a": object()}}, "JSON"),
    ],
)
def test_invalid_arguments_raise_an_error_immediately(run, arguments, message):
    with pytest.raises(ValueError, match=message):
        LayerStatistics(run, **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"probe": (X[:, :5], Y)}, "does not accept this probe"),
        ({"probe": PROBE, "layers": ["first"]}, r"\['hidden', 'output'\]"),
        ({"layers": ["first"]}, r"\['hidden', 'output'\]"),
    ],
)
def test_arguments_that_do_not_match_the_model_raise_an_error(
    model, run, tmp_path, arguments, message
):
    with pytest.raises(ValueError, match=message):
        fit(model, LayerStatistics(run, **arguments))
    assert int(model.optimizer.iterations) == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(BACKEND == "jax", reason="there Keras trains without a loss")
def test_a_model_without_a_loss_raises_an_error(run):
    model = make_model(loss=None)
    warned = pytest.warns(RuntimeWarning, match="training continues.*No loss")
    with warned, pytest.raises(ValueError, match="No loss"):
        model.fit(X, callbacks=[LayerStatistics(run, probe=PROBE)], verbose=0)


@both_sources
def test_attributes_are_json(model, run, source):
    fit(model, statistics(run, source), epochs=1)
    json.dumps(open_run(run).attributes, allow_nan=False)


@both_sources
def test_numpy_numbers_are_stored(model, run, source):
    hyperparameters = {"rate": np.float32(0.5), "seed": np.int64(3)}
    fit(model, statistics(run, source, hyperparameters=hyperparameters), epochs=1)
    stored = open_run(run)
    assert stored.hyperparameters == {"rate": 0.5, "seed": 3}
    assert stored.attributes["seed"] == 3


@both_sources
def test_a_finding_of_severity_error_stops_training(model, run, source):
    x = np.where(np.arange(SIZE)[:, None] == 15, np.nan, X)
    callback = statistics(run, source, every=1, on_finding="stop")
    with pytest.warns(FindingWarning, match=r"Training has been stopped.*Nonfinite"):
        model.fit(x, Y, batch_size=BATCH, verbose=0, shuffle=False, epochs=5,
                  callbacks=[callback])  # fmt: skip
    # The second batch contains NaN. The probe measures it in the weights before the
    # third batch, which is the last, and again after it.
    last, updates = {"batch": (1, 2), "probe": (3, 3)}[source]
    assert open_run(run).last_step == last
    assert int(model.optimizer.iterations) == updates


@both_sources
def test_an_optimizer_without_a_configuration_is_recorded(run, source):
    class Falling(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.1 / (1.0 + keras.ops.cast(step, "float32"))

    model = make_model(optimizer=keras.optimizers.SGD(Falling()))
    fit(model, statistics(run, source), epochs=1)
    optimizer = open_run(run).attributes["optimizer"]
    assert optimizer["class"] == "SGD"
    assert "NotImplementedError" in optimizer["config"]


def test_layers_that_match_no_layer_of_an_unbuilt_model_raise_an_error(run, tmp_path):
    model = make_model(built=False)
    with pytest.raises(ValueError, match=r"\['hidden', 'output'\]"):
        fit(model, LayerStatistics(run, layers="first"))
    assert int(model.optimizer.iterations) == 0
    assert not list(tmp_path.iterdir())
