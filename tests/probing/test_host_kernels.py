"""Compiled loops over tensors, compared with the references in NumPy."""

import runpy

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as extra

from keras_xavier.activations import facts
from keras_xavier.histogram_bins import (
    SMALLEST_NORMAL,
    count,
    linear_edges,
    logarithmic_edges,
)
from keras_xavier.probing import host_reduction
from keras_xavier.probing.backend import Difference, Task
from keras_xavier.probing.fine_bins import LINEAR_BOUNDS, SHIFT, percentiles
from keras_xavier.probing.sampling import LIMIT, PART, positions
from keras_xavier.statistics import (
    PERCENTILES,
    SATURATION_SLOPE,
    STATISTICS,
    UNIT_LIMIT,
    summarize,
)
from keras_xavier.unit_statistics import summarize_units

ml_dtypes = pytest.importorskip("ml_dtypes")

RANDOM = np.random.default_rng(0)
SPECIAL = (0, -0.0, 1, 1e-40, -1e-40, 1.2e-38, 3e38, -3e38, np.inf, -np.inf, np.nan)
FLOATS = st.one_of(st.sampled_from(SPECIAL), st.floats(-10, 10, width=32))
SHAPES = st.sampled_from([(1, 1, 1), (1, 4, 2), (5, 1, 3), (4, 3, 2)])
"""Few shapes, because some backends compile the slope of the sine for each."""
VALUES = extra.arrays(np.float32, SHAPES, elements=FLOATS)
SLOPES = {
    "tanh": lambda s: 1 - np.tanh(s) ** 2,
    "softsign": lambda s: 1 / (1 + np.abs(s)) ** 2,
    "relu": lambda s: np.where(s > 0, 1, 0),
    "elu": lambda s: np.where(s > 0, 1, np.exp(np.minimum(s, 0))),
    "sine": np.cos,
}


def reduce(values, task=None, mask=None, limit=LIMIT):
    found = host_reduction.summarize([values], [mask], [task or Task()], limit)
    return {name: rows[0] for name, rows in found.items() if len(rows)}


def task_of(activation, **options):
    return Task(activation=facts(activation), **options)


def is_saturated(activation, values):
    with np.errstate(all="ignore"):
        slopes = SLOPES[activation](np.asarray(values, np.float64))
    return np.abs(slopes) < SATURATION_SLOPE


def without_subnormals(values):
    """Returns the values without those that JAX takes for 0, and PyTorch does not."""
    return np.where(np.abs(values) < SMALLEST_NORMAL, np.float32(0), values)


@given(VALUES)
@example(np.full((1, 1, 1), -2.5, np.float32))
@example(np.full((4, 3, 2), 0.1, np.float32))
@example(np.float32([[[1e30, -1e30, 1e-30]]]))
def test_moments_and_counts_are_those_of_numpy(values):
    found = reduce(values)
    expected = dict(zip(STATISTICS, summarize(values), strict=True))
    moments = [expected[name] for name in ("mean", "std", "min", "max")]
    # A sum in another order may differ by a rounding error of the largest term.
    error = 1e-12 * np.abs(values).max() if np.isfinite(moments[0]) else 0
    np.testing.assert_allclose(found["moments"], moments, rtol=1e-6, atol=error)
    size = values.size
    assert found["sizes"].tolist() == [
        size,
        size,
        round(expected["zero"] * size),
        round(expected["nonfinite"] * size),
    ]
    np.testing.assert_array_equal(
        found["histogram"], count(values, logarithmic_edges())
    )


@pytest.mark.parametrize("offset", [0, 1, 1e3, 1e6])
def test_standard_deviation_is_accurate_beside_a_large_mean(offset):
    values = np.float32(offset + RANDOM.normal(size=100_001))
    mean, std = reduce(values)["moments"][:2]
    expected = values.astype(np.float64)
    np.testing.assert_allclose([mean, std], [expected.mean(), expected.std()], 1e-6)


@pytest.mark.parametrize("bounds", range(len(LINEAR_BOUNDS)))
def test_linear_bins_are_those_of_the_reference(bounds):
    values = np.float32(RANDOM.uniform(*LINEAR_BOUNDS[bounds], 5000))
    found = reduce(values, Task(bounds))["histogram"]
    np.testing.assert_array_equal(
        found, count(values, linear_edges(*LINEAR_BOUNDS[bounds]))
    )


@given(VALUES.filter(lambda values: np.isfinite(values).all()))
def test_percentiles_lie_in_the_fine_bins_of_those_of_numpy(values):
    ranks = reduce(values)["ranks"]
    found = percentiles(ranks[None], np.array([values.size]), SHIFT)[0]
    for share, value in zip(PERCENTILES.values(), found, strict=True):
        sides = [
            float(np.percentile(values, share, method=method))
            for method in ("lower", "higher")
        ]
        margin = 0.016 * max(map(abs, sides)) + 2.0**-126
        assert min(sides) - margin <= value <= max(sides) + margin


@given(VALUES, st.sampled_from(list(SLOPES)), st.booleans(), st.randoms())
@example(np.zeros((3, 2, 4), np.float32), "relu", False, None)
@example(np.full((1, 1, 3), np.nan, np.float32), "tanh", False, None)
def test_units_are_those_of_the_reference(values, activation, masked, random):
    if activation in ("relu", "elu"):
        values = without_subnormals(values)
    mask = None
    if masked and random is not None:
        mask = np.array([[random.random() < 0.5 for _ in row] for row in values])
    task = task_of(activation, has_units=True, lists_units=True)
    found = reduce(values, task, mask)
    summary, units = summarize_units(
        values, mask, saturated=lambda chosen: is_saturated(activation, chosen)
    )
    largest = np.abs(values).max()
    error = 1e-12 * largest if np.isfinite(largest) else 0
    np.testing.assert_allclose(
        found["unit_summaries"], summary, rtol=1e-4, atol=error + 1e-6
    )
    np.testing.assert_allclose(
        found["units"][: len(units)], units, rtol=1e-4, atol=error
    )
    assert np.isnan(found["units"][len(units) :]).all()


@pytest.mark.parametrize("shape", [(300, 1, 1000), (50, 40, 3), (7, 100, 16)])
def test_tiny_deviations_within_units_are_accurate(shape):
    centers = RANDOM.normal(size=shape[2])
    values = np.float32(centers + 1e-5 * RANDOM.normal(size=shape))
    task = task_of("tanh", has_units=True, lists_units=True)
    found = reduce(values, task)
    summary, units = summarize_units(
        values, saturated=lambda chosen: is_saturated("tanh", chosen)
    )
    np.testing.assert_allclose(found["unit_summaries"], summary, rtol=1e-4)
    chosen = np.arange(min(UNIT_LIMIT, shape[2])) * shape[2] // min(256, shape[2])
    np.testing.assert_allclose(found["units"][: len(chosen)], units[chosen], 1e-4)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_other_types_are_reduced_as_float32(dtype):
    values = RANDOM.normal(size=(20, 30)).astype(dtype)
    found, expected = reduce(values), reduce(values.astype(np.float32))
    np.testing.assert_equal(found, expected)


def test_memory_may_have_any_order():
    values = np.float32(RANDOM.normal(size=(20, 30, 8)))
    task = task_of("tanh", has_units=True, lists_units=True)
    expected = reduce(values[::2, ::-1, ::3].copy(), task)
    np.testing.assert_equal(reduce(values[::2, ::-1, ::3], task), expected)


@pytest.mark.parametrize("size", [1000, LIMIT + 5])
@pytest.mark.parametrize("special", [None, np.nan, 1e6])
def test_a_difference_is_subtracted_while_it_is_reduced(size, special):
    after, before = np.float32(RANDOM.normal(size=(2, size)))
    if special is not None:
        after[:] = before + np.float32(special)
    found = reduce(Difference(after, before))
    np.testing.assert_equal(found, reduce(after - before))


def test_large_tensors_are_counted_at_fixed_positions():
    values = np.float32(RANDOM.normal(size=LIMIT + 5))
    values[-1] = 100
    found = reduce(values, task_of("tanh"))
    part = values[positions(values.size)]
    assert found["sizes"].tolist() == [values.size, PART, 0, 0]
    assert found["moments"][3] == 100
    np.testing.assert_array_equal(found["histogram"], count(part, logarithmic_edges()))
    assert found["saturated"] == np.float32(np.mean(is_saturated("tanh", part)))


def test_several_threads_return_the_same(monkeypatch):
    tensors = [np.float32(RANDOM.normal(size=100_000 + i)) for i in range(8)]
    arguments = tensors, [None] * 8, [task_of("tanh")] * 8, LIMIT
    monkeypatch.setattr(host_reduction, "processors", lambda: 4)
    found = host_reduction.summarize(*arguments)
    monkeypatch.setattr(host_reduction, "processors", lambda: 1)
    np.testing.assert_equal(found, host_reduction.summarize(*arguments))


@pytest.mark.parametrize("activation", SLOPES)
def test_ranges_contain_exactly_the_saturated_values(activation):
    bits = RANDOM.integers(0, 2**32, 5000, np.uint32).view(np.float32)
    values = np.r_[bits, np.float32(RANDOM.normal(scale=3, size=5000))]
    values = without_subnormals(values)
    ranges = host_reduction.saturated_ranges(task_of(activation))
    if activation == "sine":
        assert ranges is None
        return
    keys = host_reduction.floats(values.view(np.int32)).view(np.int32)
    found = np.zeros(len(values), bool)
    for first, last in ranges:
        found |= (first <= keys) & (keys <= last)
    np.testing.assert_array_equal(found, is_saturated(activation, values))


def test_each_function_is_compiled_once():
    from keras_xavier.probing import host_kernels

    values = np.float32(RANDOM.normal(size=(20, 30, 8)))
    task = task_of("tanh", has_units=True, lists_units=True)
    expected = reduce(values, task)
    values.flags.writeable = False
    np.testing.assert_equal(reduce(values, task), expected)
    mask = RANDOM.random((20, 30)) < 0.5
    for one in (task, task_of("relu", has_units=True)):
        reduce(values, one, mask)
    host_reduction.norms([values])
    host_reduction.summarize([values], [None], [Task()], PART)
    for name in ("summarize", "sums", "summarize_units", "write_units", "mean_cosine"):
        assert len(getattr(host_kernels, name).signatures) == 1, name


@pytest.fixture
def cached(tmp_path, monkeypatch):
    """Returns a function that loads a compiled function with a cache folder."""
    from numba import config

    from keras_xavier.probing import host_kernels

    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path / "cache"))
    path = tmp_path / "functions.py"
    path.write_text("def double(value):\n    return 2 * value\n")

    def load():
        double = host_kernels.compiled(runpy.run_path(str(path))["double"])
        host_kernels.load(lambda: double(1.0), [double])
        assert double(2.0) == 4
        return double.stats.cache_hits

    return load


def test_machine_code_is_cached(cached):
    assert not cached()
    assert cached()


def test_loops_work_without_a_writable_cache(cached, tmp_path, monkeypatch):
    # Files where folders should be.
    for name in ("cache", "__pycache__", "home"):
        (tmp_path / name).write_text("")
    for variable in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    assert not cached()
    assert not cached()


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
def test_a_damaged_cache_is_replaced(cached, suffix, tmp_path):
    cached()
    for path in tmp_path.rglob(f"*.{suffix}"):
        path.write_bytes(path.read_bytes()[:20])
    assert not cached()
    assert cached()
