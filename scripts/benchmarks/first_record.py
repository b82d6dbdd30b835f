"""One-time cost of recording: time and memory of the first record.

Usage: python first_record.py NETWORK plain|batch|probe
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from benchmarks.backends import in_own_process
from benchmarks.results import Result

BACKENDS = ("tensorflow", "jax")
SOURCES = ("batch", "probe")
STEPS = 6
"""Steps of a fit. The first step is recorded and compiles, the second step is not
recorded and compiles if the first did not compile the plain step."""
LATER = slice(2, STEPS - 1)
"""Steps that neither compile nor record; the last step is recorded again."""


@dataclass(frozen=True)
class Fit:
    """Cost of a short `fit` in a new process.

    Attributes:
        seconds: float. Time of the two first steps, with the preparations before them.
        processor_seconds: float. The same as processor time of all threads, which
            depends less on the load of the machine.
        later: float. Time of a later step.
        later_processor: float. The same as processor time.
        memory: float. Peak memory of the process in MB.
    """

    seconds: float
    processor_seconds: float
    later: float
    later_processor: float
    memory: float


def measure(only: str = "") -> Iterator[Result]:
    """Measures the networks and backends whose names contain a text."""
    from benchmarks.large_networks import NETWORKS

    for network in NETWORKS:
        for backend in BACKENDS:
            if only in (name := f"{backend}: {network}"):
                yield from costs(name, network, backend)


def costs(name: str, network: str, backend: str) -> Iterator[Result]:
    plain = fit_in_own_process(network, backend, "plain")
    compiling = plain.seconds - 2 * plain.later
    processor = plain.processor_seconds - 2 * plain.later_processor
    yield Result(f"{name}: compilation", compiling, "s")
    yield Result(f"{name}: compilation, processor time", processor, "s")
    yield Result(f"{name}: peak memory", plain.memory, "MB")
    for source in SOURCES:
        ours = fit_in_own_process(network, backend, source)
        seconds = ours.seconds - plain.seconds
        processor_seconds = ours.processor_seconds - plain.processor_seconds
        memory = 100 * (ours.memory / plain.memory - 1)
        first = f"{name}: first record, {source}"
        yield Result(f"{first}, relative", seconds / compiling, "×", at_most=0.5)
        yield Result(
            f"{first}, processor time, relative",
            processor_seconds / processor,
            "×",
            at_most=0.5,
        )
        yield Result(f"{first}, memory", memory, "%", at_most=25)


def fit_in_own_process(network: str, backend: str, source: str) -> Fit:
    return Fit(**in_own_process(backend, "benchmarks.first_record", network, source))


def fit(network: str, source: str) -> Fit:
    import keras
    import numpy as np

    from benchmarks.large_networks import BATCH_SIZE, examples, make_network
    from benchmarks.recorded_steps import peak_memory
    from keras_xavier.recording.layer_statistics import LayerStatistics

    class Clock(keras.callbacks.Callback):
        """Records time and processor time at the end of each step."""

        def on_train_batch_end(self, batch: int, logs: object = None) -> None:
            # Waits for the step.
            float(logs["loss"])  # type: ignore[index]
            times.append((time.perf_counter(), time.process_time()))

    model = make_network(network)
    x, y = examples(model, STEPS)
    with tempfile.TemporaryDirectory() as folder:
        callbacks = [Clock()]
        if source != "plain":
            probe = (x[:BATCH_SIZE], y[:BATCH_SIZE]) if source == "probe" else None
            callbacks.insert(
                0,
                LayerStatistics(
                    f"{folder}/run", probe=probe, every=lambda step: step == 0
                ),
            )
        times = [(time.perf_counter(), time.process_time())]
        options = {"batch_size": BATCH_SIZE, "shuffle": False, "verbose": 0}
        model.fit(x, y, callbacks=callbacks, **options)
    steps = np.diff(times, axis=0)
    first, later = steps[: LATER.start].sum(axis=0), np.median(steps[LATER], axis=0)
    return Fit(*map(float, (*first, *later, peak_memory())))


if __name__ == "__main__":
    print(json.dumps(asdict(fit(*sys.argv[1:]))))
