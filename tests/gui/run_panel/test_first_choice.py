"""The run that is selected first after a folder has been opened."""

import os
import shutil

import pytest

from keras_xavier.runs import State
from keras_xavier_gui.run_panel import digests, first_choice
from keras_xavier_gui.run_panel.first_choice import most_interesting
from keras_xavier_gui.sources.listing import list_runs
from keras_xavier_gui.sources.samples import SAMPLE_RUNS

PATIENCE = 30_000
"""The first window of a process imports the rules of the diagnosis."""


@pytest.fixture
def folder(tmp_path):
    """A run with problems, and a later one without."""
    for name in ("sigmoid-standard", "tanh-normalized"):
        shutil.copytree(f"{SAMPLE_RUNS}/{name}.zarr", tmp_path / f"{name}.zarr")
    return tmp_path


def selected(window):
    return [os.path.basename(path) for path in window.run_list.selected_paths()]


def are_diagnosed(window):
    entries = window.runs.entries
    return bool(entries) and all(window.digests.report(one.run.path) for one in entries)


def test_the_run_with_the_most_severe_findings_is_selected(
    make_window, qtbot, folder, monkeypatch
):
    monkeypatch.setattr(first_choice, "WAIT_SECONDS", PATIENCE / 1000)
    window = make_window(folder)
    qtbot.waitUntil(
        lambda: selected(window) == ["sigmoid-standard.zarr"], timeout=PATIENCE
    )
    assert "its findings are the most severe" in window.statusBar().currentMessage()


def test_a_view_that_has_changed_is_kept(make_window, qtbot, folder, monkeypatch):
    monkeypatch.setattr(digests, "START_SECONDS", 0.5)
    window = make_window(folder)
    qtbot.waitUntil(lambda: window.selection.run is not None)
    assert selected(window) == ["tanh-normalized.zarr"]
    window.selection.set_step(0)
    qtbot.waitUntil(lambda: are_diagnosed(window), timeout=PATIENCE)
    assert selected(window) == ["tanh-normalized.zarr"]


def test_named_runs_stay_selected(make_window, qtbot, folder):
    named = [
        folder / f"{name}.zarr" for name in ("tanh-normalized", "sigmoid-standard")
    ]
    window = make_window(*named)
    qtbot.waitUntil(lambda: are_diagnosed(window), timeout=PATIENCE)
    assert sorted(selected(window)) == ["sigmoid-standard.zarr", "tanh-normalized.zarr"]


def test_the_only_live_run_stays_selected(make_window, qtbot, folder, simulation):
    writer = simulation.write(str(folder / "live"), records=2, layers=2, close=False)
    window = make_window(folder)
    qtbot.waitUntil(lambda: are_diagnosed(window), timeout=PATIENCE)
    assert selected(window) == ["live.zarr"]
    writer.close()


def test_live_runs_are_the_most_interesting_and_broken_runs_the_least(
    folder, simulation
):
    (folder / "broken.zarr").mkdir()
    found = list_runs([str(folder)]).entries
    assert most_interesting(found).run.state is State.FINISHED
    writer = simulation.write(str(folder / "live"), records=1, close=False)
    found = list_runs([str(folder)]).entries
    assert most_interesting(found).label == "live"
    writer.close()
    assert most_interesting(()) is None
