import hashlib
import os
from pathlib import Path

import pytest

from keras_xavier.network.outputs import hidden_rows
from keras_xavier.paper.claims.reading import hidden
from keras_xavier.runs import RunError, State, find_runs, open_run
from keras_xavier.statistics import Statistic
from keras_xavier_gui.qt import QtWidgets
from keras_xavier_gui.run_panel.files import move_to_bin, rename
from keras_xavier_gui.sources.samples import SAMPLE_RUNS

MAX_BYTES = 3_000_000


@pytest.fixture
def samples():
    return {found.name: open_run(found.path) for found in find_runs(SAMPLE_RUNS)}


def contents():
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in Path(SAMPLE_RUNS).rglob("*")
        if path.is_file()
    }


def test_there_are_four_small_finished_runs(samples):
    assert sorted(samples) == [
        "sigmoid-standard",
        "softsign-standard",
        "tanh-normalized",
        "tanh-standard",
    ]
    assert {run.state for run in samples.values()} == {State.FINISHED}
    size = sum(path.stat().st_size for path in contents())
    assert size < MAX_BYTES


def test_only_the_top_layer_of_the_sigmoid_network_collapses_to_0(samples):
    run = samples["sigmoid-standard"]
    means = hidden(run, Statistic.MEAN)
    *below, top = means.T
    assert top[0] == pytest.approx(0.5, abs=0.05)
    assert top.min() < 0.1
    assert all(layer.min() > 0.4 for layer in below)


def test_gradients_fade_with_the_standard_initialization_only(samples):
    def ratio_of_first_to_last_hidden(name):
        run = samples[name]
        std = run.read_statistics("preactivation_gradient", "std")[0]
        first, *_, last = hidden_rows(run.layers, run.attributes)
        return std[first] / std[last]

    assert ratio_of_first_to_last_hidden("tanh-standard") < 0.25
    assert ratio_of_first_to_last_hidden("softsign-standard") < 0.25
    assert ratio_of_first_to_last_hidden("tanh-normalized") > 0.5


def test_the_normalized_network_learns_and_the_sigmoid_does_not(samples):
    def error(name):
        return samples[name].metrics()["test_error"][1][-1]

    assert error("tanh-normalized") < error("sigmoid-standard") - 0.05


def test_samples_do_not_name_the_machine_that_made_them():
    for path in Path(SAMPLE_RUNS).rglob("zarr.json"):
        text = path.read_text()
        assert "/home" not in text
        assert "/tmp" not in text  # noqa: S108 (nothing is written there)
        assert '"host":"sample"' in text or '"writer":' not in text


def test_opening_samples_from_the_welcome_page_does_not_change_them(make_window, qtbot):
    before = contents()
    window = make_window()
    (button,) = [
        one
        for one in window.pages.welcome.findChildren(QtWidgets.QPushButton)
        if "samples" in one.text().replace("&", "")
    ]
    button.click()
    qtbot.waitUntil(lambda: window.plot().data is not None)
    for tab in range(6):
        window.tabs.setCurrentIndex(tab)
        qtbot.waitUntil(lambda: window.plot().data is not None)
    assert window.plot().table().columns
    window.close()
    assert contents() == before


def test_samples_cannot_be_changed(make_window, qtbot, simulation, tmp_path):
    simulation.write(str(tmp_path / "mine"), records=1)
    before = contents()
    window = make_window(SAMPLE_RUNS, tmp_path)
    qtbot.waitUntil(lambda: len(window.runs.entries) == 5)
    actions = {
        action.text().replace("&", ""): action
        for action in window.run_actions.menu.actions()
    }
    changing = ["Rename …", "Notes and tags …", "Move to trash …"]
    window.run_list.choose(f"{SAMPLE_RUNS}/tanh-standard.zarr")
    for name in changing:
        assert not actions[name].isEnabled()
        assert "part of the app" in actions[name].toolTip()
    assert actions["Copy path"].isEnabled()
    window.run_list.choose(str(tmp_path / "mine.zarr"))
    for name in changing:
        assert actions[name].isEnabled()
        assert "part of the app" not in actions[name].toolTip()
    for change in (lambda path: rename(path, "x"), move_to_bin):
        with pytest.raises(RunError, match="part of the app"):
            change(f"{SAMPLE_RUNS}/tanh-standard.zarr")
    assert contents() == before


def test_new_experiments_are_not_recorded_among_the_samples(make_window, qtbot):
    window = make_window(SAMPLE_RUNS)
    qtbot.waitUntil(lambda: bool(window.runs.entries))
    assert window.training.folder() == os.path.abspath("runs")
