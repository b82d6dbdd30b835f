"""Trains one experiment as the paper does, and records it."""

import math
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any

import keras

from keras_xavier import datasets, initializers, models
from keras_xavier.callbacks import LayerStatistics
from keras_xavier.paper.experiment import Experiment
from keras_xavier.provenance import Mode
from keras_xavier.runs import Run, RunError, open_run

PROBE_SIZE = 300
"""Test examples on which the paper takes its statistics (section 3)."""
EPOCH = 20_000
"""Updates that the paper calls an epoch on Shapeset-3×2."""
EVALUATIONS = 10
"""Times that a run shorter than that many epochs is evaluated."""
PARTIAL_SUFFIX = ".partial.keras"


@keras.saving.register_keras_serializable(package="keras_xavier")
def error(labels: Any, probabilities: Any) -> Any:
    """Share of examples whose most probable class is not the right one."""
    predicted = keras.ops.argmax(probabilities, axis=-1)
    labels = keras.ops.cast(keras.ops.reshape(labels, (-1,)), predicted.dtype)
    return keras.ops.cast(predicted != labels, "float32")


def build(experiment: Experiment, dataset: datasets.Dataset) -> keras.Model:
    """Makes the compiled network of an experiment: softmax, log-likelihood, SGD.

    Args:
        experiment: What to build.
        dataset: Its data; a data-dependent initialization sees the first 300
            validation examples.

    Returns:
        A compiled model.
    """
    model = models.mlp(
        dataset.input_shape,
        classes=dataset.classes,
        layers=experiment.layers,
        units=experiment.units,
        activation=experiment.activation,
        initializer=experiment.initializer,
        seed=experiment.seed,
    )
    if experiment.initializer == "lsuv":
        initializers.lsuv(model, dataset.validation[0][:PROBE_SIZE])
    model.compile(
        optimizer=keras.optimizers.SGD(experiment.learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=[error],
    )
    return model


def train(
    experiment: Experiment,
    run: str,
    *,
    every: int | None = None,
    mode: Mode = "create",
    data_dir: str | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Run:
    """Trains an experiment and records it as a run.

    The network is saved beside the run, as `NAME.keras`, at each evaluation and
    at the end, so that training can be resumed: bit by bit what it would have
    been without the interruption. The first Ctrl-C ends training after the
    present update and leaves a finished run.

    Args:
        experiment: What to train.
        run: Where to record it, a local path.
        every: Updates between two records; by default dense at the start and
            every 100 later.
        mode: `"create"`, `"resume"` or `"overwrite"`.
        data_dir: Folder of prepared data sets for tensorflow-datasets.
        callbacks: Further Keras callbacks, such as a progress bar.

    Returns:
        The run.

    Raises:
        RunError: If the run exists and `mode` is `"create"`, or cannot be
            resumed.
        datasets.DatasetError: If the data cannot be had.
    """
    dataset = datasets.load(experiment.dataset, data_dir=data_dir)
    checkpoint = checkpoint_path(run)
    keras.utils.set_random_seed(experiment.seed)
    if mode == "resume":
        model = resume(experiment, run, checkpoint)
    else:
        model = build(experiment, dataset)
    done = int(model.optimizer.iterations)
    if done >= experiment.updates:
        raise RunError(
            f"{run} has had {done} updates already; resume it with more than that. "
            f"Received: updates={experiment.updates}"
        )
    epoch = max(1, min(EPOCH, experiment.updates // EVALUATIONS))
    probe_x, probe_y = dataset.test
    statistics = LayerStatistics(
        run,
        probe=(probe_x[:PROBE_SIZE], probe_y[:PROBE_SIZE]),
        every=every,
        hyperparameters=asdict(experiment),
        mode=mode,
    )
    with stop_on_interrupt(model):
        model.fit(
            dataset.stream(experiment.batch_size, seed=experiment.seed, start=done),
            steps_per_epoch=epoch,
            epochs=math.ceil((experiment.updates - done) / epoch),
            validation_data=dataset.validation,
            validation_batch_size=1000,
            shuffle=False,
            verbose=0,
            callbacks=[
                StopAt(experiment.updates),
                TestEvaluation(dataset.test, experiment.updates),
                statistics,
                Checkpoint(checkpoint),
                *callbacks,
            ],
        )
    return open_run(run)


def checkpoint_path(run: str) -> Path:
    """Where the network of a run is kept: `NAME.keras` beside `NAME.zarr`."""
    return Path(run.removesuffix(".zarr") + ".keras")


def resume(experiment: Experiment, run: str, checkpoint: Path) -> keras.Model:
    """Loads the network of a run, if it is one of the same experiment."""
    stored = open_run(run).hyperparameters
    if different := experiment.differences(dict(stored)):
        raise RunError(
            f"{run} was made with other settings: "
            + ", ".join(
                f"{name} {stored.get(name)!r}, not {getattr(experiment, name)!r}"
                for name in different
            )
            + ". Resume it with its own settings, or start another run."
        )
    if not checkpoint.exists():
        raise RunError(
            f"{run} cannot be resumed: its network, {checkpoint}, is not there. "
            "Overwrite the run, or start another one."
        )
    return keras.models.load_model(checkpoint)


class StopAt(keras.callbacks.Callback):
    """Ends training at one update, in the middle of an epoch if need be."""

    def __init__(self, updates: int) -> None:
        super().__init__()
        self.updates = updates

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if int(self.model.optimizer.iterations) >= self.updates:
            self.model.stop_training = True


class TestEvaluation(keras.callbacks.Callback):
    """Adds loss and error on the test examples to the logs of the last epoch."""

    def __init__(self, test: tuple[Any, Any], updates: int) -> None:
        super().__init__()
        self.test = test
        self.updates = updates

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if logs is None or int(self.model.optimizer.iterations) < self.updates:
            return
        results = self.model.evaluate(
            *self.test, batch_size=1000, verbose=0, return_dict=True
        )
        logs |= {f"test_{name}": value for name, value in results.items()}


class Checkpoint(keras.callbacks.Callback):
    """Saves the network at each evaluation, whole or not at all."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        partial = self.path.with_suffix(PARTIAL_SUFFIX)
        self.model.save(partial)
        os.replace(partial, self.path)


@contextmanager
def stop_on_interrupt(model: keras.Model) -> Iterator[None]:
    """Lets the first Ctrl-C end training in order; the second one breaks it off.

    Only the main thread receives signals; elsewhere nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    earlier: Callable[[int, FrameType | None], Any] | int | None

    def stop(number: int, frame: FrameType | None) -> None:
        model.stop_training = True
        signal.signal(signal.SIGINT, earlier)

    earlier = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, earlier)
