"""The support vector machine that the paper holds deep networks against."""

import os
from pathlib import Path

from keras_xavier.datasets import Dataset

COST = 10.0
"""Penalty of an example on the wrong side, C."""
GAMMA = "scale"
"""Width of the kernel: scikit-learn's, which follows from the spread of the pixels."""
SEED = 0


def svm_error(dataset: Dataset, examples: int) -> float:
    """Test error of a support vector machine with a Gaussian (RBF) kernel.

    The width of the kernel follows from the spread of the pixels, as scikit-learn
    has it by default, and C is 10. Glorot & Bengio (2010), section 2.1, report
    59.47 % for 100,000 examples of Shapeset-3×2.

    Args:
        dataset: What to learn.
        examples: Number of training images.

    Returns:
        Share of wrong answers on the test set, from 0 to 1.

    Raises:
        ImportError: If scikit-learn is missing.

    Example:

    >>> svm_error(datasets.load("shapeset3x2"), 10_000)  # doctest: +SKIP
    """
    try:
        from sklearn.svm import SVC
    except ImportError as error:
        raise ImportError(
            "Support vector machines are those of scikit-learn; install it with: "
            "pip install 'keras-xavier[paper]'"
        ) from error
    images, labels = dataset.draw(SEED, 0, examples)
    pixels = images.reshape(examples, -1) / 127.5 - 1
    machine = SVC(C=COST, gamma=GAMMA, cache_size=1000).fit(pixels, labels)
    test_images, test_labels = dataset.test
    right = machine.score(test_images.reshape(len(test_images), -1), test_labels)
    return 1.0 - float(right)


def known_svm_error(dataset: Dataset, examples: int, folder: Path) -> float:
    """Likewise, computed once for each folder."""
    name = f"svm-{dataset.name}-{examples}-C{COST:g}-gamma-{GAMMA}.txt"
    path = folder / name
    try:
        known = float(path.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        known = float("nan")
    if 0 <= known <= 1:
        return known
    error = svm_error(dataset, examples)
    partial = path.with_suffix(".partial")
    partial.write_text(f"{error}\n", encoding="ascii")
    os.replace(partial, path)
    return error
