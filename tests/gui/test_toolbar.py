"""The toolbar: the same controls in the same places, and the shared quantity."""

import pytest

from keras_xavier_gui.qt import Qt, QtCore, QtWidgets

KINDS = (QtWidgets.QComboBox, QtWidgets.QAbstractSpinBox, QtWidgets.QAbstractButton)


@pytest.fixture(scope="module")
def runs(simulation, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    simulation.write(str(folder / "tanh"), records=3, layers=2)
    return folder


@pytest.fixture
def window(make_window, qtbot, runs):
    made = make_window(runs)
    qtbot.waitUntil(lambda: made.plot().data is not None)
    return made


def visible_controls(toolbar):
    return [
        one
        for kind in KINDS
        for one in toolbar.findChildren(kind)
        if one.isVisible() and not isinstance(one.parent(), KINDS)
    ]


def place(toolbar, widget):
    corner = widget.mapTo(toolbar, QtCore.QPoint(0, 0))
    return corner.x(), corner.y(), widget.width(), widget.height()


def test_controls_have_the_same_places_in_all_tabs(window):
    places = []
    for tab in range(window.tabs.count()):
        window.tabs.setCurrentIndex(tab)
        QtWidgets.QApplication.processEvents()
        controls = visible_controls(window.toolbar)
        places.append([place(window.toolbar, one) for one in controls])
        for one in controls:
            assert one.toolTip() or one.text(), one
            if not one.isEnabled() and not isinstance(one, QtWidgets.QToolButton):
                assert "does not apply to" in one.toolTip() or "figure" in one.toolTip()
    assert len(places[0]) > 15
    assert all(one == places[0] for one in places)


def test_controls_take_two_rows_if_there_is_room(window, qtbot):
    window.resize(1800, 700)
    qtbot.waitUntil(lambda: window.width() == 1800)
    QtWidgets.QApplication.processEvents()
    controls = visible_controls(window.toolbar)
    middles = {one.mapTo(window, one.rect().center()).y() // 20 for one in controls}
    assert len(middles) == 2


def shown(window, tab):
    return window.tabs.widget(tab).options["quantity"].currentText()


def test_all_tabs_share_the_quantity_unless_it_is_pinned(window):
    curves, histograms = window.tabs.widget(1).options, window.tabs.widget(2).options
    assert len({shown(window, tab) for tab in range(3)}) == 1
    curves["quantity"].setCurrentText("weight W")
    assert [shown(window, tab) for tab in range(3)] == ["weight W"] * 3
    histograms.pin.click()
    histograms["quantity"].setCurrentText("gradient ∂C/∂s")
    assert [shown(window, tab) for tab in range(2)] == ["weight W"] * 2
    curves["quantity"].setCurrentText("activation z")
    assert shown(window, 2) == "gradient ∂C/∂s"
    histograms.pin.click()
    assert shown(window, 2) == "activation z"


def test_a_pinned_quantity_is_pinned_the_next_time(window, make_window, runs):
    window.tabs.widget(2).options.pin.click()
    window.tabs.widget(2).options["quantity"].setCurrentText("weight W")
    window.close()
    again = make_window(runs)
    assert [shown(again, tab) for tab in range(3)] == [
        *("activation z", "activation z", "weight W")
    ]
    assert again.tabs.widget(2).options.pin.isChecked()


def test_options_of_presentation_are_reset_and_marked_until_then(window, qtbot):
    window.tabs.setCurrentIndex(1)
    options = window.plot().options
    options["quantity"].setCurrentText("weight W")
    options["panels"].setCurrentText("one per layer")
    options["smoothing"].setValue(200)
    options["log_steps"].click()
    assert [one.name for one in options.changed_options()] == [
        *("panels", "smoothing", "log_steps")
    ]
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    qtbot.keyClick(window, Qt.Key.Key_0, keys)
    assert options.changed_options() == []
    assert options["quantity"].currentText() == "weight W"


def test_side_panel_and_toolbar_can_be_hidden_and_stay_hidden(
    window, make_window, runs, qtbot
):
    control = Qt.KeyboardModifier.ControlModifier
    width, height = window.tabs.width(), window.tabs.height()
    qtbot.keyClick(window, Qt.Key.Key_B, control)
    assert not window.run_list.isVisible()
    qtbot.waitUntil(lambda: window.tabs.width() > width)
    qtbot.keyClick(window, Qt.Key.Key_B, control | Qt.KeyboardModifier.ShiftModifier)
    assert not window.toolbar.isVisible()
    qtbot.waitUntil(lambda: window.tabs.height() > height)
    window.close()
    again = make_window(runs)
    qtbot.waitUntil(lambda: again.plot().data is not None)
    assert not again.run_list.isVisible()
    assert not again.toolbar.isVisible()
    # The filter of layers is in the hidden panel.
    qtbot.keyClick(again, Qt.Key.Key_F, control)
    assert again.layer_list.filter.isVisible()


def test_the_toolbar_stays_hidden_without_plots(make_window, qtbot):
    window = make_window()
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    for _ in range(2):
        qtbot.keyClick(window, Qt.Key.Key_B, keys)
        assert not window.toolbar.isVisible()


def test_dragging_zooms_in_every_tab_while_the_tool_is_chosen(window):
    buttons = {
        one.accessibleName(): one
        for one in window.toolbar.findChildren(QtWidgets.QToolButton)
    }
    zoom, drag = buttons["Zoom with the mouse"], buttons["Drag the view"]
    zoom.click()
    assert [window.tabs.widget(tab).navigation.tool for tab in range(3)] == ["zoom"] * 3
    drag.click()
    assert not zoom.isChecked()
    assert window.plot().navigation.tool == "pan"
    drag.click()
    assert window.plot().navigation.tool == ""


def test_all_tabs_stay_in_view_in_a_narrow_window(window, qtbot):
    bar = window.tabs.tabBar()
    last = bar.count() - 1
    window.tabs.resize(3000, 400)
    usual = bar.tabRect(last).right()
    window.tabs.resize(usual - 4 * bar.count(), 400)
    assert bar.tabRect(last).right() <= window.tabs.width()
    window.tabs.resize(3000, 400)
    assert bar.tabRect(last).right() == usual
