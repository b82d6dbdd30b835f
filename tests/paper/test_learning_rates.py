"""Learning rates that are chosen on validation error."""

from dataclasses import asdict

import pytest

from keras_xavier.paper import learning_rates
from keras_xavier.paper.experiment import Experiment
from keras_xavier.paper.learning_rates import choice_for, choose, chosen, save
from keras_xavier.paper.schemes import SCHEMES
from keras_xavier.runs import RunWriter, open_run
from keras_xavier.statistics import Layer


@pytest.fixture
def make_run(tmp_path):
    def make(error, **settings):
        experiment = Experiment(**settings)
        path = str(tmp_path / experiment.run_name())
        layers = [Layer("hidden_1", "Dense", "tanh", 3, 6)]
        with RunWriter(
            path, layers=layers, hyperparameters=asdict(experiment)
        ) as writer:
            writer.log(10, {"val_error": 0.9})
            writer.log(20, {"val_error": error})
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


def test_choices_are_read_as_they_were_written(make_run, tmp_path, monkeypatch):
    choices = choose([make_run(0.2, learning_rate=0.1)])
    save(choices, tmp_path / "learning_rates.json")
    monkeypatch.setattr(learning_rates, "files", lambda package: tmp_path)
    chosen.cache_clear()
    assert list(chosen()) == choices
    chosen.cache_clear()


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
@pytest.mark.parametrize("dataset", ["shapeset3x2", "mnist"])
def test_each_scheme_has_a_rate_that_was_better_than_others(scheme, dataset):
    choice = choice_for(scheme.experiment(dataset=dataset))
    errors = choice.validation_errors
    assert len(errors) >= 3
    assert errors[f"{choice.learning_rate:g}"] == min(errors.values())


def test_the_choice_nearest_in_depth_and_then_in_width_is_taken():
    four = choice_for(SCHEMES[-1].experiment(layers=4, units=200))
    five = choice_for(SCHEMES[-1].experiment(layers=5, units=200))
    assert (four.layers, five.layers) == (4, 5)
    assert choice_for(Experiment(units=190)).units == 200


def test_without_a_choice_one_is_told_how_to_make_it():
    with pytest.raises(LookupError, match="sweep --choose"):
        choice_for(Experiment(activation="gelu"))
