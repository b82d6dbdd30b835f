"""How the diagnosis is measured."""

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


def test_there_are_enough_kinds_and_their_names_are_known(measuring):
    _, healthy, broken = measuring
    assert len(healthy) >= 10
    assert len(broken) >= 12
    assert not any(case.expected for case in healthy)
    assert all(case.expected <= {*FindingName} for case in broken)
    assert all(case.expected for case in broken)
    names = [case.name for case in (*healthy, *broken)]
    assert len({*names}) == len(names)


def test_a_healthy_and_a_broken_network_are_reported(measuring, tmp_path):
    script, healthy, broken = measuring
    cases = {case.make.__name__: case for case in (*healthy, *broken)}
    outcomes = [
        script.train(cases[name], 3, "batch", str(tmp_path))
        for name in ("sigmoid", "constant")
    ]
    text = script.report(outcomes, [3])
    assert "**False alarms**: 0 of 1 " in text
    assert "**Detections**: 1 of 1 " in text
    assert "| all weights alike | `symmetry_not_broken` | 1 of 1 |" in text


def test_a_probe_is_spared_what_it_cannot_show(measuring):
    script, healthy, broken = measuring
    cases = {case.make.__name__: case for case in (*healthy, *broken)}
    assert script.sources(cases["tanh"], first=True) == ("batch", "probe")
    assert script.sources(cases["tanh"], first=False) == ("batch",)
    assert script.sources(cases["too_slow"], first=True) == ("batch",)
