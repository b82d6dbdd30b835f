"""Actions on the selected runs, except renaming and the trash."""

from keras_xavier.runs import Notes, read_notes, write_notes
from keras_xavier_gui.qt import Qt, QtGui, QtWidgets
from keras_xavier_gui.run_panel.notes_dialog import NotesDialog

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def test_delete_in_the_filter_edits_its_text(window, qtbot, runs, trash, choose):
    choose(window, runs / "tanh.zarr")
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


def test_notes_and_tags_are_edited_with_shortcuts(window, qtbot, runs, choose, press):
    write_notes(runs / "tanh", Notes("old"))
    choose(window, runs / "tanh.zarr")
    qtbot.waitUntil(lambda: window.run_actions.entries()[0].run.notes.text == "old")
    press(window, Qt.Key.Key_E, CONTROL)
    dialog = dialog_of(window)
    assert dialog.note.toPlainText() == "old"
    dialog.note.setPlainText("<b>ü</b>\nsecond")
    dialog.tags.setText(" best ,, a & b,best")
    qtbot.keyClick(dialog.tags, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not window.findChildren(NotesDialog))
    written = Notes("<b>ü</b>\nsecond", ("best", "a & b"))
    assert read_notes(runs / "tanh") == written
    qtbot.waitUntil(lambda: window.run_actions.entries()[0].run.notes == written)


def test_notes_that_cannot_be_saved_stay_in_the_dialog(window, qtbot, runs, choose):
    choose(window, runs / "tanh.zarr")
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


def test_the_dialog_can_be_closed_while_notes_are_saved(window, qtbot, runs, choose):
    choose(window, runs / "tanh.zarr")
    window.run_actions.edit_notes()
    dialog = dialog_of(window)
    dialog.note.setPlainText("new")
    dialog.save()
    dialog.reject()
    qtbot.waitUntil(lambda: window.run_actions.entries()[0].run.notes.text == "new")


def test_paths_are_copied_and_folders_opened(window, qtbot, runs, monkeypatch, press):
    opened = []
    monkeypatch.setattr(
        QtGui.QDesktopServices, "openUrl", lambda url: opened.append(url) or True
    )
    window.run_list.selectAll()
    press(window, Qt.Key.Key_C, CONTROL | SHIFT)
    copied = QtWidgets.QApplication.clipboard().text().splitlines()
    assert sorted(copied) == sorted(map(str, runs.rglob("*.zarr")))
    window.run_actions.reveal()
    folders = {url.toLocalFile() for url in opened}
    assert folders == {str(runs), str(runs / "deep")}
    assert len(opened) == 2


def test_opened_paths_can_be_closed(
    make_window, qtbot, runs, simulation, tmp_path, choose, listed
):
    simulation.write(str(tmp_path / "single"), records=1)
    window = make_window(runs, tmp_path / "single.zarr")
    qtbot.waitUntil(lambda: len(window.runs.entries) == 5)
    choose(window, runs / "tanh.zarr")
    texts = [action.text() for action in window.run_actions.menu.actions()]
    assert "C&lose runs" in texts
    window.run_actions.close_sources()
    assert listed(window) == {"single"}
    with qtbot.waitSignal(window.watcher.listed):
        window.watcher.list_now()
    assert listed(window) == {"single"}
    choose(window, tmp_path / "single.zarr")
    window.run_actions.close_sources()
    assert window.watcher.sources == ()
    qtbot.waitUntil(window.pages.welcome.isVisible)
    assert (runs / "tanh.zarr").is_dir()


def test_without_a_run_actions_are_disabled(make_window, qtbot):
    window = make_window()
    enabled = [one for one in window.run_actions.menu.actions() if one.isEnabled()]
    names = [one.text() for one in enabled if one.text()]
    assert names == ["&Filter runs", "&Group runs", "C&olumns"]


def test_several_runs_cannot_be_renamed_at_once(window, qtbot):
    window.run_list.selectAll()
    actions = {one.text(): one for one in window.run_actions.menu.actions()}
    assert not actions["Re&name …"].isEnabled()
    assert actions["&Move to trash …"].isEnabled()


def test_columns_and_sorting_are_restored(make_window, qtbot, runs):
    window = make_window(runs)
    window.run_list.setColumnHidden(5, False)
    window.run_list.sortByColumn(5, Qt.SortOrder.DescendingOrder)
    window.close()
    again = make_window(runs)
    assert not again.run_list.isColumnHidden(5)
    assert again.run_list.filtered.sortColumn() == 5
    assert again.run_list.filtered.sortOrder() == Qt.SortOrder.DescendingOrder
