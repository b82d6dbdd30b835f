import socket
import time
from pathlib import Path

import numpy as np
import pytest

from keras_xavier.datasets import DatasetError, load, prepared
from keras_xavier.datasets.dataset import scale

REAL = Path(__file__).parents[3] / "shared" / "tfds"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, prepare_dataset) -> Path:
    """A folder in which a small CIFAR-10 is prepared."""
    data_dir = tmp_path_factory.mktemp("tfds")
    prepare_dataset("cifar10", data_dir, train=50, test=20)
    return data_dir


@pytest.fixture
def small_validation(monkeypatch):
    monkeypatch.setattr(prepared, "VALIDATION_SIZE", 10)


@pytest.mark.usefixtures("small_validation")
def test_prepared_data_needs_no_network(folder, monkeypatch):
    monkeypatch.setattr(socket, "create_connection", None)
    dataset = load("cifar10", data_dir=folder)
    assert dataset.input_shape == (32, 32, 3)
    assert dataset.class_names == (
        *("airplane", "automobile", "bird", "cat", "deer"),
        *("dog", "frog", "horse", "ship", "truck"),
    )
    assert dataset.source == (
        "cifar10 3.0.2 of tensorflow-datasets, channel means 24.5, 24.5, 24.5 "
        "(original: 125.3, 123.0, 113.9)"
    )
    assert dataset.validation[0].shape == (10, 32, 32, 3)
    assert dataset.test[0].shape == (20, 32, 32, 3)
    images, labels = dataset.draw(0, 0, 40)
    np.testing.assert_array_equal(labels, images[:, 0, 0, 0] % 10)
    training = scale(images)[:, 0, 0, 0]
    validation, test = dataset.validation[0][:, 0, 0, 0], dataset.test[0][:, 0, 0, 0]
    every = np.sort(np.concatenate([training, validation]))
    np.testing.assert_array_equal(every, scale(np.arange(50, dtype=np.uint8)))
    np.testing.assert_array_equal(np.sort(test), scale(np.arange(20, dtype=np.uint8)))


@pytest.mark.usefixtures("small_validation")
@pytest.mark.parametrize(
    ("encoding", "described"),
    [("jpeg", "JPEG copies of the original images, mean pixel"), ("png", "mean pixel")],
)
def test_copies_are_recognized_by_their_content(
    tmp_path, prepare_dataset, encoding, described
):
    prepare_dataset("mnist", tmp_path, train=30, test=12, encoding=encoding)
    dataset = load("mnist", data_dir=tmp_path, download=False)
    assert dataset.source == (
        f"mnist 3.0.1 of tensorflow-datasets, {described} 14.5 (original: 33.3)"
    )


def test_some_copies_are_counted():
    images = np.zeros((5, 28, 28, 1), np.uint8)
    text = prepared.describe_source("mnist", "3.0.1", images, jpeg_share=0.25)
    assert ", 25% JPEG copies of the original images, mean pixel 0.0 (" in text


@pytest.mark.usefixtures("small_validation")
def test_stream_of_prepared_data(folder):
    dataset = load("cifar10", data_dir=folder, download=False)
    images, labels = next(iter(dataset.stream(25, seed=4, start=3)))
    expected, classes = dataset.draw(4, 75, 25)
    np.testing.assert_array_equal(images, scale(expected))
    np.testing.assert_array_equal(labels, classes)


def test_every_epoch_has_a_new_order():
    values = np.arange(30)
    draw = prepared.reshuffled(values.astype(np.uint8), values)
    _, labels = draw(1, 0, 90)
    passes = labels.reshape(3, 30)
    np.testing.assert_array_equal(np.sort(passes), np.tile(values, (3, 1)))
    assert len(np.unique(passes, axis=0)) == 3
    assert not np.array_equal(labels, draw(2, 0, 90)[1])


@pytest.mark.parametrize(("start", "count"), [(0, 1), (7, 50), (29, 2), (60, 30)])
def test_any_part_of_the_stream_is_the_same(start, count):
    values = np.arange(30)
    draw = prepared.reshuffled(values.astype(np.uint8), values)
    whole = draw(1, 0, 120)[1]
    np.testing.assert_array_equal(draw(1, start, count)[1], whole[start:][:count])


@pytest.mark.parametrize("name", prepared.PREPARED)
def test_without_download_the_error_gives_a_remedy(name, tmp_path):
    with pytest.raises(
        DatasetError, match=r"download=False.*data_dir=.*--data-dir.*tfds.load"
    ):
        load(name, data_dir=tmp_path, download=False)


@pytest.fixture
def no_network(monkeypatch):
    def fail(*_, **__):
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)


@pytest.mark.usefixtures("no_network")
def test_without_a_network_the_error_is_immediate(tmp_path):
    with pytest.raises(DatasetError, match=r"cannot be reached.*data_dir=") as caught:
        load("mnist", data_dir=tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_failed_preparation_gives_a_remedy(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(prepared, "_connection_problem", lambda url: None)
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match=r"preparing it failed.*data_dir="):
        load("mnist", data_dir=tmp_path / "file")
    assert capsys.readouterr().out == ""


def test_a_network_that_does_not_respond_times_out(tmp_path, monkeypatch):
    monkeypatch.setattr(prepared, "NETWORK_SECONDS", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(1) or [])
    with pytest.raises(DatasetError, match="TimeoutError"):
        load("mnist", data_dir=tmp_path)


def test_generated_data_has_no_files():
    assert load("shapeset3x2").source is None


real_data = pytest.mark.skipif(not REAL.exists(), reason="no prepared data here")


@real_data
def test_mnist():
    dataset = load("mnist", data_dir=REAL, download=False)
    assert dataset.input_shape == (28, 28, 1)
    assert dataset.class_names == tuple("0123456789")
    assert dataset.source == (
        "mnist 3.0.1 of tensorflow-datasets, mean pixel 33.3 (original: 33.3)"
    )
    assert len(dataset.validation[0]) == len(dataset.test[0]) == 10_000
    images, labels = dataset.draw(0, 0, 50_000)
    assert images.shape == (50_000, 28, 28, 1)
    totals = np.bincount(labels) + np.bincount(dataset.validation[1])
    # Counts of the digits in the 60,000 training images of MNIST.
    assert totals.tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]  # fmt: skip


@real_data
def test_cifar10():
    dataset = load("cifar10", data_dir=REAL, download=False)
    assert dataset.input_shape == (32, 32, 3)
    assert len(dataset.validation[0]) == len(dataset.test[0]) == 10_000
    assert np.bincount(dataset.test[1]).tolist() == [1000] * 10
    images, labels = dataset.draw(0, 0, 40_000)
    assert images.shape == (40_000, 32, 32, 3)
    assert (np.bincount(labels) + np.bincount(dataset.validation[1]) == 5000).all()
    # These files hold JPEG copies.
    assert dataset.source == (
        "cifar10 3.0.2 of tensorflow-datasets, JPEG copies of the original images, "
        "channel means 124.1, 123.0, 112.6 (original: 125.3, 123.0, 113.9)"
    )
    # Airplanes and ships are bluer than frogs and deer.
    blue = [
        float(image[..., 2].mean() - image[..., 0].mean())
        for image in (
            images[labels == dataset.class_names.index(name)]
            for name in ("airplane", "ship", "deer", "frog")
        )
    ]
    assert min(blue[:2]) > max(blue[2:])
