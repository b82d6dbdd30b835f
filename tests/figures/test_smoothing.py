import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from keras_xavier.figures.downsampling import smooth

windows = st.floats(0.1, 1e4)
levels = st.floats(-1e6, 1e6, allow_subnormal=False)


@st.composite
def steps(draw, least=3):
    """Ascending steps, as unevenly spaced as in runs."""
    gaps = draw(st.lists(st.integers(1, 500), min_size=least, max_size=60))
    return np.cumsum(gaps).astype(float)


@st.composite
def curves(draw, elements=levels):
    x = draw(steps())
    return x, draw(arrays(float, (len(x), 2), elements=elements))


@given(steps(), windows, levels)
def test_a_constant_is_unchanged(x, window, level):
    values = np.full((len(x), 2), level)
    np.testing.assert_allclose(smooth(x, values, window), values, rtol=1e-9)


@given(steps(), windows, st.floats(-1e3, 1e3), levels)
def test_a_straight_line_is_unchanged(x, window, slope, level):
    values = slope * x + level
    size = np.abs(values).max()
    np.testing.assert_allclose(smooth(x, values, window), values, atol=1e-9 * size)


@given(curves())
def test_no_window_changes_nothing(curve):
    x, values = curve
    np.testing.assert_array_equal(smooth(x, values, 0), values)


@given(curves(), windows)
def test_both_ends_are_unchanged(curve, window):
    x, values = curve
    smoothed = smooth(x, values, window)
    np.testing.assert_array_equal(smoothed[[0, -1]], values[[0, -1]])


@given(curves(), windows)
def test_means_never_leave_the_range_of_the_values(curve, window):
    x, values = curve
    smoothed = smooth(x, values, window)
    air = 1e-9 * np.abs(values).max()
    assert (smoothed >= values.min(axis=0) - air).all()
    assert (smoothed <= values.max(axis=0) + air).all()


@given(curves(), windows, st.data())
def test_nan_stays_and_affects_no_other_value(curve, window, data):
    x, values = curve
    gaps = data.draw(arrays(bool, values.shape))
    values[gaps] = np.nan
    smoothed = smooth(x, values, window)
    np.testing.assert_array_equal(np.isnan(smoothed), gaps)
    known = np.where(gaps, 0, values)
    assert np.nanmax(np.abs(smoothed), initial=0) <= np.abs(known).max() * (1 + 1e-9)


@given(steps(), windows, levels, st.data())
def test_a_constant_with_gaps_is_unchanged(x, window, level, data):
    values = np.full(len(x), level)
    values[data.draw(arrays(bool, len(x)))] = np.nan
    np.testing.assert_allclose(smooth(x, values, window), values, rtol=1e-6)


@given(curves(), windows)
def test_columns_are_smoothed_independently(curve, window):
    x, values = curve
    both = smooth(x, values, window)
    for i in range(2):
        np.testing.assert_array_equal(both[:, i], smooth(x, values[:, i], window))


def test_the_recording_interval_matters_little():
    wave = lambda x: np.sin(x / 300)  # noqa: E731
    often, seldom = np.arange(0, 4001.0), np.arange(0, 4001.0, 20)
    fine = smooth(often, wave(often), 600)
    coarse = smooth(seldom, wave(seldom), 600)
    assert np.ptp(fine) < 0.95 * np.ptp(wave(often))
    np.testing.assert_allclose(fine[::20], coarse, atol=0.01)


def test_denser_records_at_the_start_do_not_weigh_more():
    dense = np.concatenate([np.arange(0, 100.0), np.arange(100, 2001.0, 100)])
    even = np.arange(0, 2001.0, 100)
    line = lambda x: np.abs(x - 100)  # noqa: E731
    at = np.isin(dense, even)
    found = smooth(dense, line(dense), 800)[at]
    np.testing.assert_allclose(found, smooth(even, line(even), 800), rtol=1e-9)


@pytest.mark.parametrize("huge", [1e6, 1e12, -1e12])
def test_one_huge_value_does_not_affect_distant_values(huge):
    x = np.arange(1000.0)
    values = np.sin(x)
    spoilt = values.copy()
    spoilt[100] = huge
    expected, found = smooth(x, values, 20), smooth(x, spoilt, 20)
    np.testing.assert_allclose(found[111:], expected[111:], atol=1e-5)
    np.testing.assert_allclose(found[:90], expected[:90], atol=1e-12)
    assert abs(found[105]) > abs(huge) / 50


def test_infinity_stays_and_affects_no_other_value():
    x = np.arange(200.0)
    values = np.ones(200)
    values[50] = np.inf
    found = smooth(x, values, 10)
    np.testing.assert_allclose(np.delete(found, 50), 1)
    assert found[50] == np.inf


def test_two_points_or_none_are_unchanged():
    np.testing.assert_array_equal(smooth(np.zeros(0), np.zeros(0), 9), [])
    np.testing.assert_array_equal(
        smooth(np.array([0.0, 9]), np.array([1.0, 5]), 9), [1, 5]
    )
