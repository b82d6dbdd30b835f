"""Learning rates, training time and versions in the report."""

from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from types import SimpleNamespace

import numpy as np
import pytest

from keras_xavier.experiments.experiment import Experiment
from keras_xavier.paper import report
from keras_xavier.paper.learning_rates import choice_for

TANH = Experiment(dataset="mnist", initializer="standard")


def test_a_given_rate_needs_no_choice():
    unknown = Experiment(activation="gelu", learning_rate=0.05)
    row = report.rate_row("GELU", unknown, given=True)
    assert row == "| Shapeset-3×2 | GELU | 5 | 0.05 | given |"


def test_a_chosen_rate_names_its_candidates():
    choice = choice_for(TANH)
    row = report.rate_row("Tanh", TANH, given=False)
    assert f"{choice.units} units, {choice.updates:,} updates, 1 seed: " in row


def test_a_choice_at_the_edge_of_the_candidates_is_marked(monkeypatch):
    choice = choice_for(TANH)
    assert "rate tried" not in report.found_by(TANH)
    at_edge = replace(choice, validation_errors={"0.1": 0.4, "0.03": 0.3})
    monkeypatch.setattr(report, "choice_for", lambda experiment: at_edge)
    assert report.found_by(TANH).endswith("; the largest or smallest rate tried")


def run(versions=None, times=()):
    attributes = {} if versions is None else {"versions": versions}
    return SimpleNamespace(attributes=attributes, wall_times=np.array(times))


@pytest.mark.parametrize(
    ("times", "seconds"),
    [((), 0), ((5,), 0), ((5, 6, 8), 3), ((5, 6, 3600, 3601.5), 2.5)],
)
def test_interruptions_do_not_count_as_training(times, seconds):
    assert report.seconds_of(run(times=times)) == seconds


def test_versions_come_from_the_runs(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(report, "version", missing)
    runs = [
        run({"keras": "3.1", "keras_xavier": "0.1"}),
        run({"keras": "3.2", "keras_xavier": "0.1"}),
        run(),
        run("unknown"),
    ]
    assert report.versions(runs) == "keras 3.1 and 3.2, keras-xavier 0.1"
    monkeypatch.setattr(report, "version", lambda name: "7")
    assert report.versions([]) == "ray 7, scikit-learn 7"
