"""Keras callbacks and helpers that training runs share."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import keras

from keras_xavier import datasets
from keras_xavier.experiments.experiment import PARTIAL_SUFFIX
from keras_xavier.recording.layer_statistics import LayerStatistics

if TYPE_CHECKING:
    import tensorflow as tf

EVALUATION_BATCH = 1000
"""Batch size of evaluations, large enough to keep a core busy with small networks."""


class Evaluation(keras.callbacks.Callback):
    """Adds the loss and error on the validation and test sets to the logs.

    Args:
        dataset: `Dataset`. Supplies the validation and test sets.
    """

    def __init__(self, dataset: datasets.Dataset) -> None:
        super().__init__()
        self.sets = {
            "val": batches(*dataset.validation),
            "test": batches(*dataset.test),
        }

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if logs is None:
            return
        for prefix, examples in self.sets.items():
            results = self.model.evaluate(examples, verbose=0, return_dict=True)
            logs |= {f"{prefix}_{name}": value for name, value in results.items()}


def batches(images: Any, labels: Any) -> "tf.data.Dataset":
    """Batches examples once; `evaluate` would copy the arrays in every epoch."""
    import tensorflow as tf

    images, labels = tf.constant(images), tf.constant(labels)
    starts = tf.data.Dataset.range(0, len(images), EVALUATION_BATCH)
    return starts.map(
        lambda start: (
            images[start : start + EVALUATION_BATCH],
            labels[start : start + EVALUATION_BATCH],
        )
    )


class Checkpoint(keras.callbacks.Callback):
    """Saves the network after each evaluation, atomically.

    Records are flushed first: a run resumed from a network that is ahead of its
    records would have a gap.

    Args:
        path: Path. Keras file to write.
        statistics: `LayerStatistics`. Callback whose records are flushed.
    """

    def __init__(self, path: Path, statistics: LayerStatistics) -> None:
        super().__init__()
        self.path = path
        self.statistics = statistics

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.statistics.flush()
        partial = self.path.with_suffix(PARTIAL_SUFFIX)
        self.model.save(partial)
        os.replace(partial, self.path)


class Interruption(keras.callbacks.Callback):
    """Stops a `fit` that Ctrl-C reached while it was starting.

    `fit` clears `stop_training` when it begins, up to seconds after the call.

    Attributes:
        is_asked: bool. Whether there was a Ctrl-C.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_asked = False

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        if self.is_asked:
            self.model.stop_training = True


@contextmanager
def stop_on_interrupt(model: keras.Model) -> Iterator[Interruption]:
    """Stops training cleanly on the first Ctrl-C and raises on the second.

    Has no effect outside the main thread, which alone receives signals.

    Yields:
        `Interruption`. A callback for each `fit` in the block.
    """
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    earlier: Callable[[int, FrameType | None], Any] | int | None

    def stop(number: int, frame: FrameType | None) -> None:
        interruption.is_asked = model.stop_training = True
        signal.signal(signal.SIGINT, earlier)

    earlier = signal.signal(signal.SIGINT, stop)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, earlier)
