"""The support vector machine that the paper compares deep networks with."""

import os
from pathlib import Path

from keras_xavier.datasets import Dataset
from keras_xavier.extras import require

COST = 10.0
"""Regularization parameter C."""
GAMMA = "scale"
"""Kernel coefficient: scikit-learn derives it from the variance of the pixels."""
SEED = 0


def svm_error(dataset: Dataset, examples: int) -> float:
    """Trains a support vector machine with a Gaussian (RBF) kernel.

    Uses C = 10 and scikit-learn's default kernel coefficient. Glorot & Bengio (2010),
    section 2.1, report 59.47% for 100,000 examples of Shapeset-3×2.

    Args:
        dataset: `Dataset`.
        examples: int. Number of training images.

    Returns:
        float from 0 to 1. Error on the test set.

    Raises:
        ImportError: If scikit-learn is not installed.

    Example:

    >>> svm_error(datasets.load("shapeset3x2"), 10_000)  # doctest: +SKIP
    """
    require("The support vector machine", paper="sklearn")
    from sklearn.svm import SVC

    images, labels = dataset.draw(SEED, 0, examples)
    pixels = images.reshape(examples, -1) / 127.5 - 1
    machine = SVC(C=COST, gamma=GAMMA, cache_size=1000).fit(pixels, labels)
    test_images, test_labels = dataset.test
    accuracy = machine.score(test_images.reshape(len(test_images), -1), test_labels)
    return 1.0 - float(accuracy)


def cached_svm_error(dataset: Dataset, examples: int, folder: Path) -> float:
    """Returns `svm_error`, cached in a file of the folder."""
    name = f"svm-{dataset.name}-{examples}-C{COST:g}-gamma-{GAMMA}.txt"
    path = folder / name
    try:
        cached = float(path.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        cached = float("nan")
    if 0 <= cached <= 1:
        return cached
    error = svm_error(dataset, examples)
    partial = path.with_suffix(".partial")
    partial.write_text(f"{error}\n", encoding="ascii")
    os.replace(partial, path)
    return error
