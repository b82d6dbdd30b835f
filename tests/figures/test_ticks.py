import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from keras_xavier.figures.scales import set_axis_scale, set_steps_scale
from keras_xavier.figures.ticks import (
    LogTicks,
    RoomyLocator,
    ShareFormatter,
    ValueFormatter,
    step_formatter,
)


@pytest.mark.parametrize(
    ("ticks", "texts"),
    [
        ([0, 0.25, 0.5], ["0.00", "0.25", "0.50"]),
        ([-1, 0, 1], ["−1", "0", "1"]),
        ([-2e-5, 0, 2e-5], ["−2e-5", "0", "2e-5"]),
        ([0, 0.5e-12, 1e-12], ["0", "0.5e−12", "1.0e−12"]),
        ([0, 20000, 40000], ["0", "20,000", "40,000"]),
        ([0, 2e6, 4e6], ["0", "2e6", "4e6"]),
        ([5e-5, 1e-4, 2e-4, 5e-4, 1e-3], ["5e-5", "1e-4", "2e-4", "5e-4", "1e-3"]),
        ([0.02, 0.05, 0.1], ["0.02", "0.05", "0.10"]),
        ([0], ["0"]),
        ([], []),
    ],
)
def test_values(ticks, texts):
    expected = [text.replace("-", "−") for text in texts]
    assert ValueFormatter().format_ticks(ticks) == expected


@settings(deadline=None)
@given(
    st.floats(1e-30, 1e30), st.floats(-3, 3), st.sampled_from([0.1, 0.2, 0.25, 0.5, 1])
)
def test_round_ticks_have_different_and_right_texts(size, offset, step):
    low = offset * size
    ticks = MaxNLocator(6).tick_values(low, low + step * size)
    texts = ValueFormatter().format_ticks(ticks)
    assert len(set(texts)) == len(ticks)
    numbers = [float(text.replace("−", "-")) for text in texts]
    np.testing.assert_allclose(numbers, ticks, rtol=0.02, atol=1e-3 * np.ptp(ticks))


def test_powers_of_ten_are_written_as_such():
    ticks = ValueFormatter().format_ticks([-1e-3, 0, 1e-5])
    assert ticks == ["−10⁻³", "0", "10⁻⁵"]


@pytest.mark.parametrize(("scale", "texts"), [("log", ["10⁻³"]), ("linear", ["0.001"])])
def test_a_single_power_identifies_a_logarithmic_axis(scale, texts):
    axes = Figure().add_axes((0, 0, 1, 1))
    axes.set_ylim(1e-4, 1e-2)
    axes.set_yscale(scale)
    formatter = ValueFormatter()
    axes.yaxis.set_major_formatter(formatter)
    assert formatter.format_ticks([1e-3]) == texts


def test_a_single_value_for_the_status_bar():
    assert ValueFormatter()(0.1234) == "0.12"


def test_shares_in_percent():
    assert ShareFormatter().format_ticks([0, 0.05, 0.1]) == ["0%", "5%", "10%"]


def test_steps():
    assert [step_formatter()(x) for x in (0, 500, 20_000)] == ["0", "500", "20,000"]


def test_ticks_of_tiny_numbers_are_widely_spaced():
    axes = Figure(figsize=(4, 3)).add_axes((0, 0, 1, 1))
    axes.xaxis.set_major_locator(RoomyLocator())
    axes.set_xlim(-1.05e-12, 1.05e-12)
    seen = [x for x in axes.get_xticks() if abs(x) < 1.05e-12]
    np.testing.assert_allclose(seen, [-1e-12, -0.5e-12, 0, 0.5e-12, 1e-12], atol=1e-20)


@settings(deadline=None, max_examples=40)
@given(st.floats(1e-9, 1e6), st.floats(0.9, 3.0))
@example(94697.0, 0.9375)
def test_labels_of_values_do_not_overlap_in_a_narrow_panel(half, inches):
    figure = Figure(figsize=(inches / 0.8, 2))
    axes = figure.add_axes((0.1, 0.3, 0.8, 0.6))
    axes.tick_params(labelsize=9)
    set_axis_scale(axes, "x", None)
    axes.set_xlim(-half, half)
    figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in axes.get_xticklabels()]
    assert len(boxes) >= 2
    assert all(a.x1 < b.x0 for a, b in itertools.pairwise(boxes))


def ticks_within(locator, low, high):
    return [x for x in locator.tick_values(low, high) if low <= x <= high]


@example(1.5, 51.0)
@given(st.floats(1e-12, 1e6), st.floats(1.5, 1e4))
def test_a_logarithmic_axis_has_two_to_ten_ticks(low, ratio):
    seen = ticks_within(LogTicks(), low, ratio * low)
    assert 2 <= len(seen) <= 10


def test_ticks_between_two_powers():
    seen = ticks_within(LogTicks(), 0.022, 0.098)
    np.testing.assert_allclose(seen, [0.03, 0.05, 0.07])


@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize("last", [3, 40, 4000, 1_500_000])
@pytest.mark.parametrize("inches", [0.5, 1.5, 7])
def test_labels_of_steps_do_not_overlap(logarithmic, last, inches):
    figure = Figure(figsize=(inches / 0.8, 2))
    axes = figure.add_axes((0.1, 0.3, 0.8, 0.6))
    set_steps_scale(axes, logarithmic)
    axes.set_xlim(-0.015 * last, 1.015 * last)
    figure.draw_without_rendering()
    boxes = [
        label.get_window_extent()
        for label in axes.get_xticklabels()
        if label.get_text() and axes.viewLim.x0 <= label.get_position()[0]
    ]
    assert boxes
    for left, right in itertools.pairwise(boxes):
        assert left.x1 < right.x0
