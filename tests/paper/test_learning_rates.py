"""Learning rates chosen by validation error."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from keras_xavier.experiments.experiment import Experiment
from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.paper import learning_rates
from keras_xavier.paper.learning_rates import (
    LearningRateChoice,
    choice_for,
    choose,
    chosen,
    save,
)
from keras_xavier.paper.schemes import SCHEMES
from keras_xavier.runs import RunWriter, open_run
from keras_xavier.statistics import QUANTITIES, STATISTICS, Layer, Measurement

EMPTY = (
    np.zeros((len(QUANTITIES), 1, len(STATISTICS)), np.float32),
    np.zeros((len(QUANTITIES), 1, BIN_COUNT), np.uint32),
)
CHOICE = LearningRateChoice(
    *("mnist", "tanh", "standard", 5, 200, 20),
    learning_rate=0.1,
    validation_errors={"1": 0.3, "0.1": 0.2, "0.01": 0.1},
    seeds=(0,),
)


@pytest.fixture
def make_run(tmp_path):
    def make(error, *, done=20, **hyperparameters):
        experiment = Experiment(updates=20, **hyperparameters)
        path = str(tmp_path / experiment.run_name())
        layers = [Layer("hidden_1", "Dense", "tanh", 3, 6)]
        with RunWriter(
            path, layers=layers, hyperparameters=asdict(experiment)
        ) as writer:
            writer.log(1, {"val_error": 0.9, "test_error": 0.9})
            writer.record(done, Measurement(*EMPTY, {}))
            writer.log(done, {"val_error": error, "test_error": 0.5})
        return open_run(path)

    return make


def test_the_rate_with_the_lowest_mean_error_at_the_end_is_chosen(make_run):
    runs = [
        make_run(0.20, learning_rate=0.1, seed=0),
        make_run(0.40, learning_rate=0.1, seed=1),
        make_run(0.25, learning_rate=0.01, seed=0),
        make_run(0.27, learning_rate=0.01, seed=1),
        make_run(0.10, learning_rate=1.0, activation="softsign"),
    ]
    softsign, tanh = choose(runs)
    assert (tanh.activation, tanh.learning_rate) == ("tanh", 0.01)
    assert tanh.validation_errors == {"0.01": 0.26, "0.1": 0.3}
    assert tanh.seeds == (0, 1)
    assert (softsign.activation, softsign.learning_rate) == ("softsign", 1.0)


def test_other_hyperparameters_make_separate_choices(make_run):
    choices = choose(
        [
            make_run(0.2, learning_rate=0.1),
            make_run(0.1, learning_rate=0.2, batch_size=100),
            make_run(0.3, learning_rate=0.3, pretraining_updates=50),
        ]
    )
    found = {(one.batch_size, one.pretraining_updates): one for one in choices}
    assert {kind: one.learning_rate for kind, one in found.items()} == {
        (10, 0): 0.1,
        (100, 0): 0.2,
        (10, 50): 0.3,
    }


def test_runs_that_cannot_be_compared_are_skipped_with_a_message(make_run, tmp_path):
    with RunWriter(tmp_path / "foreign", layers=[Layer("a", "Dense", "tanh", 3, 6)]):
        pass
    messages = []
    choices = choose(
        [
            make_run(0.4, learning_rate=0.1, seed=0),
            make_run(0.3, learning_rate=0.2, seed=0),
            make_run(0.2, done=10, learning_rate=0.3, seed=0),
            make_run(0.2, activation="sigmoid", learning_rate=0.1, seed=0),
            make_run(0.1, activation="sigmoid", learning_rate=0.2, seed=1),
            open_run(tmp_path / "foreign"),
        ],
        notify=messages.append,
    )
    assert [one.validation_errors for one in choices] == [{"0.1": 0.4, "0.2": 0.3}]
    incomplete, foreign, seeds = messages
    assert "only 10 of 20 updates" in incomplete
    assert "foreign" in foreign
    assert "different seeds" in seeds
    assert "activation sigmoid" in seeds


def test_choices_at_the_edge_of_the_candidates_are_marked():
    assert replace(CHOICE, learning_rate=0.01).is_at_edge
    assert not replace(CHOICE, learning_rate=0.1).is_at_edge
    assert replace(CHOICE, learning_rate=1.0).is_at_edge


def test_choices_survive_a_round_trip(make_run, tmp_path, monkeypatch):
    choices = choose([make_run(0.2, learning_rate=0.1)])
    save(choices, tmp_path / "learning_rates.json")
    monkeypatch.setattr(learning_rates, "files", lambda package: tmp_path)
    chosen.cache_clear()
    assert list(chosen()) == choices
    chosen.cache_clear()


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
@pytest.mark.parametrize("dataset", ["shapeset3x2", "mnist", "cifar10"])
def test_each_scheme_has_a_rate_that_beat_other_candidates(scheme, dataset):
    choice = choice_for(scheme.experiment(dataset=dataset))
    assert choice.dataset == dataset
    errors = choice.validation_errors
    assert len(errors) >= 3
    assert errors[f"{choice.learning_rate:g}"] == min(errors.values())


def test_the_choice_nearest_in_depth_and_then_in_width_is_used():
    four = choice_for(SCHEMES[-1].experiment(layers=4, units=200))
    five = choice_for(SCHEMES[-1].experiment(layers=5, units=200))
    assert (four.layers, five.layers) == (4, 5)
    assert choice_for(Experiment(units=190)).units == 200


def test_a_missing_choice_names_the_command_that_makes_one():
    with pytest.raises(LookupError, match="sweep --choose"):
        choice_for(Experiment(activation="gelu"))
