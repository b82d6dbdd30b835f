"""Options of plots: quantity, statistic, band, scale, range, theory."""

import numpy as np
import pytest
from plot_tabs import (
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

from keras_xavier.statistics import Statistic
from keras_xavier_gui.qt import Qt


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
    assert first(view).quantity == "activation"
    qtbot.keyClick(view.options["quantity"], Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: first(view).quantity == "preactivation_gradient")


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
    reading = read_at(view, 210.0, 0.2)
    assert (reading.layer, reading.step, reading.value) == (first, 200, value)
    assert read_at(view, -5.0, 0.2) is None
    window.selection.set_hidden({first})
    assert read_at(view, 210.0, 0.2).layer == view.data[0].layers[1]


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
    value = view.data[0].values["activation"][0]
    assert read_at(view, 1.1, value).layer == first
    view.options["quantities"].setCurrentIndex(1)
    qtbot.waitUntil(lambda: list(view.data[0].values) == ["weight", "weight_gradient"])


def test_the_depth_profile_shows_visible_layers_on_the_selected_scale(window, qtbot):
    view = show(window, qtbot, PROFILE)
    window.selection.set_hidden({"hidden_2"})
    left, _ = view.canvas.figure.axes
    np.testing.assert_array_equal(left.lines[0].get_xdata(), [1, 3])
    view.options["with_output"].setChecked(True)
    qtbot.waitUntil(lambda: "output" in first(view).layers)
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
    view.options["quantity"].setCurrentText("gradient ∂C/∂s")
    qtbot.waitUntil(lambda: first(view).quantity == "preactivation_gradient")
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
    assert view.canvas.accessibleDescription().startswith("Back-propagated gradients")
    assert read_at(view, 0.3, 0.5, shares=True).step in range(0, 501, 100)


@pytest.mark.parametrize("tab", [LAYER_CURVES, PROFILE])
def test_theory_is_shown_on_request(window, qtbot, tab):
    view = show(window, qtbot, tab)
    assert not view.options["theory"].isChecked()
    assert not first(view).predicted
    view.options["theory"].setChecked(True)
    qtbot.waitUntil(lambda: bool(first(view).predicted))
    view.canvas.draw()
    (legend,) = view.canvas.figure.legends
    assert "theory, before training" in [one.get_text() for one in legend.get_texts()]
    view.options["theory"].setChecked(False)
    qtbot.waitUntil(lambda: not first(view).predicted)


def test_theory_is_disabled_where_it_predicts_nothing(window, qtbot):
    view = show(window, qtbot, LAYER_CURVES)
    box = view.options["theory"]
    view.options.set_value("quantity", "weight_gradient")
    qtbot.waitUntil(lambda: first(view).quantity == "weight_gradient")
    qtbot.waitUntil(lambda: not box.isEnabled())
    assert box.toolTip() == (
        "Theory has no prediction: it does not predict the weight gradient"
    )
    view.options.set_value("quantity", "activation")
    qtbot.waitUntil(box.isEnabled)
    assert "prediction of theory before training" in box.toolTip()
