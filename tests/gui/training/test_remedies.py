"""Trying remedies from the app."""

import shutil
import sys
from dataclasses import asdict, replace

import pytest

from keras_xavier.experiments.experiment import Experiment
from keras_xavier_gui.sources.run_cache import Snapshot
from keras_xavier_gui.sources.samples import SAMPLE_RUNS
from keras_xavier_gui.training.job import outcome
from keras_xavier_gui.training.remedies import (
    can_try,
    code_to_try,
)

REPORT = """Accuracy on 500 held-out examples
Best: Glorot uniform initialization
  - keras.layers.Dense(10)"""


@pytest.fixture
def program(simulation_script):
    """A fake of `diagnose RUN --try`, which records two runs."""

    def make(status, report=REPORT):
        code = (
            "import runpy, sys\n"
            f"write = runpy.run_path({str(simulation_script)!r})['write']\n"
            "run = sys.argv[sys.argv.index('diagnose') + 1]\n"
            "assert sys.argv[-1] == '--try'\n"
            "folder = run.removesuffix('.zarr') + '-remedies'\n"
            "for name in ('original', 'best'):\n"
            "    write(f'{folder}/{name}', records=2, layers=2)\n"
            f"print({report!r})\n"
            f"sys.exit({status})"
        )
        return (sys.executable, "-c", code)

    return make


@pytest.mark.parametrize(
    ("hyperparameters", "expected"),
    [
        (asdict(Experiment()), True),
        ({"activation": "tanh", "layers": 3}, False),
        (asdict(Experiment()) | {"layers": "many"}, False),
        (asdict(Experiment()) | {"activation": [1]}, False),
    ],
)
def test_remedies_can_be_tried_on_networks_of_the_package(hyperparameters, expected):
    run = Snapshot("/runs/a.zarr", "a", 1, hyperparameters=hyperparameters)
    assert can_try(run) is expected
    assert not can_try(replace(run, path="s3://bucket/a.zarr"))
    assert not can_try(replace(run, path=f"{SAMPLE_RUNS}/tanh-standard.zarr"))


def test_code_names_the_run():
    assert code_to_try("/a/b.zarr") == (
        "kx.try_remedies('/a/b.zarr', model, (x_train, y_train))"
    )
    assert not code_to_try(f"{SAMPLE_RUNS}/tanh-standard.zarr")


@pytest.mark.parametrize(
    ("status", "report", "expected"),
    [
        (0, REPORT, "Finished. Best: Glorot uniform initialization"),
        (1, REPORT, "Finished. Best: Glorot uniform initialization"),
        (1, "No remedy helps.", "Finished. No remedy helps."),
        (1, "ZeroDivisionError", "Failed after 2 of 6 training runs (exit status 1)."),
        (2, "no data", "Failed after 2 of 6 training runs (exit status 2)."),
    ],
)
def test_the_window_shows_the_best_remedy(
    make_window, program, tmp_path, qtbot, status, report, expected
):
    shutil.copytree(f"{SAMPLE_RUNS}/tanh-standard.zarr", tmp_path / "mine.zarr")
    window = make_window(tmp_path / "mine.zarr")
    window.training.program = program(status, report)
    window.tabs.try_asked.emit(str(tmp_path / "mine.zarr"))
    qtbot.waitUntil(lambda: bool(window.training.area.panes()), timeout=30_000)
    (pane,) = window.training.area.panes()
    qtbot.waitUntil(lambda: not pane.job.is_running, timeout=30_000)
    assert outcome(pane.job).splitlines()[0] == expected
    assert report.splitlines()[0] in pane.log.toPlainText()
    # Its runs can be compared in the app.
    qtbot.waitUntil(lambda: len(window.runs.entries) == 3)


def test_a_process_that_cannot_start_is_reported(make_window, tmp_path, qtbot):
    window = make_window(tmp_path)
    window.training.program = (str(tmp_path / "none"),)
    window.training.try_remedies(str(tmp_path / "mine.zarr"))
    qtbot.waitUntil(
        lambda: "Training cannot start" in window.statusBar().currentMessage()
    )
