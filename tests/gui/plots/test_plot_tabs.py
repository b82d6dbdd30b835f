"""Tabs of plots: new records, the view, the selected step and runs, saving."""

import re

import numpy as np
import pytest
from plot_tabs import (
    CARD,
    CURVES,
    HISTOGRAMS,
    LAYER_CURVES,
    OVERVIEW,
    PROFILE,
    first,
    last_step,
    limits,
    read_at,
    show,
)

from keras_xavier.figures import DARK, LIGHT
from keras_xavier_gui.plots.export_dialog import ExportDialog
from keras_xavier_gui.qt import Qt, QtGui, QtWidgets


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


def test_only_tabs_that_were_shown_have_a_plot(window, qtbot):
    def made():
        return [tab for tab in window.tabs.plots if "plot" in vars(tab)]

    view = show(window, qtbot, OVERVIEW)
    window.selection.set_step(200)
    window.tabs.scale_text()
    assert made() == [view]
    other = show(window, qtbot, LAYER_CURVES)
    assert made() == [view, other]
    assert [line.get_xdata()[0] for line in other.plot.cursors] == [200]


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
    view.kind.setCurrentText("Saturation")
    qtbot.waitUntil(lambda: "saturated" in view.canvas.accessibleDescription())


def test_a_failure_to_save_a_plot_is_reported(window, qtbot, tmp_path, monkeypatch):
    show(window, qtbot, LAYER_CURVES)
    messages = []
    monkeypatch.setattr(
        QtWidgets.QMessageBox, "warning", lambda *args: messages.append(args[-1])
    )
    qtbot.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    (dialog,) = window.findChildren(ExportDialog)
    dialog.folder.setText(str(tmp_path / "folder"))
    (tmp_path / "folder").mkdir()
    dialog.name.setText("plot")
    # It disappears while the dialog is open.
    (tmp_path / "folder").rmdir()
    dialog.export.click()
    assert "plot.png" in messages[0]


def test_plots_follow_a_dark_palette(window, qtbot):
    view = show(window, qtbot, LAYER_CURVES)
    assert view.plot.style is LIGHT
    palette = QtGui.QPalette(QtGui.QColor("#202020"))
    window.setPalette(palette)
    qtbot.waitUntil(lambda: view.plot.style is DARK)
    assert view.canvas.figure.get_facecolor()[:3] == pytest.approx(
        (0.118,) * 3, abs=0.01
    )


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
    assert "other, steps 0 to 300" in view.canvas.accessibleDescription()
    readings = [read_at(view, 250.0, 0.2, panel=panel) for panel in (0, 1)]
    assert {one.run for one in readings} == {"other", "tanh"}
    assert {(one.layer, one.step) for one in readings} == {("hidden_1", 200)}
