import csv
import io
import os
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.figures import DARK
from keras_xavier_gui.plots.export import copy_plot, copy_table, save_table
from keras_xavier_gui.plots.export_dialog import ExportDialog
from keras_xavier_gui.plots.export_options import FORMATS, ExportOptions, restore
from keras_xavier_gui.plots.file_names import join
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.theme import Theme, apply_theme

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def window(make_window, qtbot, simulation, tmp_path):
    simulation.write(str(tmp_path / "tanh"), records=6, layers=3)
    made = make_window(tmp_path / "tanh")
    qtbot.waitUntil(lambda: made.plot().data is not None)
    return made


def show(window, qtbot, tab):
    window.tabs.setCurrentIndex(tab)
    qtbot.waitUntil(lambda: window.plot().data is not None)
    window.plot().canvas.draw()
    return window.plot()


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("tab", range(6))
def test_numbers_are_saved_as_csv(window, qtbot, tmp_path, monkeypatch, tab):
    view = show(window, qtbot, tab)
    path = tmp_path / "numbers.csv"
    monkeypatch.setattr(
        QtWidgets.QFileDialog, "getSaveFileName", lambda *args: (str(path), "")
    )
    qtbot.keyClick(window, Qt.Key.Key_S, CONTROL | SHIFT)
    rows = rows_of(path.read_text("utf-8"))
    assert len(rows) == len(view.table()) > 0
    assert list(rows[0]) == list(view.table().columns)


def test_saved_numbers_equal_the_recorded_numbers(window, qtbot):
    view = show(window, qtbot, 1)
    rows = rows_of(view.table().to_csv())
    first = [row for row in rows if row["layer"] == "hidden_1"]
    np.testing.assert_array_equal(
        np.array([row["mean"] for row in first], np.float32), view.data[0].mean[:, 0]
    )
    assert [int(row["step"]) for row in first] == [0, 100, 200, 300, 400, 500]


def test_only_numbers_in_view_are_saved(window, qtbot):
    view = show(window, qtbot, 1)
    window.selection.set_hidden({"hidden_1"})
    view.canvas.figure.axes[0].set_xlim(150, 350)
    rows = rows_of(view.table().to_csv())
    assert {int(row["step"]) for row in rows} == {200, 300}
    assert {row["layer"] for row in rows} == {"hidden_2", "hidden_3", "output"}


def test_hyperparameters_are_saved_as_csv(
    window, qtbot, simulation, tmp_path, monkeypatch
):
    # It has the same name as the other run, in another folder.
    other = tmp_path / "others" / "tanh"
    simulation.write(str(other), records=2, layers=2)
    window.open([str(other)])
    qtbot.waitUntil(lambda: len(window.runs.entries) == 2)
    window.run_list.selectAll()
    qtbot.waitUntil(lambda: len(window.selection.runs) == 2)
    # The hyperparameters and the diagnosis are the last two tabs.
    window.tabs.setCurrentIndex(window.tabs.count() - 2)
    path = tmp_path / "numbers.csv"
    monkeypatch.setattr(
        QtWidgets.QFileDialog, "getSaveFileName", lambda *args: (str(path), "")
    )
    qtbot.keyClick(window, Qt.Key.Key_S, CONTROL | SHIFT)
    rows = rows_of(path.read_text("utf-8"))
    recorded = {run.name: dict(run.hyperparameters) for run in window.selection.runs}
    assert list(rows[0]) == ["hyperparameter", *recorded]
    for row in rows:
        name = row.pop("hyperparameter")
        assert row == {
            run: str(of[name]) if name in of else "–" for run, of in recorded.items()
        }


def open_dialog(window, qtbot):
    """The dialog that exports the current figure."""
    qtbot.keyClick(window, Qt.Key.Key_S, CONTROL)
    (dialog,) = [one for one in window.findChildren(ExportDialog) if one.isVisible()]
    return dialog


@pytest.mark.parametrize("suffix", ["svg", "pdf", "png"])
def test_exported_figures_are_light_and_have_legend_and_axes(
    window, qtbot, tmp_path, monkeypatch, suffix
):
    apply_theme(Theme.DARK)
    try:
        view = show(window, qtbot, 1)
        monkeypatch.setitem(matplotlib.rcParams, "svg.fonttype", "none")
        assert view.plot.style is DARK
        dialog = open_dialog(window, qtbot)
        dialog.folder.setText(str(tmp_path))
        dialog.name.setText("plot")
        dialog.format.setCurrentText(suffix.upper())
        dialog.export.click()
        assert view.plot.style is DARK
    finally:
        apply_theme(Theme.SYSTEM)
    path = tmp_path / f"plot.{suffix}"
    assert window.statusBar().currentMessage() == f"Saved {path}"
    if suffix == "svg":
        drawn = path.read_text("utf-8")
        assert DARK.background not in drawn
        for text in ("hidden_1", "output", "activation z", "step (updates", "tanh"):
            assert text in drawn
    elif suffix == "pdf":
        assert path.read_bytes().startswith(b"%PDF")
    else:
        assert QtGui.QImage(str(path)).pixelColor(2, 2).name() == "#ffffff"


def test_size_and_resolution_of_an_exported_figure_are_chosen(window, qtbot, tmp_path):
    show(window, qtbot, 1)
    dialog = open_dialog(window, qtbot)
    dialog.folder.setText(str(tmp_path))
    dialog.size_box.setCurrentText("Two columns")
    dialog.size_box.activated.emit(dialog.size_box.currentIndex())
    dialog.dpi.setValue(100)
    assert dialog.outcome.text() == "688 × 354 pixels"
    dialog.width_box.setValue(10.16)
    dialog.height_box.setValue(7.62)
    assert dialog.size_box.currentText() == "Custom"
    path = dialog.path()
    dialog.export.click()
    image = QtGui.QImage(path)
    assert (image.width(), image.height()) == (401, 299)
    # The next export starts with the same choices.
    again = open_dialog(window, qtbot)
    assert again.options() == dialog_options(dpi=100, width=10.2, height=7.6)
    assert again.folder.text() == str(tmp_path)
    again.dpi.setValue(1200)
    again.width_box.setValue(100)
    again.height_box.setValue(100)
    assert "100,000,000 pixels" in again.outcome.text()
    assert not again.export.isEnabled()
    again.format.setCurrentText("PDF")
    assert again.export.isEnabled()
    assert "any resolution" in again.dpi.toolTip()
    again.folder.setText(str(tmp_path / "absent"))
    assert not again.export.isEnabled()
    again.reject()


def dialog_options(**values):
    return ExportOptions(**{"size": "Custom", **values})


def test_a_file_is_replaced_only_if_the_user_agrees(
    window, qtbot, tmp_path, monkeypatch
):
    show(window, qtbot, 1)
    buttons = QtWidgets.QMessageBox.StandardButton
    for answer, size in ((buttons.No, 3), (buttons.Yes, 1000)):
        dialog = open_dialog(window, qtbot)
        dialog.folder.setText(str(tmp_path))
        path = tmp_path / os.path.basename(dialog.path())
        path.write_bytes(b"old")
        monkeypatch.setattr(
            QtWidgets.QMessageBox, "question", lambda *args, answer=answer: answer
        )
        dialog.export.click()
        assert path.stat().st_size >= size
        assert (path.read_bytes() == b"old") == (size == 3)
        dialog.deleteLater()
        QtWidgets.QApplication.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)


def test_names_of_files_tell_figures_apart(window, qtbot):
    view = show(window, qtbot, 2)
    window.selection.set_record(1)
    view.options["quantity"].setCurrentText("gradient ∂C/∂s")
    assert view.file_name() == "histograms_preactivation_gradient_step_100_tanh"
    names = {layer.name for layer in window.selection.layers}
    window.selection.set_hidden(names - {"hidden_3"})
    assert (
        view.file_name() == "histograms_preactivation_gradient_hidden_3_step_100_tanh"
    )
    card = show(window, qtbot, 5)
    card.options["layer"].setCurrentText("hidden_2")
    assert card.file_name() == "layer-card_hidden_2_step_100_tanh"


@given(st.lists(st.text(max_size=80), max_size=6))
def test_any_name_of_a_run_or_layer_gives_a_valid_name_of_a_file(parts):
    name = join(parts)
    assert len(name.encode()) <= 150
    assert not set(name) & set('/\\:*?"<>| \0\n')
    assert not name.startswith((".", "-_"))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=6),
)


@given(VALUES | st.tuples(*[VALUES | st.sampled_from(["png", "Custom", 9.0, 200])] * 5))
def test_damaged_options_of_the_last_export_are_ignored(tmp_path_factory, values):
    preferences = SimpleNamespace(get=lambda _: values)
    options = restore(preferences)
    assert not options.problem()
    assert options.suffix in FORMATS


def test_a_failure_to_save_numbers_is_reported(window, qtbot, tmp_path, monkeypatch):
    show(window, qtbot, 0)
    messages = []
    monkeypatch.setattr(
        QtWidgets.QFileDialog,
        "getSaveFileName",
        lambda *args: (str(tmp_path / "absent" / "numbers.csv"), ""),
    )
    monkeypatch.setattr(
        QtWidgets.QMessageBox, "warning", lambda *args: messages.append(args[-1])
    )
    qtbot.keyClick(window, Qt.Key.Key_S, CONTROL | SHIFT)
    assert "absent" in messages[0]


def test_the_copied_plot_has_light_colors(window, qtbot):
    show(window, qtbot, 2)
    window.setPalette(QtWidgets.QApplication.palette())
    qtbot.keyClick(window, Qt.Key.Key_C, CONTROL | ALT)
    image = QtWidgets.QApplication.clipboard().image()
    assert image.width() > 300
    assert image.pixelColor(2, 2).name() == "#ffffff"


@pytest.mark.parametrize("tab", range(6))
def test_each_plot_has_a_table(window, qtbot, tab):
    view = show(window, qtbot, tab)
    qtbot.keyClick(window, Qt.Key.Key_T, CONTROL)
    (table,) = [
        one for one in view.findChildren(QtWidgets.QTableView) if one.isVisible()
    ]
    model = table.model()
    assert model.rowCount() == len(view.table()) > 0
    headers = [
        model.headerData(i, Qt.Orientation.Horizontal)
        for i in range(model.columnCount())
    ]
    assert headers == list(view.table().columns)
    cells = {name: model.data(model.index(0, i)) for i, name in enumerate(headers)}
    # The layer card has reasons only for quantities that are absent.
    cells.pop("absent", None)
    assert all(cell not in (None, "") for cell in cells.values())
    table.selectRow(1)
    qtbot.keyClick(table, Qt.Key.Key_C, CONTROL)
    assert len(rows_of(QtWidgets.QApplication.clipboard().text())) == 1
    qtbot.keyClick(window, Qt.Key.Key_T, CONTROL)
    assert view.canvas.isVisible()


def test_copying_and_saving_numbers_are_confirmed(window, qtbot, tmp_path, monkeypatch):
    view = show(window, qtbot, 1)
    message, answers = window.statusBar().currentMessage, [str(tmp_path / "two"), ""]
    monkeypatch.setattr(
        QtWidgets.QFileDialog, "getSaveFileName", lambda *args: (answers.pop(0), "")
    )
    save_table(view)
    assert message() == f"Saved {tmp_path / 'two.csv'}"
    assert (tmp_path / "two.csv").is_file()
    window.statusBar().clearMessage()
    save_table(view)
    assert not message()
    copy_plot(view)
    assert message() == "Figure copied"
    copy_table(view)
    assert message() == "Numbers copied"
