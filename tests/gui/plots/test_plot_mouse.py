"""The mouse on plots: clicks that select a step, zooming."""

import numpy as np
import pytest
from plot_tabs import CURVES, LAYER_CURVES, OVERVIEW, show

from keras_xavier_gui.qt import Qt, QtCore


def click_at(qtbot, view, step, click=None):
    """Clicks at a step, halfway up the first axes."""
    axes = view.plot.cursors[0].axes
    x, y = axes.get_xaxis_transform().transform((step, 0.5))
    ratio = view.canvas.device_pixel_ratio
    at = QtCore.QPoint(round(x / ratio), round(view.canvas.height() - y / ratio))
    (click or qtbot.mouseClick)(view.canvas, Qt.MouseButton.LeftButton, pos=at)


def pixels(view):
    return np.array(view.canvas.buffer_rgba())


@pytest.mark.parametrize("tab", [OVERVIEW, LAYER_CURVES, CURVES])
def test_a_click_selects_the_step_that_all_plots_mark(window, qtbot, tab):
    view = show(window, qtbot, tab)
    view.canvas.draw()
    without = pixels(view)
    click_at(qtbot, view, 190)
    assert window.selection.step == 200
    assert window.step_slider.box.value() == 200
    changed = (pixels(view) != without).any(axis=(0, 2))
    assert 1 <= changed.sum() <= 4
    axes = view.plot.cursors[0].axes
    x, _ = axes.transData.transform((200, 0))
    assert np.flatnonzero(changed).mean() == pytest.approx(x, abs=2)
    qtbot.keyClick(view.canvas, Qt.Key.Key_Left)
    assert window.selection.step == 100
    assert {tuple(line.get_xdata()) for line in view.plot.cursors} == {(100, 100)}
    other = show(window, qtbot, LAYER_CURVES if tab == CURVES else CURVES)
    assert all(line.get_visible() for line in other.plot.cursors)
    window.selection.set_step(None)
    assert not any(line.get_visible() for line in other.plot.cursors)
    window.tabs.setCurrentIndex(tab)
    view.canvas.draw()
    assert (pixels(view) == without).all()


def test_a_double_click_resets_the_view_and_selects_no_step(window, qtbot):
    view = show(window, qtbot, OVERVIEW)
    view.canvas.zoom_in()
    click_at(qtbot, view, 290)
    assert window.selection.step == 300
    click_at(qtbot, view, 290, qtbot.mouseDClick)
    assert window.selection.step is None
    assert view.plot.follow


def test_the_color_bar_cannot_be_zoomed(window, qtbot):
    view = show(window, qtbot, OVERVIEW)
    bar = view.canvas.figure.axes[0]
    before = bar.get_ylim()
    view.canvas.zoom_in()
    view.canvas.pan(0.1, 0.1)
    assert bar.get_ylim() == before
