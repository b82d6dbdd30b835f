"""The view when new data arrive, and the detail of lines."""

import numpy as np
import pytest

from keras_xavier.figures import (
    HistogramMap,
    Histograms,
    LayerCurves,
    Live,
    Overview,
    OverviewData,
    Saturation,
    TrainingCurves,
    TrainingCurvesData,
)
from keras_xavier.statistics import Quantity, Statistic


def curves(records):
    steps = 10 * np.arange(records)
    return [TrainingCurvesData("tanh", {"loss": (steps, np.exp(-steps / 100))})]


def statistics(records):
    values = np.random.default_rng(0).normal(size=(records, 3))
    names = ("hidden_1", "hidden_2", "hidden_3")
    steps = 10 * np.arange(records)
    return OverviewData(Quantity.WEIGHT, Statistic.STD, names, steps, values)


@pytest.fixture
def data_of(layer_curves, counted_over_time):
    """Makes data of some records, ten steps apart, for a kind of plot."""

    def make(kind, records):
        if kind is TrainingCurves:
            return curves(records)
        if kind is Overview:
            return statistics(records)
        if kind is LayerCurves:
            return layer_curves(records)
        return counted_over_time(
            lambda step, _: np.random.default_rng(step).normal(size=50),
            steps=range(0, 10 * records, 10),
        )

    return make


def axes_of(plot):
    return next(axes for axes in plot.figure.axes if plot.has_steps(axes))


def width(axes):
    """Width of the view, on the scale of the axis."""
    left, right = axes.xaxis.get_transform().transform(np.array(axes.get_xlim()))
    return right - left


WITH_STEPS = [LayerCurves, TrainingCurves, HistogramMap, Overview]


@pytest.mark.parametrize("kind", WITH_STEPS)
def test_at_first_all_data_are_shown(kind, figure, data_of):
    plot = kind(figure)
    assert plot.live is Live.ALL
    for records in (5, 30, 60):
        plot.update(data_of(kind, records))
        assert plot.live is Live.ALL
        left, right = axes_of(plot).get_xlim()
        assert left <= 0
        assert right >= 10 * records - 10


@pytest.mark.parametrize("kind", WITH_STEPS)
def test_zooming_holds_the_view_until_it_is_reset(kind, figure, data_of):
    plot = kind(figure)
    plot.update(data_of(kind, 30))
    axes_of(plot).set_xlim(100, 200)
    assert plot.live is Live.HOLD
    plot.update(data_of(kind, 60))
    assert axes_of(plot).get_xlim() == (100, 200)
    plot.reset_view()
    assert plot.live is Live.ALL
    assert axes_of(plot).get_xlim()[1] >= 590


@pytest.mark.parametrize("kind", WITH_STEPS)
@pytest.mark.parametrize("log_steps", [False, True])
def test_a_view_that_follows_keeps_its_width(kind, log_steps, figure, data_of):
    plot = kind(figure)
    options = {"log_steps": log_steps}
    plot.update(data_of(kind, 30), **options)
    axes = axes_of(plot)
    axes.set_xlim(200, 300)
    before, heights = width(axes), axes.get_ylim()
    plot.set_live(Live.FOLLOW)
    for records in (40, 60):
        plot.update(data_of(kind, records), **options)
        assert width(axes) == pytest.approx(before)
        assert axes.get_ylim() == heights
        last = 10 * records - 10
        assert last <= axes.get_xlim()[1] < 1.2 * last
        assert plot.live is Live.FOLLOW
    assert not plot.follow


@pytest.mark.parametrize("kind", WITH_STEPS)
def test_a_kept_view_stays_until_it_is_reset(kind, figure, data_of):
    plot = kind(figure)
    plot.update(data_of(kind, 30))
    plot.set_live(Live.HOLD)
    before = axes_of(plot).get_xlim()
    plot.update(data_of(kind, 60))
    assert axes_of(plot).get_xlim() == before
    assert plot.live is Live.HOLD
    plot.reset_view()
    assert plot.live is Live.ALL
    plot.update(data_of(kind, 90))
    assert axes_of(plot).get_xlim()[1] >= 890


@pytest.mark.parametrize("kind", WITH_STEPS)
@pytest.mark.parametrize("before", [Live.HOLD, Live.FOLLOW])
def test_all_data_can_be_shown_again(kind, before, figure, data_of):
    plot = kind(figure)
    plot.update(data_of(kind, 30))
    axes_of(plot).set_xlim(100, 200)
    plot.set_live(before)
    plot.update(data_of(kind, 60))
    plot.set_live(Live.ALL)
    assert plot.live is Live.ALL
    assert axes_of(plot).get_xlim()[1] >= 590


@pytest.mark.parametrize("live", Live)
def test_other_data_are_shown_whole_and_live_mode_stays(live, figure, layer_curves):
    plot = LayerCurves(figure)
    plot.update(layer_curves())
    plot.set_live(live)
    axes_of(plot).set_xlim(100, 200)
    plot.update(layer_curves(quantity="weight", scale=1e-6))
    assert axes_of(plot).get_xlim()[1] > 490
    assert axes_of(plot).get_ylim()[1] < 1e-5
    assert plot.live is live


def test_the_height_can_be_fitted_to_the_steps_in_view(figure, layer_curves):
    data = layer_curves(records=100, quantity="weight_gradient")
    data.mean[:50] += 1000
    plot = LayerCurves(figure)
    plot.update(data)
    (axes,) = figure.axes
    assert axes.get_ylim()[1] > 1000
    axes.set_xlim(600, 800)
    plot.fit_height()
    assert axes.get_xlim() == (600, 800)
    low, high = axes.get_ylim()
    assert -3 < low < -0.9
    assert 0.9 < high < 3


def test_the_height_of_curves_is_fitted_to_the_steps_in_view(figure):
    plot = TrainingCurves(figure)
    plot.update(curves(100))
    (axes,) = figure.axes
    axes.set_xlim(500, 600)
    plot.fit_height()
    assert axes.get_ylim()[1] < 0.01
    assert axes.get_xlim() == (500, 600)


def test_the_height_of_a_map_is_fitted_to_the_steps_in_view(figure, counted_over_time):
    def fading(step, _):
        return np.random.default_rng(step).normal(0, 1 if step < 50 else 0.01, 500)

    plot = HistogramMap(figure)
    plot.update(counted_over_time(fading), scale="linear")
    axes = axes_of(plot)
    assert axes.get_ylim()[1] > 1.5
    axes.set_xlim(50, 80)
    plot.fit_height()
    assert 0.02 < axes.get_ylim()[1] < 0.1
    axes.set_xlim(45, 80)
    plot.fit_height()
    # The histogram of step 40 reaches to step 50.
    assert axes.get_ylim()[1] > 1


def test_the_height_of_histograms_is_fitted_to_the_values_in_view(figure, counted):
    values = np.random.default_rng(0).normal(0, 1, 20_000)
    plot = Histograms(figure)
    plot.update(counted(values))
    (axes,) = figure.axes
    before = axes.get_ylim()[1]
    axes.set_xlim(1.8, 2.4)
    plot.fit_height()
    assert axes.get_xlim() == (1.8, 2.4)
    assert 0.05 < axes.get_ylim()[1] < 0.4 * before


@pytest.mark.parametrize("kind", [LayerCurves, Saturation])
def test_the_height_of_a_view_without_steps_is_finite(figure, layer_curves, kind):
    plot = kind(figure)
    plot.update(layer_curves())
    figure.axes[0].set_xlim(1e6, 2e6)
    plot.fit_height()
    low, high = figure.axes[0].get_ylim()
    assert np.isfinite([low, high]).all()
    assert low < high


def test_an_app_that_draws_often_gets_no_more_points_than_pixels(figure, layer_curves):
    plot = LayerCurves(figure)
    figure.set_size_inches(3, 2)
    plot.update(layer_curves(records=20_000))
    figure.canvas.draw()
    points = len(figure.axes[0].lines[0].get_xdata())
    assert points > 2 * figure.axes[0].bbox.width
    plot.fine = False
    plot.update(layer_curves(records=20_000))
    figure.canvas.draw()
    few = len(figure.axes[0].lines[0].get_xdata())
    assert few <= 4 * figure.axes[0].bbox.width + 8
    # Saved plots have full detail.
    saved = plot.export()
    saved.draw_without_rendering()
    assert len(saved.axes[0].lines[0].get_xdata()) == points


@pytest.mark.parametrize("kind", [LayerCurves, TrainingCurves, HistogramMap])
def test_a_marked_step_stays_when_panels_are_replaced(kind, figure, data_of):
    plot = kind(figure)
    plot.update(data_of(kind, 30))
    plot.show_cursor(120)
    plot.update(data_of(kind, 30), log_steps=True)
    assert plot.cursors
    for line in plot.cursors:
        assert line.get_visible()
        assert list(line.get_xdata()) == [120, 120]
    assert not {*plot.cursors} & {line for one in figure.axes for line in one.lines}
