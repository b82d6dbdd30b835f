"""Reductions with NumPy, compared with the reductions on a device."""

import keras
import numpy as np
import pytest

from keras_xavier.activations import facts
from keras_xavier.probing.backend import Task, load_backend
from keras_xavier.probing.sampling import LIMIT

only_jax = pytest.mark.skipif(
    keras.backend.backend() != "jax", reason="the compiler of JAX"
)

RANDOM = np.random.default_rng(0)
ARRAYS = {
    "normal": RANDOM.normal(size=500),
    "large": RANDOM.normal(size=70_000),
    "sampled": RANDOM.normal(size=LIMIT + 5),
    "offset": 1e3 + RANDOM.normal(size=500),
    "negative": -np.exp(RANDOM.normal(size=500)),
    "zeros": np.zeros(7),
    "nonfinite": np.r_[np.nan, np.inf, -np.inf, 0.0, RANDOM.normal(size=10)],
    "subnormal": np.r_[1e-40, -1e-40, 1.0],
    "huge": 1e30 * RANDOM.normal(size=500),
}
TASKS = {"logarithmic": Task(), "tanh": Task(1, facts("tanh"), True)}


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", ARRAYS)
def test_both_reductions_agree(name, task, monkeypatch):
    backend = load_backend()
    values = np.float32(ARRAYS[name]).reshape(-1, 1)
    tensor = backend.prepare(keras.ops.convert_to_tensor(values))
    found = backend.summarize([tensor], [None], [TASKS[task]], LIMIT)
    norm = backend.norms([tensor])
    assert isinstance(found["moments"], np.ndarray)
    monkeypatch.setattr(backend, "are_on_host", lambda tensors: False)
    expected = backend.summarize([tensor], [None], [TASKS[task]], LIMIT)
    assert found.keys() == expected.keys()
    for part in found:
        value, other = map(keras.ops.convert_to_numpy, (found[part], expected[part]))
        if part == "moments":
            if name != "nonfinite":
                scale = np.abs(other).max()
                np.testing.assert_allclose(value, other, rtol=1e-4, atol=1e-5 * scale)
        elif part == "saturated":
            np.testing.assert_allclose(value, other, rtol=1e-6)
        elif part == "ranks" and name == "nonfinite":
            continue
        else:
            np.testing.assert_array_equal(value, other, err_msg=part)
    if name != "nonfinite":
        other = keras.ops.convert_to_numpy(backend.norms([tensor]))
        np.testing.assert_allclose(norm, other, rtol=1e-4)


@only_jax
def test_results_that_are_arguments_are_not_copied():
    backend = load_backend()
    values = keras.ops.ones((4, 5))
    assert backend.prepare(values) is values


@only_jax
def test_small_operations_compile_without_optimization():
    import jax
    import jax.numpy as jnp

    backend = load_backend()

    def deep(x):
        for _ in range(backend.MANY_OPERATIONS + 1):
            x = jnp.sin(x)
        return x

    def options(function, size):
        return backend.compiler_options(jax.make_jaxpr(function)(jnp.ones(size)).jaxpr)

    assert options(deep, 10) == backend.quick_options()
    assert options(jnp.sin, 10) == {}
    assert options(deep, 1000 * backend.SMALL_OPERATION) == {}
    expected = np.asarray(jax.jit(deep)(jnp.ones(10)))
    compiled = backend.compiled(deep)
    np.testing.assert_allclose(compiled(jnp.ones(10)), expected, rtol=1e-4)
