"""What the view does when data arrive, and how much detail is drawn."""

import numpy as np
import pytest

from keras_xavier.figures import (
    CurvesData,
    HistogramMap,
    Histograms,
    Live,
    OverTime,
    Overview,
    OverviewData,
    TrainingCurves,
)
from keras_xavier.statistics import Quantity, Statistic


def curves(records):
    steps = 10 * np.arange(records)
    return [CurvesData("tanh", {"loss": (steps, np.exp(-steps / 100))})]


def statistics(records):
    values = np.random.default_rng(0).normal(size=(records, 3))
    names = ("hidden_1", "hidden_2", "hidden_3")
    steps = 10 * np.arange(records)
    return OverviewData(Quantity.WEIGHT, Statistic.STD, names, steps, values)


@pytest.fixture
def data_of(over_time, counted_over_time):
    """Makes data of some records, ten steps apart, for a kind of picture."""

    def make(kind, records):
        if kind is TrainingCurves:
            return curves(records)
        if kind is Overview:
            return statistics(records)
        if kind is OverTime:
            return over_time(records)
        return counted_over_time(
            lambda step, _: np.random.default_rng(step).normal(size=50),
            steps=range(0, 10 * records, 10),
        )

    return make


def axes_of(picture):
    return next(axes for axes in picture.figure.axes if picture.has_steps(axes))


def width(axes):
    """Of the view, as seen on the axis."""
    left, right = axes.xaxis.get_transform().transform(np.array(axes.get_xlim()))
    return right - left


WITH_STEPS = [OverTime, TrainingCurves, HistogramMap, Overview]


@pytest.mark.parametrize("kind", WITH_STEPS)
def test_at_first_all_data_are_shown(kind, figure, data_of):
    picture = kind(figure)
    assert picture.live is Live.ALL
    for records in (5, 30, 60):
        picture.update(data_of(kind, records))
        assert picture.live is Live.ALL
        left, right = axes_of(picture).get_xlim()
        assert left <= 0
        assert right >= 10 * records - 10


@pytest.mark.parametrize("kind", WITH_STEPS)
def test_whoever_zooms_holds_the_view_until_it_is_reset(kind, figure, data_of):
    picture = kind(figure)
    picture.update(data_of(kind, 30))
    axes_of(picture).set_xlim(100, 200)
    assert picture.live is Live.HOLD
    picture.update(data_of(kind, 60))
    assert axes_of(picture).get_xlim() == (100, 200)
    picture.reset_view()
    assert picture.live is Live.ALL
    assert axes_of(picture).get_xlim()[1] >= 590


@pytest.mark.parametrize("kind", WITH_STEPS)
@pytest.mark.parametrize("log_steps", [False, True])
def test_a_view_that_follows_keeps_its_width(kind, log_steps, figure, data_of):
    picture = kind(figure)
    options = {"log_steps": log_steps}
    picture.update(data_of(kind, 30), **options)
    axes = axes_of(picture)
    axes.set_xlim(200, 300)
    before, heights = width(axes), axes.get_ylim()
    picture.set_live(Live.FOLLOW)
    for records in (40, 60):
        picture.update(data_of(kind, records), **options)
        assert width(axes) == pytest.approx(before)
        assert axes.get_ylim() == heights
        last = 10 * records - 10
        assert last <= axes.get_xlim()[1] < 1.2 * last
        assert picture.live is Live.FOLLOW
    assert not picture.follow


@pytest.mark.parametrize("kind", WITH_STEPS)
def test_a_view_that_is_held_stays_even_if_it_was_fitted(kind, figure, data_of):
    picture = kind(figure)
    picture.update(data_of(kind, 30))
    picture.set_live(Live.HOLD)
    before = axes_of(picture).get_xlim()
    picture.update(data_of(kind, 60))
    assert axes_of(picture).get_xlim() == before
    assert picture.live is Live.HOLD
    picture.reset_view()
    assert picture.live is Live.ALL
    picture.update(data_of(kind, 90))
    assert axes_of(picture).get_xlim()[1] >= 890


@pytest.mark.parametrize("kind", WITH_STEPS)
@pytest.mark.parametrize("before", [Live.HOLD, Live.FOLLOW])
def test_all_can_be_asked_for_again(kind, before, figure, data_of):
    picture = kind(figure)
    picture.update(data_of(kind, 30))
    axes_of(picture).set_xlim(100, 200)
    picture.set_live(before)
    picture.update(data_of(kind, 60))
    picture.set_live(Live.ALL)
    assert picture.live is Live.ALL
    assert axes_of(picture).get_xlim()[1] >= 590


@pytest.mark.parametrize("live", Live)
def test_other_data_are_seen_whole_and_the_wish_stays(live, figure, over_time):
    picture = OverTime(figure)
    picture.update(over_time())
    picture.set_live(live)
    axes_of(picture).set_xlim(100, 200)
    picture.update(over_time(quantity="weight", scale=1e-6))
    assert axes_of(picture).get_xlim()[1] > 490
    assert axes_of(picture).get_ylim()[1] < 1e-5
    assert picture.live is live


def test_the_height_can_be_fitted_to_the_steps_in_view(figure, over_time):
    data = over_time(records=100, quantity="weight_gradient")
    data.mean[:50] += 1000
    picture = OverTime(figure)
    picture.update(data)
    (axes,) = figure.axes
    assert axes.get_ylim()[1] > 1000
    axes.set_xlim(600, 800)
    picture.fit_height()
    assert axes.get_xlim() == (600, 800)
    low, high = axes.get_ylim()
    assert -3 < low < -0.9
    assert 0.9 < high < 3


def test_the_height_of_curves_is_fitted_to_the_steps_in_view(figure):
    picture = TrainingCurves(figure)
    picture.update(curves(100))
    (axes,) = figure.axes
    axes.set_xlim(500, 600)
    picture.fit_height()
    assert axes.get_ylim()[1] < 0.01
    assert axes.get_xlim() == (500, 600)


def test_the_height_of_a_map_is_fitted_to_the_steps_in_view(figure, counted_over_time):
    def fading(step, _):
        return np.random.default_rng(step).normal(0, 1 if step < 50 else 0.01, 500)

    picture = HistogramMap(figure)
    picture.update(counted_over_time(fading), scale="linear")
    axes = axes_of(picture)
    assert axes.get_ylim()[1] > 1.5
    axes.set_xlim(50, 80)
    picture.fit_height()
    assert 0.02 < axes.get_ylim()[1] < 0.1
    axes.set_xlim(45, 80)
    picture.fit_height()
    # The histogram of step 40 reaches to step 50.
    assert axes.get_ylim()[1] > 1


def test_the_height_of_histograms_is_fitted_to_the_values_in_view(figure, counted):
    values = np.random.default_rng(0).normal(0, 1, 20_000)
    picture = Histograms(figure)
    picture.update(counted(values))
    (axes,) = figure.axes
    before = axes.get_ylim()[1]
    axes.set_xlim(1.8, 2.4)
    picture.fit_height()
    assert axes.get_xlim() == (1.8, 2.4)
    assert 0.05 < axes.get_ylim()[1] < 0.4 * before


@pytest.mark.parametrize("band", ["std", "saturated"])
def test_a_height_beside_all_steps_is_finite(figure, over_time, band):
    picture = OverTime(figure)
    picture.update(over_time(), band=band)
    figure.axes[0].set_xlim(1e6, 2e6)
    picture.fit_height()
    low, high = figure.axes[0].get_ylim()
    assert np.isfinite([low, high]).all()
    assert low < high


def test_an_app_that_draws_often_gets_no_more_points_than_pixels(figure, over_time):
    picture = OverTime(figure)
    figure.set_size_inches(3, 2)
    picture.update(over_time(records=20_000))
    figure.canvas.draw()
    points = len(figure.axes[0].lines[0].get_xdata())
    assert points > 2 * figure.axes[0].bbox.width
    picture.fine = False
    picture.update(over_time(records=20_000))
    figure.canvas.draw()
    few = len(figure.axes[0].lines[0].get_xdata())
    assert few <= 2 * figure.axes[0].bbox.width + 4
    # What is saved has all detail again.
    saved = picture.export()
    saved.draw_without_rendering()
    assert len(saved.axes[0].lines[0].get_xdata()) == points


@pytest.mark.parametrize("kind", [OverTime, TrainingCurves, HistogramMap])
def test_a_marked_step_stays_when_panels_are_made_anew(kind, figure, data_of):
    picture = kind(figure)
    picture.update(data_of(kind, 30))
    picture.show_cursor(120)
    picture.update(data_of(kind, 30), log_steps=True)
    assert picture.cursors
    for line in picture.cursors:
        assert line.get_visible()
        assert list(line.get_xdata()) == [120, 120]
    assert not {*picture.cursors} & {line for one in figure.axes for line in one.lines}
