"""Trains trials in parallel with Ray."""

from collections.abc import Sequence

import keras
import ray

from keras_xavier.experiments.sweep import POLL_SECONDS, failure_of, started
from keras_xavier.remedies.progress import Progress
from keras_xavier.remedies.training import train_trial
from keras_xavier.remedies.trial import Trial


def train_in_parallel(trials: Sequence[Trial], progress: Progress) -> list[str]:
    """Trains trials, each on one processor of this machine or of a cluster.

    Returns:
        List of str. The reason why a trial failed, or `""`.
    """
    failures: dict[int, str] = {}
    variables = {
        "KERAS_BACKEND": keras.backend.backend(),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    with started(None):
        train = ray.remote(num_cpus=1)(train_trial).options(
            runtime_env={"env_vars": variables}
        )
        tasks = {train.remote(one): place for place, one in enumerate(trials)}
        while tasks:
            ready, _ = ray.wait(list(tasks), timeout=POLL_SECONDS)
            for task in ready:
                place = tasks.pop(task)
                failures[place] = failure_of(task) or ""
                progress.end(failures[place], trials[place].title)
    return [failures[place] for place in range(len(trials))]
