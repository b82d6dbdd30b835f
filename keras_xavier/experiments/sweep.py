"""Runs experiments in parallel with Ray, on this machine or a cluster."""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from keras_xavier.experiments.experiment import (
    Experiment,
    check_unique_names,
    checkpoint_path,
)
from keras_xavier.extras import require
from keras_xavier.runs import Mode, Run, RunError, open_run, run_exists
from keras_xavier.runs.store import expand_path

try:
    import ray
except ImportError:
    require("A sweep", sweep="ray")
    raise

RETRIES = 3
"""Number of times that a run is resumed after its worker died."""
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Outcome:
    """Result of an experiment in a sweep.

    Attributes:
        experiment: `Experiment`.
        run: str. Path of the run.
        failure: str. Reason for failing; `None` if the run is finished.
    """

    experiment: Experiment
    run: str
    failure: str | None = None


Watcher = Callable[[Sequence[Outcome]], None]
"""Function that is called repeatedly with the outcomes so far."""


def sweep(
    experiments: Sequence[Experiment],
    folder: str | os.PathLike[str],
    *,
    address: str | None = None,
    data_dir: str | None = None,
    watch: Watcher = lambda done: None,
) -> list[Outcome]:
    """Runs experiments in parallel, one on each processor.

    Each experiment is recorded as a run in `folder`, named after its hyperparameters.
    Finished runs are skipped. Interrupted runs, and runs whose worker died, resume from
    their last checkpoint. A failure does not stop the other experiments.

    Args:
        experiments: Sequence of `Experiment` with distinct run names.
        folder: str or path. Folder of the runs; shared by all machines of a cluster.
        address: str. Address of a Ray cluster. Defaults to None: Ray as started in
            this process, otherwise a new instance on this machine.
        data_dir: str. Folder of data sets for tensorflow-datasets. Defaults to None:
            its default folder.
        watch: Function of a list of `Outcome`, called twice a second. Defaults to no
            operation.

    Returns:
        List of `Outcome`, in the order of the experiments.

    Raises:
        ValueError: If two experiments have the same run name.
        RunError: If an existing run has other hyperparameters or more updates.
        ConnectionError: If there is no cluster at `address`.

    Example:

    >>> sweep([Experiment(seed=s) for s in range(3)], "runs/seeds")  # doctest: +SKIP
    """
    check_unique_names(experiments)
    # Workers of a cluster have another working directory.
    folder = os.path.abspath(expand_path(folder))
    if data_dir is not None and "://" not in data_dir:
        data_dir = os.path.abspath(os.path.expanduser(data_dir))
    outcomes = {
        one: Outcome(one, path)
        for one in experiments
        if is_done(one, path := one.run_path(folder))
    }
    watch(list(outcomes.values()))
    waiting = [one for one in experiments if one not in outcomes]
    if waiting:
        with started(address):
            train = ray.remote(num_cpus=1, max_retries=RETRIES)(train_on_one_processor)
            tasks = {
                train.remote(one, one.run_path(folder), data_dir): one
                for one in waiting
            }
            while tasks:
                ready, _ = ray.wait(list(tasks), timeout=POLL_SECONDS)
                for task in ready:
                    one = tasks.pop(task)
                    outcomes[one] = Outcome(one, one.run_path(folder), failure_of(task))
                watch(list(outcomes.values()))
    return [outcomes[one] for one in experiments]


def is_done(experiment: Experiment, path: str) -> bool:
    """Returns whether the run of an experiment is finished.

    Raises:
        RunError: If an existing run has other hyperparameters or more updates.
    """
    if not run_exists(path):
        return False
    run = open_run(path)
    check_same_experiment(experiment, run)
    return experiment.is_complete(run)


def not_resumable(
    experiments: Sequence[Experiment], folder: str | os.PathLike[str]
) -> list[str]:
    """Lists interrupted runs that start over because no network was saved.

    The first network is saved with the first evaluation.
    """
    paths = [one.run_path(folder) for one in experiments]
    return [
        path
        for one, path in zip(experiments, paths, strict=True)
        if run_exists(path)
        and not checkpoint_path(path).exists()
        and not is_done(one, path)
        and open_run(path).records
    ]


def check_same_experiment(experiment: Experiment, run: Run) -> None:
    if different := experiment.differences(run.hyperparameters):
        raise RunError(
            f"{run.path} exists with different hyperparameters: "
            f"{', '.join(different)}. Move it, or use another folder."
        )
    if (done := run.last_step or 0) > experiment.updates:
        raise RunError(
            f"{run.path} already has {done:,} updates, more than the requested "
            f"{experiment.updates:,}. Use another folder."
        )


@contextmanager
def started(address: str | None) -> Iterator[None]:
    """Starts Ray without usage reports and dashboard, and shuts it down at the end.

    An instance that is already running is used and left running.
    """
    if address is None and ray.is_initialized():
        yield
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Opts in to a future default of Ray, which warns otherwise.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    options: dict[str, Any] = (
        {"address": address}
        if address
        else {
            "address": "local",
            "include_dashboard": False,
        }
    )
    ray.init(log_to_driver=False, logging_level=logging.ERROR, **options)
    try:
        yield
    finally:
        ray.shutdown()


def failure_of(task: Any) -> str | None:
    """Returns the reason why a task failed; `None` if it succeeded."""
    try:
        ray.get(task)
    except ray.exceptions.RayTaskError as failure:
        return f"{type(failure.cause).__name__}: {failure.cause}"
    except ray.exceptions.RayError as failure:
        return f"its worker died {RETRIES + 1} times: {failure}"
    return None


def train_on_one_processor(
    experiment: Experiment, path: str, data_dir: str | None
) -> None:
    """Trains or resumes an experiment in a Ray worker."""
    from keras_xavier.experiments.keras_startup import start_keras

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Parallel runs on one processor each are faster than one run on several.
    start_keras(one_processor=True)
    from keras_xavier.experiments.training import saved_updates, train

    mode: Mode = "create"
    if run_exists(path):
        if is_done(experiment, path):
            return
        # A worker may die after the last update but before the run is closed.
        done = saved_updates(checkpoint_path(path))
        mode = "resume" if 0 < done < experiment.updates else "overwrite"
    train(experiment, path, mode=mode, data_dir=data_dir)
