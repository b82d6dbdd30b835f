"""Settings for all tests."""

import gc
import os

import hypothesis
import numpy as np
import pytest

# Before anything imports TensorFlow or Qt.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# The models are small, and tests run side by side: threads would only wait.
for threads in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

# How long an example takes is up to what else the machine does.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")


@pytest.fixture(autouse=True, scope="module")
def small_heap():
    """Has garbage looked for among what the tests of this file have made only.

    TensorFlow and JAX are a million objects, and many tests have garbage collected.
    """
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True, scope="module")
def quick_compilation(request):
    """Has backends compile without optimizing: most models of tests run only once.

    Not in tests of the app, which knows no backend.
    """
    switch = SWITCHES.get(os.environ["KERAS_BACKEND"])
    if switch is None or "gui" in request.path.parts:
        yield
        return
    switch(True)
    yield
    switch(False)


@pytest.fixture
def full_compilation(quick_compilation):
    """Has them optimize: where numbers are nearly too small for a float32."""
    switch = SWITCHES.get(os.environ["KERAS_BACKEND"], lambda quick: None)
    switch(False)
    yield
    switch(True)


def switch_jax(quick):
    import jax

    jax.config.update("jax_disable_most_optimizations", quick)


def switch_tensorflow(quick):
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": quick})


SWITCHES = {"jax": switch_jax, "tensorflow": switch_tensorflow}


@pytest.fixture(scope="session")
def ray_running():
    """Ray, whose processes import TensorFlow once for all tests that need them."""
    from keras_xavier.experiments.sweep import started

    with started(None):
        yield


@pytest.fixture(scope="session")
def prepare_dataset():
    """Prepares a small data set for tensorflow-datasets: image i is i all over."""

    def prepare(name, data_dir, *, train, test):
        import tensorflow as tf
        import tensorflow_datasets as tfds

        builder = tfds.builder(name, data_dir=data_dir)
        features = builder.info.features

        def split(number):
            values = np.arange(number).astype(np.uint8)[:, None, None, None]
            examples = {
                "image": np.broadcast_to(values, (number, *features["image"].shape)),
                "label": np.arange(number) % 10,
            }
            if "id" in features:
                examples["id"] = [f"{i:05}" for i in range(number)]
            return tf.data.Dataset.from_tensor_slices(examples)

        tfds.disable_progress_bar()
        tfds.dataset_builders.store_as_tfds_dataset(
            name=builder.name,
            version=str(builder.version),
            features=features,
            split_datasets={"train": split(train), "test": split(test)},
            data_dir=data_dir,
        )
        tfds.enable_progress_bar()

    return prepare
