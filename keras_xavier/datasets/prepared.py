"""Loads data sets that tensorflow-datasets prepares: MNIST and CIFAR-10."""

import contextlib
import os
import queue
import sys
import threading
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

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

CLASS_NAMES = {
    "mnist": tuple("0123456789"),
    "cifar10": (
        *("airplane", "automobile", "bird", "cat", "deer"),
        *("dog", "frog", "horse", "ship", "truck"),
    ),
}
"""A folder of tensorflow-datasets may lack the names of the classes."""
PREPARED = tuple(CLASS_NAMES)
ORIGINAL_MEANS = {"mnist": (33.3184,), "cifar10": (125.3069, 122.9504, 113.8654)}
"""Mean of each channel of the original training images, from 0 to 255."""
JPEG = b"\xff\xd8\xff"
"""First bytes of every JPEG file. tensorflow-datasets stores both data sets as PNG."""
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
    images, labels, copies = _read(builder, "train")
    test_images, test_labels, test_copies = _read(builder, "test")
    return Dataset(
        name=name,
        class_names=CLASS_NAMES[name],
        validation=(scale(images[-VALIDATION_SIZE:]), labels[-VALIDATION_SIZE:]),
        test=(scale(test_images), test_labels),
        draw=reshuffled(images[:-VALIDATION_SIZE], labels[:-VALIDATION_SIZE]),
        source=describe_source(
            name,
            str(builder.version),
            images,
            jpeg_share=(copies + test_copies) / (len(labels) + len(test_labels)),
        ),
    )


def describe_source(
    name: str, version: str, images: Bytes, *, jpeg_share: float
) -> str:
    """Describes where images come from and how they differ from the original.

    Args:
        name: str. One of `PREPARED`.
        version: str. Version of the data set in tensorflow-datasets.
        images: Array of uint8, of shape `(n, height, width, channels)`. All training
            images.
        jpeg_share: float from 0 to 1. Share of the images that are stored as JPEG.

    Returns:
        str. Name, version, share of JPEG copies, and channel means beside the means of
        the original images.

    Example:

    >>> describe_source("mnist", "3.0.1", np.zeros((5, 28, 28, 1)), jpeg_share=0)
    'mnist 3.0.1 of tensorflow-datasets, mean pixel 0.0 (original: 33.3)'
    """
    copies = ""
    if jpeg_share:
        copies = "JPEG copies" if jpeg_share == 1 else f"{jpeg_share:.0%} JPEG copies"
        copies += " of the original images, "
    means = images.mean(axis=(0, 1, 2), dtype=np.float64)
    mean_pixel = "mean pixel" if len(means) == 1 else "channel means"
    return (
        f"{name} {version} of tensorflow-datasets, {copies}{mean_pixel} "
        f"{_listed(means)} (original: {_listed(ORIGINAL_MEANS[name])})"
    )


def _listed(means: Iterable[float]) -> str:
    return ", ".join(f"{mean:.1f}" for mean in means)


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


def _read(builder: "tfds.core.DatasetBuilder", split: str) -> tuple[Bytes, Labels, int]:
    """Reads images, labels and the number of images that are stored as JPEG."""
    import tensorflow as tf
    import tensorflow_datasets as tfds

    image = builder.info.features["image"]

    def decode(example: dict[str, tf.Tensor]) -> tuple[tf.Tensor, ...]:
        stored = example["image"]
        is_jpeg = tf.strings.substr(stored, 0, len(JPEG)) == JPEG
        return image.decode_example(stored), example["label"], is_jpeg

    examples = builder.as_dataset(
        split=split, decoders={"image": tfds.decode.SkipDecoding()}
    )
    size = builder.info.splits[split].num_examples
    batches = examples.map(decode, num_parallel_calls=tf.data.AUTOTUNE).batch(size)
    images, labels, are_jpeg = next(batches.as_numpy_iterator())
    return images, labels, int(are_jpeg.sum())


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
