"""Trains and records one experiment as in Glorot & Bengio (2010)."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import keras

from keras_xavier import datasets, initializers, models
from keras_xavier.experiments.callbacks import (
    Checkpoint,
    Evaluation,
    stop_on_interrupt,
)
from keras_xavier.experiments.experiment import DATA, Experiment, checkpoint_path
from keras_xavier.experiments.pretraining import pretrain
from keras_xavier.recording.layer_statistics import LayerStatistics
from keras_xavier.runs import Mode, Run, RunError, open_run, run_path

PROBE_SIZE = 300
"""Number of test examples for statistics, as in the paper (section 3)."""
EPOCH = 20_000
"""Updates per epoch on Shapeset-3×2 in the paper."""
EVALUATIONS = 20
"""Number of evaluations of a run shorter than 20 epochs."""
STEPS_PER_EXECUTION = 20
"""Maximum number of updates per call of the compiled function: reduces overhead.

Calls that contain a record make their updates one by one, so more would be slower."""


@keras.saving.register_keras_serializable(package="keras_xavier")
def error(labels: Any, probabilities: Any) -> Any:
    """Metric: share of examples whose most probable class is wrong."""
    predicted = keras.ops.argmax(probabilities, axis=-1)
    labels = keras.ops.cast(keras.ops.reshape(labels, (-1,)), predicted.dtype)
    return keras.ops.cast(predicted != labels, "float32")


def build(experiment: Experiment, dataset: datasets.Dataset) -> keras.Model:
    """Builds and compiles the network of an experiment.

    Args:
        experiment: `Experiment`.
        dataset: `Dataset`. The LSUV initialization uses the first 300 validation
            examples, pre-training the training images.

    Returns:
        Compiled `keras.Model`.
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
    """Compiles a model as in the paper: cross-entropy and plain SGD."""
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=[error],
        # On TensorFlow and PyTorch, compiling takes seconds and makes small networks at
        # most 10% faster. On JAX, this is the only compilation.
        jit_compile=keras.backend.backend() == "jax",
    )


def train(
    experiment: Experiment,
    run: str,
    *,
    every: int | None = None,
    step_quality: bool = False,
    mode: Mode = "create",
    data_dir: str | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Run:
    """Trains an experiment and records it as a run.

    The network is saved beside the run, as `NAME.keras`, at each evaluation and at the
    end. A resumed run equals an uninterrupted one bit for bit. The first Ctrl-C stops
    training after the current update and marks the run stopped.

    Args:
        experiment: `Experiment`.
        run: str. Local path of the run.
        every: int. Updates between records. Defaults to None: frequent at first, then
            every 100.
        step_quality: bool. Whether to record the quality of the steps that follow the
            records. Defaults to False.
        mode: `"create"`, `"resume"` or `"overwrite"`. Defaults to `"create"`.
        data_dir: str. Folder of data sets for tensorflow-datasets. Defaults to None:
            its default folder.
        callbacks: Sequence of Keras callbacks, such as a progress bar. Defaults to
            none.

    Returns:
        The recorded `Run`.

    Raises:
        RunError: If the run exists and `mode` is `"create"`, or if it cannot be
            resumed.
        datasets.DatasetError: If the data set is not available.
    """
    run = run_path(run)
    dataset = load_once(experiment.dataset, data_dir)
    checkpoint = checkpoint_path(run)
    keras.utils.set_random_seed(experiment.seed)
    if mode == "resume":
        model = resume(experiment, run, checkpoint)
    else:
        model = build(experiment, dataset)
    done = int(model.optimizer.iterations)
    if done >= experiment.updates:
        raise RunError(
            f"{run} already has {done} updates; resume it with a larger total. "
            f"Received: updates={experiment.updates}"
        )
    probe_x, probe_y = dataset.test
    statistics = LayerStatistics(
        run,
        probe=(probe_x[:PROBE_SIZE], probe_y[:PROBE_SIZE]),
        every=every,
        step_quality=step_quality,
        hyperparameters=asdict(experiment) | source_of(dataset),
        mode=mode,
    )
    statistics.planned_steps = experiment.updates
    evaluation = Evaluation(dataset)
    with stop_on_interrupt(model) as interruption:
        for leg in plan(done, experiment.updates):
            if model.stop_training:
                break
            set_steps_per_execution(model, leg.steps_per_execution)
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
                    interruption,
                    evaluation,
                    statistics,
                    Checkpoint(checkpoint, statistics),
                    *callbacks,
                ],
            )
    return open_run(run)


@lru_cache(maxsize=1)
def load_once(name: str, data_dir: str | None) -> datasets.Dataset:
    """Loads a data set; the next network on the same data needs no decoding."""
    return datasets.load(name, data_dir=data_dir)


def source_of(dataset: datasets.Dataset) -> dict[str, str]:
    """Returns the hyperparameter that describes the files of a data set, if any."""
    return {DATA: dataset.source} if dataset.source else {}


def resume(experiment: Experiment, run: str, checkpoint: Path) -> keras.Model:
    """Loads the network of a run of the same experiment."""
    stored = open_run(run).hyperparameters
    if different := experiment.differences(stored):
        raise RunError(
            f"{run} has different hyperparameters: "
            + ", ".join(
                f"{name} {stored.get(name)!r}, not {getattr(experiment, name)!r}"
                for name in different
            )
            + ". Resume it with its own hyperparameters, or start another run."
        )
    if not checkpoint.exists():
        raise RunError(
            f"{run} cannot be resumed: its network, {checkpoint}, is missing. "
            "Overwrite the run, or start another run."
        )
    return keras.models.load_model(checkpoint)


def saved_updates(checkpoint: Path) -> int:
    """Returns the number of updates of a saved network; 0 if the file is missing."""
    if not checkpoint.exists():
        return 0
    return int(keras.models.load_model(checkpoint).optimizer.iterations)


@dataclass(frozen=True)
class Leg:
    """A part of a training run: one call of `fit`.

    Attributes:
        epoch: int. Updates from one evaluation to the next.
        epochs: int. Number of evaluations.
        steps_per_execution: int. Updates per call of the compiled function; divides
            `epoch`.
    """

    epoch: int
    epochs: int
    steps_per_execution: int


def plan(done: int, updates: int) -> list[Leg]:
    """Divides the remaining updates of a training run.

    The first epoch calls the compiled function for each update, as the first records
    are close together. Later epochs combine updates for speed.

    Args:
        done: int. Updates so far.
        updates: int. Total number of updates.

    Returns:
        List of `Leg`. The evaluations do not depend on `done`.

    Example:

    >>> plan(0, 20_000)  # doctest: +NORMALIZE_WHITESPACE
    [Leg(epoch=1000, epochs=1, steps_per_execution=1),
     Leg(epoch=1000, epochs=19, steps_per_execution=20)]
    """
    epoch = max(1, min(EPOCH, updates // EVALUATIONS))
    if epoch > STEPS_PER_EXECUTION:
        epoch -= epoch % STEPS_PER_EXECUTION
    begun = done % epoch if done else 0
    legs = []
    if begun or not done:
        legs.append(Leg(min(epoch - begun, updates - done), 1, 1))
        done += legs[-1].epoch
    if whole := (updates - done) // epoch:
        legs.append(Leg(epoch, whole, math.gcd(epoch, STEPS_PER_EXECUTION)))
        done += whole * epoch
    if done < updates:
        legs.append(Leg(updates - done, 1, 1))
    return legs


def set_steps_per_execution(model: keras.Model, updates: int) -> None:
    """Changes `steps_per_execution` of a compiled model."""
    if model.steps_per_execution != updates:
        model.steps_per_execution = updates
        # Compiled functions are built for one value.
        model.train_function = model.test_function = None
