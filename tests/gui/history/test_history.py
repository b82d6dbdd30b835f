"""Back and Forward in the window."""

import shutil

import pytest

from keras_xavier.figure_spec import FigureSpec
from keras_xavier_gui.history import history as history_module
from keras_xavier_gui.qt import Qt


@pytest.fixture
def window(make_window, simulation, tmp_path, qtbot, monkeypatch):
    monkeypatch.setattr(history_module, "SETTLE_SECONDS", 0.01)
    for name in ("a", "b"):
        simulation.write(str(tmp_path / name), records=6, layers=2)
    made = make_window(tmp_path)
    qtbot.waitUntil(lambda: len(made.history._states) == 1)
    return made


@pytest.fixture
def settle(window, qtbot):
    """Waits until the view is remembered."""

    def wait():
        history, plot = window.history, window.plot()
        qtbot.waitUntil(lambda: not (history._timer.isActive() or plot.is_reading))

    return wait


def limits(plot):
    axes = plot.plot.layout.axes[0]
    return axes.get_xlim(), axes.get_ylim()


def test_back_and_forward_restore_runs_figure_layers_step_and_zoom(
    window, tmp_path, settle, qtbot
):
    window.show_spec(FigureSpec("layer-curves", quantity="weight"))
    plot = window.plot()
    qtbot.waitUntil(lambda: plot.has_current_data and not plot.is_reading)
    settle()
    plot.canvas.zoom_in()
    window.selection.set_step(300)
    zoomed = limits(plot)
    qtbot.waitUntil(lambda: window.history._states[-1].step == 300)
    settle()
    first = [run.name for run in window.selection.runs]
    # Several changes at once are one view.
    count = len(window.history._states)
    window.run_list.choose(*(str(tmp_path / f"{name}.zarr") for name in "ab"))
    window.selection.set_hidden({"hidden_1"})
    window.show_spec(FigureSpec("histograms", quantity="activation", step=0))
    qtbot.waitUntil(lambda: len(window.selection.runs) == 2)
    settle()
    assert len(window.history._states) == count + 1
    later = window.plot()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: [run.name for run in window.selection.runs] == first)
    settle()
    assert window.plot() is plot
    assert plot.values()["quantity"] == "weight"
    assert (window.selection.step, window.selection.hidden) == (300, frozenset())
    assert limits(plot) == zoomed
    qtbot.keyClick(window, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: len(window.selection.runs) == 2)
    settle()
    assert window.plot() is later
    assert (window.selection.step, window.selection.hidden) == (0, {"hidden_1"})
    assert not window.history.forward_action.isEnabled()


def test_step_and_zoom_alone_are_no_new_view(window, settle, qtbot):
    for step in (100, 200, 300):
        window.selection.set_step(step)
        settle()
    assert len(window.history._states) == 1
    assert not window.history.back_action.isEnabled()
    window.tabs.setCurrentIndex(1)
    qtbot.waitUntil(lambda: window.history.back_action.isEnabled())
    assert "Overview, 1 run" in window.history.back_action.toolTip()
    window.history.go(-1)
    settle()
    # Going elsewhere from there replaces the views after it.
    window.tabs.setCurrentIndex(2)
    settle()
    assert len(window.history._states) == 2
    assert window.history._states[-1].tab == window.tabs.current().accessibleName()


def test_a_run_that_is_gone_is_left_out(window, tmp_path, settle, qtbot):
    paths = [str(tmp_path / f"{name}.zarr") for name in "ab"]
    window.run_list.choose(*paths)
    qtbot.waitUntil(lambda: len(window.history._states) == 2)
    window.run_list.choose(paths[0])
    qtbot.waitUntil(lambda: len(window.history._states) == 3)
    shutil.rmtree(paths[1])
    qtbot.waitUntil(lambda: any(one.is_missing for one in window.runs.entries))
    window.reload()
    qtbot.waitUntil(lambda: len(window.runs.entries) == 1)
    window.history.go(-1)
    settle()
    assert [run.path for run in window.selection.runs] == paths[:1]
