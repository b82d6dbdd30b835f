"""How much measuring slows training down."""

import resource
import sys
import tempfile
import time

import keras
import numpy as np

from benchmarks import network
from benchmarks.backends import on_each_backend
from benchmarks.results import Result
from keras_xavier.callbacks import LayerStatistics

EVERY = 100
CYCLES = 3
"""Of so many steps each fit consists; the first and the last are not timed."""
REPEATS = 3
ALWAYS = 40
"""Steps when each is recorded."""


class Clock(keras.callbacks.Callback):
    """Notes when each step ends."""

    def on_train_begin(self, logs: object = None) -> None:
        self.times = [time.perf_counter()]

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        self.times.append(time.perf_counter())


def measure() -> list[Result]:
    return on_each_backend(__name__)


def measure_here(backend: str) -> list[Result]:
    return [
        *costs("five layers of 1000", network.dense_network()),
        *costs("twenty convolutions", network.convolutional_network()),
    ]


def costs(name: str, model: keras.Model) -> list[Result]:
    with tempfile.TemporaryDirectory() as folder:
        always = LayerStatistics(f"{folder}/always", every=1)
        watching: dict[str, list[keras.callbacks.Callback]] = {
            "plain": [],
            "never": [LayerStatistics(f"{folder}/never", every=lambda step: False)],
            "batch": [LayerStatistics(f"{folder}/batch", every=EVERY)],
            "probe": [
                LayerStatistics(
                    f"{folder}/probe", probe=network.examples(), every=EVERY
                )
            ],
        }
        fit(model, EVERY)
        before = peak_memory()
        fit(model, ALWAYS, always)
        memory = peak_memory() - before
        cycles: dict[str, list[np.ndarray]] = {kind: [] for kind in watching}
        recorded = []
        for _ in range(REPEATS):
            for kind, callbacks in watching.items():
                seconds = fit(model, CYCLES * EVERY, *callbacks)
                cycles[kind] += list(seconds.reshape(CYCLES, EVERY)[1:-1])
            recorded.append(fit(model, ALWAYS, always)[1:-1])
    # Of each step in the cycle the median: what else the machine does is not in it.
    cost = {kind: np.median(rows, axis=0).sum() for kind, rows in cycles.items()}
    plain = cost["plain"]
    each = EVERY * np.median(recorded)
    return [
        Result(f"{name}: training step", plain / EVERY * 1e3, "ms"),
        Result(
            f"{name}: a step that is not recorded",
            cost["never"] / plain,
            "×",
            at_most=1.01,
        ),
        Result(f"{name}: a step that is recorded", each / plain, "×"),
        Result(
            f"{name}: every={EVERY}, batch", cost["batch"] / plain, "×", at_most=1.05
        ),
        Result(
            f"{name}: every={EVERY}, probe of {network.PROBE_SIZE}",
            cost["probe"] / plain,
            "×",
            at_most=1.1,
        ),
        Result(f"{name}: memory of a recorded step", memory, "MB"),
    ]


def fit(
    model: keras.Model, updates: int, *callbacks: keras.callbacks.Callback
) -> np.ndarray:
    """Trains; returns the seconds of each step."""
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
    """Most memory that this process has had so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
