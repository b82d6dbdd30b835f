"""Slowdown of training by recording."""

import resource
import sys
import tempfile
import time
from typing import Any

import keras
import numpy as np

from benchmarks import network
from benchmarks.results import Result
from keras_xavier.recording.layer_statistics import LayerStatistics

EVERY = 100
CYCLES = 6
"""Cycles of 100 steps in each fit; the first cycle is not timed."""
ALTERNATING, FIRST = 400, 10
"""Steps of the fit, half of them watched, and first steps, all watched."""
WATCHED = np.random.default_rng(0).integers(0, 2, ALTERNATING).astype(bool)
"""Random, so that periodic work of Python affects both halves alike."""
OFTEN = 5
RECORDS = 20
"""Steps from record to record, and the number of records."""


class Clock(keras.callbacks.Callback):
    """Records the time at the end of each step."""

    def on_train_begin(self, logs: object = None) -> None:
        self.times = [time.perf_counter()]

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        self.times.append(time.perf_counter())


class Alternation(keras.callbacks.Callback):
    """Restores the original train function in half of the steps.

    The callback needs the first steps to find out how to count updates.
    """

    def set_model(self, model: keras.Model) -> None:
        # Reading `self.model` makes JAX copy the training state into the model.
        self.trained = model

    def on_train_begin(self, logs: object = None) -> None:
        self.watched = self.trained.train_function

    def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
        plain = self.watched.plain
        is_watched = batch < FIRST or WATCHED[batch]
        self.trained.train_function = self.watched if is_watched else plain

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        self.trained.train_function = self.watched


def costs(name: str, model: keras.Model) -> list[Result]:
    """Compares steps within one fit, because fits differ more from each other."""
    with tempfile.TemporaryDirectory() as folder:
        plain = fit(model, EVERY)[1:]
        before = peak_memory()
        always = LayerStatistics(f"{folder}/always", every=1)
        fit(model, OFTEN, always)
        memory = peak_memory() - before
        never = LayerStatistics(f"{folder}/never", every=lambda step: False)
        steps = fit(model, ALTERNATING, never, Alternation())[FIRST:]
        watched, unwatched = (
            np.median(steps[WATCHED[FIRST:] == which]) for which in (True, False)
        )
        recorded = relative_step(model, f"{folder}/often")
        quality = relative_step(model, f"{folder}/quality", step_quality=True)
        batch = slowdown(model, statistics(model, f"{folder}/batch", EVERY))
        examples = network.examples()
        probe = slowdown(
            model, statistics(model, f"{folder}/probe", EVERY, probe=examples)
        )
    size = network.PROBE_SIZE
    return [
        Result(f"{name}: training step", np.median(plain) * 1e3, "ms"),
        Result(
            f"{name}: a step that is not recorded",
            watched / unwatched,
            "×",
            at_most=1.01,
        ),
        Result(f"{name}: a step that is recorded", recorded, "×", at_most=3),
        Result(f"{name}: a step recorded with its quality", quality, "×"),
        Result(f"{name}: every={EVERY}, batch", batch, "×", at_most=1.05),
        Result(f"{name}: every={EVERY}, probe of {size}", probe, "×", at_most=1.1),
        Result(f"{name}: memory of a recorded step", memory, "MB"),
    ]


def statistics(
    model: keras.Model, run: str, every: int, **options: Any
) -> LayerStatistics:
    """A callback that records the first step of the next fit, then every n-th."""
    start = int(model.optimizer.iterations.numpy())
    return LayerStatistics(
        run, every=lambda step: (step - start) % every == 0, **options
    )


def relative_step(model: keras.Model, run: str, **options: Any) -> float:
    """Time of a recorded step relative to the steps between."""
    callback = statistics(model, run, OFTEN, **options)
    turns = fit(model, OFTEN * RECORDS, callback).reshape(RECORDS, OFTEN)[1:]
    return float(np.median(turns[:, 0]) / np.median(turns[:, 1:]))


def slowdown(model: keras.Model, callback: LayerStatistics) -> float:
    """Time of a cycle with one record relative to steps without records."""
    cycles = fit(model, CYCLES * EVERY, callback).reshape(CYCLES, EVERY)[1:]
    # In the second half of a cycle, all work of the record is done.
    relative = cycles / np.median(cycles[:, EVERY // 2 :], axis=1, keepdims=True)
    # The median over cycles removes the load of other processes.
    typical = np.median(relative, axis=0)
    return float(typical.mean() / typical[EVERY // 2 :].mean())


def fit(
    model: keras.Model, updates: int, *callbacks: keras.callbacks.Callback
) -> np.ndarray:
    """Trains the model; returns the seconds of each step."""
    clock = Clock()
    model.fit(
        network.batches(),
        steps_per_epoch=updates,
        verbose=0,
        shuffle=False,
        callbacks=[*callbacks, clock],
    )
    return np.diff(clock.times)


def peak_memory() -> float:
    """Peak memory of this process so far in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
