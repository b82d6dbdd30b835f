"""Messages and results in the terminal."""

import contextlib

import pytest

from keras_xavier.cli import main

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
