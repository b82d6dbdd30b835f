"""Tries remedies on real models, which are trained for some updates."""

import random

import keras
import numpy as np
import pytest

import keras_xavier as kx
from keras_xavier.diagnosis import FigureSpec, Finding, FindingName, Severity
from keras_xavier.diagnosis.trial_results import read_results
from keras_xavier.remedies import trying
from keras_xavier.runs import RunError, State, open_run

EAGERLY = keras.backend.backend() == "tensorflow"
"""With TensorFlow, few updates take less time than compiling them."""
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(300, 4)).astype("float32")
REAL = X[:, 0] + X[:, 1]
BITS = (X[:, 0] > 0).astype("float32")


def finding(name):
    """A finding that says only its name."""
    figure = FigureSpec("training-curves")
    texts = {"summary": "", "explanation": "", "remedy": "", "source": ""}
    return Finding(name, Severity.ERROR, (), (0, 0), (), figure, **texts)


def sigmoid_regression(optimizer="adam"):
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer, "mse", run_eagerly=EAGERLY)
    return model


def tried(problem, model, data, folder, **options):
    options = {"updates": 60, "limit": 1, "verbose": False} | options
    return kx.try_remedies(problem, model, data, folder=folder, **options)


def test_the_report_names_the_remedy_that_helps(tmp_path):
    model = sigmoid_regression(keras.optimizers.Adam(0.01))
    report = tried([], model, (X, 100 + 10 * REAL), tmp_path, limit=2, updates=100)
    best = report.helpful[0]
    assert best.title == "Linear output and scaled targets"
    assert best.value > 0.5 > report.original.value
    assert report.measure == "R²"
    assert report.guessing == pytest.approx(0, abs=0.2)
    layer, targets = best.changes
    assert layer.before == 'keras.layers.Dense(1, activation="sigmoid")'
    assert layer.after == "keras.layers.Dense(1)"
    assert "(y - mean) / std" in targets.after
    text = str(report)
    assert "Best: Linear output and scaled targets" in text
    assert f"- {layer.before}" in text
    runs = list(report.runs())
    assert [run.state for run in runs] == [State.FINISHED] * 3
    assert {"loss", "val_r2", "val_mse"} <= set(runs[0].metrics())
    assert len(report.figure().axes) >= 2
    # The app reads the results.
    assert str(read_results(str(tmp_path))) == str(report.trial_results())


def test_model_optimizer_and_random_numbers_are_left_unchanged(tmp_path):
    model = sigmoid_regression()
    model.fit(X, REAL, epochs=1, verbose=0)
    keras.random.normal((1,))
    before = [
        *model.get_weights(),
        *(keras.ops.convert_to_numpy(v) for v in model.optimizer.variables),
    ]
    keras.utils.set_random_seed(3)
    keras.random.normal((1,))
    expected = three_numbers()
    keras.utils.set_random_seed(3)
    keras.random.normal((1,))
    tried([], model, (X, REAL), tmp_path, updates=4)
    assert three_numbers() == expected
    after = [
        *model.get_weights(),
        *(keras.ops.convert_to_numpy(v) for v in model.optimizer.variables),
    ]
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)
    model.fit(X, REAL, epochs=1, verbose=0)


def three_numbers():
    """Draws from the generators of Python, NumPy and Keras."""
    of_keras = float(keras.ops.convert_to_numpy(keras.random.normal((1,)))[0])
    return random.random(), np.random.rand(), of_keras  # noqa: NPY002, S311


def test_finished_runs_are_not_repeated_and_others_are(tmp_path, monkeypatch):
    model = sigmoid_regression()
    first = tried([], model, (X, REAL), tmp_path)
    made = []
    train = trying.train_trial

    def interrupted(trial, watch):
        made.append(trial.title)
        if len(made) == 1:
            raise KeyboardInterrupt
        train(trial, watch)

    monkeypatch.setattr(trying, "train_trial", interrupted)
    assert tried([], model, (X, REAL), tmp_path) == first
    rebuilt = sigmoid_regression()
    assert rebuilt.name != model.name
    rebuilt.set_weights(model.get_weights())
    assert tried([], rebuilt, (X, REAL), tmp_path) == first
    assert made == []
    with pytest.raises(KeyboardInterrupt):
        tried([], model, (X, 2 * REAL), tmp_path)
    again = tried([], model, (X, 2 * REAL), tmp_path)
    assert made == ["Original", "Original", again.results[0].title]
    assert again.original.cost > first.original.cost


def test_a_foreign_run_is_not_overwritten(tmp_path):
    model = sigmoid_regression()
    path = str(tmp_path / "original")
    model.fit(X, REAL, verbose=0, callbacks=[kx.LayerStatistics(path)])
    with pytest.raises(RunError, match="did not write"):
        tried([], model, (X, REAL), tmp_path)


def test_original_and_remedy_begin_with_the_weights_of_an_untrained_model(tmp_path):
    model = sigmoid_regression()
    report = tried([], model, (X, REAL), tmp_path, updates=2)
    hidden = np.linalg.norm(model.layers[0].kernel) / np.sqrt(32)
    for run in report.runs():
        rms = run.statistics("weight", "std")[0, 0]
        mean = run.statistics("weight", "mean")[0, 0]
        assert np.hypot(rms, mean) == pytest.approx(hidden, rel=0.02)


@keras.saving.register_keras_serializable(package="tests")
class Scaled(keras.layers.Layer):
    def __init__(self, factor=2.0, **options):
        super().__init__(**options)
        self.factor = factor

    def call(self, x):
        return self.factor * x

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


def wide_model():
    """A functional model with a nested and a shared layer, and two outputs."""
    inner = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(6, activation="tanh"), Scaled(1.5)]
    )
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    shared = keras.layers.Dense(5, activation=lambda z: keras.ops.tanh(z))
    merged = keras.layers.add([shared(inner(left)), shared(inner(right))])
    number = keras.layers.Dense(1, activation="sigmoid", name="number")(merged)
    kind = keras.layers.Dense(2, name="kind")(merged)
    model = keras.Model(
        {"left": left, "right": right}, {"number": number, "kind": kind}
    )
    losses = {"number": "mse", "kind": "sparse_categorical_crossentropy"}
    model.compile("adam", losses, run_eagerly=EAGERLY)
    return model


def batches(kind):
    """The same data as a data set of batches."""
    x, y = {"left": X, "right": X}, {"number": 5 * REAL, "kind": BITS.astype(int)}

    class Data(keras.utils.PyDataset):
        def __len__(self):
            return 10

        def __getitem__(self, place):
            rows = slice(30 * place, 30 * place + 30)
            return keras.tree.map_structure(lambda one: one[rows], (x, y))

    if kind == "PyDataset":
        return Data()
    if kind == "tf.data":
        tensorflow = pytest.importorskip("tensorflow")
        return tensorflow.data.Dataset.from_tensor_slices((x, y)).batch(30)
    return x, y


@pytest.mark.parametrize(
    "kind",
    [
        "arrays",
        pytest.param("PyDataset", marks=pytest.mark.nightly),
        pytest.param("tf.data", marks=pytest.mark.nightly),
    ],
)
def test_nested_shared_and_custom_layers_several_outputs_and_inputs(kind, tmp_path):
    report = tried([], wide_model(), batches(kind), tmp_path, updates=20)
    (result,) = report.results
    assert not result.failure
    assert result.title.startswith("Linear output and sparse categorical")
    assert report.measure == "R² and accuracy"


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: keras.Sequential([keras.layers.Dense(1)]), "is not compiled"),
        (lambda: compiled(Subclassed()), "subclassed model.*Functional model"),
        (
            lambda: compiled(keras.Sequential([keras.Input((4,)), Unsaved(2)])),
            "'unsaved'.*`get_config`",
        ),
    ],
)
def test_models_that_cannot_be_rebuilt_raise_an_error(model, message, tmp_path):
    keras.utils.clear_session()
    with pytest.raises(ValueError, match=message):
        tried([], model(), (X, REAL), tmp_path)


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, x):
        return self.dense(x)


class Unsaved(keras.layers.Layer):
    def __init__(self, parts):
        super().__init__(name="unsaved")
        self.parts = parts

    def call(self, x):
        return x

    def get_config(self):
        raise NotImplementedError("it has parts")


def compiled(model):
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"problem": 3}, "`problem` must be a run.*int"),
        ({"data": (X,)}, "inputs and targets"),
        ({"data": (X, REAL[:-1])}, "as many inputs as targets"),
        ({"updates": 0}, "`updates` must be a positive integer"),
    ],
)
def test_invalid_arguments_raise_an_error(options, message, tmp_path):
    arguments = {"problem": [], "model": sigmoid_regression(), "data": (X, REAL)}
    with pytest.raises(ValueError, match=message):
        kx.try_remedies(**(arguments | options), folder=tmp_path, verbose=False)


def test_a_custom_loop_trains_the_changed_models(tmp_path):
    def train(model, batches):
        for x, y in batches:
            model.train_on_batch(x, y)

    data = X, 20 * REAL
    model = sigmoid_regression(keras.optimizers.Adam(0.01))
    report = tried([], model, data, tmp_path, train=train, updates=40)
    run = open_run(report.results[0].run)
    assert run.last_step == 40
    assert report.results[0].value > report.original.value

    def lazy(model, batches):
        next(batches)

    with pytest.raises(ValueError, match="It took 0 of 40"):
        tried([], sigmoid_regression(), data, tmp_path / "lazy", train=lazy, updates=40)


def test_a_change_that_fails_does_not_stop_the_others(tmp_path, monkeypatch):
    train = trying.train_trial

    def broken(trial, watch):
        if trial.title != "Original" and trial.program.scales_targets:
            raise TypeError("does not fit\nat all")
        train(trial, watch)

    monkeypatch.setattr(trying, "train_trial", broken)
    data = X, 100 + REAL
    # Neither does a file of results that cannot be written.
    (tmp_path / "results.json").mkdir()
    with pytest.warns(UserWarning, match="results could not be written"):
        report = tried([], sigmoid_regression(), data, tmp_path, updates=4, limit=2)
    first, second = report.results
    assert first.failure == "TypeError: does not fit"
    assert not first.helps
    assert not second.failure
    assert "failed" in str(report)


def test_examples_that_are_not_finite_are_left_out(tmp_path):
    x = X.copy()
    x[17, 2] = np.nan
    model = sigmoid_regression()
    model.compile(keras.optimizers.Adam(0.01), "mse")
    problem = finding(FindingName.NONFINITE_VALUES)
    report = tried(problem, model, (x, BITS), tmp_path, updates=100)
    assert report.helpful[0].title == "Only finite examples"
    assert np.isnan(report.original.value)


def test_a_run_is_diagnosed_and_its_remedies_are_beside_it(tmp_path):
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(8, activation="relu", bias_initializer=minus_50),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    adam = keras.optimizers.Adam(0.01)
    model.compile(adam, "sparse_categorical_crossentropy")
    path = str(tmp_path / "mine")
    model.fit(X, BITS, epochs=12, verbose=0, callbacks=[kx.LayerStatistics(path)])
    report = tried(path, model, (X, BITS), None, updates=100)
    assert "dead_units" in report.problems or report.problems
    assert report.results[0].run == str(tmp_path / "mine-remedies") + (
        "/initializers-suited-to-the-activations.zarr"
    )
    assert report.results[0].helps
    assert report.results[0].is_gone


def minus_50(shape, dtype=None):
    return keras.ops.full(shape, -50.0, dtype)


@pytest.mark.skipif(
    keras.backend.backend() == "jax", reason="JAX warns of the forks of Ray's start"
)
@pytest.mark.timeout(900)
def test_remedies_train_in_parallel(tmp_path, ray_running):
    data = X, 100 + 10 * REAL
    model = sigmoid_regression(keras.optimizers.Adam(0.01))
    alone = tried([], model, data, tmp_path / "alone", updates=20)
    both = tried([], model, data, tmp_path / "both", updates=20, parallel=True)
    assert [one.failure for one in both.results] == [""]
    assert both.original.value == pytest.approx(alone.original.value, rel=1e-3)
