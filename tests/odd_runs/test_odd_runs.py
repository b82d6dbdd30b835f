"""Runs that are valid, but odd: everything that reads them must cope."""

import csv
import shutil
import tempfile
import xml.dom.minidom as minidom
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from odd_run_strategies import odd_runs, write_odd_run

import keras_xavier as kx
from keras_xavier.figure_spec import FIGURES
from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.notebook import run_page
from keras_xavier.runs import RunWriter
from keras_xavier.runs.exports import export_run
from keras_xavier.statistics import (
    QUANTITIES,
    STATISTICS,
    UNIT_LIMIT,
    Layer,
    Measurement,
)

DRAW = {name: getattr(kx.figures, name.replace("-", "_")) for name in FIGURES}
LACKING = ("No layer has the", "This run has no", "on a probe")
"""What a figure answers if a run lacks the data that it shows."""


@contextmanager
def opened(odd):
    folder = Path(tempfile.mkdtemp())
    try:
        write_odd_run(folder / "odd.zarr", odd)
        yield kx.open_run(folder / "odd")
    finally:
        shutil.rmtree(folder)


@settings(max_examples=40)
@given(odd_runs())
def test_odd_runs_are_diagnosed_and_exported(odd):
    with opened(odd) as run:
        for finding in kx.diagnose(run):
            assert finding.title
        folder = Path(run.path).parent
        for target in ("odd.csv", "odd.nc", "odd"):
            export_run(run, folder / target)
        with (folder / "odd.csv").open(newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert not any(cell.lstrip().startswith(("=", "@")) for cell in cells)


def test_a_layer_without_units_has_no_dead_units(tmp_path):
    layers = (
        Layer("hidden_1", "Dense", "relu", 0, 0, 0.0, np.inf),
        Layer("output", "Dense", "softmax", 10, 10, 0.0, 1.0),
    )
    shape = len(QUANTITIES), len(layers)
    histogram = np.full((*shape, BIN_COUNT), 100, np.uint32)
    statistics = np.full((*shape, len(STATISTICS)), 0.5, np.float32)
    units = np.full((len(layers), UNIT_LIMIT, 4), 0.5, np.float32)
    with RunWriter(tmp_path / "run", layers=layers) as writer:
        for step in range(10):
            writer.record(step, Measurement(statistics, histogram, {}, units))
    assert "dead_units" not in [
        one.name for one in kx.diagnose(kx.open_run(tmp_path / "run"))
    ]


@settings(max_examples=6)
@given(odd_runs())
def test_odd_runs_are_drawn_or_the_reason_is_given(odd):
    with opened(odd) as run:
        assert "<table>" in run_page.html(run)
        for draw in DRAW.values():
            try:
                figure = draw(run)
            except ValueError as error:
                reason = str(error)
            else:
                figure.savefig(Path(run.path).parent / "figure.png")
                continue
            assert any(text in reason for text in LACKING)


@pytest.fixture(scope="module")
def unprintable(tmp_path_factory):
    """A run whose names contain control characters."""
    layers = tuple(
        Layer(name, "Dense", "tanh", 8, 72, -1.0, 1.0)
        for name in ("\ufeff", "a\x00b", "\x1b[31mred", "\x01", "\x02")
    )
    shape = len(QUANTITIES), len(layers)
    path = tmp_path_factory.mktemp("runs") / "unprintable"
    with RunWriter(path, layers=layers) as writer:
        for step in range(3):
            statistics = np.full((*shape, len(STATISTICS)), 0.1 * step, np.float32)
            histogram = np.ones((*shape, BIN_COUNT), np.uint32)
            writer.record(step, Measurement(statistics, histogram, {}))
            writer.log(step, {"a\x01": 1.0, "\x1b]0;": 2.0})
    return kx.open_run(path)


@pytest.mark.parametrize("name", DRAW)
def test_unprintable_names_leave_valid_files(unprintable, name, tmp_path):
    figure = DRAW[name](unprintable)
    figure.savefig(tmp_path / "figure.svg")
    minidom.parse(str(tmp_path / "figure.svg"))  # noqa: S318 - our own file
    figure.savefig(tmp_path / "figure.pdf")
    assert (tmp_path / "figure.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("value", [1.7e308, -1.7e308, 5e-324])
@pytest.mark.parametrize("scale", ["linear", "log", "symlog"])
def test_extreme_metrics_are_drawn(unprintable, tmp_path, value, scale):
    with RunWriter(tmp_path / "extreme", layers=unprintable.layers) as writer:
        for step in range(40):
            writer.log(step, {"loss": value if step % 2 else 1.0})
    run = kx.open_run(tmp_path / "extreme")
    figure = kx.figures.training_curves(run, scale=scale)
    figure.savefig(tmp_path / "figure.png")
