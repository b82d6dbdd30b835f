"""Configuration and fixtures for all tests."""

import gc
import os
import tempfile

import hypothesis
import numpy as np
import pytest

# Must be set before TensorFlow or Qt is imported.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Models are small and tests run in parallel, so more threads would only wait.
for threads in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

# Workers of Ray yield to all other processes, and would hardly run beside tests.
os.environ.setdefault("RAY_worker_niceness", "0")

# Files of tests need not survive a loss of power, and waiting for the disk took half of
# the time of tests that write runs.
os.fsync = lambda descriptor: None

COMPILED = "JAX_COMPILATION_CACHE_DIR"


def pytest_configure(config):
    """Shares programs that JAX has compiled between tests and their processes."""
    if COMPILED not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="compiled-")
        config.add_cleanup(folder.cleanup)
        os.environ[COMPILED] = folder.name
        # Programs of any size, and all that took a while to compile.
        os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
        os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.02"


# The duration of an example depends on the load of the machine.
hypothesis.settings.register_profile("tests", deadline=None, max_examples=50)
hypothesis.settings.load_profile("tests")


@pytest.fixture(autouse=True, scope="module")
def small_heap():
    """Restricts garbage collection to objects created by the tests of this module.

    TensorFlow and JAX create a million objects, and many tests collect garbage.
    """
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True, scope="module")
def quick_compilation(request):
    """Turns compiler optimization off, because most models run only once.

    Skipped in tests of the app, which imports no backend.
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
    """Turns optimization on, for numbers close to the smallest float32."""
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
    """Starts Ray, whose processes import TensorFlow once for all tests."""
    from keras_xavier.experiments.sweep import started

    with started(None):
        yield


@pytest.fixture(scope="session")
def prepare_dataset():
    """Prepares a small dataset for tensorflow-datasets: all pixels of image i are i.

    Like a folder that was copied without its metadata, it lacks names of classes.
    """

    def prepare(name, data_dir, *, train, test, encoding="png"):
        import tensorflow as tf
        import tensorflow_datasets as tfds

        builder = tfds.builder(name, data_dir=data_dir)
        given = builder.info.features
        shape = given["image"].shape
        image = tfds.features.Image(shape=shape, encoding_format=encoding)
        label = tfds.features.ClassLabel(num_classes=10)
        features = tfds.features.FeaturesDict({**given, "image": image, "label": label})

        def split(number):
            values = np.arange(number).astype(np.uint8)[:, None, None, None]
            examples = {
                "image": np.broadcast_to(values, (number, *shape)),
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
