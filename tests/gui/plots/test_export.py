import csv
import io
import shutil
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest

from keras_xavier.figures import DARK
from keras_xavier_gui.plots.export import (
    copy_plot,
    copy_table,
    save_plot,
    save_table,
)
from keras_xavier_gui.qt import Qt, QtGui, QtWidgets
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
    recorded = {run.path: dict(run.hyperparameters) for run in window.selection.runs}
    assert list(rows[0]) == ["hyperparameter", *recorded]
    for row in rows:
        name = row.pop("hyperparameter")
        assert row == {
            run: str(of[name]) if name in of else "–" for run, of in recorded.items()
        }


@pytest.mark.parametrize("suffix", ["svg", "pdf", "png"])
def test_saved_plots_are_light_and_have_legend_and_axes(
    window, qtbot, tmp_path, monkeypatch, suffix
):
    apply_theme(Theme.DARK)
    try:
        view = show(window, qtbot, 1)
        path = tmp_path / f"plot.{suffix}"
        monkeypatch.setattr(
            QtWidgets.QFileDialog, "getSaveFileName", lambda *args: (str(path), "")
        )
        monkeypatch.setitem(matplotlib.rcParams, "svg.fonttype", "none")
        assert view.plot.style is DARK
        qtbot.keyClick(window, Qt.Key.Key_S, CONTROL)
        assert view.plot.style is DARK
    finally:
        apply_theme(Theme.SYSTEM)
    if suffix == "svg":
        drawn = path.read_text("utf-8")
        assert DARK.background not in drawn
        for text in ("hidden_1", "output", "activation z", "step (updates", "tanh"):
            assert text in drawn
    elif suffix == "pdf":
        assert path.read_bytes().startswith(b"%PDF")
    else:
        assert QtGui.QImage(str(path)).pixelColor(2, 2).name() == "#ffffff"


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


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """Records the dialogs for files, and answers them from `answers`."""
    asked = SimpleNamespace(names=[], warned=[], answers=[])

    def ask(parent, title, name, kinds):
        asked.names.append(name)
        return asked.answers.pop(0), ""

    monkeypatch.setattr(QtWidgets.QFileDialog, "getSaveFileName", ask)
    monkeypatch.setattr(
        QtWidgets.QMessageBox, "warning", lambda *args: asked.warned.append(args[-1])
    )
    return asked


def test_saving_and_copying_are_confirmed(window, qtbot, asked, tmp_path):
    window.tabs.setCurrentIndex(1)
    view = window.plot()
    qtbot.waitUntil(lambda: view.data is not None)
    message = window.statusBar().currentMessage
    asked.answers = [str(tmp_path / "one.svg"), str(tmp_path / "two"), ""]
    save_plot(view)
    assert message() == f"Saved {tmp_path / 'one.svg'}"
    save_table(view)
    assert message() == f"Saved {tmp_path / 'two.csv'}"
    assert (tmp_path / "two.csv").is_file()
    window.statusBar().clearMessage()
    save_plot(view)
    assert not message()
    copy_plot(view)
    assert message() == "Plot copied"
    copy_table(view)
    assert message() == "Numbers copied"


def test_the_folder_is_remembered_and_file_names_count_the_runs(
    window, qtbot, asked, tmp_path, simulation
):
    simulation.write(str(tmp_path / "other"), records=2)
    window.open([str(tmp_path / "other.zarr")])
    window.tabs.setCurrentIndex(1)
    view = window.plot()
    qtbot.waitUntil(lambda: view.data is not None and len(window.runs.entries) == 2)
    window.run_list.selectAll()
    qtbot.waitUntil(lambda: len(view.data) == 2)
    folder = tmp_path / "files"
    folder.mkdir()
    asked.answers = [str(folder / "one.png"), "", ""]
    for _ in range(2):
        save_plot(view)
    assert asked.names[0] == "2_runs_layer_curves.png"
    assert asked.names[1] == str(folder / "2_runs_layer_curves.png")
    shutil.rmtree(folder)
    save_table(view)
    assert asked.names[2] == "2_runs_layer_curves.csv"


def test_a_plot_is_not_saved_as_csv(window, qtbot, asked, tmp_path):
    window.tabs.setCurrentIndex(1)
    qtbot.waitUntil(lambda: window.plot().data is not None)
    asked.answers = [str(tmp_path / "numbers.csv")]
    save_plot(window.plot())
    assert "Save numbers" in asked.warned[0]
    assert not (tmp_path / "numbers.csv").exists()
