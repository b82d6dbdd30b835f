"""Trains and diagnoses programs, with and without faults, in several processes."""

import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from keras_xavier.experiments.keras_startup import start_keras

KILLED_BELOW = 0.9
"""A fault has an effect if the network loses a tenth of the score of the original."""


@dataclass(frozen=True)
class Task:
    """A training run to measure.

    Attributes:
        program: str. Name of a healthy program.
        fault: str. Name of a fault; `""` for the healthy program.
        seed: int. Seed of data, weights and order.
        variant: int. Number of a variant of the program; 0 for the program itself.
    """

    program: str
    fault: str
    seed: int
    variant: int = 0

    @property
    def folder(self) -> str:
        text = f"{self.fault or 'healthy'} {self.program} {self.seed}"
        if self.variant:
            text = f"{text} variant {self.variant}"
        return re.sub(r"\W+", "-", text.lower())


@dataclass(frozen=True)
class Found:
    """A cause in a report, without what only readers need.

    Attributes:
        name: str. Name of the finding.
        severity: str.
        consequences: Tuple of str. Names of the findings that it explains.
    """

    name: str
    severity: str
    consequences: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """A training run and its diagnosis.

    Attributes:
        task: `Task`.
        score: float. See `networks.training.score`.
        found: Tuple of `Found`. Causes, errors first.
        seconds: float. Processor time of the diagnosis.
        repaired: float or `None`. Best score with one of the first three remedies;
            `None` if none was tried.
    """

    task: Task
    score: float
    found: tuple[Found, ...]
    seconds: float
    repaired: float | None = None

    @property
    def alarms(self) -> list[str]:
        """Names of the causes that are errors or warnings."""
        return [one.name for one in self.found if one.severity != "note"]

    @property
    def reported(self) -> set[str]:
        """Names of the causes that are errors or warnings, and what they explain."""
        shown = [one for one in self.found if one.severity != "note"]
        return {name for one in shown for name in (one.name, *one.consequences)}


def tasks(seeds: Sequence[int], only: str = "") -> list[Task]:
    """Returns all training runs: healthy programs, then faults."""
    from networks.faults import FAULTS

    return healthy_tasks(seeds) + [
        Task(program.name, fault.name, seed)
        for seed in seeds
        for fault in FAULTS
        for program in fault.programs
        if only in fault.name
    ]


def healthy_tasks(seeds: Sequence[int], variants: int = 0) -> list[Task]:
    """Returns the training runs of healthy programs, then of their variants."""
    from networks.data import has_mnist
    from networks.healthy import HEALTHY, MNIST

    healthy = (*HEALTHY, MNIST) if has_mnist() else HEALTHY
    return [
        Task(program.name, "", seed, number)
        for number in range(variants + 1)
        for seed in seeds
        for program in healthy
    ]


def measure(
    chosen: Sequence[Task], folder: Path, *, jobs: int, repair: bool = False
) -> Iterator[Outcome]:
    """Measures training runs in separate processes, in the order of completion."""
    with ProcessPoolExecutor(
        jobs, get_context("spawn"), initializer=start_worker
    ) as pool:
        waiting = [pool.submit(outcome, task, folder, repair) for task in chosen]
        try:
            for one in as_completed(waiting):
                yield one.result()
        finally:
            pool.shutdown(cancel_futures=True)


def start_worker() -> None:
    start_keras(one_processor=True)


def outcome(task: Task, folder: Path, repair: bool) -> Outcome:
    """Trains, unless the run is finished, and diagnoses."""
    import keras_xavier as kx
    from networks import training
    from networks.faults import FAULTS
    from networks.healthy import HEALTHY, MNIST
    from networks.variants import variant

    program = next(one for one in (*HEALTHY, MNIST) if one.name == task.program)
    program = variant(program, task.seed, task.variant)
    if task.fault:
        fault = next(one for one in FAULTS if one.name == task.fault)
        program = fault.apply(program)
    data = program.data(task.seed)
    path = folder / task.folder
    score = training.train(program, data, task.seed, path)
    run = kx.open_run(path)
    kx.diagnose(run)
    run = kx.open_run(path)
    started = time.process_time()
    findings = kx.diagnose(run)
    seconds = time.process_time() - started
    found = tuple(
        Found(
            str(one.name),
            str(one.severity),
            tuple(str(other.name) for other in one.consequences),
        )
        for one in findings
    )
    repaired = None
    if repair and task.fault:
        repaired = training.repair(program, data, task.seed, path)
    return Outcome(task, score, found, seconds, repaired)


def seconds_of_200_layers(folder: Path) -> float:
    """Returns the processor time of a diagnosis with 200 layers."""
    import keras
    import numpy as np
    from keras import layers

    import keras_xavier as kx

    path = folder / "200-layers"
    if not (kx.runs.run_exists(path) and kx.open_run(path).state == "finished"):
        keras.utils.set_random_seed(0)
        hidden = [layers.Dense(8, "tanh") for _ in range(200)]
        model = keras.Sequential([keras.Input((8,)), *hidden, layers.Dense(1)])
        model.compile("adam", "mse", run_eagerly=True)
        x = np.random.default_rng(0).normal(size=(160, 8)).astype("float32")
        record = kx.LayerStatistics(path, mode="overwrite")
        model.fit(x, x[:, :1], verbose=0, callbacks=[record])
    kx.diagnose(kx.open_run(path))
    run = kx.open_run(path)
    started = time.process_time()
    kx.diagnose(run)
    return time.process_time() - started
