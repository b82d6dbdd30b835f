"""Trains the small networks of the lessons on Shapeset-3×2, in seconds."""

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np
import rich.progress
from numpy.typing import ArrayLike
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from keras_xavier import datasets
from keras_xavier.experiments.callbacks import batches, stop_on_interrupt
from keras_xavier.experiments.experiment import Experiment
from keras_xavier.experiments.training import (
    PROBE_SIZE,
    build,
    compile_model,
    plan,
    set_steps_per_execution,
)
from keras_xavier.probing import Layers
from keras_xavier.recording.custom_loop import measuring
from keras_xavier.recording.layer_statistics import LayerStatistics
from keras_xavier.runs import Run, State, as_json, open_run, run_exists, run_path

DATASET = "shapeset3x2"
SMALL = {"units": 100, "updates": 2000}
"""Defaults that differ from the defaults of `keras-xavier train`."""
VALIDATED = 2000
"""Number of validation examples: all of them would take longer than training."""


def train(
    run: str,
    model: keras.Model | None = None,
    *,
    recorded: Layers = None,
    **hyperparameters: Any,
) -> Run:
    """Trains a small network and records it, or opens the run if it exists.

    The optimizer is plain stochastic gradient descent on Shapeset-3×2 with batches of
    10, as in Glorot & Bengio (2010); statistics use 300 test examples. Interrupted runs
    and runs with other hyperparameters are overwritten.

    Args:
        run: str. Path of the run, such as `"lessons/lesson-1/tanh"`.
        model: `keras.Model` with softmax outputs for nine classes. Defaults to None: a
            network with the given hyperparameters, 100 units wide.
        recorded: str, class, function, or list of str and classes. Layers to record,
            as for the argument `layers` of `LayerStatistics`. Defaults to None: all
            layers, which takes longer than training in very deep networks.
        **hyperparameters: Options of `keras-xavier train`: `activation`,
            `initializer`, `layers`, `units`, `learning_rate`, `updates`, `seed`, …
            With a `model`: `learning_rate`, `updates`, `batch_size` and `seed`, and
            values of any name that distinguish the model from others.

    Returns:
        The finished `Run`.

    Raises:
        ValueError: If a hyperparameter is invalid.
        RunError: If the run is being written by another process.

    Example:

    ```python
    run = train("lessons/mine/relu", activation="relu", initializer="he_normal")
    ```
    """
    if model is None:
        experiment = Experiment(**{**SMALL, **hyperparameters})
        stored = asdict(experiment)
    else:
        names = {"learning_rate", "updates", "batch_size", "seed"}
        given = {name: hyperparameters[name] for name in names & hyperparameters.keys()}
        experiment = Experiment(**{**SMALL, **given})
        used = {name: getattr(experiment, name) for name in sorted(names)}
        stored = {"model": model.name, "dataset": DATASET, **hyperparameters, **used}
    stored = as_json("hyperparameters", stored)
    path = run_path(run)
    if existing := finished(path, stored, experiment.updates):
        return existing
    keras.utils.set_random_seed(experiment.seed)
    dataset = datasets.load(DATASET)
    if model is None:
        model = build(experiment, dataset)
    else:
        compile_model(model, experiment.learning_rate)
    statistics = LayerStatistics(
        path,
        probe=probe_examples(dataset),
        layers=recorded,
        hyperparameters=stored,
        mode="overwrite",
    )
    fit(model, dataset, experiment, statistics)
    return open_run(path)


def record_untrained(
    run: str,
    model: keras.Model,
    *,
    recorded: Layers = None,
    probe: tuple[ArrayLike, ArrayLike] | None = None,
    **hyperparameters: Any,
) -> Run:
    """Records a network before training, or opens the run if it exists.

    Args:
        run: str. Path of the run.
        model: `keras.Model` with softmax outputs for nine classes.
        recorded: str, class, function, or list of str and classes. Layers to record,
            as for `train`.
        probe: Tuple (images, labels) of arrays. Examples to measure on. Defaults to
            None: 300 test examples of Shapeset-3×2.
        **hyperparameters: Values of any name that distinguish the model from others.

    Returns:
        `Run` with one record, step 0.

    Raises:
        RunError: If the run is being written by another process.

    Example:

    ```python
    run = record_untrained("lessons/mine/wide", model, units=800)
    ```
    """
    stored = as_json("hyperparameters", {"model": model.name, **hyperparameters})
    path = run_path(run)
    if existing := finished(path, stored, 0):
        return existing
    x, y = probe or probe_examples(datasets.load(DATASET))
    with measuring(
        model,
        path,
        loss=keras.losses.sparse_categorical_crossentropy,
        layers=recorded,
        hyperparameters=stored,
        mode="overwrite",
    ) as recorder:
        recorder.record(x, y, 0)
    return open_run(path)


def probe_examples(dataset: datasets.Dataset) -> tuple[ArrayLike, ArrayLike]:
    """Returns the test examples on which statistics are measured."""
    images, labels = dataset.test
    return images[:PROBE_SIZE], labels[:PROBE_SIZE]


def track(items: Collection[str], name: str) -> Iterator[str]:
    """Shows a bar on stderr while a loop runs.

    Args:
        items: Collection of str to iterate over.
        name: str. What the loop does.

    Yields:
        str. The items, one after another.

    Example:

    ```python
    losses = {name: sweep(name) for name in track(["narrow", "wide"], "sweep")}
    ```
    """
    console = Console(stderr=True)
    yield from rich.progress.track(
        items, name, console=console, transient=True, disable=not console.is_terminal
    )


def record(
    run: str,
    model: keras.Model,
    data: tuple[ArrayLike, ArrayLike],
    *,
    updates: int,
    batch_size: int = 32,
    every: int = 20,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    **hyperparameters: Any,
) -> Run:
    """Trains a compiled model and records it, or opens the run if it exists.

    Statistics use the first 300 examples. The examples are taken in their order, again
    from the beginning where they end. Interrupted runs and runs with other
    hyperparameters are overwritten.

    Args:
        run: str. Path of the run, such as `"lessons/lesson-7/program-1"`.
        model: `keras.Model`, compiled.
        data: Tuple `(x, y)` of arrays.
        updates: int. Number of updates.
        batch_size: int. Defaults to 32.
        every: int. Number of updates between two records. Defaults to 20.
        callbacks: Sequence of Keras callbacks. Values that they add to `logs` become
            metrics of the run. Defaults to none.
        **hyperparameters: Values of any name that distinguish the run from others.

    Returns:
        The finished `Run`.

    Raises:
        RunError: If the run is being written by another process.

    Example:

    ```python
    run = record("lessons/mine/spirals", model, (x, y), updates=300, learning_rate=0.1)
    ```
    """
    used = {
        "updates": updates,
        "batch_size": batch_size,
        "every": every,
        "learning_rate": float(model.optimizer.learning_rate),
    }
    stored = as_json("hyperparameters", {**hyperparameters, **used})
    path = run_path(run)
    if existing := finished(path, stored, updates):
        return existing
    x, y = map(np.asarray, data)
    order = np.arange(updates * batch_size) % len(x)
    statistics = LayerStatistics(
        path,
        probe=(x[:PROBE_SIZE], y[:PROBE_SIZE]),
        every=every,
        hyperparameters=stored,
        mode="overwrite",
    )
    with stop_on_interrupt(model) as interruption, progress(path, updates) as bar:
        model.fit(
            x[order],
            y[order],
            batch_size=batch_size,
            shuffle=False,
            verbose=0,
            callbacks=[interruption, *callbacks, statistics, bar],
        )
        if model.stop_training:
            raise KeyboardInterrupt
    return open_run(path)


def finished(path: str, hyperparameters: dict[str, Any], updates: int) -> Run | None:
    """Returns a finished run with these hyperparameters, if there is one."""
    if not run_exists(path):
        return None
    run = open_run(path)
    is_done = run.state is State.FINISHED and run.last_step == updates
    return run if is_done and run.hyperparameters == hyperparameters else None


def fit(
    model: keras.Model,
    dataset: datasets.Dataset,
    experiment: Experiment,
    statistics: LayerStatistics,
) -> None:
    """Trains and records a compiled model; Ctrl-C interrupts training."""
    images, labels = dataset.validation
    validation = batches(images[:VALIDATED], labels[:VALIDATED])
    with (
        stop_on_interrupt(model) as interruption,
        progress(statistics.run, experiment.updates) as bar,
    ):
        for leg in plan(0, experiment.updates):
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
                validation_data=validation,
                callbacks=[interruption, statistics, bar],
            )
            if model.stop_training:
                raise KeyboardInterrupt


class Bar(keras.callbacks.Callback):
    """Updates a progress bar and keeps the last error."""

    def __init__(self, bars: Progress, task: Any) -> None:
        super().__init__()
        self.bars = bars
        self.task = task
        self.error: float | None = None

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.bars.update(self.task, completed=int(self.model.optimizer.iterations))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.error = (logs or {}).get("val_error", self.error)


@contextmanager
def progress(path: str, updates: int) -> Iterator[Bar]:
    """Shows a bar on stderr during training and prints a line at the end."""
    console = Console(stderr=True)
    started = time.monotonic()
    name = Path(path).stem
    bars = Progress(
        TextColumn(name),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("updates"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bars:
        bar = Bar(bars, bars.add_task(name, total=updates))
        yield bar
    seconds = time.monotonic() - started
    error = "" if bar.error is None else f", error {bar.error:.0%}"
    console.print(
        f"{name}: {updates:,} updates in {seconds:.0f} s{error}", highlight=False
    )
