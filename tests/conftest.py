"""Settings for all tests."""

import os

import pytest

# Before anything imports TensorFlow or Qt.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True, scope="module")
def quick_compilation(request):
    """Has backends compile without optimizing: most models of tests run only once.

    Not where numbers are compared that are nearly too small for a float32, nor in
    tests of the app, which knows no backend.
    """
    switch = SWITCHES.get(os.environ["KERAS_BACKEND"])
    if switch is None or {"probing", "gui"} & {*request.path.parts}:
        yield
        return
    switch(True)
    yield
    switch(False)


def switch_jax(quick):
    import jax

    jax.config.update("jax_disable_most_optimizations", quick)


def switch_tensorflow(quick):
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": quick})


SWITCHES = {"jax": switch_jax, "tensorflow": switch_tensorflow}
