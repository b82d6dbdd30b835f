"""The class of all data sets: fixed sets for evaluation, a stream for training."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import tensorflow as tf

Bytes = NDArray[np.uint8]
Labels = NDArray[np.int64]
Draw = Callable[[int, int, int], tuple[Bytes, Labels]]
"""Function `(seed, start, count)` that returns training images and their labels."""

STREAM_BLOCK = 4096
"""Number of images that the stream draws at once, to make small batches cheap."""


class DatasetError(Exception):
    """Raised if data is unavailable; the message gives the location and a remedy."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and labels for training, validation and test.

    Images are arrays of float32, of shape `(n, height, width, channels)`, from -1
    (black) to 1 (white), as in Glorot & Bengio (2010) for Shapeset-3×2. Labels are
    arrays of int64, of shape `(n,)`.

    Args:
        name: str. Name of the data set, as in `load`.
        class_names: Tuple of str. Names of the classes; labels are indices into it.
        validation: Tuple `(images, labels)`. Validation set.
        test: Tuple `(images, labels)`. Test set.
        draw: Function `(seed, start, count)` that returns training images as uint8 and
            their labels.
        source: str. Description of the files that hold the images. Defaults to None:
            the images are generated.
    """

    name: str
    class_names: tuple[str, ...]
    validation: tuple[NDArray[np.float32], Labels] = field(repr=False)
    test: tuple[NDArray[np.float32], Labels] = field(repr=False)
    draw: Draw = field(repr=False)
    source: str | None = None

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of an image: height, width, channels."""
        return self.test[0].shape[1:]

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    def stream(
        self, batch_size: int, *, seed: int, start: int = 0
    ) -> "tf.data.Dataset":
        """Creates an infinite stream of training batches.

        Batch k depends only on `seed` and k, so a stream with `start=k` continues one
        that has returned k batches. Pass `shuffle=False` to `fit`. The stream does not
        prefetch, which could prevent Python from exiting.

        Args:
            batch_size: int. Number of images in a batch.
            seed: int. From 0 to 2^63 - 1.
            start: int. Number of batches to skip. Defaults to 0.

        Returns:
            `tf.data.Dataset` of images, float32 of shape `(batch_size, *input_shape)`,
            and labels, int64 of shape `(batch_size,)`.

        Raises:
            ValueError: If an argument is out of range.

        Example:

        >>> from keras_xavier import datasets
        >>> stream = datasets.load("shapeset3x2").stream(10, seed=0)
        >>> images, labels = next(iter(stream))
        >>> images.shape, labels.shape
        (TensorShape([10, 32, 32, 1]), TensorShape([10]))
        """
        if batch_size < 1 or start < 0 or not 0 <= seed < 2**63:
            raise ValueError(
                "`batch_size` must be at least 1, `start` at least 0 and `seed` from "
                f"0 to 2^63 - 1. Received: batch_size={batch_size}, start={start}, "
                f"seed={seed}"
            )
        import tensorflow as tf

        batches = -(-STREAM_BLOCK // batch_size)
        shape = batches, batch_size, *self.input_shape

        def draw_block(number: np.int64) -> tuple[Bytes, Labels]:
            first = (start + int(number) * batches) * batch_size
            images, labels = self.draw(seed, first, batches * batch_size)
            return images.reshape(shape), labels.reshape(shape[:2])

        def load_block(number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            images, labels = tf.numpy_function(
                draw_block, [number], (tf.uint8, tf.int64)
            )
            images = tf.cast(tf.ensure_shape(images, shape), tf.float32)
            return images / 127.5 - 1, tf.ensure_shape(labels, shape[:2])

        # Python runs only while a batch is requested: at exit, TensorFlow waits for
        # threads that prefetch, and these wait for Python. Drawing is cheap compared
        # to a training step.
        options = tf.data.Options()
        options.experimental_optimization.apply_default_optimizations = False
        options.experimental_optimization.inject_prefetch = False
        options.autotune.enabled = False
        stream = tf.data.Dataset.counter().map(load_block).unbatch()
        return stream.with_options(options)


def scale(images: Bytes) -> NDArray[np.float32]:
    """Maps bytes from 0 (black) to 255 (white) to numbers from -1 to 1."""
    return images.astype(np.float32) / np.float32(127.5) - np.float32(1)
