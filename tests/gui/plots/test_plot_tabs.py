import re

import numpy as np
import pytest

from keras_xavier.figures import DARK, LIGHT
from keras_xavier.statistics import Statistic
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets

OVERVIEW, LAYER_CURVES, HISTOGRAMS, PROFILE, CARD, CURVES = range(6)


@pytest.fixture
def run(simulation, tmp_path):
    """The writer of an open run with six records."""
    writer = simulation.write(str(tmp_path / "tanh"), records=6, layers=3, close=False)
    yield writer
    writer.close()


@pytest.fixture
def window(make_window, qtbot, run):
    made = make_window(run.path)
    qtbot.waitUntil(lambda: made.plot().data is not None)
    return made


@pytest.fixture
def append_records(simulation, run):
    """Returns a function that writes more records."""
    random = np.random.default_rng(1)
    last = 500

    def write(records=3):
        nonlocal last
        for _ in range(records):
            last += 100
            run.record(last, simulation.measure(simulation.layers_of(3), last, random))
            run.log(last, {"loss": 1.0, "error": 0.5})
        run.flush()
        return last

    return write


def show(window, qtbot, tab):
    window.tabs.setCurrentIndex(tab)
    qtbot.waitUntil(lambda: window.plot().data is not None)
    return window.plot()


def limits(view):
    axes = [axes for axes in view.canvas.figure.axes if axes.get_navigate()]
    return [(*one.get_xlim(), *one.get_ylim()) for one in axes]


def first(view):
    """The data of the first run."""
    return view.data[0]


def last_step(view):
    data = first(view)
    if hasattr(data, "metrics"):
        return data.metrics["loss"][0][-1]
    return data.steps[-1] if hasattr(data, "steps") else data.step


@pytest.mark.parametrize("tab", [OVERVIEW, LAYER_CURVES, HISTOGRAMS, CURVES])
def test_new_records_appear_and_the_view_follows(window, qtbot, append_records, tab):
    view = show(window, qtbot, tab)
    assert last_step(view) == 500
    before = limits(view)
    last = append_records()
    qtbot.waitUntil(lambda: last_step(view) == last)
    assert limits(view) != before
    assert view.plot.follow


@pytest.mark.parametrize("tab", [OVERVIEW, LAYER_CURVES, HISTOGRAMS, CURVES])
def test_the_zoom_stays_when_records_arrive(window, qtbot, append_records, tab):
    view = show(window, qtbot, tab)
    qtbot.waitUntil(lambda: limits(view)[0][1] != 1)
    view.canvas.zoom_in()
    before = limits(view)
    last = append_records()
    qtbot.waitUntil(lambda: last_step(view) == last)
    view.canvas.draw()
    assert limits(view) == before
    view.reset_view()
    assert limits(view) != before


def test_the_zoom_stays_from_step_to_step_but_not_from_run_to_run(
    window, qtbot, simulation, tmp_path
):
    simulation.write(str(tmp_path / "other"), records=9, layers=3)
    view = show(window, qtbot, HISTOGRAMS)
    view.canvas.zoom_in()
    zoomed = limits(view)
    qtbot.keyClick(view.canvas, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: first(view).step == 400)
    assert limits(view) == zoomed
    window.open([str(tmp_path / "other")])
    qtbot.waitUntil(lambda: view.data is not None and first(view).run == "other")
    assert limits(view) != zoomed
    assert view.plot.follow


def test_the_selected_step_stays_and_is_shared_by_all_plots(
    window, qtbot, append_records
):
    view = show(window, qtbot, HISTOGRAMS)
    window.step_slider.slider.setValue(2)
    qtbot.waitUntil(lambda: first(view).step == 200)
    append_records()
    qtbot.waitUntil(lambda: window.step_slider.slider.maximum() == 8)
    assert first(view).step == 200
    view = show(window, qtbot, PROFILE)
    assert first(view).step == 200
    assert window.step_slider.slider.value() == 2


def test_hidden_layers_are_not_drawn(window, qtbot):
    view = show(window, qtbot, LAYER_CURVES)
    window.layer_list.check_listed(checked=False)
    window.selection.set_hidden(window.selection.hidden - {"hidden_2"})
    (axes,) = view.canvas.figure.axes
    (line,) = axes.lines
    view.canvas.draw()
    np.testing.assert_array_equal(line.get_ydata(), first(view).mean[:, 1])
    assert "hidden_2" in view.canvas.accessibleDescription()
    assert "hidden_1" not in view.canvas.accessibleDescription()


def test_the_band_can_be_selected(window, qtbot):
    view = show(window, qtbot, LAYER_CURVES)

    def drawn():
        view.canvas.draw()
        return view.canvas.figure.axes[0].lines[0].get_ydata()

    mean = drawn()
    qtbot.keyClick(view.options["band"], Qt.Key.Key_Down)
    median = drawn()
    assert not np.array_equal(mean, median)
    np.testing.assert_allclose(median, first(view).p50[:, 0])


def test_histograms_show_any_quantity(window, qtbot):
    view = show(window, qtbot, HISTOGRAMS)
    assert first(view).quantity == "preactivation_gradient"
    qtbot.keyClick(view.options["quantity"], Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: first(view).quantity == "weight")


def test_training_curves_show_all_selected_runs(window, qtbot, simulation, tmp_path):
    simulation.write(str(tmp_path / "other"), records=3, layers=2)
    window.open([str(tmp_path)])
    qtbot.waitUntil(lambda: len(window.runs.entries) == 2)
    view = show(window, qtbot, CURVES)
    window.run_list.selectAll()
    qtbot.waitUntil(lambda: {one.run for one in view.data} == {"other", "tanh"})
    indices = {one.run: one.index for one in view.data}
    assert len(set(indices.values())) == 2
    window.run_list.choose(str(tmp_path / "other.zarr"))
    qtbot.waitUntil(lambda: len(view.data) == 1)
    assert view.data[0].index == indices["other"]


def test_only_the_visible_plot_is_drawn(window, qtbot, append_records, monkeypatch):
    hidden = window.tabs.widget(CURVES)
    show(window, qtbot, LAYER_CURVES)
    drawn = []
    monkeypatch.setattr(hidden, "update_plot", drawn.append)
    last = append_records()
    qtbot.waitUntil(lambda: last_step(window.plot()) == last)
    assert drawn == []
    assert hidden.data is None


def test_a_fast_slider_does_not_pile_up_requests(window, qtbot):
    view = show(window, qtbot, HISTOGRAMS)
    read = []
    request = view.request
    view.request = lambda: read.append(1) or request()
    for record in (0, 3, 1, 4, 2, 0, 3, 1):
        window.step_slider.slider.setValue(record)
    qtbot.waitUntil(lambda: first(view).step == 100)
    assert len(read) < 8


def test_plots_are_described_for_screen_readers(window, qtbot):
    words = {
        OVERVIEW: "Standard deviation",
        LAYER_CURVES: "mean",
        HISTOGRAMS: "values",
        PROFILE: "std activation",
        CARD: "std",
        CURVES: "loss",
    }
    for tab, word in words.items():
        view = show(window, qtbot, tab)
        qtbot.waitUntil(lambda view=view: bool(view.canvas.accessibleDescription()))
        assert "tanh" in view.canvas.accessibleDescription()
        assert word in view.canvas.accessibleDescription()


@pytest.mark.parametrize("tab", [OVERVIEW, LAYER_CURVES, PROFILE, CARD, CURVES])
def test_the_description_is_for_the_selected_step(window, qtbot, tab):
    view = show(window, qtbot, tab)

    def describes(step):
        return f"at step {step}" in view.canvas.accessibleDescription().lower()

    qtbot.waitUntil(lambda: describes(500))
    window.selection.go_to(200)
    qtbot.waitUntil(lambda: describes(200))
    assert not describes(500)
    window.selection.set_step(None)
    qtbot.waitUntil(lambda: describes(500))


def test_the_description_lists_the_statistics_that_are_drawn(window, qtbot):
    view = show(window, qtbot, LAYER_CURVES)
    data = first(view)
    window.selection.go_to(100)
    for band, word, values in (
        ("mean ± std. deviation", "mean", data.mean),
        ("percentiles 2, 50, 98", "2nd percentile", data.p2),
        ("std. and 98th percentile", "98th percentile", data.p98),
    ):
        view.options["band"].setCurrentText(band)
        description = view.canvas.accessibleDescription()
        (value,) = re.findall(rf"hidden_2: .*?{word} (\S+?)[,;]", description)
        assert value == f"{values[1, 1]:.3g}"
    view.options["quantity"].setCurrentText("Saturation")
    qtbot.waitUntil(lambda: "saturated" in view.canvas.accessibleDescription())


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_plot_can_be_saved(window, qtbot, tmp_path, monkeypatch, suffix):
    show(window, qtbot, LAYER_CURVES)
    path = tmp_path / f"plot.{suffix}"
    monkeypatch.setattr(
        QtWidgets.QFileDialog, "getSaveFileName", lambda *args: (str(path), "")
    )
    qtbot.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert path.stat().st_size > 1000


def test_a_failure_to_save_a_plot_is_reported(window, qtbot, tmp_path, monkeypatch):
    show(window, qtbot, LAYER_CURVES)
    messages = []
    monkeypatch.setattr(
        QtWidgets.QFileDialog,
        "getSaveFileName",
        lambda *args: (str(tmp_path / "absent" / "plot.png"), ""),
    )
    monkeypatch.setattr(
        QtWidgets.QMessageBox, "warning", lambda *args: messages.append(args[-1])
    )
    qtbot.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert "absent" in messages[0]


def test_plots_follow_a_dark_palette(window, qtbot):
    view = show(window, qtbot, LAYER_CURVES)
    assert view.plot.style is LIGHT
    palette = QtGui.QPalette(QtGui.QColor("#202020"))
    window.setPalette(palette)
    qtbot.waitUntil(lambda: view.plot.style is DARK)
    assert view.canvas.figure.get_facecolor()[:3] == pytest.approx(
        (0.118,) * 3, abs=0.01
    )


def move_mouse(view):
    """Moves the mouse to the center, without the pointer of the screen."""
    center = QtCore.QPointF(view.canvas.rect().center())
    buttons, modifiers = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    kind = QtCore.QEvent.Type.MouseMove
    event = QtGui.QMouseEvent(kind, center, center, buttons, buttons, modifiers)
    QtWidgets.QApplication.sendEvent(view.canvas, event)


@pytest.mark.parametrize("width", [1600, 700])
def test_the_place_of_the_mouse_is_shown(window, qtbot, width):
    window.resize(width, 700)
    view = show(window, qtbot, OVERVIEW)
    qtbot.waitUntil(lambda: window.width() <= max(width, window.minimumWidth()))
    view.canvas.draw()
    move_mouse(view)
    # In a narrow window, a tooltip shows it.
    shown = view._position.text() or QtWidgets.QToolTip.text()
    assert "step " in shown
    assert bool(view._position.text()) == (width == 1600)
    QtWidgets.QToolTip.hideText()


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


def test_the_overview_shows_the_selected_quantity_and_statistic(window, qtbot):
    view = show(window, qtbot, OVERVIEW)
    assert (view.data[0].quantity, view.data[0].statistic) == ("activation", "std")
    view.options["statistic"].setCurrentText("mean")
    qtbot.waitUntil(lambda: view.data[0].statistic == "mean")
    view.options["quantity"].setCurrentText("gradient ∂C/∂s")
    qtbot.waitUntil(lambda: view.data[0].quantity == "preactivation_gradient")
    view.options["statistic"].setCurrentText("median")
    qtbot.waitUntil(lambda: view.data[0].statistic == "p50")
    assert view.options["statistic"].count() == len(Statistic)
    first = view.data[0].layers[0]
    value = view.data[0].values[2, 0]
    assert view.locate(210.0, 0.2) == f"step 200,  {first}: {value:.3g}"
    assert view.locate(-5.0, 0.2) == ""
    window.selection.set_hidden({first})
    second = view.data[0].layers[1]
    assert second in view.locate(210.0, 0.2)


def test_the_overview_has_a_panel_for_each_run(window, qtbot, simulation, tmp_path):
    view = show(window, qtbot, OVERVIEW)
    simulation.write(str(tmp_path / "other"), records=4, layers=3)
    window.open([str(tmp_path)])
    qtbot.waitUntil(lambda: len(window.runs.entries) == 2)
    window.run_list.selectAll()
    qtbot.waitUntil(lambda: len(view.data) == 2)
    view.canvas.draw()
    panels = [line.axes for line in view.plot.cursors]
    assert [one.get_title(loc="left") for one in panels] == ["other", "tanh"]
    view.canvas.zoom_in()
    assert panels[0].get_xlim() == panels[1].get_xlim() != (0, 600)
    located = view.locate(250.0, 0.2)
    assert located.startswith("step 200,  hidden_1: other ")
    assert "tanh" in located
    assert "other, steps 0 to 300" in view.canvas.accessibleDescription()


def test_the_color_bar_cannot_be_zoomed(window, qtbot):
    view = show(window, qtbot, OVERVIEW)
    bar = view.canvas.figure.axes[0]
    before = bar.get_ylim()
    view.canvas.zoom_in()
    view.canvas.pan(0.1, 0.1)
    assert bar.get_ylim() == before


def test_the_depth_profile_shows_the_selected_step_of_all_selected_runs(
    window, qtbot, simulation, tmp_path
):
    view = show(window, qtbot, PROFILE)
    assert [one.step for one in view.data] == [500]
    window.selection.go_to(200)
    qtbot.waitUntil(lambda: view.data[0].step == 200)
    simulation.write(str(tmp_path / "other"), records=2, layers=3)
    window.open([str(tmp_path)])
    qtbot.waitUntil(lambda: len(window.runs.entries) == 2)
    window.run_list.selectAll()
    qtbot.waitUntil(lambda: len(view.data) == 2)
    # Each run shows its nearest record.
    assert {one.run: one.step for one in view.data} == {"tanh": 200, "other": 100}
    first = view.data[0].layers[0]
    assert view.locate(1.2, 0.5) == f"{first},  0.5"
    view.options["quantities"].setCurrentIndex(1)
    qtbot.waitUntil(lambda: list(view.data[0].std) == ["weight", "weight_gradient"])


def test_the_depth_profile_shows_visible_layers_on_the_selected_scale(window, qtbot):
    view = show(window, qtbot, PROFILE)
    window.selection.set_hidden({"hidden_2"})
    left, _ = view.canvas.figure.axes
    np.testing.assert_array_equal(left.lines[0].get_xdata(), [1, 3, 4])
    assert "hidden_3" in view.canvas.accessibleDescription()
    assert "hidden_2" not in view.canvas.accessibleDescription()
    for scale in ("log", "linear", "symlog"):
        view.options["scale"].setCurrentText(scale)
        assert left.get_yscale() == scale


@pytest.mark.parametrize("tab", [LAYER_CURVES, CURVES])
def test_the_axis_has_the_selected_scale(window, qtbot, tab):
    view = show(window, qtbot, tab)
    assert view.canvas.figure.axes[0].get_yscale() == "linear"
    for scale in ("log", "symlog", "linear"):
        view.options["scale"].setCurrentText(scale)
        assert {one.get_yscale() for one in view.canvas.figure.axes} == {scale}


def test_full_range_shows_the_farthest_values(window, qtbot):
    view = show(window, qtbot, HISTOGRAMS)
    ((left, right, _, _),) = limits(view)
    view.options["full_range"].click()
    ((farthest_left, farthest_right, _, _),) = limits(view)
    assert farthest_right - farthest_left > right - left
    view.options["full_range"].click()
    assert limits(view)[0][:2] == (left, right)


def test_ridgelines_show_at_most_20_steps(window, qtbot, append_records):
    view = show(window, qtbot, HISTOGRAMS)
    view.kind.setCurrentText("Ridgelines")
    append_records(30)
    qtbot.waitUntil(lambda: view.data is not None and last_step(view) == 3500)
    assert 10 < len(first(view).steps) <= 20


def test_layer_curves_show_any_quantity(window, qtbot):
    view = show(window, qtbot, LAYER_CURVES)
    view.canvas.zoom_in()
    view.options["quantity"].setCurrentText("gradient ∂C/∂s")
    qtbot.waitUntil(lambda: first(view).quantity == "preactivation_gradient")
    assert view.plot.follow
    # Labels depend on the room available when drawing.
    view.canvas.draw()
    assert "∂C/∂s" in view.canvas.figure.axes[0].get_ylabel()
    assert view.locate(3.0, 0.5) == "step 3,  ∂C/∂s = 0.5"
    assert view.canvas.accessibleDescription().startswith("Back-propagated gradients")


@pytest.mark.parametrize("tab", [LAYER_CURVES, PROFILE])
def test_theory_is_shown_on_request(window, qtbot, tab):
    view = show(window, qtbot, tab)
    assert not view.options["theory"].isChecked()
    assert first(view).predicted is None
    view.options["theory"].setChecked(True)
    qtbot.waitUntil(lambda: first(view).predicted is not None)
    view.canvas.draw()
    texts = " ".join(text.get_text() for text in view.canvas.figure.texts)
    assert "theory, before training" in texts
    view.options["theory"].setChecked(False)
    qtbot.waitUntil(lambda: first(view).predicted is None)
