"""One way to all data sets, by name."""

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
    """Loads a data set with the sets of Glorot & Bengio (2010).

    ===============  ===========  =======  ========  ==========  ======
    name             image        classes  training  validation  test
    ===============  ===========  =======  ========  ==========  ======
    `"shapeset3x2"`  32 × 32 × 1  9        endless   10,000      10,000
    `"mnist"`        28 × 28 × 1  10       50,000    10,000      10,000
    `"cifar10"`      32 × 32 × 3  10       40,000    10,000      10,000
    ===============  ===========  =======  ========  ==========  ======

    Shapeset-3×2 is generated, MNIST and CIFAR-10 are read from where
    tensorflow-datasets keeps them; their last 10,000 training images are the
    validation set.

    Args:
        name: One of `DATASETS`.
        data_dir: Folder in which tensorflow-datasets keeps MNIST and CIFAR-10;
            its own default when `None`.
        download: Whether to download and prepare them when they are not there.

    Returns:
        The data set.

    Raises:
        ValueError: If there is no data set of that name.
        DatasetError: If the data is not there and cannot be downloaded.

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
        f"There is no dataset of that name. Received: name={name!r}. "
        f"Allowed: {', '.join(DATASETS)}"
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
