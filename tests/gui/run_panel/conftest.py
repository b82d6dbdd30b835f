"""Fixtures for tests of the list of runs: a folder of runs, and a window."""

import os

import pytest

from keras_xavier_gui.qt import Qt
from keras_xavier_gui.run_panel import files


@pytest.fixture
def own_trash(tmp_path, monkeypatch):
    """Uses a temporary trash folder instead of the user's."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def runs(simulation, tmp_path, own_trash):
    """A folder of two finished runs, another one in a subfolder, and a broken one."""
    folder = tmp_path / "runs"
    for name in ("tanh", "a & ü <b>", "deep/relu"):
        simulation.write(str(folder / name), records=3)
    (folder / "broken.zarr").mkdir()
    (folder / "broken.zarr" / "zarr.json").write_text("{")
    return folder


@pytest.fixture
def window(make_window, qtbot, runs):
    made = make_window(runs)
    qtbot.waitUntil(lambda: made.plot().data is not None)
    return made


@pytest.fixture
def companions():
    """Suffixes of the files that belong to a run, and a function that creates them."""
    suffixes = (".keras", ".partial.keras", ".log")

    def create(runs, name):
        for suffix in suffixes:
            (runs / f"{name}{suffix}").write_text(suffix)
        return suffixes

    return create


@pytest.fixture
def trash(monkeypatch):
    """Paths that were moved to the trash; they are renamed in their folder instead."""
    paths = []

    def move(file):
        paths.append(file.fileName())
        os.rename(paths[-1], f"{paths[-1]}.binned")
        return True

    monkeypatch.setattr(files, "move_to_trash", move)
    return paths


@pytest.fixture
def choose(qtbot):
    """Selects a run in a window."""

    def select(window, path):
        window.run_list.choose(str(path))
        window.run_list.setFocus()
        qtbot.waitUntil(
            lambda: window.selection.run and window.selection.run.path == str(path)
        )

    return select


@pytest.fixture
def press(qtbot):
    """Presses a key in the list of runs."""

    def press_key(window, key, modifier=Qt.KeyboardModifier.NoModifier):
        qtbot.keyClick(window.run_list, key, modifier)

    return press_key


@pytest.fixture
def listed():
    """Returns the labels of the listed runs."""
    return lambda window: {entry.label for entry in window.runs.entries}
