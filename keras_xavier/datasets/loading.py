"""Loads data sets by name."""

import os

import numpy as np
from numpy.typing import NDArray

from keras_xavier.datasets import shapeset3x2
from keras_xavier.datasets.dataset import Dataset, Labels, scale
from keras_xavier.datasets.prepared import PREPARED, load_prepared
from keras_xavier.datasets.shapeset3x2 import Split

DATASETS = (shapeset3x2.NAME, *PREPARED)


def load(
    name: str,
    *,
    data_dir: str | os.PathLike[str] | None = None,
    download: bool = True,
) -> Dataset:
    """Loads a data set, split as in Glorot & Bengio (2010).

    ===============  ===========  =======  ========  ==========  ======
    name             image        classes  training  validation  test
    ===============  ===========  =======  ========  ==========  ======
    `"shapeset3x2"`  32 × 32 × 1  9        endless   10,000      10,000
    `"mnist"`        28 × 28 × 1  10       50,000    10,000      10,000
    `"cifar10"`      32 × 32 × 3  10       40,000    10,000      10,000
    ===============  ===========  =======  ========  ==========  ======

    Shapeset-3×2 is generated. MNIST and CIFAR-10 are read with tensorflow-datasets;
    their last 10,000 training images are the validation set. `Dataset.source` describes
    the files, and whether they hold JPEG copies of the original images.

    Args:
        name: str. One of `DATASETS`.
        data_dir: str or path. Folder in which tensorflow-datasets has prepared MNIST
            and CIFAR-10. Defaults to None: the default of tensorflow-datasets.
        download: bool. Whether to download and prepare a missing data set. Defaults to
            True.

    Returns:
        `Dataset`.

    Raises:
        ValueError: If the name is unknown.
        DatasetError: If the data is missing and cannot be downloaded.

    Example:

    >>> dataset = load("shapeset3x2")
    >>> images, labels = dataset.test
    >>> images.shape, dataset.classes
    ((10000, 32, 32, 1), 9)
    """
    if name == shapeset3x2.NAME:
        return _shapeset3x2()
    if name in PREPARED:
        return load_prepared(name, data_dir=data_dir, download=download)
    raise ValueError(
        f"Unknown data set. Received: name={name!r}. Allowed: {', '.join(DATASETS)}"
    )


def _shapeset3x2() -> Dataset:
    return Dataset(
        name=shapeset3x2.NAME,
        class_names=shapeset3x2.CLASS_NAMES,
        validation=_fixed_set(Split.VALIDATION),
        test=_fixed_set(Split.TEST),
        draw=shapeset3x2.generate,
    )


def _fixed_set(split: Split) -> tuple[NDArray[np.float32], Labels]:
    images, labels = shapeset3x2.generate(
        shapeset3x2.FIXED_SEED, 0, shapeset3x2.SIZES[split], split=split
    )
    return scale(images), labels
