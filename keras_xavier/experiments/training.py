"""Trains one experiment as the paper does, and records it."""

import math
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import keras

from keras_xavier import datasets, initializers, models
from keras_xavier.experiments.experiment import (
    PARTIAL_SUFFIX,
    Experiment,
    checkpoint_path,
)
from keras_xavier.experiments.pretraining import pretrain
from keras_xavier.recording.layer_statistics import LayerStatistics
from keras_xavier.runs import Mode, Run, RunError, open_run

if TYPE_CHECKING:
    import tensorflow as tf

PROBE_SIZE = 300
"""Test examples on which the paper takes its statistics (section 3)."""
EPOCH = 20_000
"""Updates that the paper calls an epoch on Shapeset-3×2."""
EVALUATIONS = 20
"""Times that a run shorter than that many epochs is evaluated."""
AT_A_TIME = 100
"""Most updates between two returns to Python: small networks spend more time there."""
EVALUATED = 1000
"""Examples at a time: a small network needs many to keep a processor busy."""


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
    if experiment.pretraining_updates:
        pretrain(model, dataset, experiment)
    compile_model(model, experiment.learning_rate)
    return model


def compile_model(model: keras.Model, learning_rate: float) -> None:
    """Compiles a model for the paper's training: log-likelihood, plain SGD."""
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=[error],
        # XLA compiles for seconds, and small networks are at most a tenth faster then.
        jit_compile=False,
    )


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
    probe_x, probe_y = dataset.test
    statistics = LayerStatistics(
        run,
        probe=(probe_x[:PROBE_SIZE], probe_y[:PROBE_SIZE]),
        every=every,
        hyperparameters=asdict(experiment),
        mode=mode,
    )
    evaluation = Evaluation(dataset)
    with stop_on_interrupt(model):
        for leg in plan(done, experiment.updates):
            if model.stop_training:
                break
            use_at_a_time(model, leg.at_a_time)
            model.fit(
                dataset.stream(
                    experiment.batch_size,
                    seed=experiment.seed,
                    start=int(model.optimizer.iterations),
                ),
                steps_per_epoch=leg.epoch,
                epochs=leg.epochs,
                shuffle=False,
                verbose=0,
                callbacks=[
                    evaluation,
                    statistics,
                    Checkpoint(checkpoint, statistics),
                    *callbacks,
                ],
            )
    return open_run(run)


def resume(experiment: Experiment, run: str, checkpoint: Path) -> keras.Model:
    """Loads the network of a run, if it is one of the same experiment."""
    stored = open_run(run).hyperparameters
    if different := experiment.differences(stored):
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


def updates_of(checkpoint: Path) -> int:
    """How many updates a network has had that was saved; 0 if there is none."""
    if not checkpoint.exists():
        return 0
    return int(keras.models.load_model(checkpoint).optimizer.iterations)


@dataclass(frozen=True)
class Leg:
    """Part of a training that one `fit` does.

    Attributes:
        epoch: Updates from one evaluation to the next.
        epochs: Number of evaluations.
        at_a_time: Updates between two returns to Python; divides `epoch`.
    """

    epoch: int
    epochs: int
    at_a_time: int


def plan(done: int, updates: int) -> list[Leg]:
    """Divides a training so that nothing is lost by its speed.

    The first epoch goes update by update, as the first records lie close together.

    Args:
        done: Updates that the network has had.
        updates: Updates in all.

    Returns:
        What is left to do; evaluations are at the same updates wherever it begins.

    Example:

    >>> plan(0, 20_000)
    [Leg(epoch=1000, epochs=1, at_a_time=1), Leg(epoch=1000, epochs=19, at_a_time=100)]
    """
    epoch = max(1, min(EPOCH, updates // EVALUATIONS))
    if epoch > AT_A_TIME:
        epoch -= epoch % AT_A_TIME
    begun = done % epoch if done else 0
    legs = []
    if begun or not done:
        legs.append(Leg(min(epoch - begun, updates - done), 1, 1))
        done += legs[-1].epoch
    if whole := (updates - done) // epoch:
        legs.append(Leg(epoch, whole, math.gcd(epoch, AT_A_TIME)))
        done += whole * epoch
    if done < updates:
        legs.append(Leg(updates - done, 1, 1))
    return legs


def use_at_a_time(model: keras.Model, updates: int) -> None:
    """Changes `steps_per_execution` of a compiled model."""
    if model.steps_per_execution != updates:
        model.steps_per_execution = updates
        # Both take as many batches at a time as they were made for.
        model.train_function = model.test_function = None


class Evaluation(keras.callbacks.Callback):
    """Adds loss and error on the validation and the test examples to the logs.

    Args:
        dataset: Whose examples.
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
    """Makes batches of 1000 for `evaluate`, which copies arrays each time."""
    import tensorflow as tf

    images, labels = tf.constant(images), tf.constant(labels)
    starts = tf.data.Dataset.range(0, len(images), EVALUATED)
    return starts.map(
        lambda start: (
            images[start : start + EVALUATED],
            labels[start : start + EVALUATED],
        )
    )


class Checkpoint(keras.callbacks.Callback):
    """Saves the network at each evaluation, whole or not at all.

    Args:
        path: Where to save it.
        statistics: Whose records are written before: from a network that is ahead of
            them, a run could not go on without a gap.
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
