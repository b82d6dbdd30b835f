"""The benchmarks of scripts/benchmark."""

import importlib

import pytest


@pytest.fixture(autouse=True)
def scripts(monkeypatch, request):
    monkeypatch.syspath_prepend(request.config.rootpath / "scripts")


@pytest.mark.parametrize(
    "name",
    [
        *("measuring", "training", "first_record", "storing", "shapeset"),
        *("live_figure", "app"),
    ],
)
def test_a_benchmark_can_be_started(name):
    assert callable(importlib.import_module(f"benchmarks.{name}").measure)


def test_storing_takes_little_time_and_room(monkeypatch):
    storing = importlib.import_module("benchmarks.storing")
    monkeypatch.setattr(storing, "RECORDS", 3)
    mean, slowest, size = storing.measure()
    assert 0 < mean.value <= slowest.value
    assert 1 < size.value < 1000
