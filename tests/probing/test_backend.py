"""Moments, norms and counts on the current backend, compared with NumPy."""

import keras
import numpy as np
import pytest

from keras_xavier.probing.backend import load_backend
from keras_xavier.probing.fine_bins import SHIFT, SHIFT_FOR_LINEAR, table_size

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


@pytest.fixture(scope="module")
def backend():
    return load_backend()


def tensor(values):
    return keras.ops.convert_to_tensor(np.float32(values))


def host(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("magnitude", MAGNITUDES)
@pytest.mark.parametrize("name", SHAPES)
def test_moments(backend, name, magnitude):
    values = np.float32(SHAPES[name] * magnitude)
    wide = values.astype(np.float64)
    mean, std, lowest, highest = host(backend.moments(tensor(values))).astype(float)
    rms = np.sqrt(np.mean(wide**2))
    assert abs(mean - wide.mean()) <= 1e-5 * rms
    # The precision of float32 for a spread far smaller than the values.
    assert abs(std - wide.std()) <= 1e-5 * wide.std() + 1e-7 * rms
    assert (lowest, highest) == (wide.min(), wide.max())


@pytest.mark.parametrize("magnitude", MAGNITUDES)
def test_norms(backend, magnitude):
    values = np.float32(SHAPES["normal"] * magnitude).reshape(30, 100)
    expected = np.linalg.norm(values.astype(np.float64))
    assert float(host(backend.norm(tensor(values)))) == pytest.approx(
        expected, rel=1e-5
    )


@pytest.mark.parametrize("shift", [SHIFT, SHIFT_FOR_LINEAR])
@pytest.mark.parametrize("size", [1, 100, 600_000])
def test_counts_are_exact(backend, size, shift):
    values = np.float32(
        RANDOM.normal(size=size) * 10.0 ** RANDOM.uniform(-30, 30, size)
    )
    special = [0, -0.0, np.inf, -np.inf, np.nan, 1e-40, -1e-40, 3e38, -3e38]
    values = np.r_[values, np.float32(special)]
    expected = np.bincount(values.view(np.uint32) >> shift, minlength=table_size(shift))
    found = host(backend.fine_counts(tensor(values), shift))
    # Some processors treat subnormal values as 0.
    tiny = [1 << (23 - shift), table_size(shift) // 2 + (1 << (23 - shift))]
    for first, last in ((0, tiny[0]), (table_size(shift) // 2, tiny[1])):
        assert found[first:last].sum() == expected[first:last].sum()
        expected[first:last] = found[first:last]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("data_type", ["float16", "bfloat16", "float64"])
def test_other_floats_are_counted_as_float32(backend, data_type):
    if data_type == "float64" and keras.backend.backend() == "jax":
        pytest.skip("JAX has no float64 unless it is asked for")
    values = keras.ops.cast(tensor(SHAPES["normal"]), data_type)
    flat = backend.flatten(keras.ops.reshape(values, (30, 100)))
    assert keras.backend.standardize_dtype(flat.dtype) == "float32"
    expected = host(keras.ops.cast(values, "float32"))
    np.testing.assert_array_equal(host(flat), expected)


def test_marked_tensors_are_collected(backend):
    def double(x):
        marked = backend.mark_gradient(marks, "dx", backend.mark(marks, "x", x))
        loss, (gradient,) = backend.value_and_gradients(
            lambda values: keras.ops.sum(
                backend.mark_gradient(
                    marks, "inner", backend.mark(marks, "y", 3 * values[0])
                )
                ** 2
            ),
            [marked],
            [0],
        )
        backend.mark(marks, "gradient", gradient)
        return loss

    marks = {}
    x = tensor([1.0, -2.0])
    loss = backend.run_marked(double, marks, x)
    assert float(host(loss)) == 45
    found = {name: host(value).tolist() for name, value in marks.items()}
    assert found == {
        "x": [1, -2],
        "y": [3, -6],
        "inner": [6, -12],
        "gradient": [18, -36],
    }
