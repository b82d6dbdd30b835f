import os
import sys

import pytest

from keras_xavier.runs import Notes, RunError, read_notes, write_notes
from keras_xavier_gui.qt import Qt, QtGui, QtWidgets
from keras_xavier_gui.run_panel import files as run_files
from keras_xavier_gui.run_panel.actions import move_all_to_bin
from keras_xavier_gui.run_panel.files import file_name, move_to_bin, rename
from keras_xavier_gui.run_panel.notes_dialog import NotesDialog
from keras_xavier_gui.sources.selection import Selection

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(autouse=True)
def another_bin(tmp_path, monkeypatch):
    """Keeps the bin of whoever runs the tests as it is."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def runs(simulation, tmp_path):
    """A folder of two finished runs, one deeper, and a broken one."""
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
def trash(monkeypatch):
    """Paths handed to Qt's bin, which are renamed within their folder here."""
    paths = []

    def move(file):
        paths.append(file.fileName())
        os.rename(paths[-1], f"{paths[-1]}.binned")
        return True

    monkeypatch.setattr(run_files, "move_to_trash", move)
    return paths


def names(monkeypatch, *typed):
    """Answers the questions for a name; keeps what was asked."""
    asked = []
    answers = iter(typed)

    def ask(parent, title, label, echo, text):
        asked.append((label, text))
        return next(answers, ""), len(asked) <= len(typed)

    monkeypatch.setattr(QtWidgets.QInputDialog, "getText", ask)
    return asked


def answer(monkeypatch, button):
    asked = []

    def ask(parent, title, text, *buttons):
        asked.append(text)
        return button

    monkeypatch.setattr(QtWidgets.QMessageBox, "question", ask)
    return asked


def choose(window, qtbot, path):
    window.run_list.choose(str(path))
    window.run_list.setFocus()
    qtbot.waitUntil(
        lambda: window.selection.run and window.selection.run.path == str(path)
    )


def listed(window):
    return {entry.label for entry in window.runs.entries}


def press(qtbot, window, key, modifier=Qt.KeyboardModifier.NoModifier):
    qtbot.keyClick(window.run_list, key, modifier)


def test_a_renamed_run_stays_chosen_in_its_colour_and_its_view(
    window, qtbot, runs, monkeypatch
):
    choose(window, qtbot, runs / "tanh.zarr")
    view = window.plot()
    qtbot.waitUntil(lambda: view.data is not None and view.data[0].run == "tanh")
    color = window.selection.color_index(str(runs / "tanh.zarr"))
    window.selection.set_record(1)
    window.selection.set_hidden({"hidden_1"})
    view.canvas.zoom_in()
    zoomed = view.canvas.figure.axes[-1].get_xlim()
    asked = names(monkeypatch, "tanh & ß")
    press(qtbot, window, Qt.Key.Key_F2)
    renamed = runs / "tanh & ß.zarr"
    qtbot.waitUntil(lambda: view.data is not None and view.data[0].run == "tanh & ß")
    assert asked[0][1] == "tanh"
    assert renamed.is_dir()
    qtbot.waitUntil(lambda: window.windowTitle().startswith("tanh & ß"))
    assert window.run_list.selected_paths() == (str(renamed),)
    assert window.selection.color_index(str(renamed)) == color
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


def test_a_name_that_cannot_be_is_asked_for_again(window, qtbot, runs, monkeypatch):
    choose(window, qtbot, runs / "tanh.zarr")
    asked = names(monkeypatch, "../x", "broken", "tanh2")
    press(qtbot, window, Qt.Key.Key_F2)
    qtbot.waitUntil(lambda: (runs / "tanh2.zarr").is_dir())
    qtbot.waitUntil(lambda: "tanh2" in listed(window))
    labels, texts = zip(*asked, strict=True)
    assert texts == ("tanh", "../x", "broken")
    assert "must not contain /" in labels[1]
    assert "broken already exists" in labels[2]


def test_an_opened_run_is_followed_when_it_is_renamed(
    make_window, qtbot, runs, monkeypatch
):
    window = make_window(runs / "tanh", runs / "broken.zarr")
    qtbot.waitUntil(lambda: len(window.runs.entries) == 2)
    choose(window, qtbot, runs / "broken.zarr")
    names(monkeypatch, "mended.zarr")
    press(qtbot, window, Qt.Key.Key_F2)
    qtbot.waitUntil(lambda: listed(window) == {"tanh", "mended"})
    with qtbot.waitSignal(window.watcher.listed):
        window.watcher.list_now()
    assert listed(window) == {"tanh", "mended"}
    assert str(runs / "mended.zarr") in window.watcher.sources


@pytest.mark.parametrize(
    "name",
    ["", " ", ".", "..", ".zarr", "..zarr", "/etc/x", "a/b", "a\\b", "C:x", "a\nb"],
)
def test_names_that_lead_elsewhere_are_refused(runs, name):
    with pytest.raises(RunError):
        rename(str(runs / "tanh.zarr"), name)
    assert (runs / "tanh.zarr").is_dir()
    assert not (runs / ".zarr").exists()


def test_the_ending_of_a_run_is_kept(runs):
    assert file_name("x.zarr") == file_name("x") == "x.zarr"
    assert rename(str(runs / "tanh.zarr"), "tanh") == str(runs / "tanh.zarr")
    with pytest.raises(RunError, match="cannot be renamed"):
        rename(str(runs / "tanh.zarr"), "x" * 300)
    with pytest.raises(RunError, match="no longer exists"):
        rename(str(runs / "absent.zarr"), "x")


ENDINGS = (".keras", ".partial.keras", ".log")


def make_companions(runs, name):
    """Makes what lies beside a run, each with its ending in it."""
    for ending in ENDINGS:
        (runs / f"{name}{ending}").write_text(ending)


def test_the_network_and_the_log_of_a_run_are_renamed_with_it(
    window, qtbot, runs, monkeypatch
):
    make_companions(runs, "tanh")
    (runs / "tanh-2.log").write_text("of another")
    choose(window, qtbot, runs / "tanh.zarr")
    names(monkeypatch, "new.1")
    press(qtbot, window, Qt.Key.Key_F2)
    qtbot.waitUntil(lambda: "new.1" in listed(window))
    for ending in ENDINGS:
        assert (runs / f"new.1{ending}").read_text() == ending
    assert {one.name for one in runs.glob("tanh*")} == {"tanh-2.log"}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_run_takes_no_network_of_another(runs, ending):
    (runs / f"new{ending}").write_text("of another")
    with pytest.raises(RunError, match=rf"new{ending} already exists"):
        rename(str(runs / "tanh.zarr"), "new")
    make_companions(runs, "tanh")
    with pytest.raises(RunError, match=rf"new.*{ending} already exists"):
        rename(str(runs / "tanh.zarr"), "new")
    assert (runs / "tanh.zarr").is_dir()
    assert (runs / f"tanh{ending}").read_text() == ending


def test_all_is_renamed_or_nothing(runs, monkeypatch):
    make_companions(runs, "tanh")
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


def test_the_network_of_a_run_goes_to_the_bin_with_it(
    window, qtbot, runs, monkeypatch, trash
):
    make_companions(runs, "tanh")
    choose(window, qtbot, runs / "tanh.zarr")
    asked = answer(monkeypatch, QtWidgets.QMessageBox.StandardButton.Yes)
    press(qtbot, window, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: "tanh" not in listed(window))
    assert "NAME.keras" in asked[0]
    assert trash == [str(runs / f"tanh{one}") for one in (".zarr", *ENDINGS)]


def test_a_network_that_does_not_go_to_the_bin_is_told_of(runs, monkeypatch):
    make_companions(runs, "tanh")

    def move(file):
        if not file.fileName().endswith(".keras"):
            os.rename(file.fileName(), f"{file.fileName()}.binned")
            return True
        return False

    monkeypatch.setattr(run_files, "move_to_trash", move)
    binned, problems = move_all_to_bin([str(runs / "tanh.zarr")])
    assert binned == [str(runs / "tanh.zarr")]
    assert "tanh.keras cannot be moved to the bin" in problems[0]
    assert (runs / "tanh.keras").exists()


def test_live_runs_stay_where_they_are(
    make_window, qtbot, simulation, tmp_path, monkeypatch, trash
):
    writer = simulation.write(str(tmp_path / "live"), records=2, close=False)
    window = make_window(tmp_path)
    qtbot.waitUntil(lambda: window.plot().data is not None)
    window.run_list.setFocus()
    asked = [names(monkeypatch, "other"), answer(monkeypatch, None)]
    for key in (Qt.Key.Key_F2, Qt.Key.Key_Delete):
        window.statusBar().clearMessage()
        press(qtbot, window, key)
        assert "live is live" in window.statusBar().currentMessage()
    assert asked == [[], []]
    with pytest.raises(RunError, match="is live"):
        rename(str(tmp_path / "live.zarr"), "other")
    writer.close()
    assert trash == []


def test_the_bin_takes_what_the_user_agrees_to(window, qtbot, runs, monkeypatch, trash):
    choose(window, qtbot, runs / "a & ü <b>.zarr")
    button = QtWidgets.QMessageBox.StandardButton
    asked = answer(monkeypatch, button.No)
    press(qtbot, window, Qt.Key.Key_Delete)
    assert "a &amp; ü &lt;b&gt;" in asked[0]
    assert trash == []
    answer(monkeypatch, button.Yes)
    press(qtbot, window, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: "a & ü <b>" not in listed(window))
    assert trash == [str(runs / "a & ü <b>.zarr")]
    # Another run is shown in its place.
    qtbot.waitUntil(lambda: window.selection.run.path != trash[0])
    with qtbot.waitSignal(window.watcher.listed):
        window.watcher.list_now()
    assert len(listed(window)) == 3


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the bin of other systems is fixed"
)
def test_the_bin_is_made_where_there_is_none(runs, tmp_path, monkeypatch):
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
    with pytest.raises(RunError, match="bin cannot be created"):
        move_to_bin(str(runs / "tanh.zarr"))
    assert (runs / "tanh.zarr").is_dir()


def test_broken_runs_can_be_binned_beside_others(
    window, qtbot, runs, monkeypatch, trash
):
    window.run_list.selectAll()
    answer(monkeypatch, QtWidgets.QMessageBox.StandardButton.Yes)
    press(qtbot, window, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: listed(window) == set())
    assert len(trash) == 4
    assert not list(runs.rglob("*.zarr"))


def test_a_bin_that_fails_leaves_the_run_and_says_why(window, qtbot, runs, monkeypatch):
    monkeypatch.setattr(run_files, "move_to_trash", lambda file: False)
    warned = []
    monkeypatch.setattr(
        QtWidgets.QMessageBox, "warning", lambda *words: warned.append(words[-1])
    )
    choose(window, qtbot, runs / "tanh.zarr")
    answer(monkeypatch, QtWidgets.QMessageBox.StandardButton.Yes)
    press(qtbot, window, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(warned) == 1)
    assert "tanh cannot be moved to the bin" in warned[0]
    assert "tanh" in listed(window)


def test_delete_in_the_filter_is_for_its_letters(window, qtbot, runs, trash):
    choose(window, qtbot, runs / "tanh.zarr")
    qtbot.keyClick(window, Qt.Key.Key_F, CONTROL | SHIFT)
    assert window.run_list.filter.hasFocus()
    qtbot.keyClicks(window.run_list.filter, "tanh")
    qtbot.keyClick(window.run_list.filter, Qt.Key.Key_Home)
    qtbot.keyClick(window.run_list.filter, Qt.Key.Key_Delete)
    assert window.run_list.filter.text() == "anh"
    assert trash == []


def dialog_of(window):
    (dialog,) = window.findChildren(NotesDialog)
    return dialog


def test_notes_and_tags_are_edited_with_keys(window, qtbot, runs):
    write_notes(runs / "tanh", Notes("old"))
    choose(window, qtbot, runs / "tanh.zarr")
    qtbot.waitUntil(lambda: window.run_actions.entries()[0].run.notes.text == "old")
    press(qtbot, window, Qt.Key.Key_E, CONTROL)
    dialog = dialog_of(window)
    assert dialog.note.toPlainText() == "old"
    dialog.note.setPlainText("<b>ü</b>\nsecond")
    dialog.tags.setText(" best ,, a & b,best")
    qtbot.keyClick(dialog.tags, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not window.findChildren(NotesDialog))
    written = Notes("<b>ü</b>\nsecond", ("best", "a & b"))
    assert read_notes(runs / "tanh") == written
    qtbot.waitUntil(lambda: window.run_actions.entries()[0].run.notes == written)


def test_notes_that_cannot_be_written_stay_in_the_dialog(window, qtbot, runs):
    choose(window, qtbot, runs / "tanh.zarr")
    window.run_actions.edit_notes()
    dialog = dialog_of(window)
    dialog.tags.setText("x" * 60)
    dialog.save()
    assert "50 characters" in dialog.problem.text()
    dialog.tags.setText("x")
    (runs / "tanh.zarr" / "notes").write_text("")
    dialog.save()
    qtbot.waitUntil(lambda: "cannot be written" in dialog.problem.text())
    assert dialog.isVisible()
    assert dialog.buttons.isEnabled()
    (runs / "tanh.zarr" / "notes").unlink()
    dialog.save()
    qtbot.waitUntil(lambda: not window.findChildren(NotesDialog))
    assert read_notes(runs / "tanh") == Notes(tags=("x",))


def test_a_dialog_closed_while_notes_are_written_is_not_missed(window, qtbot, runs):
    choose(window, qtbot, runs / "tanh.zarr")
    window.run_actions.edit_notes()
    dialog = dialog_of(window)
    dialog.note.setPlainText("new")
    dialog.save()
    dialog.reject()
    qtbot.waitUntil(lambda: window.run_actions.entries()[0].run.notes.text == "new")


def test_paths_are_copied_and_folders_shown(window, qtbot, runs, monkeypatch):
    opened = []
    monkeypatch.setattr(
        QtGui.QDesktopServices, "openUrl", lambda url: opened.append(url) or True
    )
    window.run_list.selectAll()
    press(qtbot, window, Qt.Key.Key_C, CONTROL | SHIFT)
    copied = QtWidgets.QApplication.clipboard().text().splitlines()
    assert sorted(copied) == sorted(map(str, runs.rglob("*.zarr")))
    window.run_actions.reveal()
    folders = {url.toLocalFile() for url in opened}
    assert folders == {str(runs), str(runs / "deep")}
    assert len(opened) == 2


def test_what_was_opened_is_closed(make_window, qtbot, runs, simulation, tmp_path):
    simulation.write(str(tmp_path / "single"), records=1)
    window = make_window(runs, tmp_path / "single.zarr")
    qtbot.waitUntil(lambda: len(window.runs.entries) == 5)
    choose(window, qtbot, runs / "tanh.zarr")
    texts = [action.text() for action in window.run_actions.menu.actions()]
    assert "C&lose runs" in texts
    window.run_actions.close_sources()
    assert listed(window) == {"single"}
    with qtbot.waitSignal(window.watcher.listed):
        window.watcher.list_now()
    assert listed(window) == {"single"}
    choose(window, qtbot, tmp_path / "single.zarr")
    window.run_actions.close_sources()
    assert window.watcher.sources == ()
    qtbot.waitUntil(window.welcome.isVisible)
    assert (runs / "tanh.zarr").is_dir()


def test_without_a_run_there_is_nothing_to_do(make_window, qtbot):
    window = make_window()
    enabled = [one for one in window.run_actions.menu.actions() if one.isEnabled()]
    assert [one.text() for one in enabled if one.text()] == ["&Filter runs"]


def test_only_one_run_is_renamed_at_a_time(window, qtbot):
    window.run_list.selectAll()
    actions = {one.text(): one for one in window.run_actions.menu.actions()}
    assert not actions["Re&name …"].isEnabled()
    assert actions["&Move to bin …"].isEnabled()


def test_the_look_of_the_list_is_kept(make_window, qtbot, runs):
    window = make_window(runs)
    window.run_list.setColumnHidden(5, False)
    window.run_list.sortByColumn(5, Qt.SortOrder.DescendingOrder)
    window.close()
    again = make_window(runs)
    assert not again.run_list.isColumnHidden(5)
    assert again.run_list.filtered.sortColumn() == 5
    assert again.run_list.filtered.sortOrder() == Qt.SortOrder.DescendingOrder


def test_a_renamed_run_takes_no_other_colour_and_leaves_none_twice(qapp):
    selection = Selection()
    for path in ("a", "new", "b"):
        selection.color_index(path)
    selection.rename("a", "new", "new")
    colors = [selection.color_index(path) for path in ("new", "b", "c")]
    assert colors[0] == 0
    assert len({*colors}) == 3
