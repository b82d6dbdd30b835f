import numpy as np
import pytest
import tensorflow_datasets as tfds

from keras_xavier.datasets.shapeset3x2 import CLASS_NAMES, SIZES, Split, generate
from keras_xavier.datasets.shapeset3x2_dataset_builder import Builder

FEW = 40


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """A folder in which the first images of each split are prepared."""
    folder = tmp_path_factory.mktemp("tfds")
    tfds.disable_progress_bar()
    tfds.builder("shapeset3x2", data_dir=folder).download_and_prepare(
        download_config=tfds.download.DownloadConfig(max_examples_per_split=FEW)
    )
    tfds.enable_progress_bar()
    return folder


@pytest.mark.parametrize("split", Split)
def test_splits_contain_the_images_in_order(data_dir, split):
    dataset = tfds.load("shapeset3x2", split=split, data_dir=data_dir, batch_size=-1)
    images, labels = generate(0, 0, FEW, split=split)
    np.testing.assert_array_equal(dataset["image"], images)
    np.testing.assert_array_equal(dataset["label"], labels)


def test_supervised(data_dir):
    dataset = tfds.load(
        "shapeset3x2", split="test", data_dir=data_dir, as_supervised=True
    )
    images, labels = dataset.element_spec
    assert images.shape == (32, 32, 1)
    assert labels.shape == ()


def test_information(data_dir):
    info = tfds.builder("shapeset3x2", data_dir=data_dir).info
    assert info.features["label"].names == list(CLASS_NAMES)
    assert set(info.splits) == set(Split)


@pytest.mark.parametrize("split", Split)
def test_splits_have_fixed_sizes(split):
    generator = Builder._generate_examples(None, split, SIZES[split])
    keys = [key for key, _ in generator]
    assert keys == list(range(SIZES[split]))
