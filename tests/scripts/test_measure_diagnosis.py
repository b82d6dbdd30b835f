"""Measuring the accuracy of the diagnosis."""

import sys
from pathlib import Path

import pytest

from keras_xavier.diagnosis import FindingName

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture
def measuring(monkeypatch):
    monkeypatch.syspath_prepend(SCRIPTS)
    import measure_diagnosis

    from networks import broken, healthy

    yield measure_diagnosis, healthy.HEALTHY, broken.BROKEN
    for name in [one for one in sys.modules if one.split(".")[0] == "networks"]:
        del sys.modules[name]


def test_cases_have_unique_names_and_known_findings(measuring):
    _, healthy, broken = measuring
    assert len(healthy) >= 10
    assert len(broken) >= 12
    assert not any(case.expected for case in healthy)
    assert all(case.expected <= {*FindingName} for case in broken)
    assert all(case.expected for case in broken)
    names = [case.name for case in (*healthy, *broken)]
    assert len({*names}) == len(names)


def test_report_counts_false_alarms_and_detections(measuring, tmp_path):
    script, healthy, broken = measuring
    cases = {case.make.__name__: case for case in (*healthy, *broken)}
    outcomes = [
        script.train(cases[name], 3, "batch", str(tmp_path))
        for name in ("sigmoid", "constant")
    ]
    text = script.report(outcomes, [3])
    assert "**False alarms**: 0 of 1 " in text
    assert "**Detections**: in 1 of 1 " in text
    assert "| all weights equal | `symmetry_not_broken` | 1 of 1 |" in text


def test_problems_of_updates_are_not_measured_on_a_probe(measuring):
    script, healthy, broken = measuring
    cases = {case.make.__name__: case for case in (*healthy, *broken)}
    assert script.sources(cases["tanh"], first=True) == ("batch", "probe")
    assert script.sources(cases["tanh"], first=False) == ("batch",)
    assert script.sources(cases["too_slow"], first=True) == ("batch",)
