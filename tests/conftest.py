"""Settings for all tests."""

import os

import pytest

# Before anything imports TensorFlow or Qt.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True, scope="module")
def quick_compilation(request):
    """Has JAX compile without optimizing: the models of most tests run only once.

    Not where numbers are compared that are nearly too small for a float32.
    """
    if os.environ["KERAS_BACKEND"] != "jax" or "probing" in request.path.parts:
        yield
        return
    import jax

    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
