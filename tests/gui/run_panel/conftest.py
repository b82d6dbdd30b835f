"""Fixtures for tests of the list of runs: a folder of runs, and a window."""

import os

import pytest

from keras_xavier_gui import preferences
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.qt import Qt
from keras_xavier_gui.run_panel import files
from keras_xavier_gui.run_panel.digests import RunDigests
from keras_xavier_gui.run_panel.list_view import RunList
from keras_xavier_gui.run_panel.panel import RunPanel
from keras_xavier_gui.run_panel.tree_model import RunTreeModel
from keras_xavier_gui.sources.selection import Selection


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
def make_panel(qtbot):
    """Creates the list of runs with its filter, outside of a window.

    Nothing is read in the background. Attributes: `view`, `runs` (the model).
    """
    panels, digests = [], []

    def make():
        runs = RunTreeModel()
        digests.append(RunDigests())
        context = AppContext(
            selection=Selection(),
            watcher=None,
            runs=runs,
            digests=digests[-1],
            preferences=preferences.open_preferences(),
            notify=print,
            evidence=None,
        )
        panel = RunPanel(context, RunList(runs))
        panel.view, panel.runs = panel.findChild(RunList), runs
        qtbot.addWidget(panel)
        panel.resize(350, 300)
        panel.show()
        panels.append(panel)
        return panel

    yield make
    for one in digests:
        one.close()
    for one in panels:
        one.hide()
    panels.clear()


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
