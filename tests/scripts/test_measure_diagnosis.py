"""Measuring the accuracy of the diagnosis."""

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from keras_xavier.diagnosis import FindingName

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture
def networks(monkeypatch):
    pytest.importorskip("sklearn")
    monkeypatch.syspath_prepend(SCRIPTS)
    from networks import (
        data,
        faults,
        healthy,
        measuring,
        report,
        training,
        variants,
    )

    yield SimpleNamespace(
        data=data,
        faults=faults,
        healthy=healthy,
        measuring=measuring,
        report=report,
        training=training,
        variants=variants,
    )
    for name in [one for one in sys.modules if one.split(".")[0] == "networks"]:
        del sys.modules[name]


def test_faults_have_unique_names_known_findings_and_healthy_programs(networks):
    programs, faults = networks.healthy.HEALTHY, networks.faults.FAULTS
    assert len({program.name for program in programs}) == len(programs) >= 12
    assert len({fault.name for fault in faults}) == len(faults) >= 20
    for fault in faults:
        assert fault.causes
        assert fault.causes | fault.symptoms <= {*FindingName}
        assert {*fault.programs} <= {*programs}
        assert all(fault.apply(program) != program for program in fault.programs)


def test_folders_of_training_runs_are_unique(networks):
    tasks = networks.measuring.tasks([2, 3])
    tasks += networks.measuring.healthy_tasks([4], variants=2)
    assert len({task.folder for task in tasks}) == len(tasks)


def test_variants_are_reproducible_and_differ(networks):
    for program in networks.healthy.HEALTHY:
        first, again, other = (
            networks.variants.variant(program, 4, number) for number in (1, 1, 2)
        )
        settings = [(one.optimizer, one.rate, one.epochs) for one in (first, again)]
        assert settings[0] == settings[1] != (other.optimizer, other.rate, other.epochs)
        assert networks.variants.variant(program, 4, 0) is program


def test_program_is_trained_once_and_scored(networks, tmp_path):
    program = replace(networks.healthy.IRIS, epochs=20)
    data = program.data(5)
    path = tmp_path / "iris"
    found = networks.training.train(program, data, 5, path)
    assert 0.5 < found <= 1
    result = tmp_path / "iris.json"
    result.write_text(result.read_text().replace(str(found), "0.25"))
    assert networks.training.train(program, data, 5, path) == 0.25


@pytest.mark.parametrize(
    ("predicted", "expected"),
    [([0, 0, 1, 1], 1.0), ([0, 0, 0, 0], 0.0), ([1, 1, 0, 0], 0.0), ([np.nan] * 4, 0)],
)
def test_score_is_0_for_guessing_and_1_for_perfect(networks, predicted, expected):
    y = np.array([0, 0, 1, 1])
    data = networks.data.Data(y, y, y, y)
    values = np.array(predicted, float)
    program = networks.healthy.CANCER
    assert networks.training.score(program, data, values[:, None]) == expected
    one_hot = np.stack([1 - values, values], -1)
    program = networks.healthy.DIGITS
    assert networks.training.score(program, data, one_hot) == expected
    if np.isfinite(values).all():
        program = networks.healthy.DIABETES
        score = networks.training.score(program, data, values)
        assert score == expected


def outcome(networks, fault, score, *found, repaired=None, variant=0):
    measuring = networks.measuring
    causes = tuple(
        measuring.Found(name, severity, tuple(consequences))
        for name, severity, *consequences in found
    )
    task = measuring.Task("wine, dense, SGD", fault, 2, variant)
    return measuring.Outcome(task, score, causes, 0.01, repaired)


def test_the_page_states_what_the_rules_have_seen(networks):
    page = SCRIPTS.parent / "docs" / "diagnosis.md"
    assert networks.report.SEEN in page.read_text()


def test_report_separates_causes_symptoms_and_faults_without_an_effect(networks):
    cause = ("loss_is_wrong", "note")
    scale = ("inputs_not_scaled", "error", "nonfinite_values")
    text = networks.report.report(
        [
            outcome(networks, "", 0.9),
            outcome(networks, "", 0.85, ("dead_units", "warning"), variant=1),
            outcome(networks, "", 0.5, ("dead_units", "warning"), variant=2),
            outcome(networks, "negative learning rate", 0.0, scale, cause),
            outcome(
                networks,
                "all weights are 0",
                0.1,
                ("symmetry_not_broken", "warning"),
                repaired=0.85,
            ),
            outcome(networks, "softmax twice", 0.88),
        ],
        [2],
        0.05,
        [3],
        load=1.2,
    )
    assert "| training runs of faulty programs, with an effect | 2 |" in text
    assert "| detected | 2 (100%) |" in text
    assert "| cause named | 1 (50%) |" in text
    assert "| with unrelated problems | 1 (50%) |" in text
    assert "drawn at random, remedies were tried | 1 |" in text
    assert "| repaired by one of the first three remedies | 1 of 1 (100%; 95%" in text
    assert "| with a false alarm | 1 of 2 (50%; 95% interval: 9% to 91%) |" in text
    assert "seeds, of healthy programs only: 3." in text
    assert "Variants of the programs" in text
    assert "measured with a load of 1 on" in text
    row = "| negative learning rate | 1 | 1 | 0 | 0 | 1 | `inputs_not_scaled` (1) |"
    assert row in text
    assert "| softmax twice | 1 | 0 | 0 |" in text
