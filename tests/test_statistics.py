"""Statistics and histogram bins, compared with arithmetic."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from keras_xavier.histogram_bins import (
    BIN_COUNT,
    EDGE_COUNT,
    LARGEST_EXPONENT,
    LINEAR_BINS,
    NONFINITE_BINS,
    SMALLEST_EXPONENT,
    SMALLEST_NORMAL,
    count,
    linear_edges,
    logarithmic_edges,
)
from keras_xavier.statistics import (
    PERCENTILES,
    STATISTICS,
    Layer,
    Quantity,
    Statistic,
    summarize,
)

floats = st.floats(width=32)
finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
RANGES = [(-1, 1), (0, 1), (-1.7159, 1.7159), (-np.pi / 2, np.pi / 2), (-0.3, 0.17)]


def pick(statistics, statistic):
    return statistics[STATISTICS.index(statistic)]


def test_logarithmic_edges_are_symmetric_and_ascending():
    edges = logarithmic_edges()
    assert edges.shape == (EDGE_COUNT,)
    assert np.all(np.diff(edges) > 0)
    np.testing.assert_array_equal(edges, -edges[::-1])


def test_logarithmic_bins_are_at_most_10_percent_wide_from_1e_12_to_1e4():
    edges = logarithmic_edges()
    inner = edges[(edges >= 2.0**SMALLEST_EXPONENT) & (edges <= 2.0**LARGEST_EXPONENT)]
    assert inner[0] <= 1e-12
    assert inner[-1] >= 1e4
    assert np.max(inner[1:] / inner[:-1]) <= 1.1


def test_logarithmic_edges_are_float32():
    edges = logarithmic_edges()
    np.testing.assert_array_equal(edges, edges.astype(np.float32))


# A process that flushes subnormal numbers to 0 cannot test bounds there.
@given(st.floats(-1e6, 0, allow_subnormal=False), st.floats(1e-6, 1e6))
def test_linear_edges_cover_their_range_in_powers_of_two(lower, upper):
    edges = linear_edges(lower, upper)
    known = edges[~np.isnan(edges)]
    inner = known[1:-1]
    widths = np.diff(inner)
    assert edges.shape == (EDGE_COUNT,)
    assert known[0] == -np.inf
    assert known[-1] == np.inf
    assert inner[0] <= lower
    assert inner[-1] >= upper
    assert np.frexp(widths.min())[0] == 0.5
    # Values at a bound have their own bin, twice as wide.
    assert {*widths} <= {widths.min(), 2 * widths.min()}
    assert len(widths) <= LINEAR_BINS + 2
    assert widths.min() <= 4 * max(-lower, upper) / LINEAR_BINS


def test_a_range_without_0_has_logarithmic_bins():
    layer = Layer("positive", "Dense", "own", 1, 1, lower=0.5, upper=1.0)
    np.testing.assert_array_equal(layer.edges(Quantity.ACTIVATION), logarithmic_edges())


@pytest.mark.parametrize(
    ("lower", "upper"), [(0, 0), (1, 2), (1, 0), (0, np.inf), (-np.inf, 0), (np.nan, 1)]
)
def test_linear_edges_refuse_invalid_ranges(lower, upper):
    with pytest.raises(ValueError, match="bounded range"):
        linear_edges(lower, upper)


@given(arrays(np.float32, st.integers(0, 50), elements=floats))
def test_every_value_is_counted_once(values):
    counts = count(values, logarithmic_edges())
    assert counts.shape == (BIN_COUNT,)
    assert counts.dtype == np.uint32
    assert counts.sum() == values.size
    assert counts[-1] == np.isnan(values).sum()
    assert counts[-2] == (values == np.inf).sum()
    assert counts[-3] == (values == -np.inf).sum()


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_logarithmic_bins_contain_their_values(value):
    edges = logarithmic_edges()
    (index,) = np.flatnonzero(count([value], edges))
    if abs(value) < SMALLEST_NORMAL:
        assert edges[index] == -SMALLEST_NORMAL
    elif value > 0:
        assert edges[index] <= value < edges[index + 1]
    else:
        assert edges[index] < value <= edges[index + 1]


@given(arrays(np.float32, st.integers(0, 50), elements=finite))
def test_logarithmic_counts_of_negated_values_are_mirrored(values):
    regular = slice(0, BIN_COUNT - len(NONFINITE_BINS))
    edges = logarithmic_edges()
    np.testing.assert_array_equal(
        count(values, edges)[regular][::-1], count(-values, edges)[regular]
    )


@pytest.mark.parametrize(("lower", "upper"), RANGES)
@given(value=st.floats(-3, 3, width=32))
@example(value=-1.0)
@example(value=1.0)
def test_linear_bins_contain_their_values(lower, upper, value):
    edges = linear_edges(lower, upper)
    top = np.nanmax(edges[np.isfinite(edges)])
    (index,) = np.flatnonzero(count([value], edges))
    value = 0.0 if abs(value) < SMALLEST_NORMAL else value
    if value == top:
        assert edges[index + 1] == top
    elif value >= 0:
        assert edges[index] <= value < edges[index + 1]
    else:
        assert edges[index] < value <= edges[index + 1]


def test_counts_add_up():
    values = np.random.default_rng(0).normal(size=1000)
    edges = logarithmic_edges()
    np.testing.assert_array_equal(
        count(values, edges), count(values[:300], edges) + count(values[300:], edges)
    )


def test_rows_of_the_tables_are_complete():
    for table in (Quantity, Statistic):
        for attribute in ("label", "short_label"):
            labels = [getattr(member, attribute) for member in table]
            assert all(labels)
            assert len({*labels}) == len(labels)
    for statistic, percentile in PERCENTILES.items():
        assert statistic == f"p{percentile:g}"


def test_summarize_equals_numpy():
    values = np.random.default_rng(0).normal(2, 3, size=(40, 30))
    result = summarize(values, saturated=lambda value: value > 2)
    expected = {
        Statistic.MEAN: values.mean(),
        Statistic.STD: values.std(),
        Statistic.MIN: values.min(),
        Statistic.MAX: values.max(),
        Statistic.P2: np.percentile(values, 2),
        Statistic.P25: np.percentile(values, 25),
        Statistic.P50: np.median(values),
        Statistic.P75: np.percentile(values, 75),
        Statistic.P98: np.percentile(values, 98),
        Statistic.SATURATED: np.mean(values > 2),
        Statistic.ZERO: 0,
        Statistic.NONFINITE: 0,
    }
    np.testing.assert_allclose(
        result, [expected.get(s, np.nan) for s in STATISTICS], rtol=1e-6
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_nonfinite_value_makes_other_statistics_nan(bad):
    result = summarize([1.0, 0.0, bad, 0.0])
    assert np.isnan(result[: STATISTICS.index(Statistic.ZERO)]).all()
    assert pick(result, Statistic.ZERO) == 0.5
    assert pick(result, Statistic.NONFINITE) == 0.25


def test_subnormal_values_count_as_zero():
    result = summarize([SMALLEST_NORMAL / 2, -SMALLEST_NORMAL / 2, SMALLEST_NORMAL])
    assert pick(result, Statistic.ZERO) == np.float32(2 / 3)


def test_only_activations_with_bounds_have_linear_bins():
    tanh = Layer("hidden", "Dense", "tanh", 10, 110, -1.0, 1.0)
    relu = Layer("hidden", "Dense", "relu", 10, 110, 0.0)
    for quantity in Quantity:
        linear = quantity is Quantity.ACTIVATION
        expected = linear_edges(-1, 1) if linear else logarithmic_edges()
        np.testing.assert_array_equal(tanh.edges(quantity), expected)
        np.testing.assert_array_equal(relu.edges(quantity), logarithmic_edges())
