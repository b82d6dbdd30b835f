"""Renaming runs, with their networks and logs."""

import os

import pytest

from keras_xavier.runs import RunError
from keras_xavier_gui.qt import Qt, QtWidgets
from keras_xavier_gui.run_panel.files import file_name, rename
from keras_xavier_gui.sources.run_cache import Snapshot
from keras_xavier_gui.sources.selection import Selection

SUFFIXES = (".keras", ".partial.keras", ".log")


def names(monkeypatch, *typed):
    """Answers the questions for a name, and records them."""
    asked = []
    answers = iter(typed)

    def ask(parent, title, label, echo, text):
        asked.append((label, text))
        return next(answers, ""), len(asked) <= len(typed)

    monkeypatch.setattr(QtWidgets.QInputDialog, "getText", ask)
    return asked


def test_a_renamed_run_keeps_selection_color_and_view(
    window, qtbot, runs, monkeypatch, choose, press, listed
):
    choose(window, runs / "tanh.zarr")
    view = window.plot()
    qtbot.waitUntil(lambda: view.data is not None and view.data[0].run == "tanh")
    color = window.selection.run.color
    window.selection.set_record(1)
    window.selection.set_hidden({"hidden_1"})
    view.canvas.zoom_in()
    zoomed = view.canvas.figure.axes[-1].get_xlim()
    asked = names(monkeypatch, "tanh & ß")
    press(window, Qt.Key.Key_F2)
    renamed = runs / "tanh & ß.zarr"
    qtbot.waitUntil(lambda: view.data is not None and view.data[0].run == "tanh & ß")
    assert asked[0][1] == "tanh"
    assert renamed.is_dir()
    qtbot.waitUntil(lambda: window.windowTitle().startswith("tanh & ß"))
    assert window.run_list.selected_paths() == (str(renamed),)
    assert window.selection.run.color == color
    assert (window.selection.step, window.selection.hidden) == (100, {"hidden_1"})
    assert view.canvas.figure.axes[-1].get_xlim() == zoomed
    with qtbot.waitSignal(window.watcher.listed):
        window.watcher.list_now()
    assert listed(window) == {
        "a & ü <b>",
        "broken",
        "tanh & ß",
        os.path.join("deep", "relu"),
    }
    assert not [
        one for one in window.runs.entries if "no longer" in str(one.run.reason)
    ]


def test_an_invalid_name_is_asked_for_again(
    window, qtbot, runs, monkeypatch, choose, press, listed
):
    choose(window, runs / "tanh.zarr")
    asked = names(monkeypatch, "../x", "broken", "tanh2")
    press(window, Qt.Key.Key_F2)
    qtbot.waitUntil(lambda: (runs / "tanh2.zarr").is_dir())
    qtbot.waitUntil(lambda: "tanh2" in listed(window))
    labels, texts = zip(*asked, strict=True)
    assert texts == ("tanh", "../x", "broken")
    assert "must not contain /" in labels[1]
    assert "broken already exists" in labels[2]


def test_an_opened_run_stays_open_when_it_is_renamed(
    make_window, qtbot, runs, monkeypatch, choose, press, listed
):
    window = make_window(runs / "tanh", runs / "broken.zarr")
    qtbot.waitUntil(lambda: len(window.runs.entries) == 2)
    choose(window, runs / "broken.zarr")
    names(monkeypatch, "fixed.zarr")
    press(window, Qt.Key.Key_F2)
    qtbot.waitUntil(lambda: listed(window) == {"tanh", "fixed"})
    with qtbot.waitSignal(window.watcher.listed):
        window.watcher.list_now()
    assert listed(window) == {"tanh", "fixed"}
    assert str(runs / "fixed.zarr") in window.watcher.sources


@pytest.mark.parametrize(
    "name",
    ["", " ", ".", "..", ".zarr", "..zarr", "/etc/x", "a/b", "a\\b", "C:x", "a\nb"],
)
def test_invalid_names_are_refused(runs, name):
    with pytest.raises(RunError):
        rename(str(runs / "tanh.zarr"), name)
    assert (runs / "tanh.zarr").is_dir()
    assert not (runs / ".zarr").exists()


def test_the_suffix_of_a_run_is_kept(runs):
    assert file_name("x.zarr") == file_name("x") == "x.zarr"
    assert rename(str(runs / "tanh.zarr"), "tanh") == str(runs / "tanh.zarr")
    with pytest.raises(RunError, match="cannot be renamed"):
        rename(str(runs / "tanh.zarr"), "x" * 300)
    with pytest.raises(RunError, match="no longer exists"):
        rename(str(runs / "absent.zarr"), "x")


def test_network_and_log_are_renamed_with_a_run(
    window, qtbot, runs, monkeypatch, choose, press, listed, companions
):
    companions(runs, "tanh")
    (runs / "tanh-2.log").write_text("of another run")
    choose(window, runs / "tanh.zarr")
    names(monkeypatch, "new.1")
    press(window, Qt.Key.Key_F2)
    qtbot.waitUntil(lambda: "new.1" in listed(window))
    for suffix in SUFFIXES:
        assert (runs / f"new.1{suffix}").read_text() == suffix
    assert {one.name for one in runs.glob("tanh*")} == {"tanh-2.log"}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_run_does_not_adopt_the_network_of_another(runs, suffix, companions):
    (runs / f"new{suffix}").write_text("of another run")
    with pytest.raises(RunError, match=rf"new{suffix} already exists"):
        rename(str(runs / "tanh.zarr"), "new")
    companions(runs, "tanh")
    with pytest.raises(RunError, match=rf"new.*{suffix} already exists"):
        rename(str(runs / "tanh.zarr"), "new")
    assert (runs / "tanh.zarr").is_dir()
    assert (runs / f"tanh{suffix}").read_text() == suffix


def test_either_all_files_are_renamed_or_none(runs, monkeypatch, companions):
    companions(runs, "tanh")
    before = sorted(os.listdir(runs))
    rename_one = os.rename

    def fail(old, new):
        if new.endswith("new.log"):
            raise PermissionError("no")
        rename_one(old, new)

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(RunError, match="tanh cannot be renamed: no"):
        rename(str(runs / "tanh.zarr"), "new")
    assert sorted(os.listdir(runs)) == before


def test_colors_stay_unique_when_a_run_is_renamed(qapp):
    selection = Selection()
    selection.reserve_colors(["a", "new", "b"])
    selection.rename("a", "new")
    selection.set_runs([Snapshot(path, path, 0) for path in ("new", "b", "c")])
    assert [run.color for run in selection.runs] == [0, 2, 1]
