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
    assert len(thinned.x) <= max(2 * columns + 2, 2 * columns)
    assert (np.diff(thinned.x) >= 0).all()
    np.testing.assert_array_equal(thinned.middle.min(0), data.middle.min(0))
    np.testing.assert_array_equal(thinned.middle.max(0), data.middle.max(0))
    np.testing.assert_array_equal(thinned.low.min(0), data.low.min(0))
    np.testing.assert_array_equal(thinned.high.max(0), data.high.max(0))


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
