"""Values are read with mouse and keyboard in every figure, and lines emphasized."""

from dataclasses import replace

import numpy as np
import pytest
from plot_tabs import (
    CARD,
    CURVES,
    HISTOGRAMS,
    LAYER_CURVES,
    OVERVIEW,
    PROFILE,
    UNITS,
    move_mouse,
    place,
    read_at,
    show,
)

from keras_xavier.figures.reading import place_of, readable
from keras_xavier_gui.plots.reading import reader
from keras_xavier_gui.qt import Qt, QtCore, QtWidgets

KINDS = [
    (OVERVIEW, None, "cell"),
    (LAYER_CURVES, None, "point"),
    (HISTOGRAMS, 0, "point"),
    (HISTOGRAMS, 1, "cell"),
    (HISTOGRAMS, 2, "point"),
    (PROFILE, None, "point"),
    (UNITS, 0, "cell"),
    (UNITS, 1, "point"),
    (CARD, None, "point"),
    (CURVES, None, "point"),
]
"""Tab, kind of figure in it, and what the mouse reads there."""


def pixels(view):
    return np.array(view.canvas.buffer_rgba())


def leave(view):
    event = QtCore.QEvent(QtCore.QEvent.Type.Leave)
    QtWidgets.QApplication.sendEvent(view.canvas, event)


def status(window):
    return window.statusBar().currentMessage()


def open_two(window, qtbot, simulation, tmp_path):
    simulation.write(str(tmp_path / "other"), records=4, layers=3)
    window.open([str(tmp_path)])
    qtbot.waitUntil(lambda: len(window.runs.entries) == 2)
    window.run_list.selectAll()
    qtbot.waitUntil(lambda: len(window.selection.runs) == 2)


def test_the_mouse_reads_the_nearest_value_in_every_figure(window, qtbot):
    for tab, kind, what in KINDS:
        view = show(window, qtbot, tab)
        if kind is not None:
            view.kind.setCurrentIndex(kind)
            qtbot.waitUntil(lambda view=view: view.has_current_data)
        view.canvas.draw()
        without = pixels(view)
        reading = read_at(view, 0.6, 0.6, shares=True)
        assert reading is not None, view.figure.name
        assert reading.run == "tanh"
        assert reading.step in range(0, 501, 100)
        assert reading.values
        if what == "cell" or tab in (LAYER_CURVES, PROFILE):
            assert reading.layer.startswith("hidden_") or reading.layer == "output"
        # Beside the mouse, inside the canvas, and over neither mouse nor point.
        label = view.reader.label
        assert label.isVisible()
        assert view.canvas.rect().contains(label.geometry())
        at = place(view, 0.6, 0.6, shares=True)
        assert not label.geometry().contains(at)
        assert reading.values[0][1] in label.text
        # For screen readers, and in the status bar.
        assert view.canvas.accessibleDescription() == status(window) != ""
        assert f"step {reading.step:,}" in status(window)
        assert (pixels(view) != without).any()
        leave(view)
        assert not label.isVisible()
        assert status(window) == ""
        assert "tanh" in view.canvas.accessibleDescription()
        assert (pixels(view) == without).all(), view.figure.name


def test_a_value_is_snapped_to_the_nearest_record(window, qtbot):
    view = show(window, qtbot, LAYER_CURVES)
    data = view.data[0]
    line = int(np.argmax(np.abs(data.mean[3])))
    layer, value = data.layers[line], float(data.mean[3, line])
    reading = read_at(view, 290.0, value)
    assert (reading.step, reading.layer, reading.value) == (300, layer, value)
    (x, y) = place_of(view.reader.groups(), view.reader._spot)
    expected = view.plot.layout.axes[0].transData.transform((300, value))
    assert (x, y) == pytest.approx(tuple(expected))


def test_arrow_keys_read_values_without_a_mouse(window, qtbot):
    view = show(window, qtbot, LAYER_CURVES)
    view.canvas.draw()
    view.canvas.setFocus()
    key = Qt.Key
    # Without a reading, the keys select the step as before.
    qtbot.keyClick(view.canvas, key.Key_Left)
    assert window.selection.step == 400
    qtbot.keyClick(view.canvas, key.Key_Up)
    assert view.reader.reading.step == 400
    qtbot.keyClick(view.canvas, key.Key_Right)
    assert view.reader.reading.step == 500
    qtbot.keyClick(view.canvas, key.Key_Left)
    qtbot.keyClick(view.canvas, key.Key_Left)
    assert view.reader.reading.step == 300
    assert window.selection.step == 400
    qtbot.keyClick(view.canvas, key.Key_Return)
    assert window.selection.step == 300
    found = {view.reader.reading.layer}
    for way in (key.Key_Down, key.Key_Up):
        for _ in range(4):
            qtbot.keyClick(view.canvas, way)
            found.add(view.reader.reading.layer)
    assert found == {"hidden_1", "hidden_2", "hidden_3", "output"}
    assert view.reader.reading.layer in view.canvas.accessibleDescription()
    qtbot.keyClick(view.canvas, key.Key_Escape)
    assert view.reader.reading is None
    assert not view.reader.label.isVisible()


def test_tab_moves_through_all_lines_and_then_out_of_the_plot(window, qtbot):
    view = show(window, qtbot, CURVES)
    window.activateWindow()
    view.canvas.draw()
    view.canvas.setFocus()
    qtbot.keyClick(view.canvas, Qt.Key.Key_Up)
    titles = [view.reader.reading.title]
    while view.reader.reading is not None and len(titles) < 10:
        qtbot.keyClick(view.canvas, Qt.Key.Key_Tab)
        if view.reader.reading is not None:
            titles.append(view.reader.reading.title)
    assert len(titles) == len(set(titles)) <= 3
    assert titles[-1] == "val loss" or titles[-1] == "error"
    assert not view.canvas.hasFocus()


def test_a_value_that_is_read_stays_while_records_arrive(window, qtbot, append_records):
    view = show(window, qtbot, LAYER_CURVES)
    view.canvas.draw()
    view.canvas.setFocus()
    qtbot.keyClick(view.canvas, Qt.Key.Key_Up)
    before = view.reader.reading
    append_records()
    qtbot.waitUntil(lambda: len(view.data[0].steps) == 9)
    view.canvas.draw()
    assert view.reader.reading.names(with_run=True) == before.names(with_run=True)


def test_a_line_is_emphasized_in_all_panels_and_in_the_lists(
    window, qtbot, simulation, tmp_path
):
    open_two(window, qtbot, simulation, tmp_path)
    view = show(window, qtbot, LAYER_CURVES)
    qtbot.waitUntil(lambda: len(view.data) == 2)
    view.canvas.draw()
    without = pixels(view)
    reading = read_at(view, 200.0, float(view.data[0].mean[2, 0]))
    assert reading.run == "other"
    # The panel of the other run changes, too.
    other = view.plot.layout.axes[1].bbox
    inside = np.s_[:, round(other.x0) : round(other.x1)]
    assert (pixels(view)[inside] != without[inside]).any()
    emphasis = window.selection.emphasis
    assert emphasis.layers == {reading.layer}
    assert [path.rpartition("/")[2] for path in emphasis.runs] == ["other.zarr"]
    marks = window.layer_list.emphasis.marks
    listed = window.layer_list.view
    rows = [listed.indexAt(box.center()).data() for box in marks.shown]
    assert rows == [reading.layer]
    leave(view)
    assert window.selection.emphasis is None
    assert marks.shown == []


def test_a_row_under_the_mouse_emphasizes_its_lines(window, qtbot):
    view = show(window, qtbot, LAYER_CURVES)
    view.canvas.draw()
    without = pixels(view)
    listed = window.layer_list.view
    at = listed.visualRect(listed.model().index(1, 0)).center()
    move_mouse(listed.viewport(), at)
    assert window.selection.emphasis.layers == {"hidden_2"}
    assert (pixels(view) != without).any()
    move_mouse(listed.viewport(), QtCore.QPoint(at.x(), listed.height() - 1))
    assert window.selection.emphasis is None
    assert (pixels(view) == without).all()


def test_a_run_under_the_mouse_emphasizes_its_lines(
    window, qtbot, simulation, tmp_path
):
    open_two(window, qtbot, simulation, tmp_path)
    view = show(window, qtbot, CURVES)
    qtbot.waitUntil(lambda: len(view.data) == 2)
    view.canvas.draw()
    without = pixels(view)
    runs = window.run_list
    index = runs.filtered.mapFromSource(window.runs.find(str(tmp_path / "other.zarr")))
    move_mouse(runs.viewport(), runs.visualRect(index).center())
    assert window.selection.emphasis.runs == {str(tmp_path / "other.zarr")}
    assert (pixels(view) != without).any()


def test_reading_ends_where_later_values_are_not_defined(window, qtbot, monkeypatch):
    view = show(window, qtbot, LAYER_CURVES)
    qtbot.keyClick(view.canvas, Qt.Key.Key_Up)
    assert view.reader.reading is not None

    def without_values(plot):
        groups = readable(plot)
        return [replace(one, y=np.full_like(one.y, np.nan)) for one in groups]

    monkeypatch.setattr(reader, "readable", without_values)
    view.canvas.draw()
    assert view.reader.reading is None
    assert not view.reader.label.isVisible()
