import threading
from dataclasses import replace

import numpy as np
import pytest

from keras_xavier_gui.qt import Qt

LAYER_CURVES, HISTOGRAMS = 1, 2


@pytest.fixture
def append_records(simulation, run):
    """Returns a function that writes one more record."""
    random = np.random.default_rng(1)
    steps = iter(range(600, 10_000, 100))

    def write():
        step = next(steps)
        run.record(step, simulation.measure(simulation.layers_of(3), step, random))
        run.flush()
        return step

    return write


def show(window, qtbot, tab):
    window.tabs.setCurrentIndex(tab)
    qtbot.waitUntil(lambda: window.plot().data is not None)
    return window.plot()


def track(window, qtbot, text):
    box = window.step_slider.live
    box.setCurrentIndex(box.findText(text))
    box.activated.emit(box.currentIndex())


def wait_for(view, qtbot, step):
    qtbot.waitUntil(lambda: view.data[0].steps[-1] == step)
    view.canvas.draw()


def test_following_keeps_width_and_height(window, qtbot, append_records):
    view = show(window, qtbot, LAYER_CURVES)
    axes = view.canvas.figure.axes[0]
    axes.set_xlim(300, 520)
    axes.set_ylim(-0.3, 0.2)
    track(window, qtbot, "follow the latest")
    wait_for(view, qtbot, append_records())
    axes = view.canvas.figure.axes[0]
    left, right = axes.get_xlim()
    assert right - left == pytest.approx(220)
    assert 600 <= right < 620
    assert axes.get_ylim() == (-0.3, 0.2)
    assert window.step_slider.live.currentText() == "follow the latest"


def test_keeping_the_view_does_not_show_new_records(window, qtbot, append_records):
    view = show(window, qtbot, LAYER_CURVES)
    track(window, qtbot, "keep the view")
    before = view.canvas.figure.axes[0].get_xlim()
    wait_for(view, qtbot, append_records())
    assert view.canvas.figure.axes[0].get_xlim() == before
    track(window, qtbot, "show all")
    assert view.canvas.figure.axes[0].get_xlim()[1] > 600


def test_zooming_keeps_the_view_and_home_shows_all_again(window, qtbot, append_records):
    view = show(window, qtbot, LAYER_CURVES)
    view.canvas.draw()
    assert window.step_slider.live.currentText() == "show all"
    view.canvas.zoom_in()
    view.canvas.draw()
    assert window.step_slider.live.currentText() == "keep the view"
    qtbot.keyClick(view.canvas, Qt.Key.Key_Home)
    view.canvas.draw()
    assert window.step_slider.live.currentText() == "show all"


def test_drawing_without_a_change_of_view_is_not_announced(window, qtbot):
    view = show(window, qtbot, LAYER_CURVES)
    view.canvas.draw()
    changes = []
    view.live_changed.connect(lambda: changes.append(view.live))
    view.canvas.draw()
    assert not changes
    view.canvas.zoom_in()
    view.canvas.draw()
    view.canvas.draw()
    assert len(changes) == 1


def test_the_height_is_fitted_to_the_steps_in_view(window, qtbot):
    view = show(window, qtbot, LAYER_CURVES)
    axes = view.canvas.figure.axes[0]
    view.options["quantity"].setCurrentText("gradient ∂C/∂s")
    qtbot.waitUntil(lambda: view.data[0].quantity == "preactivation_gradient")
    axes = view.canvas.figure.axes[0]
    axes.set_xlim(90, 110)
    axes.set_ylim(-1, 1)
    qtbot.keyClick(window, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    assert axes.get_xlim() == (90, 110)
    assert axes.get_ylim()[1] < 0.1


def choose(box, text):
    box.setCurrentIndex(box.findText(text))


def test_a_histogram_map_grows_with_the_run(window, qtbot, append_records):
    view = show(window, qtbot, HISTOGRAMS)
    choose(view.kind, "Histogram map")
    qtbot.waitUntil(lambda: view.data is not None and hasattr(view.data[0], "steps"))
    assert view.data[0].steps.tolist() == [0, 100, 200, 300, 400, 500]
    wait_for(view, qtbot, append_records())
    assert view.data[0].counts.shape[0] == 7
    assert view.plot.follow
    assert "median" in view.canvas.accessibleDescription()
    choose(view.kind, "Ridgelines")
    qtbot.waitUntil(lambda: view.data is not None and view.data[0].steps.size == 7)
    choose(view.kind, "Histograms at one step")
    qtbot.waitUntil(lambda: view.data is not None and hasattr(view.data[0], "step"))


def test_a_histogram_map_reads_the_records_in_view(
    make_window, qtbot, simulation, tmp_path
):
    simulation.write(str(tmp_path / "long"), records=300, layers=1)
    window = make_window(tmp_path / "long")
    view = show(window, qtbot, HISTOGRAMS)
    choose(view.kind, "Histogram map")
    qtbot.waitUntil(lambda: view.data is not None and hasattr(view.data[0], "steps"))
    assert len(view.data[0].steps) <= 120
    view.canvas.draw()
    view.canvas.figure.axes[-1].set_xlim(1000, 3000)
    view.canvas.draw()
    qtbot.waitUntil(lambda: view.data[0].steps[0] == 1000)
    assert view.data[0].steps.tolist() == list(range(1000, 3001, 100))
    view.reset_view()
    view.canvas.draw()
    qtbot.waitUntil(lambda: view.data[0].steps[0] == 0)
    assert view.data[0].steps[-1] == 29_900


def test_smoothing_keeps_the_raw_line_visible(window, qtbot):
    view = show(window, qtbot, LAYER_CURVES)
    view.options["smoothing"].setValue(300)
    view.canvas.draw()
    lines = view.canvas.figure.axes[0].lines
    assert len(lines) == 8
    raw = [one for one in lines if one.get_alpha() is not None]
    np.testing.assert_array_equal(raw[0].get_ydata(), view.data[0].mean[:, 0])
    assert "mean over 300 steps" in view.canvas.figure.texts[0].get_text()


def test_a_computed_quantity_has_its_own_axis(window, qtbot):
    view = show(window, qtbot, LAYER_CURVES)
    choose(view.kind, "Saturation")
    view.canvas.draw()
    axes = view.canvas.figure.axes[0]
    low, high = axes.get_ylim()
    assert low < 0.01
    assert 0.99 < high < 1.1
    assert not view.options["band"].isEnabled()
    assert "Saturation" in view.options["quantity"].toolTip()
    choose(view.kind, "Update ratio")
    qtbot.waitUntil(lambda: view.data[0].quantity == "weight_update")
    view.canvas.draw()
    assert view.canvas.figure.axes[0].get_yscale() == "log"


def test_playing_stops_at_the_last_record(window, qtbot):
    seen = []
    window.selection.step_changed.connect(lambda: seen.append(window.selection.step))
    qtbot.keyClick(window, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    assert window.step_slider.player.is_playing
    qtbot.waitUntil(lambda: not window.step_slider.player.is_playing)
    assert seen == [0, 100, 200, 300, 400, None]


def test_playing_can_be_paused(window, qtbot):
    window.selection.set_record(1)
    window.step_slider.play.click()
    assert window.step_slider.play.accessibleName() == "Pause"
    window.step_slider.play.click()
    assert not window.step_slider.player.is_playing
    assert window.step_slider.play.accessibleName() == "Play"
    assert window.selection.step == 100


def test_figures_that_change_while_they_are_read_do_not_mix(window, qtbot):
    view = show(window, qtbot, HISTOGRAMS)
    for kind in (1, 0, 2, 1, 0, 2, 0, 1):
        view.kind.setCurrentIndex(kind)
        qtbot.wait(5)
    # On the way, data and plot may be those of another figure.
    qtbot.waitUntil(lambda: not view.is_reading)
    assert type(view.plot).__name__ == "HistogramMap"
    assert hasattr(view.data[0], "steps")


def test_a_histogram_map_reads_only_the_layers_that_have_a_panel(
    make_window, qtbot, simulation, tmp_path
):
    simulation.write(str(tmp_path / "deep"), records=3, layers=20)
    window = make_window(tmp_path / "deep")
    view = show(window, qtbot, HISTOGRAMS)
    choose(view.kind, "Histogram map")
    qtbot.waitUntil(lambda: view.data is not None and hasattr(view.data[0], "steps"))
    assert len(view.data[0].layers) == 5
    view.canvas.draw()
    texts = " ".join(text.get_text() for text in view.canvas.figure.texts)
    assert "5 of 21 layers" in texts
    hidden = set(view.data[0].layers[1:])
    window.selection.set_hidden(hidden)
    qtbot.waitUntil(lambda: not hidden & set(view.data[0].layers))
    assert len(view.data[0].layers) == 5
    window.selection.set_hidden({layer.name for layer in window.selection.run.layers})
    qtbot.waitUntil(lambda: view.data is None)


def test_an_error_in_an_outdated_request_is_logged(window, qtbot, errors, monkeypatch):
    view = window.plot()
    asked, burning = view.request(), threading.Event()

    def burn(_):
        assert burning.wait(10)
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(view, "request", lambda: replace(asked, reading=burn))
    view.reread()
    monkeypatch.undo()
    # Meanwhile, another quantity is selected.
    choose(view.options["quantity"], "weight W")
    burning.set()
    qtbot.waitUntil(lambda: "the disk is on fire" in errors.text())
    errors.clear()
    # It is read; the old plot stays until then.
    qtbot.waitUntil(lambda: view.data[0].quantity == "weight")
