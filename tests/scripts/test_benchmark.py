"""The benchmarks of scripts/benchmark."""

import importlib

import pytest


@pytest.fixture
def script(load_script):
    return load_script("benchmark")


def test_every_benchmark_can_be_started(script):
    for name in script.NAMES:
        module = importlib.import_module(f"benchmarks.{name.replace('-', '_')}")
        assert callable(module.measure)


def test_a_result_is_reported_as_soon_as_it_is_measured(script, monkeypatch, capsys):
    results = importlib.import_module("benchmarks.results")

    def measure():
        yield results.Result("jax: a step", 12.0, "ms", at_most=10)
        assert "jax: a step: 12.00 ms ✗ (≤ 10)" in capsys.readouterr().err
        yield results.Result("a start", 1.0, "s")

    app = importlib.import_module("benchmarks.app")
    monkeypatch.setattr(app, "measure", measure)
    script.measure(["app"], only="", as_json=False)
    printed = capsys.readouterr()
    assert "a start: 1.00 s" in printed.err
    assert "12.00 ms ✗" in printed.out


def test_storing_takes_little_time_and_room(script, monkeypatch):
    storing = importlib.import_module("benchmarks.storing")
    monkeypatch.setattr(storing, "RECORDS", 3)
    mean, slowest, size = storing.measure()
    assert 0 < mean.value <= slowest.value
    assert 1 < size.value < 1000
