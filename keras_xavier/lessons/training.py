"""What the lessons train: small networks on Shapeset-3×2, in seconds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
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
from keras_xavier.recording.layer_statistics import LayerStatistics
from keras_xavier.runs import Run, State, as_json, open_run, run_exists, run_path

DATASET = "shapeset3x2"
SMALL = {"units": 100, "updates": 2000}
"""What differs from the defaults of `keras-xavier train`."""
VALIDATED = 2000
"""Examples that the error is measured on: all of them would take longer than
training does."""


def train(
    run: str,
    model: keras.Model | None = None,
    *,
    recorded: Layers = None,
    **settings: Any,
) -> Run:
    """Trains a small network and records it, or opens the run if it is there.

    Plain stochastic gradient descent on Shapeset-3×2, in batches of 10, as in Glorot &
    Bengio (2010); statistics are those of 300 test examples. A run with other
    settings, or one that was broken off, is begun anew.

    Args:
        run: Where to record it, such as `"lessons/lesson-1/tanh"`.
        model: A network of your own, with softmax outputs for nine classes; by default
            that of the settings, 100 units wide.
        recorded: The layers to record, as for `LayerStatistics`: of very deep networks
            all of them would take longer than training does.
        **settings: Those of `keras-xavier train`: `activation`, `initializer`,
            `layers`, `units`, `learning_rate`, `updates`, `seed`, … Of your own model,
            `learning_rate`, `updates`, `batch_size` and `seed`, and by any name what
            tells it from others.

    Returns:
        The finished run.

    Raises:
        ValueError: If a setting is not one of those allowed.
        RunError: If the run is being written by another process.

    Example:

    ```python
    run = train("lessons/mine/relu", activation="relu", initializer="he_normal")
    ```
    """
    if model is None:
        experiment = Experiment(**{**SMALL, **settings})
        told = asdict(experiment)
    else:
        names = {"learning_rate", "updates", "batch_size", "seed"}
        own = {name: settings[name] for name in names & settings.keys()}
        experiment = Experiment(**{**SMALL, **own})
        trained = {name: getattr(experiment, name) for name in sorted(names)}
        told = {"model": model.name, "dataset": DATASET, **settings, **trained}
    told = as_json("settings", told)
    path = run_path(run)
    if run_exists(path):
        there = open_run(path)
        done = there.state is State.FINISHED and there.last_step == experiment.updates
        if done and there.hyperparameters == told:
            return there
    keras.utils.set_random_seed(experiment.seed)
    dataset = datasets.load(DATASET)
    if model is None:
        model = build(experiment, dataset)
    else:
        compile_model(model, experiment.learning_rate)
    probe_x, probe_y = dataset.test
    statistics = LayerStatistics(
        path,
        probe=(probe_x[:PROBE_SIZE], probe_y[:PROBE_SIZE]),
        layers=recorded,
        hyperparameters=told,
        mode="overwrite",
    )
    fit(model, dataset, experiment, statistics)
    return open_run(path)


def fit(
    model: keras.Model,
    dataset: datasets.Dataset,
    experiment: Experiment,
    statistics: LayerStatistics,
) -> None:
    """Trains a compiled model and records it; Ctrl-C breaks it off."""
    images, labels = dataset.validation
    validation = batches(images[:VALIDATED], labels[:VALIDATED])
    with stop_on_interrupt(model), progress(statistics.run, experiment) as bar:
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
                callbacks=[statistics, bar],
            )
            if model.stop_training:
                raise KeyboardInterrupt


class Bar(keras.callbacks.Callback):
    """Moves a bar on, and keeps the last error."""

    def __init__(self, bars: Progress, task: Any) -> None:
        super().__init__()
        self.bars = bars
        self.task = task
        self.error = float("nan")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.bars.update(self.task, completed=int(self.model.optimizer.iterations))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.error = (logs or {}).get("val_error", self.error)


@contextmanager
def progress(path: str, experiment: Experiment) -> Iterator[Bar]:
    """A bar on stderr while the model trains, and a line at the end."""
    console = Console(stderr=True)
    began = time.monotonic()
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
        bar = Bar(bars, bars.add_task(name, total=experiment.updates))
        yield bar
    seconds = time.monotonic() - began
    console.print(
        f"{name}: {experiment.updates:,} updates in {seconds:.0f} s, "
        f"error {bar.error:.0%}",
        highlight=False,
    )
