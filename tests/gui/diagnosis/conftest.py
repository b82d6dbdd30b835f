"""Fixtures of the tests of the Diagnosis tab."""

import shutil
import sys
from pathlib import Path

import pytest

from keras_xavier_gui.run_panel import digests
from keras_xavier_gui.sources.samples import SAMPLE_RUNS

# Tests are not a package, so the helper module is imported from its folder.
sys.path.insert(0, str(Path(__file__).parent))

from example_reports import EMPTY, REPORT, cells, show_tab


@pytest.fixture
def open_tab(make_window, qtbot):
    """Opens the window with runs, and shows the tab."""

    def open_(*paths, chosen=(), **options):
        window = make_window(*paths, **options)
        show_tab(window)
        if chosen:
            qtbot.waitUntil(lambda: len(window.selection.runs) > 0)
            window.run_list.choose(*map(str, chosen))
            qtbot.waitUntil(lambda: len(window.selection.runs) == len(chosen))
        return window, window.tabs.currentWidget()

    return open_


@pytest.fixture
def samples(tmp_path):
    return shutil.copytree(SAMPLE_RUNS, tmp_path / "samples")


@pytest.fixture
def known(monkeypatch):
    """Reports of the sample runs by name; the others have no findings."""
    reports = {"sigmoid-standard": REPORT}
    monkeypatch.setattr(digests, "diagnose", lambda run: reports.get(run.name, EMPTY))
    return reports


@pytest.fixture
def sigmoid(open_tab, samples, known, qtbot):
    """The window and the tab with the findings of the sigmoid sample."""
    window, tab = open_tab(samples / "sigmoid-standard.zarr")
    qtbot.waitUntil(lambda: len(cells(tab)) == 5)
    return window, tab
