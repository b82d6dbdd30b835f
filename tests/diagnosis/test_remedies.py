"""Commands that try a remedy."""

import shlex

import pytest

from keras_xavier import cli
from keras_xavier.diagnosis.remedies import ALLOWED, advice, better, try_it
from keras_xavier.experiments import experiment
from keras_xavier.statistics import Layer


def parse(command):
    words = shlex.split(command)
    assert words[:2] == ["keras-xavier", "train"]
    return cli.make_parser().parse_args(words[1:])


def test_allowed_names_match_the_command():
    assert set(ALLOWED["activation"]) == set(experiment.ACTIVATIONS)
    assert set(ALLOWED["initializer"]) == set(experiment.INITIALIZERS)
    assert set(ALLOWED["dataset"]) == set(experiment.DATASETS)


def test_a_run_of_the_command_keeps_its_hyperparameters(write):
    own = {
        "dataset": "mnist", "activation": "sigmoid", "initializer": "standard",
        "layers": 4, "units": 123, "learning_rate": 0.25, "batch_size": 7,
        "updates": 50,
    }  # fmt: skip
    options = parse(try_it(write(hyperparameters=own), activation="tanh"))
    expected = own | {"activation": "tanh"}
    assert {name: getattr(options, name) for name in own} == expected


def test_other_runs_have_no_command(write):
    assert try_it(write(), learning_rate=0.1) == ""


@pytest.mark.parametrize(
    "untrusted",
    [
        {"activation": "; rm", "initializer": [], "layers": "9", "units": -1},
        {"activation": {}, "initializer": None, "layers": True, "units": 1e9},
    ],
)
def test_untrusted_hyperparameters_are_not_passed_on(write, untrusted):
    run = write(hyperparameters=untrusted | {"learning_rate": "x"})
    assert try_it(run, learning_rate=0.5) == ""


@pytest.mark.parametrize(
    ("activation", "expected", "text"),
    [
        ("tanh", ("tanh", "normalized"), "glorot_uniform"),
        ("relu", ("relu", "he_normal"), "he_normal"),
        ("selu", ("selu", "lecun_normal"), "lecun_normal"),
        ("sigmoid", ("tanh", "normalized"), "Use tanh instead of sigmoid"),
        ("softplus", ("tanh", "normalized"), "glorot_uniform"),
    ],
)
def test_initializers_suit_the_activation(write, activation, expected, text):
    layers = [Layer(f"dense_{i}", "Dense", activation, 20, 420) for i in range(3)]
    run = write(layers=layers)
    assert tuple(better(run).values()) == expected
    assert text in advice(run)
