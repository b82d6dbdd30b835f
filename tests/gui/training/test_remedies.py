"""Trying remedies from the app."""

import json
import shutil
import sys
from dataclasses import asdict, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_xavier.diagnosis.trial_results import read_results, write_results
from keras_xavier.experiments.experiment import Experiment
from keras_xavier_gui.sources.run_cache import Snapshot
from keras_xavier_gui.sources.samples import SAMPLE_RUNS
from keras_xavier_gui.training.command import experiment_of
from keras_xavier_gui.training.job import outcome
from keras_xavier_gui.training.remedies import (
    can_try,
    code_to_try,
)

REPORT = """Accuracy on 500 held-out examples
Best: Glorot uniform initialization
  - keras.layers.Dense(10)"""

RESULTS = json.dumps(
    {
        "measure": "accuracy",
        "cost": "cross-entropy",
        "guessing": 0.1,
        "examples": 500,
        "updates": 1000,
        "results": [
            {
                "title": title,
                "run": f"{title.lower()}.zarr",
                "value": value,
                "cost": None,
                "helps": value > 0.5,
                "is_gone": None,
                "failure": "",
            }
            for title, value in (("Original", 0.1), ("Best", 0.9))
        ],
    }
)


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
            f"open(f'{{folder}}/results.json', 'w').write({RESULTS!r})\n"
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
    pane.compare.click()
    names = ["best", "original"]
    qtbot.waitUntil(lambda: [one.name for one in window.selection.runs] == names)
    assert window.plot().figure.name == "training-curves"


def test_results_of_remedies_are_listed_with_the_finding(make_window, tmp_path, qtbot):
    shutil.copytree(f"{SAMPLE_RUNS}/tanh-standard.zarr", tmp_path / "mine.zarr")
    folder = tmp_path / "mine-remedies"
    folder.mkdir()
    for name in ("best", "original"):
        shutil.copytree(tmp_path / "mine.zarr", folder / f"{name}.zarr")
    (folder / "results.json").write_text(RESULTS)
    window = make_window(tmp_path / "mine.zarr")
    window.tabs.setCurrentIndex(window.tabs.count() - 1)
    details = window.tabs.currentWidget().details
    qtbot.waitUntil(details.trials.isVisible, timeout=30_000)
    assert details.trials.caption.text().startswith("Best: Best. Measured on 500 held")
    table = details.trials.table
    rows = [
        [table.item(row, column).text() for column in range(table.columnCount())]
        for row in range(table.rowCount())
    ]
    assert rows == [
        ["Original", "0.1", "–", "–", "–"],
        ["Best", "0.9", "–", "yes", "–"],
    ]
    # The remedy can be set up as an experiment of the user's own.
    details.set_up.click()
    dialog = window.training._dialog
    assert dialog.isVisible()
    found = dialog.fields.experiment()
    assert found == experiment_of(details.command.code.toPlainText())
    dialog.close()
    # Runs that are not opened yet are opened to be compared.
    details.trials.compare.click()
    names = ["best", "original"]
    qtbot.waitUntil(lambda: [one.name for one in window.selection.runs] == names)


@given(
    key=st.sampled_from(["measure", "guessing", "updates", "results"]),
    value=st.none() | st.integers() | st.text() | st.lists(st.none()),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_damaged_results_are_an_error_or_results(tmp_path, key, value):
    assert read_results(str(tmp_path / "none")) is None
    values = json.loads(RESULTS) | {key: value}
    (tmp_path / "results.json").write_text(json.dumps(values))
    try:
        found = read_results(str(tmp_path))
    except ValueError:
        return
    write_results(found, str(tmp_path))
    assert str(read_results(str(tmp_path))) == str(found)


def test_numbers_that_are_too_large_are_an_error(tmp_path):
    values = json.loads(RESULTS) | {"guessing": 10**400}
    (tmp_path / "results.json").write_text(json.dumps(values))
    with pytest.raises(ValueError, match="is damaged"):
        read_results(str(tmp_path))
