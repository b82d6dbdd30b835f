"""Messages and results in the terminal."""

import contextlib

import numpy as np
import pytest

from keras_xavier.cli import main
from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.runs import RunWriter
from keras_xavier.statistics import QUANTITIES, STATISTICS, Layer, Measurement

ESCAPE = "\x1b[31mred"


@pytest.mark.parametrize(
    "arguments",
    [
        ("diagnose", f"{ESCAPE}missing"),
        ("diagnose", f"{ESCAPE}.zarr"),
        ("export", f"{ESCAPE}missing", "-o", "table.csv"),
        ("figure", f"{ESCAPE}.zarr", "overview", "-o", f"{ESCAPE}.png"),
        ("figure", f"{ESCAPE}.zarr", f"{ESCAPE}overview", "-o", "figure.png"),
        ("runs", f"{ESCAPE}missing"),
    ],
)
def test_names_never_control_the_terminal(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / f"{ESCAPE}.zarr").mkdir()
    with contextlib.suppress(SystemExit):
        main(arguments)
    printed = capsys.readouterr()
    assert "red" in printed.err
    assert "\x1b" not in printed.err + printed.out


@pytest.fixture
def small_run(tmp_path):
    layers = (Layer("hidden", "Dense", "tanh", 3, 12, -1.0, 1.0),)
    statistics = np.ones((len(QUANTITIES), 1, len(STATISTICS)), np.float32)
    histogram = np.ones((len(QUANTITIES), 1, BIN_COUNT), np.uint32)
    with RunWriter(tmp_path / "run", layers=layers) as writer:
        writer.record(0, Measurement(statistics, histogram, {}))
    return tmp_path / "run.zarr"


@pytest.fixture
def damaged(small_run):
    for chunk in (small_run / "histogram").glob("c.*"):
        chunk.write_bytes(b"damaged")
    return str(small_run)


@pytest.mark.parametrize(
    "arguments",
    [("diagnose",), ("figure", "overview", "-o"), ("export", "-o")],
    ids=lambda arguments: arguments[0],
)
def test_a_run_without_readable_records_is_an_error(
    damaged, arguments, tmp_path, capsys
):
    command, *rest = arguments
    target = {"figure": ["overview.png"], "export": ["table.csv"]}.get(command, [])
    files = [str(tmp_path / name) for name in target]
    assert main([command, damaged, *rest, *files]) in (1, 2)
    printed = capsys.readouterr()
    assert "the last record cannot be read" in printed.err
    assert "no problems" not in printed.out
    assert not any((tmp_path / name).exists() for name in target)
