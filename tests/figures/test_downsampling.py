import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_xavier.figures.downsampling import MARKS, Strip, downsample, marker_places


def linear(x):
    return x


def strip(points, seed=0):
    random = np.random.default_rng(seed)
    middle = random.normal(size=(points, 2))
    width = random.uniform(0, 1, (points, 2))
    steps = np.cumsum(random.integers(1, 9, points)).astype(float)
    return Strip(steps, middle, middle - width, middle + width)


def test_few_points_are_unchanged():
    data = strip(100)
    thinned = downsample(
        data, limits=(data.x[0], data.x[-1]), columns=200, transform=linear
    )
    for before, after in zip(data, thinned, strict=True):
        np.testing.assert_array_equal(before, after)


@settings(deadline=None)
@given(
    st.integers(1, 3000),
    st.integers(1, 60),
    st.sampled_from([linear, np.log1p]),
    st.integers(0, 9),
)
def test_no_peak_is_lost(points, columns, transform, seed):
    data = strip(points, seed)
    limits = data.x[0] - 1, data.x[-1] + 1
    thinned = downsample(data, limits=limits, columns=columns, transform=transform)
    assert len(thinned.x) <= 4 * (columns + 2)
    assert (np.diff(thinned.x) >= 0).all()
    np.testing.assert_array_equal(thinned.middle.min(0), data.middle.min(0))
    np.testing.assert_array_equal(thinned.middle.max(0), data.middle.max(0))
    np.testing.assert_array_equal(thinned.low.min(0), data.low.min(0))
    np.testing.assert_array_equal(thinned.high.max(0), data.high.max(0))


def covered(x, y, edges):
    """The lowest and highest point of a line in each column between edges."""
    ends = np.interp(edges, x, y)
    place = np.searchsorted(edges, x)
    low, high = np.minimum(ends[:-1], ends[1:]), np.maximum(ends[:-1], ends[1:])
    for column in range(1, len(edges)):
        inside = y[place == column]
        if inside.size:
            low[column - 1] = min(low[column - 1], inside.min())
            high[column - 1] = max(high[column - 1], inside.max())
    return low, high


def walk(points, seed):
    """A line that wanders, as smooth curves do between their extremes."""
    data = strip(points, seed)
    middle = np.cumsum(data.middle, axis=0)
    return Strip(data.x, middle, middle, middle)


@settings(deadline=None)
@given(
    st.sampled_from([strip, walk]),
    st.integers(1, 3000),
    st.integers(1, 60),
    st.sampled_from([linear, np.log1p]),
    st.integers(0, 9),
)
def test_the_line_lies_on_the_true_one_in_every_column_of_pixels(
    make, points, columns, transform, seed
):
    data = make(points, seed)
    limits = data.x[0] - 0.123, data.x[-1] + 0.456
    thinned = downsample(data, limits=limits, columns=columns, transform=transform)
    edges = np.linspace(*transform(np.array(limits)), columns + 1)
    for layer in range(2):
        true = covered(transform(data.x), data.middle[:, layer], edges)
        drawn = covered(transform(thinned.x), thinned.middle[:, layer], edges)
        np.testing.assert_allclose(drawn, true, rtol=1e-9, atol=1e-9)


def test_a_smooth_fall_stays_a_fall():
    steps = np.arange(308.0)
    fall = np.exp(-steps / 50)[:, np.newaxis]
    data = Strip(steps, fall, fall, fall)
    thinned = downsample(data, limits=(0, 307), columns=30, transform=linear)
    assert len(thinned.x) < len(steps)
    assert (np.diff(thinned.middle[:, 0]) <= 0).all()


def test_undefined_values_within_a_column_do_not_interrupt_the_line():
    data = strip(1000)
    data.middle[::7] = np.nan
    limits = data.x[0], data.x[-1]
    thinned = downsample(data, limits=limits, columns=50, transform=linear)
    assert np.isfinite(thinned.middle).all()


@settings(deadline=None)
@given(st.integers(100, 3000), st.integers(1, 40), st.integers(0, 9))
def test_the_line_stays_within_its_band(points, columns, seed):
    data = strip(points, seed)
    limits = data.x[0], data.x[-1]
    thinned = downsample(data, limits=limits, columns=columns, transform=linear)
    assert (thinned.low <= thinned.middle).all()
    assert (thinned.middle <= thinned.high).all()


def test_only_the_view_and_its_neighbors_are_kept():
    data = strip(100)
    low, high = data.x[40] - 0.5, data.x[50] + 0.5
    thinned = downsample(data, limits=(low, high), columns=500, transform=linear)
    np.testing.assert_array_equal(thinned.x, data.x[39:52])


def test_a_view_outside_the_data_is_nearly_empty():
    data = strip(100)
    thinned = downsample(data, limits=(-20.0, -10.0), columns=500, transform=linear)
    assert len(thinned.x) <= 2


def test_undefined_values_hide_only_themselves():
    data = strip(1000)
    data.middle[200:220] = np.nan
    data.middle[500] = np.nan
    limits = data.x[0], data.x[-1]
    thinned = downsample(data, limits=limits, columns=100, transform=linear)
    assert np.isnan(thinned.middle).any()
    assert np.nanmax(thinned.middle) == np.nanmax(data.middle)


def test_nothing_to_downsample():
    empty = Strip(np.zeros(0), *[np.zeros((0, 2))] * 3)
    assert (
        len(downsample(empty, limits=(0.0, 1.0), columns=10, transform=linear).x) == 0
    )


def test_markers_are_evenly_spaced_and_differ_between_lines():
    x = np.linspace(0, 1, 1000)
    limits = np.array([0.0, 1.0])
    first, second = marker_places(x, limits, 0), marker_places(x, limits, 1)
    assert len(first) == MARKS
    assert np.diff(x[first]) == pytest.approx(1 / MARKS, abs=0.01)
    assert not set(first) & set(second)


def test_each_of_a_few_points_has_a_marker():
    assert marker_places(np.arange(5.0), np.array([0.0, 4.0]), 3) == [0, 1, 2, 3, 4]
    assert marker_places(np.zeros(1), np.array([-1.0, 1.0]), 0) == [0]
    assert marker_places(np.zeros(0), np.array([-1.0, 1.0]), 0) == []
