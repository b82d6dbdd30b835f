import subprocess
import sys
from itertools import islice

import numpy as np
import pytest

from keras_xavier.datasets import shapeset3x2
from keras_xavier.datasets.dataset import Dataset, scale
from keras_xavier.datasets.shapeset3x2 import CLASS_NAMES, generate


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    images, labels = generate(0, 0, 20, split=shapeset3x2.Split.TEST)
    few = scale(images), labels
    return Dataset("few", CLASS_NAMES, validation=few, test=few, draw=generate)


def batches(stream, number: int) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(x.numpy(), y.numpy()) for x, y in islice(stream, number)]


def test_shape_and_classes(dataset):
    assert dataset.input_shape == (32, 32, 1)
    assert dataset.classes == 9
    assert len(repr(dataset)) < 300


def test_scale():
    values = scale(np.array([0, 51, 255], np.uint8))
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, [-1, -0.6, 1], atol=1e-7)


@pytest.mark.parametrize("batch_size", [1, 7, 10, 5000])
def test_stream_is_the_sequence_of_draws(dataset, batch_size):
    number = 3 if batch_size == 5000 else 4100 // batch_size
    images, labels = generate(3, 0, number * batch_size)
    x, y = zip(*batches(dataset.stream(batch_size, seed=3), number), strict=True)
    np.testing.assert_array_equal(np.concatenate(x), scale(images))
    np.testing.assert_array_equal(np.concatenate(y), labels)


def test_element_spec(dataset):
    images, labels = dataset.stream(10, seed=0).element_spec
    assert (images.shape, images.dtype.name) == ((10, 32, 32, 1), "float32")
    assert (labels.shape, labels.dtype.name) == ((10,), "int64")


@pytest.mark.parametrize("start", [1, 409, 410, 1000, 5_000_000])
def test_stream_can_be_continued(dataset, start):
    resumed = batches(dataset.stream(10, seed=1, start=start), 500)
    images, labels = generate(1, 10 * start, 5000)
    np.testing.assert_array_equal(
        np.concatenate([x for x, _ in resumed]), scale(images)
    )
    np.testing.assert_array_equal(np.concatenate([y for _, y in resumed]), labels)


def test_every_iteration_starts_from_the_beginning(dataset):
    stream = dataset.stream(10, seed=1)
    (x, _), (again, _) = next(iter(stream)), next(iter(stream))
    np.testing.assert_array_equal(x, again)
    other, _ = next(iter(dataset.stream(10, seed=2)))
    assert not np.array_equal(x, other)


@pytest.mark.parametrize(
    ("batch_size", "seed", "start"),
    [(0, 0, 0), (-1, 0, 0), (10, 0, -1), (10, -1, 0), (10, 2**63, 0)],
)
def test_numbers_out_of_range(dataset, batch_size, seed, start):
    with pytest.raises(ValueError, match="Received"):
        dataset.stream(batch_size, seed=seed, start=start)


def test_keras_trains_on_it(dataset):
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input(dataset.input_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(9),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss)
    history = model.fit(
        dataset.stream(10, seed=0),
        shuffle=False,
        steps_per_epoch=20,
        epochs=2,
        validation_data=dataset.validation,
        verbose=0,
    )
    assert np.isfinite(history.history["val_loss"]).all()


ABANDONED = """
from keras_xavier.datasets import shapeset3x2
from keras_xavier.datasets.dataset import Dataset
few = shapeset3x2.generate(0, 0, 10)
dataset = Dataset("few", (), validation=few, test=few, draw=shapeset3x2.generate)
iterator = iter(dataset.stream(10, seed=0))
for _ in range(420):
    next(iterator)
"""


def test_an_abandoned_stream_does_not_prevent_exit():
    ended = subprocess.run(
        [sys.executable, "-c", ABANDONED], timeout=120, capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stderr.decode()
