import numpy as np
import pytest

from keras_xavier import datasets
from keras_xavier.datasets.dataset import scale
from keras_xavier.datasets.shapeset3x2 import generate


def test_shapeset3x2_has_fixed_validation_and_test_sets():
    dataset = datasets.load("shapeset3x2")
    assert dataset.name == "shapeset3x2"
    assert dataset.class_names == datasets.shapeset3x2.CLASS_NAMES
    for split, (images, labels) in {
        "validation": dataset.validation,
        "test": dataset.test,
    }.items():
        assert images.shape == (10_000, 32, 32, 1)
        assert images.dtype == np.float32
        assert (images.min(), images.max()) == (-1, 1)
        expected, classes = generate(0, 0, 100, split=split)
        np.testing.assert_array_equal(images[:100], scale(expected))
        np.testing.assert_array_equal(labels[:100], classes)


def test_unknown_name():
    with pytest.raises(ValueError, match=r"'mnits'.*shapeset3x2, mnist, cifar10"):
        datasets.load("mnits")


def test_names():
    assert datasets.DATASETS == ("shapeset3x2", "mnist", "cifar10")
