"""Moving runs to the trash."""

import os
import sys

import pytest

from keras_xavier.runs import RunError
from keras_xavier_gui.qt import Qt, QtWidgets
from keras_xavier_gui.run_panel import files
from keras_xavier_gui.run_panel.actions import move_all_to_bin
from keras_xavier_gui.run_panel.files import move_to_bin, rename


def answer(monkeypatch, button):
    """Answers questions with a button, and records them."""
    asked = []

    def ask(parent, title, text, *buttons):
        asked.append(text)
        return button

    monkeypatch.setattr(QtWidgets.QMessageBox, "question", ask)
    return asked


def test_network_and_log_are_moved_with_a_run(
    window, qtbot, runs, monkeypatch, trash, choose, press, listed, companions
):
    suffixes = companions(runs, "tanh")
    choose(window, runs / "tanh.zarr")
    asked = answer(monkeypatch, QtWidgets.QMessageBox.StandardButton.Yes)
    press(window, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: "tanh" not in listed(window))
    assert "NAME.keras" in asked[0]
    assert trash == [str(runs / f"tanh{one}") for one in (".zarr", *suffixes)]


def test_a_network_that_cannot_be_moved_is_reported(runs, monkeypatch, companions):
    companions(runs, "tanh")

    def move(file):
        if not file.fileName().endswith(".keras"):
            os.rename(file.fileName(), f"{file.fileName()}.binned")
            return True
        return False

    monkeypatch.setattr(files, "move_to_trash", move)
    binned, problems = move_all_to_bin([str(runs / "tanh.zarr")])
    assert binned == [str(runs / "tanh.zarr")]
    assert "tanh.keras cannot be moved to the trash" in problems[0]
    assert (runs / "tanh.keras").exists()


def test_live_runs_are_neither_renamed_nor_moved(
    make_window, qtbot, simulation, tmp_path, monkeypatch, trash, press
):
    writer = simulation.write(str(tmp_path / "live"), records=2, close=False)
    window = make_window(tmp_path)
    qtbot.waitUntil(lambda: window.plot().data is not None)
    window.run_list.setFocus()
    asked = answer(monkeypatch, None)
    monkeypatch.setattr(
        QtWidgets.QInputDialog, "getText", lambda *what: asked.append(what)
    )
    for key in (Qt.Key.Key_F2, Qt.Key.Key_Delete):
        window.statusBar().clearMessage()
        press(window, key)
        assert "live is live" in window.statusBar().currentMessage()
    assert asked == []
    with pytest.raises(RunError, match="is live"):
        rename(str(tmp_path / "live.zarr"), "other")
    writer.close()
    assert trash == []


def test_runs_are_moved_after_confirmation(
    window, qtbot, runs, monkeypatch, trash, choose, press, listed
):
    choose(window, runs / "a & ü <b>.zarr")
    button = QtWidgets.QMessageBox.StandardButton
    asked = answer(monkeypatch, button.No)
    press(window, Qt.Key.Key_Delete)
    assert "a &amp; ü &lt;b&gt;" in asked[0]
    assert trash == []
    answer(monkeypatch, button.Yes)
    press(window, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: "a & ü <b>" not in listed(window))
    assert trash == [str(runs / "a & ü <b>.zarr")]
    # Another run is selected.
    qtbot.waitUntil(lambda: window.selection.run.path != trash[0])
    with qtbot.waitSignal(window.watcher.listed):
        window.watcher.list_now()
    assert len(listed(window)) == 3


@pytest.mark.skipif(
    not sys.platform.startswith("linux"),
    reason="other systems always have a trash folder",
)
def test_a_missing_trash_folder_is_created(runs, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    move_to_bin(str(runs / "broken.zarr"))
    move_to_bin(str(runs / "a & ü <b>.zarr"))
    binned = {path.name for path in (tmp_path / "data" / "Trash" / "files").iterdir()}
    assert binned == {"broken.zarr", "a & ü <b>.zarr"}
    assert os.listdir(elsewhere) == []
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    with pytest.raises(RunError, match="trash cannot be created"):
        move_to_bin(str(runs / "tanh.zarr"))
    assert (runs / "tanh.zarr").is_dir()


def test_broken_runs_can_be_moved_with_others(
    window, qtbot, runs, monkeypatch, trash, press, listed
):
    window.run_list.selectAll()
    answer(monkeypatch, QtWidgets.QMessageBox.StandardButton.Yes)
    press(window, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: listed(window) == set())
    assert len(trash) == 4
    assert not list(runs.rglob("*.zarr"))


def test_a_failure_to_move_a_run_is_reported(
    window, qtbot, runs, monkeypatch, choose, press, listed
):
    monkeypatch.setattr(files, "move_to_trash", lambda file: False)
    warned = []
    monkeypatch.setattr(
        QtWidgets.QMessageBox, "warning", lambda *words: warned.append(words[-1])
    )
    choose(window, runs / "tanh.zarr")
    answer(monkeypatch, QtWidgets.QMessageBox.StandardButton.Yes)
    press(window, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(warned) == 1)
    assert "tanh cannot be moved to the trash" in warned[0]
    assert "tanh" in listed(window)
