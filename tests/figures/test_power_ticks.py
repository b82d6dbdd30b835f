from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from keras_xavier.figures.scales import set_axis_scale
from keras_xavier.figures.ticks import MOST_BETWEEN, MOST_POWERS, PowerLocator


def ticks_within(locator, low, high):
    return [x for x in locator.tick_values(low, high) if low <= x <= high]


@pytest.fixture
def shown():
    """Draws an axis; returns its major ticks, their labels, and its minor ticks."""

    def draw(low, high, *, threshold, width=6.0, which="x"):
        figure = Figure(figsize=(width, width))
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1))
        set_axis_scale(axes, which, threshold)
        (axes.set_xlim if which == "x" else axes.set_ylim)(low, high)
        canvas.draw()
        axis = axes.xaxis if which == "x" else axes.yaxis
        labels = [label for label in axis.get_ticklabels() if label.get_text()]
        places = [label.get_position()[which == "y"] for label in labels]
        seen = [one for one, x in zip(labels, places, strict=True) if low <= x <= high]
        return seen, list(axis.get_minorticklocs())

    return draw


def texts(labels):
    return [label.get_text() for label in labels]


def test_powers_on_both_sides_of_zero():
    ticks = ticks_within(PowerLocator(1e-6), -1e-3, 1e-3)
    np.testing.assert_allclose(
        ticks, [-1e-3, -1e-4, -1e-5, 0, 1e-5, 1e-4, 1e-3], rtol=1e-9
    )


def test_no_more_powers_than_fit():
    ticks = ticks_within(PowerLocator(1e-20), -1e3, 1e3)
    assert 5 < len(ticks) <= MOST_POWERS + 3


def test_ticks_within_less_than_a_decade():
    assert len(ticks_within(PowerLocator(1e-9), 2e-5, 6e-5)) >= 3


def test_ticks_within_the_linear_part():
    assert len(ticks_within(PowerLocator(1.0), -0.2, 0.3)) >= 3


def test_minor_ticks_mark_powers_in_a_narrow_panel(shown):
    labels, between = shown(-1.1e-3, 0.9e-3, threshold=1e-8, width=1.3)
    assert texts(labels) == ["−10⁻⁴", "0", "10⁻⁴"]
    powers = [x for x in between if x > 0 and round(np.log10(x), 9).is_integer()]
    assert len(powers) >= 3


def test_two_powers_on_each_side_if_they_fit(shown):
    labels, between = shown(-1.1e-3, 1.1e-3, threshold=1e-8, width=4.0)
    assert texts(labels) == ["−10⁻³", "−10⁻⁵", "−10⁻⁷", "0", "10⁻⁷", "10⁻⁵", "10⁻³"]
    assert between


def test_few_decades_have_ticks_between_the_powers(shown):
    labels, between = shown(-1.1, 1.1, threshold=1e-2)
    assert texts(labels) == ["−10⁰", "−10⁻¹", "0", "10⁻¹", "10⁰"]
    assert any(0.1 < x < 1 for x in between)
    assert any(-1 < x < -0.1 for x in between)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(-12, -1),
    st.floats(1.2, 1e7),
    st.floats(0.2, 1),
    st.floats(0.8, 9),
    st.sampled_from(["x", "y"]),
)
@example(-4, 4136076.0, 1.0, 1.75, "x")
@example(-4, 7.0, 1.0, 1.0, "x")
def test_labels_never_overlap(exponent, ratio, lopsided, width, which):
    figure = Figure(figsize=(width, width))
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    threshold = 10.0**exponent
    set_axis_scale(axes, which, threshold)
    axes.tick_params(labelsize=9)
    limits = -ratio * threshold, lopsided * ratio * threshold
    (axes.set_xlim if which == "x" else axes.set_ylim)(*limits)
    canvas.draw()
    axis = axes.xaxis if which == "x" else axes.yaxis
    ticks = [t for t in axis.get_major_ticks() if limits[0] <= t.get_loc() <= limits[1]]
    boxes = [tick.label1.get_window_extent() for tick in ticks]
    assert len(axis.get_minorticklocs()) <= MOST_BETWEEN
    if any(tick.get_loc() and abs(tick.get_loc()) >= threshold for tick in ticks):
        assert not any(a.overlaps(b) for a, b in pairwise(boxes))
