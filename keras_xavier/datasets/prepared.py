"""Loads data sets that tensorflow-datasets prepares: MNIST and CIFAR-10."""

import contextlib
import os
import queue
import sys
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from keras_xavier.datasets.dataset import (
    Bytes,
    Dataset,
    DatasetError,
    Draw,
    Labels,
    scale,
)
from keras_xavier.extras import require

if TYPE_CHECKING:
    import tensorflow_datasets as tfds

PREPARED = ("mnist", "cifar10")
VALIDATION_SIZE = 10_000
NETWORK_SECONDS = 5.0
"""Timeout in seconds of the check whether data can be downloaded."""


def load_prepared(
    name: str, *, data_dir: str | os.PathLike[str] | None, download: bool
) -> Dataset:
    """Loads a data set with tensorflow-datasets, which prepares it if necessary.

    The last 10,000 training images, in the order of tensorflow-datasets, are the
    validation set.

    Args:
        name: str. One of `PREPARED`.
        data_dir: str, path or `None`. Folder of tensorflow-datasets, or its default.
        download: bool. Whether to download missing data.

    Returns:
        `Dataset`. Its training images are reshuffled in every epoch.

    Raises:
        DatasetError: If the data is missing and cannot be downloaded.
    """
    builder = _builder(name, data_dir)
    if not builder.data_path.exists():
        _prepare(builder, download)
    images, labels = _read(builder, "train")
    test_images, test_labels = _read(builder, "test")
    return Dataset(
        name=name,
        class_names=tuple(builder.info.features["label"].names),
        validation=(scale(images[-VALIDATION_SIZE:]), labels[-VALIDATION_SIZE:]),
        test=(scale(test_images), test_labels),
        draw=reshuffled(images[:-VALIDATION_SIZE], labels[:-VALIDATION_SIZE]),
    )


def reshuffled(images: Bytes, labels: Labels) -> Draw:
    """Repeats a finite set infinitely, in a new order in every epoch.

    Args:
        images: Array of uint8, of shape `(n, height, width, channels)`.
        labels: Array of int64, of shape `(n,)`.

    Returns:
        Function of seed, start and count. The order of epoch p depends only on the seed
        and p.
    """

    @lru_cache(maxsize=2)
    def order(seed: int, number: int) -> NDArray[np.int64]:
        return np.random.default_rng([seed, number]).permutation(len(labels))

    def draw(seed: int, start: int, count: int) -> tuple[Bytes, Labels]:
        position = start + np.arange(count)
        chosen = np.empty(count, np.int64)
        for number in range(
            start // len(labels), (start + count - 1) // len(labels) + 1
        ):
            here = position // len(labels) == number
            chosen[here] = order(seed, number)[position[here] % len(labels)]
        return images[chosen], labels[chosen]

    return draw


def _builder(
    name: str, data_dir: str | os.PathLike[str] | None
) -> "tfds.core.DatasetBuilder":
    try:
        require(f"The data set {name}", datasets="tensorflow_datasets")
        import tensorflow_datasets as tfds
    except ImportError as error:
        raise DatasetError(str(error)) from error
    return tfds.builder(name, data_dir=data_dir)


def _read(builder: "tfds.core.DatasetBuilder", split: str) -> tuple[Bytes, Labels]:
    import tensorflow_datasets as tfds

    tensors = builder.as_dataset(split=split, batch_size=-1, as_supervised=True)
    return cast(tuple[Bytes, Labels], tfds.as_numpy(tensors))


def _prepare(builder: "tfds.core.DatasetBuilder", download: bool) -> None:
    """Downloads and prepares a data set; fails within seconds if that is impossible."""
    failure = f"{builder.name} is not prepared in {builder.data_path}"
    advice = (
        "Choose the folder in which tensorflow-datasets has prepared it: data_dir= in "
        "Python, --data-dir on the command line, Data folder in the app. To prepare it "
        "on a machine with a network: "
        f"python -c \"import tensorflow_datasets as tfds; tfds.load('{builder.name}', "
        "data_dir='FOLDER')\". shapeset3x2 requires no download."
    )
    if not download:
        raise DatasetError(f"{failure}, and download=False. {advice}")
    url = next(iter(builder.url_infos))
    problem = _connection_problem(url)
    if problem is not None:
        raise DatasetError(
            f"{failure}, and {url} cannot be reached ({type(problem).__name__}). "
            f"{advice}"
        ) from problem
    try:
        # stdout is reserved for results.
        with contextlib.redirect_stdout(sys.stderr):
            builder.download_and_prepare()
    except Exception as error:
        raise DatasetError(
            f"{failure}; preparing it failed: {error}. {advice}"
        ) from error


def _connection_problem(url: str) -> Exception | None:
    """Returns the problem that makes `url` unreachable, within a few seconds.

    The timeout of a library applies to each address of a host, and not to name
    resolution. Only an abandoned thread respects the time limit.
    """
    import requests

    answers: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()

    def ask() -> None:
        try:
            requests.head(url, timeout=NETWORK_SECONDS)
        except requests.RequestException as error:
            answers.put(error)
        else:
            answers.put(None)

    threading.Thread(target=ask, daemon=True, name="connection-check").start()
    try:
        return answers.get(timeout=NETWORK_SECONDS)
    except queue.Empty:
        return TimeoutError(f"no answer within {NETWORK_SECONDS:g} seconds")
