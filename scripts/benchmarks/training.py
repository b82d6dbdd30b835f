"""Speed of `keras-xavier train` with small networks, where Python could dominate.

Usage: python training.py plain|xla
"""

import os
import subprocess
import sys
import tempfile
import time
from typing import Any

from benchmarks.results import Result
from keras_xavier.experiments.experiment import Experiment

SMALL = Experiment(units=100, updates=40_000)
BEGINNING = 1
"""Index of the second evaluation; TensorFlow traces and compiles before it."""


def measure() -> list[Result]:
    """Measures training including data, records, evaluations and saving."""
    name = f"five layers of {SMALL.units}, batches of {SMALL.batch_size}"
    plain, compiled = (in_own_process(how) for how in ("plain", "xla"))
    return [
        Result(f"{name}: updates", plain, "per second", at_least=1500),
        Result(f"{name}: time of an update with XLA", plain / compiled, "×"),
    ]


def in_own_process(how: str) -> float:
    """Updates per second in a new process, where the processor count can be set."""
    finished = subprocess.run(
        [sys.executable, "-m", "benchmarks.training", how],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.path.dirname(os.path.dirname(__file__))},
    )
    return float(finished.stdout.splitlines()[-1])


def updates_per_second(experiment: Experiment, *, jit_compile: bool) -> float:
    """Updates per second from the second evaluation to the last."""
    import keras

    from keras_xavier.experiments.training import train

    updates: list[int] = []
    times: list[float] = []

    class EpochClock(keras.callbacks.Callback):
        """Records the updates and the time at the end of each evaluation."""

        def set_model(self, model: keras.Model) -> None:
            super().set_model(model)
            # Must be set before Keras builds the train and test functions.
            model.jit_compile = jit_compile

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            updates.append(int(self.model.optimizer.iterations))
            times.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as folder:
        train(experiment, f"{folder}/run", callbacks=[EpochClock()])
    return (updates[-1] - updates[BEGINNING]) / (times[-1] - times[BEGINNING])


if __name__ == "__main__":
    from keras_xavier.experiments.keras_startup import SMALL_WIDTH, start_keras

    # As `keras-xavier train` does.
    start_keras(one_processor=SMALL.units <= SMALL_WIDTH)
    print(updates_per_second(SMALL, jit_compile=sys.argv[1] == "xla"))
