"""Summaries of tensors on the current backend, compared with NumPy."""

import keras
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as extra

from keras_xavier.activations import facts
from keras_xavier.histogram_bins import count, linear_edges, logarithmic_edges
from keras_xavier.probing.backend import Task, load_backend
from keras_xavier.probing.fine_bins import (
    LINEAR_BOUNDS,
    SHIFT,
    SHIFT_FOR_LINEAR,
    percentiles,
)
from keras_xavier.probing.sampling import LIMIT, NO_LIMIT, PART, positions
from keras_xavier.statistics import PERCENTILES, SATURATION_SLOPE

EDGES = {
    None: logarithmic_edges(),
    **{i: linear_edges(*bounds) for i, bounds in enumerate(LINEAR_BOUNDS)},
}
"""Edges of the stored bins, by `Task.bounds`."""
SPECIAL = np.float32(
    [0, -0.0, 1, -1, 0.5, -0.5, 1e-40, -1e-40, 3e38, -3e38, np.inf, -np.inf, np.nan]
)
PLAIN = Task()
RANDOM = np.random.default_rng(0)
SHAPES = {
    "normal": RANDOM.normal(size=3000),
    "offset": 1000 + RANDOM.normal(size=3000),
    "nearly constant": 1 + 1e-4 * RANDOM.normal(size=3000),
    "constant": np.full(3000, 0.1),
    "zeros": np.zeros(10),
    "one value": np.array([-2.5]),
    "outlier": np.r_[RANDOM.normal(size=2999), 1e4],
}
MAGNITUDES = (1e-30, 1e-10, 1.0, 1e10, 1e30)
SIZE = 40
"""One size for all generated arrays, because some backends compile for each size."""
VALUES = extra.arrays(np.float32, SIZE, elements=st.floats(width=32, allow_nan=True))
SMALL = extra.arrays(np.float32, SIZE, elements=st.floats(-2, 2, width=32))
ALL_SPECIAL = np.resize(SPECIAL, SIZE)


def shift_of(bounds):
    return SHIFT if bounds is None else SHIFT_FOR_LINEAR


def expected_percentiles(values, shift):
    """Places each value in its fine bin according to its rank there."""
    bits = values.view(np.uint32) >> shift
    edge = (bits << np.uint32(shift)).view(np.float32).astype(float)
    following = ((bits + 1) << np.uint32(shift)).view(np.float32).astype(float)
    following[np.isinf(following)] = np.copysign(2.0**128, following)[
        np.isinf(following)
    ]
    placed = np.empty(len(values))
    for fine in np.unique(bits):
        found = bits == fine
        near, far = edge[found][0], following[found][0]
        if abs(near) < 2.0**-126:
            near = far = 0.0
        ranks = np.arange(found.sum()) + 0.5
        placed[found] = near + ranks / found.sum() * (far - near)
    return np.percentile(placed, list(PERCENTILES.values()))


def summarize(values, task=PLAIN, limit=LIMIT):
    """Returns the summary of one array."""
    return {name: found[0] for name, found in summarize_all([values], [task], limit)}


def summarize_all(arrays, tasks, limit=LIMIT):
    backend = load_backend()
    tensors = [backend.prepare(tensor(values)) for values in arrays]
    reduced = backend.summarize(tensors, [None] * len(tensors), tasks, limit)
    return {
        name: host(found) for name, found in reduced.items() if name != "units"
    }.items()


def tensor(values):
    return keras.ops.convert_to_tensor(np.asarray(values, np.float32))


def host(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("magnitude", MAGNITUDES)
@pytest.mark.parametrize("name", SHAPES)
def test_moments(name, magnitude):
    values = np.float32(SHAPES[name] * magnitude)
    wide = values.astype(np.float64)
    mean, std, lowest, highest = summarize(values)["moments"].astype(float)
    rms = np.sqrt(np.mean(wide**2))
    assert abs(mean - wide.mean()) <= 1e-5 * rms
    # The precision of float32 for a spread far smaller than the values.
    assert abs(std - wide.std()) <= 1e-5 * wide.std() + 1e-7 * rms
    assert (lowest, highest) == (wide.min(), wide.max())


@pytest.mark.parametrize("magnitude", MAGNITUDES)
def test_norms(magnitude):
    backend = load_backend()
    values = np.float32(SHAPES["normal"] * magnitude).reshape(30, 100)
    expected = np.linalg.norm(values.astype(np.float64))
    found = host(backend.norms([backend.prepare(tensor(values))]))
    assert found.tolist() == [pytest.approx(expected, rel=1e-5)]


@settings(deadline=None, max_examples=60)
@given(st.one_of(VALUES, SMALL), st.sampled_from(list(EDGES)))
@example(ALL_SPECIAL, None)
@example(ALL_SPECIAL, 0)
@example(ALL_SPECIAL, 1)
def test_counts_are_exact(values, bounds):
    found = summarize(values, Task(bounds))
    expected = count(values, EDGES[bounds])
    np.testing.assert_array_equal(found["histogram"], expected)
    zeros, nonfinite = np.abs(values) < 2.0**-126, ~np.isfinite(values)
    sizes = [SIZE, SIZE, zeros.sum(), nonfinite.sum()]
    assert found["sizes"].tolist() == sizes


@settings(deadline=None, max_examples=60)
@given(
    st.one_of(
        SMALL,
        extra.arrays(
            np.float32,
            SIZE,
            elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
        ),
    ),
    st.sampled_from([None, 0, 1]),
)
def test_percentiles_follow_from_fine_bins(values, bounds):
    found = summarize(values, Task(bounds))
    shift = shift_of(bounds)
    expected = expected_percentiles(values, shift)
    result = percentiles(found["ranks"][None], found["sizes"][None, 1], shift)[0]
    np.testing.assert_allclose(result, expected, rtol=1e-12)


@pytest.mark.parametrize("bounds", EDGES)
def test_every_fine_bin_is_counted_in_its_stored_bin(bounds):
    shift = shift_of(bounds)
    bits = np.arange(1 << (32 - shift), dtype=np.uint32) << np.uint32(shift)
    first = bits.view(np.float32)
    last = (bits | np.uint32((1 << shift) - 1)).view(np.float32)
    for values in (first, last[np.isfinite(last)]):
        found = summarize(values, Task(bounds))["histogram"]
        np.testing.assert_array_equal(found, count(values, EDGES[bounds]))


def test_tensors_are_summarized_separately():
    arrays = [RANDOM.normal(size=50), np.zeros(3), [np.nan], np.tanh(SHAPES["normal"])]
    tasks = [Task(), Task(), Task(), Task(1, facts("tanh"), True)]
    together = dict(summarize_all(arrays, tasks))
    for i, (values, task) in enumerate(zip(arrays, tasks, strict=True)):
        for name, alone in summarize(values, task).items():
            np.testing.assert_allclose(together[name][i], alone, rtol=1e-6)


@pytest.mark.parametrize("data_type", ["float16", "bfloat16", "float64"])
def test_other_floats_are_counted_as_float32(data_type):
    if data_type == "float64" and keras.backend.backend() == "jax":
        pytest.skip("JAX has no float64 unless it is asked for")
    backend = load_backend()
    values = keras.ops.cast(tensor(SHAPES["normal"]), data_type)
    flat = backend.prepare(keras.ops.reshape(values, (30, 100)))
    found = backend.summarize([flat], [None], [PLAIN], LIMIT)
    expected = summarize(host(keras.ops.cast(values, "float32")))
    for name, value in expected.items():
        np.testing.assert_array_equal(host(found[name])[0], value)


LARGE = LIMIT + 17


@pytest.fixture(scope="module")
def values():
    values = np.float32(RANDOM.normal(size=LARGE))
    values[RANDOM.integers(0, LARGE, 1000)] = 0
    return values


@pytest.fixture(scope="module")
def found(values):
    return summarize(values, Task(None, facts("tanh"), False))


def test_the_limit_is_counted_in_part():
    for size, counted in ((LIMIT - 1, LIMIT - 1), (LIMIT, PART)):
        sizes = summarize(np.zeros(size))["sizes"]
        assert sizes.tolist() == [size, counted, size, 0]


def test_moments_and_zeros_are_exact(values, found):
    wide = values.astype(np.float64)
    mean, std, lowest, highest = found["moments"]
    assert mean == pytest.approx(wide.mean(), abs=1e-6)
    assert std == pytest.approx(wide.std(), rel=1e-5)
    assert (lowest, highest) == (values.min(), values.max())
    assert found["sizes"].tolist() == [LARGE, PART, np.sum(values == 0), 0]


def test_nonfinite_values_are_exact(values):
    values = values.copy()
    values[:3] = np.nan, np.inf, -np.inf
    assert summarize(values)["sizes"][3] == 3


def test_overflowing_squares_are_finite(values):
    found = summarize(values * np.float32(1e37))
    assert found["sizes"][3] == 0
    assert np.isfinite(found["moments"]).all()


def test_the_histogram_counts_the_chosen_positions(values, found):
    expected = count(values[positions(LARGE)], EDGES[None])
    np.testing.assert_array_equal(found["histogram"], expected)


def test_shares_are_within_their_error(values, found):
    saturated = 1 - np.tanh(values.astype(float)) ** 2 < SATURATION_SLOPE
    shares = [(found["saturated"], saturated.mean())]
    all_counts = count(values, EDGES[None]) / LARGE
    shares += zip(found["histogram"] / PART, all_counts, strict=True)
    for share, expected in shares:
        error = np.sqrt(expected * (1 - expected) / PART)
        assert abs(share - expected) <= 5 * error + 2 / PART


def test_all_values_can_be_counted(values):
    found = summarize(values, limit=NO_LIMIT)
    assert found["sizes"].tolist()[:2] == [LARGE, LARGE]
    expected = count(values, EDGES[None])
    np.testing.assert_array_equal(found["histogram"], expected)


@given(st.integers(PART, 10**10))
def test_one_position_is_drawn_in_each_stretch(number):
    found = positions(number)
    stretch = np.floor((found + 1) * (PART / number) - 1e-6)
    assert (np.diff(found) >= 0).all()
    assert found[0] >= 0
    assert found[-1] < number
    assert (abs(stretch - np.arange(PART)) <= 1).all()


def test_positions_are_equally_likely():
    # Each value of a small tensor has the same expectation of being drawn.
    offsets = positions(16 * PART) % 16
    expected = PART / 16
    assert (abs(np.bincount(offsets) - expected) < 5 * np.sqrt(expected)).all()
