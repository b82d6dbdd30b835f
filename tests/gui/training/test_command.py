"""The command line of an experiment describes the same experiment."""

import shlex
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.cli import make_parser
from keras_xavier.experiments.experiment import (
    ACTIVATIONS,
    DATASETS,
    INITIALIZERS,
    Experiment,
)
from keras_xavier_gui.training.command import (
    command_line,
    experiment_of,
    short_name,
    train_arguments,
)
from keras_xavier_gui.training.presets import PRESETS

COUNTS = st.integers(1, 2**31 - 1)
EXPERIMENTS = st.builds(
    Experiment,
    dataset=st.sampled_from(DATASETS),
    activation=st.sampled_from(ACTIVATIONS),
    initializer=st.sampled_from(INITIALIZERS),
    layers=COUNTS,
    units=COUNTS,
    learning_rate=st.floats(0, exclude_min=True, allow_infinity=False),
    batch_size=COUNTS,
    updates=COUNTS,
    seed=st.integers(0, 2**31 - 1),
)
PATHS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def parse(words):
    options = make_parser().parse_args(words)
    names = [field.name for field in fields(Experiment)]
    return Experiment(**{name: getattr(options, name) for name in names}), options.run


@given(experiment=EXPERIMENTS, path=PATHS.map(lambda text: f"/{text}"))
def test_the_command_describes_the_same_experiment(experiment, path):
    words = train_arguments(experiment, path)
    shown = shlex.split(command_line(words))
    assert shown == ["keras-xavier", *words]
    assert parse(shown[1:]) == (experiment, path)


@given(experiment=EXPERIMENTS)
def test_a_command_can_be_set_up_as_an_experiment(experiment):
    command = command_line(train_arguments(experiment, "/runs/a b"))
    assert experiment_of(command) == experiment


@pytest.mark.parametrize(
    "command",
    ["", "python train.py", "keras-xavier", "keras-xavier train --units many"],
)
def test_other_commands_are_no_experiments(command):
    known = experiment_of(command)
    assert known is None


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_has_a_command(preset):
    words = train_arguments(PRESETS[preset], "/runs/mine")
    assert parse(words) == (PRESETS[preset], "/runs/mine")


def test_only_prepared_datasets_require_a_folder():
    words = train_arguments(Experiment(dataset="cifar10"), "/x", "/data")
    assert words[-4:] == ["--data-dir", "/data", "--run", "/x"]
    assert "--data-dir" not in train_arguments(Experiment(), "/x", "/data")


def test_defaults_are_left_out():
    assert train_arguments(Experiment(), "/a b") == ["train", "--run", "/a b"]
    line = command_line(train_arguments(Experiment(units=10), "/a b"))
    assert line == "keras-xavier train --units 10 --run '/a b'"


@given(experiment=EXPERIMENTS)
def test_names_of_runs_are_file_names(experiment):
    name = short_name(experiment)
    assert "/" not in name
    assert " " not in name
