"""Many experiments at once, on Ray: on this machine or on a cluster."""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from keras_xavier.experiments.experiment import (
    Experiment,
    checkpoint_path,
    place,
    refuse_same_names,
)
from keras_xavier.runs import Mode, Run, RunError, open_run, run_exists

try:
    import ray
except ImportError as error:
    raise ImportError(
        "Sweeps run on Ray; install it with: pip install 'keras-xavier[sweep]'"
    ) from error

RETRIES = 3
"""Times that a run goes on which was lost with its worker."""
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Outcome:
    """What became of an experiment.

    Attributes:
        experiment: What was to be run.
        run: Path of its run.
        failure: Why there is no finished run, in words; `None` if there is.
    """

    experiment: Experiment
    run: str
    failure: str | None = None


Watcher = Callable[[Sequence[Outcome]], None]
"""Called again and again with what is done so far."""


def sweep(
    experiments: Sequence[Experiment],
    folder: str | os.PathLike[str],
    *,
    address: str | None = None,
    data_dir: str | None = None,
    watch: Watcher = lambda done: None,
) -> list[Outcome]:
    """Runs experiments, as many at once as there are processors.

    Each is an ordinary run in `folder`, named by its settings. What is finished there
    is not done again, and what was broken off goes on from its last checkpoint; so
    does the run of a worker that is lost. One failure does not end the others.

    Args:
        experiments: What to run, each with a run name of its own.
        folder: Where to keep the runs; on a cluster all machines must share it.
        address: Of a Ray cluster; by default Ray is started on this machine, unless
            it has been started in this process.
        data_dir: Folder of prepared data sets for tensorflow-datasets.
        watch: Told what is done, twice a second.

    Returns:
        An outcome for each experiment, in their order.

    Raises:
        ValueError: If two experiments have the same run name.
        RunError: If the run that is there is one of something else, or has had more
            updates.
        ConnectionError: If there is no cluster at `address`.

    Example:

    >>> sweep([Experiment(seed=s) for s in range(3)], "runs/seeds")  # doctest: +SKIP
    """
    refuse_same_names(experiments)
    # Processes of a cluster have a working directory of their own.
    folder = os.path.abspath(folder)
    if data_dir is not None and "://" not in data_dir:
        data_dir = os.path.abspath(os.path.expanduser(data_dir))
    outcomes = {
        one: Outcome(one, path)
        for one in experiments
        if is_done(one, path := place(one, folder))
    }
    watch(list(outcomes.values()))
    waiting = [one for one in experiments if one not in outcomes]
    if waiting:
        with started(address):
            train = ray.remote(num_cpus=1, max_retries=RETRIES)(train_on_one_processor)
            tasks = {
                train.remote(one, place(one, folder), data_dir): one for one in waiting
            }
            while tasks:
                ready, _ = ray.wait(list(tasks), timeout=POLL_SECONDS)
                for task in ready:
                    one = tasks.pop(task)
                    outcomes[one] = Outcome(one, place(one, folder), failure_of(task))
                watch(list(outcomes.values()))
    return [outcomes[one] for one in experiments]


def is_done(experiment: Experiment, path: str) -> bool:
    """Whether there is a finished run of an experiment.

    Raises:
        RunError: If the run that is there is one of something else, or has had more
            updates.
    """
    if not run_exists(path):
        return False
    run = open_run(path)
    refuse_other(experiment, run)
    return experiment.is_complete(run)


def cannot_go_on(
    experiments: Sequence[Experiment], folder: str | os.PathLike[str]
) -> list[str]:
    """Runs with records that are begun again, as their networks are not there.

    A network is first saved with the first evaluation.
    """
    paths = [place(one, folder) for one in experiments]
    return [
        path
        for one, path in zip(experiments, paths, strict=True)
        if run_exists(path)
        and not checkpoint_path(path).exists()
        and not is_done(one, path)
        and open_run(path).records
    ]


def refuse_other(experiment: Experiment, run: Run) -> None:
    if different := experiment.differences(run.hyperparameters):
        raise RunError(
            f"{run.path} is in the way: it was made with another "
            f"{', '.join(different)}. Take another folder, or move it elsewhere."
        )
    if (done := run.last_step or 0) > experiment.updates:
        raise RunError(
            f"{run.path} has had {done:,} updates already, asked were "
            f"{experiment.updates:,}. Take another folder."
        )


@contextmanager
def started(address: str | None) -> Iterator[None]:
    """Ray, for as long as it is needed, without its reports and its dashboard.

    If it was started before, it is not ended either.
    """
    if address is None and ray.is_initialized():
        yield
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Ray itself changes this soon, and warns until then.
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
    """Why a task failed, in words."""
    try:
        ray.get(task)
    except ray.exceptions.RayTaskError as failure:
        return f"{type(failure.cause).__name__}: {failure.cause}"
    except ray.exceptions.RayError as failure:
        return f"its worker was lost {RETRIES + 1} times: {failure}"
    return None


def train_on_one_processor(
    experiment: Experiment, path: str, data_dir: str | None
) -> None:
    """Trains an experiment, or goes on with it. Runs in a process of Ray."""
    from keras_xavier.experiments.keras_startup import start_keras

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Runs side by side use the processors better than one run uses several.
    start_keras(one_processor=True)
    from keras_xavier.experiments.training import train, updates_of

    mode: Mode = "create"
    if run_exists(path):
        if is_done(experiment, path):
            return
        # A worker may be lost after the last update, and before the run is ended.
        done = updates_of(checkpoint_path(path))
        mode = "resume" if 0 < done < experiment.updates else "overwrite"
    train(experiment, path, mode=mode, data_dir=data_dir)
