"""LayerStatistics in real training, into real runs."""

import json

import keras
import numpy as np
import pytest
from keras import layers

from keras_xavier.callbacks import LayerStatistics
from keras_xavier.probing import make_probe
from keras_xavier.runs import RunError, open_run
from keras_xavier.statistics import QUANTITIES, STATISTICS

SIZE, BATCH = 40, 10
"""Four updates in an epoch."""
GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(SIZE, 6)).astype("float32")
Y = GENERATOR.integers(0, 3, SIZE)
PROBE = (X[:20], Y[:20])


def make_model(seed=1, *, inner=(), built=True, **compiled):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            *([layers.Input((6,))] if built else []),
            layers.Dense(8, "tanh", name="hidden"),
            *inner,
            layers.Dense(3, "softmax", name="output"),
        ]
    )
    options = {"optimizer": "sgd", "loss": "sparse_categorical_crossentropy"}
    model.compile(**(options | compiled))
    return model


def fit(model, *callbacks, epochs=2, **options):
    options = {"batch_size": BATCH, "verbose": 0} | options
    return model.fit(X, Y, epochs=epochs, callbacks=list(callbacks), **options)


@pytest.fixture
def model():
    return make_model()


@pytest.fixture
def run(tmp_path):
    return str(tmp_path / "run")


class AtStep(keras.callbacks.Callback):
    """Does something after one update."""

    def __init__(self, step, action):
        super().__init__()
        self.step = step
        self.action = action

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.optimizer.iterations) == self.step:
            self.action()


@pytest.mark.parametrize(
    ("every", "steps"),
    [
        (None, [0, 1, 2, 4, 8, 12]),
        (5, [0, 5, 10, 12]),
        (100, [0, 12]),
        ("epoch", [0, 4, 8, 12]),
        (lambda step: step in (3, 7), [0, 3, 7, 12]),
    ],
    ids=["default", "5", "100", "epoch", "function"],
)
def test_steps_that_are_recorded(model, run, every, steps):
    fit(model, LayerStatistics(run, probe=PROBE, every=every), epochs=3)
    assert open_run(run).steps.tolist() == steps


def test_records_are_measurements_of_the_model_at_that_step(model, run):
    probe = make_probe(model, *PROBE)
    expected = {0: probe.measure()}
    at_step = AtStep(5, lambda: expected.setdefault(5, probe.measure()))
    fit(model, at_step, LayerStatistics(run, probe=PROBE, every=5))
    expected[8] = probe.measure()
    stored = open_run(run)
    assert stored.layers == probe.layers
    assert stored.steps.tolist() == [0, 5, 8]
    for record, measurement in enumerate(expected.values()):
        for i, quantity in enumerate(QUANTITIES):
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
    np.testing.assert_allclose(losses, [m.loss for m in expected.values()])


@pytest.mark.parametrize(
    "options", [{}, {"jit_compile": True}, {"built": False}], ids=str
)
def test_training_is_not_changed_in_a_single_bit(run, options):
    def make():
        inner = [layers.BatchNormalization(), layers.Dropout(0.3)]
        return make_model(inner=inner, optimizer="adam", **options)

    plain = make()
    fit(plain, epochs=3)
    measured = make()
    fit(measured, LayerStatistics(run, probe=PROBE, every=1), epochs=3)
    for expected, found in zip(plain.variables, measured.variables, strict=True):
        np.testing.assert_array_equal(expected.numpy(), found.numpy())
    optimizers = plain.optimizer.variables, measured.optimizer.variables
    for expected, found in zip(*optimizers, strict=True):
        np.testing.assert_array_equal(expected.numpy(), found.numpy())
    assert open_run(run).steps.tolist() == list(range(13))


def test_logs_of_training_are_stored_at_the_end_of_epochs(run):
    model = make_model(metrics=["accuracy"])
    history = fit(
        model, LayerStatistics(run, probe=PROBE), validation_data=(X, Y)
    ).history
    metrics = open_run(run).metrics()
    assert metrics.keys() == {*history, "probe_loss"}
    for name, values in history.items():
        steps, stored = metrics[name]
        assert steps.tolist() == [4, 8]
        np.testing.assert_allclose(stored, values)


def test_a_run_goes_on_over_several_fits(model, run):
    callback = LayerStatistics(run, probe=PROBE, every=3)
    states = []
    at_step = AtStep(6, lambda: states.append(open_run(run).state))
    fit(model, callback, epochs=1)
    states.append(open_run(run).state)
    fit(model, callback, at_step, epochs=2)
    states.append(open_run(run).state)
    assert states == ["finished", "running", "finished"]
    assert open_run(run).steps.tolist() == [0, 3, 4, 6, 9, 12]
    steps, _ = open_run(run).metrics()["loss"]
    assert steps.tolist() == [4, 8, 12]


def test_steps_are_counted_under_steps_per_execution(run):
    model = make_model(steps_per_execution=3)
    fit(model, LayerStatistics(run, probe=PROBE, every=4), epochs=3)
    # Executions end at 3, 4, 7, 8, 11 and 12.
    assert open_run(run).steps.tolist() == [0, 4, 8, 12]


def test_steps_are_updates_under_gradient_accumulation(run):
    optimizer = keras.optimizers.SGD(gradient_accumulation_steps=2)
    model = make_model(optimizer=optimizer)
    fit(model, LayerStatistics(run, probe=PROBE, every=1), epochs=3)
    assert open_run(run).steps.tolist() == list(range(7))


def test_a_fit_without_updates_records_the_start(model, run):
    fit(model, LayerStatistics(run, probe=PROBE), epochs=0)
    assert open_run(run).steps.tolist() == [0]


def test_layers_can_be_chosen(model, run):
    fit(model, LayerStatistics(run, probe=PROBE, layers=["output"]), epochs=1)
    assert [layer.name for layer in open_run(run).layers] == ["output"]


def test_what_else_is_written_down(model, run):
    hyperparameters = {"seed": 7, "initializer": "normalized"}
    callback = LayerStatistics(run, probe=PROBE, hyperparameters=hyperparameters)
    fit(model, callback, epochs=1)
    stored = open_run(run)
    assert stored.hyperparameters == hyperparameters
    attributes = stored.attributes
    assert attributes["source"] == "probe"
    assert attributes["probe_size"] == 20
    assert attributes["seed"] == 7
    assert attributes["backend"] == "tensorflow"
    assert attributes["versions"]["keras"] == keras.__version__
    assert attributes["optimizer"]["class"] == "SGD"
    assert attributes["optimizer"]["learning_rate"] == pytest.approx(0.01)


def test_an_optimizer_with_a_schedule_is_written_down(run):
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 100)
    model = make_model(optimizer=keras.optimizers.SGD(schedule))
    fit(model, LayerStatistics(run, probe=PROBE), epochs=1)
    config = open_run(run).attributes["optimizer"]["learning_rate"]
    assert config["class_name"] == "CosineDecay"


def test_a_checkpoint_in_mid_fit_is_a_plain_model(model, run, tmp_path):
    path = str(tmp_path / "{epoch}-{batch}.keras")
    checkpoint = keras.callbacks.ModelCheckpoint(path, save_freq=1)
    fit(model, checkpoint, LayerStatistics(run, probe=PROBE, every=1), checkpoint)
    saved = sorted(tmp_path.glob("*.keras"))
    assert len(saved) == 8
    for file in saved:
        loaded = keras.models.load_model(file)
        assert loaded.get_layer("hidden").activation is keras.activations.tanh
    np.testing.assert_array_equal(
        loaded.predict(X, verbose=0), model.predict(X, verbose=0)
    )


def test_the_pass_is_traced_once_for_a_model_and_its_loss(run):
    class Counts(layers.Layer):
        calls = 0

        def call(self, x):
            type(self).calls += 1
            return x

    model = keras.Sequential([layers.Input((6,)), Counts(), layers.Dense(3, "softmax")])
    model.compile(loss="sparse_categorical_crossentropy")
    callback = LayerStatistics(run, probe=PROBE, every=1)
    fit(model, callback)
    traced = Counts.calls
    fit(model, callback)
    assert Counts.calls == traced
    assert len(open_run(run).steps) == 17


def test_another_loss_is_traced_anew(model, run):
    callback = LayerStatistics(run, probe=PROBE, every=4)
    fit(model, callback, epochs=1)
    model.compile(model.optimizer, loss=lambda y, p: 0 * keras.ops.mean(p, -1))
    fit(model, callback, epochs=1)
    _, losses = open_run(run).metrics()["probe_loss"]
    assert losses[:2].all()
    assert losses[-1] == 0


def test_an_error_in_measuring_warns_once_and_training_goes_on(model, run):
    # Such labels are found out when the loss is computed.
    callback = LayerStatistics(run, probe=(PROBE[0], np.full(20, 99)), every=1)
    with pytest.warns(RuntimeWarning, match="misses the record of step 0") as caught:
        fit(model, callback)
    assert len(caught) == 1
    assert int(model.optimizer.iterations) == 8
    stored = open_run(run)
    assert stored.state == "finished"
    assert len(stored.steps) == 0
    assert stored.metrics()["loss"][0].tolist() == [4, 8]


def test_an_error_in_training_leaves_a_run_that_goes_on(model, run):
    def fail():
        raise RuntimeError("no more")

    callback = LayerStatistics(run, probe=PROBE, every=1)
    with pytest.raises(RuntimeError, match="no more"):
        fit(model, callback, AtStep(2, fail))
    assert model.get_layer("hidden").activation is keras.activations.tanh
    fit(model, callback, epochs=1)
    stored = open_run(run)
    assert stored.state == "finished"
    assert stored.steps.tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_a_run_is_resumed_from_the_step_of_the_optimizer(model, run, tmp_path):
    saved = tmp_path / "model.keras"
    save = AtStep(4, lambda: model.save(saved))
    fit(model, LayerStatistics(run, probe=PROBE, every=2), save)
    expected = open_run(run).read_statistics("weight", "std")
    loaded = keras.models.load_model(saved)
    callback = LayerStatistics(run, probe=PROBE, every=1, mode="resume")
    fit(loaded, callback, epochs=1)
    stored = open_run(run)
    assert stored.steps.tolist() == [0, 2, 4, 5, 6, 7, 8]
    np.testing.assert_array_equal(
        stored.read_statistics("weight", "std")[:3], expected[:3]
    )


def test_an_existing_run_is_left_alone_and_nothing_is_trained(model, run):
    fit(model, LayerStatistics(run, probe=PROBE))
    other = make_model(seed=2)
    with pytest.raises(RunError, match=r"mode='resume'.*mode='overwrite'"):
        fit(other, LayerStatistics(run, probe=PROBE))
    assert int(other.optimizer.iterations) == 0
    assert len(open_run(run).steps) == 5


def test_an_existing_run_can_be_overwritten(model, run):
    fit(model, LayerStatistics(run, probe=PROBE))
    callback = LayerStatistics(run, probe=PROBE, every=4, mode="overwrite")
    fit(make_model(), callback)
    assert open_run(run).steps.tolist() == [0, 4, 8]


def test_a_model_that_starts_anew_needs_another_callback(model, run):
    callback = LayerStatistics(run, probe=PROBE)
    fit(model, callback)
    with pytest.raises(ValueError, match=r"step 8.*at step 0.*of its own"):
        fit(make_model(), callback)
    assert len(open_run(run).steps) == 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"probe": X}, "a tuple"),
        ({"probe": (X, Y[:5])}, "as many targets"),
        ({"probe": PROBE, "every": 0}, "`every`"),
        ({"probe": PROBE, "mode": "append"}, "`mode`"),
        ({"probe": PROBE, "layers": "hidden"}, r"\['hidden'\]"),
    ],
)
def test_wrong_arguments_are_refused_at_once(run, arguments, message):
    with pytest.raises(ValueError, match=message):
        LayerStatistics(run, **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"probe": (X[:, :5], Y)}, "does not take this probe"),
        ({"probe": PROBE, "layers": ["first"]}, r"\['hidden', 'output'\]"),
        ({"probe": PROBE, "hyperparameters": {"a": object()}}, "JSON"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_before_training(
    model, run, tmp_path, arguments, message
):
    with pytest.raises(ValueError, match=message):
        fit(model, LayerStatistics(run, **arguments))
    assert int(model.optimizer.iterations) == 0
    assert not list(tmp_path.iterdir())


def test_a_model_without_a_loss_is_refused(run):
    model = make_model(loss=None)
    with pytest.raises(ValueError, match="No loss"):
        model.fit(X, callbacks=[LayerStatistics(run, probe=PROBE)], verbose=0)


def test_attributes_are_json(model, run):
    fit(model, LayerStatistics(run, probe=PROBE), epochs=1)
    json.dumps(open_run(run).attributes, allow_nan=False)
