import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_xavier.figures.binning import (
    COARSEST,
    FINEST,
    each_histogram,
    histogram,
    linear_grid,
    merge,
    outline,
    quantiles,
)
from keras_xavier.histogram_bins import (
    LINEAR_BINS,
    SMALLEST_EXPONENT,
    count,
    linear_edges,
    logarithmic_edges,
)

VALUES = st.lists(
    st.one_of(
        st.floats(-3, 3, width=32), st.floats(-(2**-33), 2**-33, width=32), st.just(0.0)
    ),
    min_size=1,
    max_size=50,
)


def stored(values, edges=None):
    edges = logarithmic_edges() if edges is None else edges
    return histogram(count(values, edges), edges)


def normal(size, scale=1.0):
    return np.random.default_rng(0).normal(0, scale, size)


def test_values_that_no_axis_can_show_are_counted_separately():
    data = stored([0, 0, 1.5, -2.5, np.nan, np.inf, -np.inf, 1e6, -1e6, -1e7])
    assert (data.zeros, data.nonfinite, data.above, data.below) == (2, 3, 1, 2)
    assert data.counts.sum() == 2
    assert (data.finite, data.total) == (7, 10)
    assert np.isfinite(data.edges).all()


def test_linear_bins_do_not_count_zeros():
    data = stored([0, 0, 0.5, 1.5], linear_edges(-1, 1))
    assert np.isnan(data.zeros)
    # Values at a bound have their own bin.
    assert len(data.counts) == LINEAR_BINS + 2
    assert (data.counts.sum(), data.above, data.total) == (3, 1, 4)


@pytest.mark.parametrize("edges", [logarithmic_edges(), linear_edges(-1, 1)])
def test_splitting_several_histograms_at_once_equals_splitting_each(edges):
    values = [[0, 0, 1.5, -2.5, np.nan, -np.inf, 1e6], normal(100), [], [1e-9, -1, 1]]
    counts = np.array([count(np.array(one, float), edges) for one in values])
    inner, shared, totals = each_histogram(counts, edges)
    for i, one in enumerate(counts):
        expected = histogram(one, edges)
        np.testing.assert_array_equal(inner[i], expected.counts)
        np.testing.assert_array_equal(shared, expected.edges)
        assert totals[i] == expected.total
    inner, shared, totals = each_histogram(counts[:0], edges)
    assert inner.shape == (0, len(shared) - 1)
    assert totals.shape == (0,)


@settings(deadline=None)
@given(VALUES, st.sampled_from([0.01, 0.25, 0.5, 0.75, 0.99]))
def test_quantiles_match_the_values_within_a_bin(values, level):
    values = np.array(values)
    data = stored(values)
    values = np.sort(values[np.abs(values) >= 2.0**-126])
    (found,) = quantiles(data, level)
    if not len(values):
        assert np.isnan(found)
        return
    exact = values[max(int(np.ceil(level * len(values))) - 1, 0)]
    smallest = 2.0**SMALLEST_EXPONENT
    assert found == pytest.approx(exact, rel=1 / 16, abs=smallest)


@settings(deadline=None)
@given(VALUES)
def test_extremes_enclose_all_values(values):
    data = stored(values)
    low, high = quantiles(data, 0.0, 1.0)
    others = [x for x in values if abs(x) >= 2.0**-126]
    if others:
        assert low <= min(others)
        assert max(others) <= high


@settings(deadline=None)
@given(VALUES, st.floats(-2, 2), st.floats(1e-9, 4))
def test_merging_keeps_counts_and_stored_edges(values, low, width):
    data = stored(values)
    counts, edges = merge(data, linear_grid(data, low, low + width))
    assert np.isin(edges, data.edges).all()
    assert edges[0] <= low
    assert low + width <= edges[-1]
    inside = (data.edges[:-1] >= edges[0]) & (data.edges[1:] <= edges[-1])
    assert counts.sum() == data.counts[inside].sum()


@pytest.mark.parametrize("low", [-30000.0, -1.0, 20000.0])
def test_a_view_outside_the_bins_is_not_an_error(low):
    shown = outline(stored(normal(100)), low, low + 5000)
    assert len(shown.edges) == len(shown.heights) + 1
    assert (shown.heights >= 0).all()


def test_intervals_suit_the_number_of_samples():
    few, many = (
        np.diff(linear_grid(stored(normal(n)), -3, 3))[0] for n in (100, 200_000)
    )
    assert 6 / COARSEST / 2 <= few <= 6 / COARSEST
    assert 6 / FINEST / 2 <= many < few


def test_the_area_under_a_linear_outline_is_the_share_in_view():
    shown = outline(stored(normal(100_000)), -20, 20)
    assert (shown.heights * np.diff(shown.edges)).sum() == pytest.approx(1)


def test_a_linear_outline_is_the_density():
    shown = outline(stored(normal(1_000_000, 0.01)), -0.03, 0.03)
    middles = (shown.edges[1:] + shown.edges[:-1]) / 2
    inside = np.abs(middles) < 0.02
    density = np.exp(-((middles / 0.01) ** 2) / 2) / 0.01 / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(shown.heights[inside], density[inside], rtol=0.1)


def test_the_area_under_a_logarithmic_outline_is_the_share_in_decades():
    values = 10.0 ** np.random.default_rng(0).uniform(-4, -2, 100_000)
    shown = outline(stored(values), -0.1, 0.1, threshold=1e-6)
    inside = (shown.edges[:-1] > 1.3e-4) & (shown.edges[1:] < 0.8e-2)
    np.testing.assert_allclose(shown.heights[inside], 0.5, rtol=0.1)


def test_zeros_lower_the_outline_without_a_peak():
    values = normal(10_000)
    whole = outline(stored(values), -3, 3)
    half = outline(stored([*values, *np.zeros(10_000)]), -3, 3)
    np.testing.assert_allclose(half.heights, whole.heights / 2)


def test_no_values():
    shown = outline(stored([]), -1, 1)
    assert not shown.heights.any()
    assert shown.peak(-1, 1) == 0


def test_peak_and_outside_of_a_view():
    data = stored([0.5, 2.5, 2.5, 2.5])
    assert data.outside(0, 1) == 3
    assert data.outside(-10, 10) == 0
    shown = outline(data, 0, 1)
    assert shown.peak(0.4, 0.6) > shown.peak(0.7, 0.9) == 0
