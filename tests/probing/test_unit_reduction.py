"""Reductions of units on a device and on the host, compared with the reference."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as extra

from keras_xavier.activations import facts
from keras_xavier.probing.backend import Task, load_backend
from keras_xavier.probing.sampling import LIMIT
from keras_xavier.statistics import (
    UNIT_LIMIT,
    UNIT_STATISTICS,
    Statistic,
    summarize,
    unit_indices,
)
from keras_xavier.unit_statistics import UNIT_SUMMARY, summarize_units

RANDOM = np.random.default_rng(0)
SHAPE = (12, 5, 6)
"""One shape for most arrays, because some backends compile for each shape."""
NORMAL = RANDOM.normal(size=SHAPE)
TANH = Task(1, facts("tanh"), True, has_units=True, lists_units=True)
UNIT_STD, DEAD = map(UNIT_SUMMARY.index, (Statistic.UNIT_STD, Statistic.DEAD))


def saturated(z):
    return np.abs(z) > np.sqrt(0.95)


def per_unit(values):
    """Returns values that differ between the units only."""
    return np.broadcast_to(values, SHAPE).copy()


def with_values(values):
    changed = NORMAL.copy()
    changed.flat[: len(values)] = values
    return changed


ARRAYS = {
    "normal": NORMAL,
    "small spread": per_unit(RANDOM.normal(size=6)) + 1e-5 * NORMAL,
    "tiny": 1e-30 * NORMAL,
    "huge": 1e37 * NORMAL,
    "one huge example": np.r_[1e30 * NORMAL[:1], 1e-30 * NORMAL[1:]],
    "examples alike": 3 + 1e-4 * NORMAL,
    "constant units": per_unit([0.1, 0.1, 0.0, -0.0, 1e3, -0.3]),
    "zeros": np.zeros(SHAPE),
    "tanh": np.tanh(per_unit([0, 1, 2, 4, 8, -8]) + NORMAL),
    "one zero example": np.r_[np.zeros((1, 5, 6)), NORMAL[1:]],
    "nan": with_values([np.nan]),
    "inf": with_values([np.inf, -np.inf]),
}
MASKS = {
    "all": None,
    "some": RANDOM.random(SHAPE[:2]) < 0.6,
    "one": np.arange(60).reshape(SHAPE[:2]) == 7,
    "none": np.zeros(SHAPE[:2], bool),
}


def reduce(values, mask, task, *, on_device=True):
    backend = load_backend()
    convert = keras.ops.convert_to_tensor
    tensor = backend.prepare(convert(np.float32(values)))
    mask = None if mask is None else convert(mask)
    with pytest.MonkeyPatch.context() as patch:
        if on_device:
            patch.setattr(backend, "are_on_host", lambda tensors: False)
        found = backend.summarize([tensor], [mask], [task], LIMIT)
    host = {name: keras.ops.convert_to_numpy(one) for name, one in found.items()}
    return {name: one[0] for name, one in host.items() if len(one)}


@pytest.mark.parametrize("on_device", [True, False], ids=["device", "host"])
@pytest.mark.parametrize("masked", MASKS)
@pytest.mark.parametrize("name", ARRAYS)
def test_units_equal_the_reference(name, masked, on_device):
    values, mask = np.float32(ARRAYS[name]), MASKS[masked]
    found = reduce(values, mask, TANH, on_device=on_device)
    summary, units = summarize_units(values, mask, saturated=saturated)
    largest = np.nanmax(np.abs(units[:, :2]), initial=0)
    np.testing.assert_allclose(found["unit_summaries"], summary, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(
        found["units"][:6], units, rtol=1e-4, atol=1e-6 * min(largest, 1)
    )
    assert np.isnan(found["units"][6:]).all()
    np.testing.assert_allclose(
        found["unit_summaries"][UNIT_STD],
        summary[UNIT_STD],
        rtol=1e-4,
        atol=1e-9 * largest,
    )


@pytest.mark.parametrize("on_device", [True, False], ids=["device", "host"])
def test_a_unit_that_is_not_0_once_is_not_dead(on_device):
    values = np.zeros(SHAPE, np.float32)
    values[3, 2, :4] = 1e-40, -1e-40, 6e-8, -0.0
    found = reduce(values, None, TANH, on_device=on_device)
    assert found["unit_summaries"][DEAD] == 0.5
    zero = UNIT_STATISTICS.index(Statistic.ZERO)
    shares = [1, 1, 59 / 60, 1, 1, 1]
    np.testing.assert_allclose(found["units"][:6, zero], shares, rtol=1e-6)


@pytest.mark.parametrize("on_device", [True, False], ids=["device", "host"])
@pytest.mark.parametrize("name", ["normal", "tanh", "nan"])
def test_masked_values_do_not_count(name, on_device):
    values, mask = np.float32(ARRAYS[name]), MASKS["some"]
    chosen = np.ravel(values[mask])
    for task in (Task(has_units=True), TANH):
        found = reduce(
            np.where(mask[..., None], values, 7), mask, task, on_device=on_device
        )
        expected = reduce(chosen, None, Task(task.bounds), on_device=False)
        for part in ("sizes", "histogram"):
            np.testing.assert_array_equal(found[part], expected[part])
        if name != "nan":
            np.testing.assert_array_equal(found["ranks"], expected["ranks"])
            np.testing.assert_allclose(found["moments"], expected["moments"], rtol=1e-4)


@pytest.mark.parametrize("on_device", [True, False], ids=["device", "host"])
def test_large_masked_tensors_are_counted_in_part(on_device):
    values = np.float32(RANDOM.normal(size=(40, 250, 200)))
    mask = RANDOM.random((40, 250)) < 0.7
    found = reduce(values, mask, Task(has_units=True), on_device=on_device)
    expected = reduce(np.ravel(values[mask]), None, Task(), on_device=False)
    np.testing.assert_array_equal(found["histogram"], expected["histogram"])
    np.testing.assert_array_equal(found["sizes"], expected["sizes"])


@pytest.mark.parametrize("on_device", [True, False], ids=["device", "host"])
def test_some_of_many_units_are_listed(on_device):
    values = np.float32(RANDOM.normal(size=(3, 300)))
    task = Task(has_units=True, lists_units=True)
    found = reduce(values, None, task, on_device=on_device)["units"]
    _, units = summarize_units(values[:, None])
    assert found.shape == (UNIT_LIMIT, 4)
    np.testing.assert_allclose(found, units[unit_indices(300)], rtol=1e-4, atol=1e-6)


finite = st.floats(-4, 4, width=32, allow_subnormal=False)


@given(
    extra.arrays(np.float32, (4, 3, 2), elements=finite),
    extra.arrays(bool, (4, 3)),
    st.permutations(range(4)),
)
def test_the_order_of_examples_and_masked_values_do_not_matter(values, mask, order):
    first = summarize_units(values, mask)
    changed = np.where(mask[..., None], values, 9)[order]
    for one, other in zip(first, summarize_units(changed, mask[order]), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


@given(extra.arrays(np.float32, (4, 3, 2), elements=finite))
def test_the_spread_within_units_is_part_of_the_spread(values):
    summary, _ = summarize_units(values)
    std = summarize(values)[1]
    assert summary[UNIT_STD] <= std * (1 + 1e-6) + 1e-6
    cosine = summary[UNIT_SUMMARY.index(Statistic.COSINE)]
    assert np.isnan(cosine) or -1 <= cosine <= 1


@given(extra.arrays(np.float32, (7,), elements=finite))
def test_equal_examples_have_a_cosine_of_1(example):
    index = UNIT_SUMMARY.index(Statistic.COSINE)
    for on_device in (False, True):
        values = np.tile(example, (5, 1))
        found = reduce(values, None, Task(has_units=True), on_device=on_device)
        cosine = found["unit_summaries"][index]
        assert np.isnan(cosine) if not example.any() else 1 - 1e-5 <= cosine <= 1
