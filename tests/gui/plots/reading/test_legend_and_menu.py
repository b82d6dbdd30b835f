"""Legends that are clicked, and the context menu of plots."""

import pytest
from plot_tabs import CURVES, LAYER_CURVES, OVERVIEW, move_mouse, place, read_at, show

from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets


def entry(view, name):
    """Returns where an entry of the legend is."""
    view.canvas.draw()
    layout, ratio = view.plot.layout, view.canvas.device_pixel_ratio
    names = [one.name for one in layout.listed]
    box = layout.legend.get_texts()[names.index(name)].get_window_extent()
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return QtCore.QPoint(round(x / ratio), round(view.canvas.height() - y / ratio))


def click(qtbot, view, name):
    qtbot.mouseClick(view.canvas, Qt.MouseButton.LeftButton, pos=entry(view, name))


def double_click(qtbot, view, name):
    at = entry(view, name)
    for press in (qtbot.mouseClick, qtbot.mouseDClick):
        press(view.canvas, Qt.MouseButton.LeftButton, pos=at)


def hidden(view):
    view.canvas.draw()
    return [one.name for one in view.plot.layout.listed if one.is_hidden]


def checked(window):
    """The layers that are checked in the list."""
    model = window.layer_list.model
    role, on = Qt.ItemDataRole.CheckStateRole, Qt.CheckState.Checked
    rows = [model.index(row, 0) for row in range(model.rowCount())]
    return [row.data() for row in rows if Qt.CheckState(row.data(role)) == on]


def ask(view, at):
    """Right-clicks, and returns the actions of the menu by their text."""
    view.canvas.draw()
    event = QtGui.QContextMenuEvent(
        QtGui.QContextMenuEvent.Reason.Mouse, at, view.canvas.mapToGlobal(at)
    )
    QtWidgets.QApplication.sendEvent(view.canvas, event)
    menu = view.canvas.findChild(QtWidgets.QMenu)
    return {action.text(): action for action in menu.actions() if action.text()}


def choose(view, at, text):
    actions = ask(view, at)
    actions[text].trigger()
    actions[text].parent().close()
    QtWidgets.QApplication.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)


@pytest.fixture
def two_runs(window, qtbot, simulation, tmp_path):
    simulation.write(str(tmp_path / "other"), records=4, layers=3)
    window.open([str(tmp_path)])
    qtbot.waitUntil(lambda: len(window.runs.entries) == 2)
    window.run_list.selectAll()
    qtbot.waitUntil(lambda: len(window.selection.runs) == 2)
    return window


def test_a_click_on_the_legend_hides_a_layer_and_shows_it_again(window, qtbot):
    view = show(window, qtbot, LAYER_CURVES)
    click(qtbot, view, "hidden_2")
    assert window.selection.hidden == {"hidden_2"}
    assert checked(window) == ["hidden_1", "hidden_3", "output"]
    # It stays in the legend, at its place.
    assert hidden(view) == ["hidden_2"]
    names = [one.name for one in view.plot.layout.listed]
    assert names == ["hidden_1", "hidden_2", "hidden_3", "output"]
    click(qtbot, view, "hidden_2")
    assert window.selection.hidden == set()
    assert hidden(view) == []


def test_hidden_layers_are_not_listed_in_exports(window, qtbot):
    view = show(window, qtbot, LAYER_CURVES)
    click(qtbot, view, "hidden_2")
    exported = view.plot.export()
    exported.draw_without_rendering()
    (legend,) = exported.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["hidden_1", "hidden_3", "output"]


def test_a_double_click_on_the_legend_shows_a_layer_alone(window, qtbot):
    view = show(window, qtbot, LAYER_CURVES)
    view.canvas.zoom_in()
    double_click(qtbot, view, "hidden_2")
    assert checked(window) == ["hidden_2"]
    assert hidden(view) == ["hidden_1", "hidden_3", "output"]
    assert not view.plot.follow
    double_click(qtbot, view, "hidden_2")
    assert window.selection.hidden == set()


def test_runs_are_hidden_and_shown_in_the_legend(two_runs, qtbot):
    view = show(two_runs, qtbot, CURVES)
    qtbot.waitUntil(lambda: len(view.data) == 2)
    click(qtbot, view, "other")
    qtbot.waitUntil(lambda: [one.run for one in view.data] == ["tanh"])
    assert hidden(view) == ["other"]
    # The run stays selected in the list.
    assert len(two_runs.run_list.selected_paths()) == 2
    click(qtbot, view, "other")
    qtbot.waitUntil(lambda: len(view.data) == 2)
    double_click(qtbot, view, "other")
    qtbot.waitUntil(lambda: [one.run for one in view.data] == ["other"])
    # All runs cannot be hidden.
    click(qtbot, view, "other")
    qtbot.waitUntil(lambda: len(view.data) == 2)


def test_back_shows_a_hidden_run_again(two_runs, qtbot):
    window = two_runs
    view = show(window, qtbot, CURVES)
    qtbot.waitUntil(lambda: len(view.data) == 2)
    window.history.remember()
    click(qtbot, view, "other")
    qtbot.waitUntil(lambda: len(view.data) == 1)
    # Only plots hide it.
    assert window.windowTitle().startswith("2 runs")
    window.history.remember()
    window.history.back_action.trigger()
    qtbot.waitUntil(lambda: len(view.data) == 2)
    assert window.selection.hidden_runs == set()


def test_an_entry_under_the_mouse_emphasizes_its_line(window, qtbot):
    view = show(window, qtbot, LAYER_CURVES)
    move_mouse(view.canvas, entry(view, "hidden_3"))
    assert window.selection.emphasis.layers == {"hidden_3"}
    assert view.canvas.cursor().shape() == Qt.CursorShape.PointingHandCursor
    assert "click to hide" in window.statusBar().currentMessage()
    move_mouse(view.canvas, QtCore.QPoint(1, 1))
    assert window.selection.emphasis is None


def test_the_menu_acts_on_the_line_under_the_mouse(two_runs, qtbot):
    window = two_runs
    view = show(window, qtbot, OVERVIEW)
    qtbot.waitUntil(lambda: len(view.data) == 2)
    view.canvas.draw()
    at = place(view, 250.0, 1.0, panel=1)
    value = float(view.data[1].values[2, 1])
    choose(view, at, "Copy value")
    assert float(QtWidgets.QApplication.clipboard().text()) == value
    choose(view, at, "Go to step 200")
    assert window.selection.step == 200
    choose(view, at, "Show only hidden_2")
    assert checked(window) == ["hidden_2"]
    choose(view, place(view, 250.0, 0.0, panel=1), "Show all layers")
    assert window.selection.hidden == set()
    choose(view, at, "Hide hidden_2")
    assert window.selection.hidden == {"hidden_2"}
    choose(view, at, "Hide tanh")
    assert [run.name for run in window.selection.runs] == ["other"]
    qtbot.waitUntil(lambda: len(view.data) == 1)
    view.canvas.draw()
    choose(view, QtCore.QPoint(1, 1), "Show all runs")
    assert len(window.selection.runs) == 2


def test_the_menu_opens_the_card_of_a_layer_and_copies_the_figure(window, qtbot):
    view = show(window, qtbot, LAYER_CURVES)
    view.canvas.draw()
    layer = read_at(view, 200.0, float(view.data[0].mean[2, 3])).layer
    at = place(view, 200.0, float(view.data[0].mean[2, 3]))
    choose(view, at, "Copy figure")
    assert not QtWidgets.QApplication.clipboard().image().isNull()
    choose(view, at, f"Layer card of {layer}")
    card = window.plot()
    assert card.figure.name == "layer-card"
    qtbot.waitUntil(lambda: card.data is not None and card.data[0].layer == layer)
