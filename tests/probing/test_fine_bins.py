"""Summaries of fine counts, compared with the values themselves."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as extra

from keras_xavier.histogram_bins import count, linear_edges, logarithmic_edges
from keras_xavier.probing.fine_bins import (
    SHIFT,
    SHIFT_FOR_LINEAR,
    stored_bins,
    summarize_counts,
    table_size,
)
from keras_xavier.statistics import PERCENTILES, STATISTICS, Statistic, summarize

EDGES = {
    "logarithmic": (SHIFT, logarithmic_edges()),
    "sigmoid": (SHIFT_FOR_LINEAR, linear_edges(0, 1)),
    "tanh": (SHIFT_FOR_LINEAR, linear_edges(-1, 1)),
    "scaled tanh": (SHIFT_FOR_LINEAR, linear_edges(-1.7159, 1.7159)),
    "arctan": (SHIFT_FOR_LINEAR, linear_edges(-np.pi / 2, np.pi / 2)),
}
BINS = {name: stored_bins(shift, edges) for name, (shift, edges) in EDGES.items()}
VALUES = extra.arrays(
    np.float32, st.integers(1, 40), elements=st.floats(width=32, allow_nan=True)
)
SMALL = extra.arrays(
    np.float32, st.integers(1, 40), elements=st.floats(-2, 2, width=32)
)
EDGE_CASES = np.float32(
    [0, -0.0, 1, -1, 0.5, -0.5, 1e-40, -1e-40, np.inf, -np.inf, np.nan]
)


def fine_counts(values, shift):
    return np.bincount(values.view(np.uint32) >> shift, minlength=table_size(shift))


def summarized(values, name):
    shift, _ = EDGES[name]
    return summarize_counts(fine_counts(values, shift)[None], shift, BINS[name])


@settings(deadline=None, max_examples=60)
@given(st.one_of(VALUES, SMALL), st.sampled_from(list(EDGES)))
@example(EDGE_CASES, "logarithmic")
@example(EDGE_CASES, "tanh")
@example(EDGE_CASES, "sigmoid")
def test_histograms_equal_counts_of_the_values(values, name):
    found = summarized(values, name)
    np.testing.assert_array_equal(found.histogram[0], count(values, EDGES[name][1]))
    expected = dict(zip(STATISTICS, summarize(values), strict=True))
    assert found.zero[0] == pytest.approx(expected[Statistic.ZERO])
    assert found.nonfinite[0] == pytest.approx(expected[Statistic.NONFINITE])


@settings(deadline=None, max_examples=60)
@given(
    extra.arrays(
        np.float32,
        st.integers(1, 60),
        elements=st.floats(-(2.0**100), 2.0**100, width=32, allow_subnormal=False),
    ),
    st.sampled_from(list(EDGES)),
)
def test_percentile_errors_are_less_than_a_fine_bin(values, name):
    found = summarized(values, name).percentiles[0]
    shares = list(PERCENTILES.values())
    normal = values.astype(np.float64)
    below = np.percentile(normal, shares, method="lower")
    above = np.percentile(normal, shares, method="higher")
    error = np.abs(found - np.percentile(normal, shares))
    assert (error <= 2**-6 * np.maximum(np.abs(below), np.abs(above))).all()


def test_tensors_are_summarized_separately():
    random = np.random.default_rng(0)
    tensors = [random.normal(size=50), np.zeros(3), [np.nan], -random.random(7)]
    tensors = [np.float32(values) for values in tensors]
    shift, edges = EDGES["logarithmic"]
    counts = np.stack([fine_counts(values, shift) for values in tensors])
    found = summarize_counts(counts, shift, BINS["logarithmic"])
    for i, values in enumerate(tensors):
        alone = summarized(values, "logarithmic")
        np.testing.assert_array_equal(found.histogram[i], count(values, edges))
        np.testing.assert_array_equal(found.percentiles[i], alone.percentiles[0])
    assert np.isnan(found.percentiles[2]).all()
    assert found.zero.tolist() == [0, 1, 0, 0]


def test_no_tensors_give_empty_summaries():
    shift, _ = EDGES["logarithmic"]
    found = summarize_counts(np.zeros((0, 1)), shift, BINS["logarithmic"])
    assert found.histogram.shape[0] == found.percentiles.shape[0] == 0


@pytest.mark.parametrize("name", EDGES)
def test_a_fine_bin_lies_in_one_stored_bin(name):
    shift, edges = EDGES[name]
    bits = np.arange(table_size(shift), dtype=np.uint32) << np.uint32(shift)
    last = bits | np.uint32((1 << shift) - 1)
    finite = np.isfinite(last.view(np.float32))
    ends = [one[finite].view(np.float32) for one in (bits, last)]
    first, other = ([count([v], edges).argmax() for v in end[::97]] for end in ends)
    assert first == other
