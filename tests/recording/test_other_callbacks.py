"""LayerStatistics with other callbacks, KerasTuner and scikit-learn.

BackupAndRestore, ModelCheckpoint and EarlyStopping are in fit/test_several_fits.py.
"""

import copy
import csv
from itertools import islice

import keras
import keras_tuner
import numpy as np
import pytest
from keras import layers

import keras_xavier as kx
from keras_xavier.recording.run_checks import numbered_runs
from keras_xavier.runs import find_runs

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 6)).astype("float32")
Y = RANDOM.integers(0, 3, 40)
PROBE = (X[:20], Y[:20])


def make_model(units=8, loss="sparse_categorical_crossentropy"):
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            layers.Input((6,)),
            layers.Dense(units, "tanh", name="hidden"),
            layers.Dense(3, "softmax", name="output"),
        ]
    )
    model.compile("sgd", loss, metrics=["accuracy"])
    return model


def fit(model, *callbacks, epochs=3):
    return model.fit(X, Y, 10, epochs, verbose=0, callbacks=list(callbacks))


@pytest.fixture
def folder(tmp_path):
    return str(tmp_path / "runs")


def names(folder):
    return sorted(run.name for run in find_runs(folder))


# Callbacks of Keras


@pytest.mark.parametrize("probe", [PROBE, None], ids=["probe", "batch"])
def test_callbacks_that_log_and_change_the_learning_rate(folder, tmp_path, probe):
    kept = []
    for name in ("with", "without"):
        log = tmp_path / f"{name}.csv"
        # Only callbacks after the callback that changes the rate have it in their logs.
        rate = keras.callbacks.ReduceLROnPlateau("loss", mode="max", patience=1)
        mine = kx.LayerStatistics(f"{folder}/run", probe=probe, every=1)
        board = keras.callbacks.TensorBoard(
            str(tmp_path / name), histogram_freq=1, update_freq=1
        )
        model = make_model()
        fit(
            *(model, rate, *([mine] if name == "with" else []), board),
            keras.callbacks.CSVLogger(str(log)),
        )
        assert list((tmp_path / name / "train").glob("events.*"))
        rows = list(csv.DictReader(log.read_text().splitlines()))
        kept.append((rows, model.get_weights()))
    (logs, weights), (plain_logs, plain_weights) = kept
    for one, other in zip(weights, plain_weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    run = kx.open_run(f"{folder}/run")
    steps, losses = run.metrics()["loss"]
    assert steps.tolist() == [4, 8, 12]
    assert losses == pytest.approx([float(one["loss"]) for one in logs], rel=1e-5)
    assert losses == pytest.approx([float(one["loss"]) for one in plain_logs], rel=1e-5)
    rates = run.metrics()["learning_rate"][1]
    assert rates == pytest.approx([float(one["learning_rate"]) for one in logs])
    assert rates[-1] < rates[0]


# Copies


def test_each_copy_records_another_run(folder):
    reported = []
    original = kx.LayerStatistics(
        f"{folder}/run", on_finding=reported.append, rules=[report_run]
    )
    unused, one = copy.deepcopy(original), copy.deepcopy(original)
    model = make_model()
    fit(model, one, epochs=1)
    # A second fit continues the run, as with any callback.
    fit(model, one, epochs=1)
    # A copy of a used callback records another run, too.
    fit(make_model(), copy.deepcopy(one), epochs=1)
    fit(make_model(), original, epochs=1)
    assert {run.name: run.last_step for run in find_runs(folder)} == {
        "run": 3,
        "run-1": 7,
        "run-2": 3,
    }
    assert [one.name.rpartition("/")[2] for one in reported] == [
        *("run-1.zarr", "run-2.zarr", "run.zarr")
    ]
    assert unused.run == original.run


def test_copies_skip_existing_runs(monkeypatch):
    there = {"runs/a-1", "runs/a-3"}
    monkeypatch.setattr(
        "keras_xavier.recording.run_checks.run_exists", there.__contains__
    )
    for mode, numbers in (
        ("create", (2, 4, 5)),
        ("overwrite", (1, 2, 3)),
        ("resume", (1, 2, 3)),
    ):
        runs = islice(numbered_runs("runs/a.zarr", mode), 3)
        assert list(runs) == [f"runs/a-{number}" for number in numbers]


def report_run(run, thresholds):
    """A rule that reports the path of the run."""
    yield kx.diagnosis.Finding(
        name=run.path,
        severity=kx.diagnosis.Severity.NOTE,
        layers=(),
        steps=(0, 0),
        numbers=(),
        figure=kx.FigureSpec("overview"),
        summary="",
        explanation="",
        remedy="",
        source="",
    )


# Searches and estimators

# KerasTuner 1.4.8 calls functions of threading that are deprecated.
old_names = pytest.mark.filterwarnings(
    "ignore:currentThread:DeprecationWarning", "ignore:getName:DeprecationWarning"
)


@pytest.fixture
def search(tmp_path):
    def search(hypermodel, **options):
        tuner = keras_tuner.GridSearch(hypermodel, "loss", directory=str(tmp_path))
        tuner.search(X, Y, 10, 1, verbose=0, **options)

    return search


def build(hp):
    return make_model(hp.Choice("units", [4, 6]))


@old_names
def test_each_trial_of_a_search_records_another_run(folder, search):
    callback = kx.LayerStatistics(f"{folder}/units")
    search(build, callbacks=[callback])
    assert names(folder) == ["units-1", "units-2"]
    units = [kx.open_run(run.path).layers[1].units for run in find_runs(folder)]
    assert units == [4, 6]
    assert all(run.state == "finished" for run in find_runs(folder))


@old_names
def test_a_search_that_names_its_runs(folder, search):
    class Model(keras_tuner.HyperModel):
        def build(self, hp):
            return build(hp)

        def fit(self, hp, model, *data, callbacks, **options):
            mine = kx.LayerStatistics(
                f"{folder}/units {hp.get('units')}", hyperparameters=hp.values
            )
            return model.fit(*data, callbacks=[*callbacks, mine], **options)

    search(Model())
    assert names(folder) == ["units 4", "units 6"]
    run = kx.open_run(f"{folder}/units 6")
    assert run.hyperparameters == {"units": 6}


def test_a_model_as_an_estimator(folder):
    model = make_model(loss="categorical_crossentropy")
    mine = kx.LayerStatistics(f"{folder}/run")
    estimator = keras.wrappers.SKLearnClassifier(
        model, fit_kwargs={"batch_size": 10, "verbose": 0, "callbacks": [mine]}
    )
    # The estimator trains a copy and leaves the model unchanged.
    before = model.get_weights()
    estimator.fit(X, Y)
    for one, other in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)
    assert kx.open_run(mine.run).last_step == 3
    # The estimator trains a new model, which needs another callback.
    with pytest.warns(RuntimeWarning, match="Create another LayerStatistics"):
        estimator.fit(X, Y)
    assert kx.open_run(mine.run).last_step == 3
    estimator.fit_kwargs["callbacks"] = [copy.deepcopy(mine)]
    estimator.fit(X, Y)
    assert names(folder) == ["run", "run-1"]
