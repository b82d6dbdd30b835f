"""Statistics inside of the graph, held against NumPy on the same numbers."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from keras_xavier.probing.tensorflow_statistics import (
    flatten,
    linear_histogram,
    statistics,
)
from keras_xavier.statistics import (
    PERCENTILES,
    SMALLEST_NORMAL,
    STATISTICS,
    Statistic,
    count,
    linear_edges,
    logarithmic_edges,
    summarize,
)

RANGES = [(-1, 1), (0, 1), (-1.7159, 1.7159), (-np.pi / 2, np.pi / 2)]
EDGES = [linear_edges(*bounds) for bounds in RANGES]
BIN = 1 / 64
"""Relative width of the bins in which percentiles are found."""
METHODS = ("lower", "higher")
TINY = 2 * SMALLEST_NORMAL
"""Two roundings of what processors may take for 0."""


@tf.function(input_signature=[tf.TensorSpec([None], tf.float32)], autograph=False)
def measure(values):
    """Statistics, logarithmic histogram and one linear histogram per range."""
    table, histograms = statistics([values], [None])
    linear = [
        linear_histogram(flatten(values), edges, table[0], histograms[0])
        for edges in EDGES
    ]
    return table[0], histograms[0], tf.stack(linear)


def check(values):
    """Compares everything that is measured with NumPy."""
    values = np.asarray(values, np.float32)
    found, histogram, linear = (result.numpy() for result in measure(values))
    np.testing.assert_array_equal(histogram, count(values, logarithmic_edges()))
    for edges, counts in zip(EDGES, linear, strict=True):
        np.testing.assert_array_equal(counts, count(values, edges))
    # What is under the smallest normal number may be taken for 0.
    normal = np.where(np.abs(values) < SMALLEST_NORMAL, 0, values.astype(np.float64))
    found = dict(zip(STATISTICS, found, strict=True))
    expected = dict(zip(STATISTICS, summarize(normal), strict=True))
    for statistic in (Statistic.ZERO, Statistic.NONFINITE):
        np.testing.assert_allclose(found[statistic], expected[statistic], rtol=1e-6)
    assert np.isnan(found[Statistic.SATURATED])
    if expected[Statistic.NONFINITE]:
        assert all(np.isnan(found[s]) for s in (*PERCENTILES, *list(STATISTICS)[:4]))
        return
    for statistic in (Statistic.MIN, Statistic.MAX):
        assert abs(found[statistic] - expected[statistic]) < SMALLEST_NORMAL
    rms = np.sqrt(np.mean(normal**2))
    for statistic in (Statistic.MEAN, Statistic.STD):
        exact = {"mean": normal.mean(), "std": normal.std()}[statistic]
        scale = {"mean": rms, "std": normal.std()}[statistic]
        # The float32 that is nearest to the mean may be all that one can get.
        rounding = 2**-23 * np.abs(normal).max() + TINY
        assert abs(found[statistic] - exact) <= 1e-5 * scale + rounding
    for statistic, share in PERCENTILES.items():
        exact = np.percentile(normal, share)
        # Rounding to float32 where the two values cancel each other.
        neighbours = [np.percentile(normal, share, method=m) for m in METHODS]
        rounding = 2**-22 * np.abs(neighbours).max() + TINY
        assert abs(found[statistic] - exact) <= BIN * abs(exact) + rounding


@settings(max_examples=200, deadline=None)
@given(arrays(np.float32, st.integers(1, 40), elements=st.floats(width=32)))
def test_any_values(values):
    check(values)


@settings(max_examples=200, deadline=None)
@given(
    arrays(
        np.float32,
        st.integers(1, 40),
        elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
    )
)
def test_any_finite_values(values):
    check(values)


@settings(max_examples=100, deadline=None)
@given(arrays(np.float32, st.integers(1, 40), elements=st.floats(-2, 2, width=32)))
def test_values_around_the_range_of_bounded_activations(values):
    check(values)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 5000),
    st.floats(-40, 40),
    st.floats(-20, 20),
    st.floats(-8, 8),
)
def test_samples_of_any_location_scale_and_tail(seed, size, location, scale, tail):
    generator = np.random.default_rng(seed)
    values = np.sinh(generator.normal(size=size) * tail) * 2.0**scale
    with np.errstate(over="ignore"):
        check((values + np.sinh(location)).astype(np.float32))


@pytest.mark.parametrize("edges", EDGES, ids=str(RANGES).strip("[]").split("), ("))
def test_the_edges_themselves(edges):
    inner = edges[np.isfinite(edges)].astype(np.float32)
    check(inner)
    check(np.nextafter(inner, np.float32(-np.inf)))
    check(np.nextafter(inner, np.float32(np.inf)))


def test_the_logarithmic_edges_themselves():
    inner = logarithmic_edges()[1:-1].astype(np.float32)
    check(inner)
    check(np.nextafter(inner, np.float32(-np.inf)))
    check(np.nextafter(inner, np.float32(np.inf)))


@pytest.mark.parametrize("exponent", range(-126, 128, 9))
def test_the_whole_range_of_float32(exponent):
    generator = np.random.default_rng(exponent + 126)
    check(2.0**exponent * generator.uniform(0.5, 1, size=1000))
    check(-(2.0**exponent) * generator.normal(size=1000).clip(-1, 1))


@pytest.mark.parametrize("size", [3_000_000])
@pytest.mark.parametrize("mean", [0, 0.5, 1000])
def test_moments_of_many_values(size, mean):
    values = np.random.default_rng(0).normal(mean, 1, size).astype(np.float32)
    check(values)


def test_constant_values():
    check(np.full(100_000, 0.1))
    check(np.zeros(100_000))


def test_every_quiet_nan_is_nan():
    signs = np.array([0, 1 << 31], np.uint32)[:, None]
    payloads = np.array([0, 1, 1 << 16, (1 << 22) - 1], np.uint32)
    values = (signs | np.uint32(0x7FC00000) | payloads).view(np.float32)
    check(values.ravel())


@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16, tf.float64])
def test_other_types_are_counted_as_float32(dtype):
    values = tf.cast(np.random.default_rng(0).normal(size=(30, 20)), dtype)
    cast = tf.cast(values, tf.float32).numpy()
    table, histograms = statistics([values], [None])
    np.testing.assert_array_equal(histograms[0], count(cast, logarithmic_edges()))
    assert table.dtype == tf.float32


def test_tensors_are_measured_each_for_itself():
    generator = np.random.default_rng(0)
    tensors = [generator.normal(size=size).astype(np.float32) for size in (7, 300, 50)]
    together, histograms = statistics(tensors, [None, tf.constant(0.25), None])
    for row, tensor in enumerate(tensors):
        alone, histogram = statistics([tensor], [None])
        known = ~np.isnan(alone[0])
        np.testing.assert_array_equal(histograms[row], histogram[0])
        np.testing.assert_array_equal(together[row][known], alone[0][known])
    saturated = together[:, STATISTICS.index(Statistic.SATURATED)]
    np.testing.assert_array_equal(saturated, np.float32([np.nan, 0.25, np.nan]))
