"""Experiments: validation, run names and comparison with runs."""

from dataclasses import asdict, replace

import pytest

from keras_xavier import activations, datasets, initializers
from keras_xavier.experiments.experiment import (
    ACTIVATIONS,
    DATASETS,
    INITIALIZERS,
    Experiment,
    check_unique_names,
)
from keras_xavier.runs import RunWriter, open_run
from keras_xavier.statistics import Layer


def test_names_match_those_of_the_package():
    assert set(DATASETS) == set(datasets.DATASETS)
    assert set(ACTIVATIONS) == set(activations.ACTIVATIONS)
    assert set(INITIALIZERS) == set(initializers.INITIALIZERS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dataset", "imagenet"),
        ("activation", "Tanh"),
        ("initializer", ""),
        ("layers", 0),
        ("units", -1),
        ("batch_size", 0),
        ("updates", 0),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("learning_rate", float("inf")),
        ("seed", -1),
        ("seed", 2**31),
    ],
)
def test_invalid_hyperparameters_are_rejected_by_name(name, value):
    with pytest.raises(ValueError, match=f"`{name}`") as rejected:
        Experiment(**{name: value})
    assert repr(value) in str(rejected.value)


def test_different_experiments_have_different_names():
    first = Experiment()
    for change in (
        {"dataset": "mnist"},
        {"activation": "sigmoid"},
        {"initializer": "standard"},
        {"layers": 4},
        {"units": 10},
        {"seed": 1},
    ):
        assert replace(first, **change).run_name() != first.run_name()


def test_only_updates_may_change_when_a_run_is_resumed():
    stored = asdict(Experiment(updates=10))
    assert Experiment(updates=20).differences(stored) == []
    assert Experiment(units=7, seed=3).differences(stored) == ["units", "seed"]


def test_a_run_without_hyperparameters_is_not_a_default_experiment(tmp_path):
    assert "units" in Experiment().differences({})
    with RunWriter(tmp_path / "foreign", layers=[Layer("a", "Dense", "tanh", 3, 6)]):
        pass
    with pytest.raises(ValueError, match="does not hold the hyperparameters"):
        Experiment.from_run(open_run(tmp_path / "foreign"))


def test_older_runs_count_as_runs_without_pretraining():
    stored = asdict(Experiment())
    del stored["pretraining_updates"]
    assert Experiment().differences(stored) == []
    assert Experiment(pretraining_updates=5).differences(stored) == [
        "pretraining_updates"
    ]


@pytest.mark.parametrize(
    "changed", [{}, {"updates": 7}, {"learning_rate": 0.01 + 1e-12}]
)
def test_experiments_with_the_same_run_name_are_rejected(changed):
    first = Experiment()
    check_unique_names([first, replace(first, seed=1)])
    with pytest.raises(ValueError, match=f"would be one run, {first.run_name()}"):
        check_unique_names([first, replace(first, **changed)])
