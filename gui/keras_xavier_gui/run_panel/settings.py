"""The settings of a run: its hyperparameters and its recorded configuration."""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from statistics import fmean, stdev
from typing import Any

from keras_xavier.runs import RunSummary

SEED = "seed"
GENERATED = ("name",)
"""Last parts of names of settings that Keras makes up, such as `sequential_1`."""
ENVIRONMENT = ("versions", "device", "trial.trial")
"""Settings that do not belong to the experiment."""
MAX_NAMES = 1000
"""Names of settings that are remembered; all runs share most of them."""


def settings_of(run: RunSummary) -> dict[str, Any]:
    """Returns hyperparameters and configuration; hyperparameters have precedence.

    A setting of the configuration is left out if a hyperparameter has its name and
    value, as the learning rate of an experiment of this package.
    """
    given = run.hyperparameters
    return {
        **given,
        **{
            name: value
            for name, value in run.configuration.items()
            if name not in given and not is_given(name, value, given)
        },
    }


def is_given(name: str, value: Any, given: Mapping[str, Any]) -> bool:
    """Whether a hyperparameter has the last part of a name, and the same value.

    >>> is_given("optimizer.learning_rate", 0.1, {"learning_rate": 0.1})
    True
    """
    last = name.rpartition(".")[2]
    return last in given and given[last] == value


@lru_cache(maxsize=MAX_NAMES)
def is_experimental(name: str) -> bool:
    """Whether a setting distinguishes experiments.

    >>> [is_experimental(one) for one in ("units", "model.name", "versions.keras")]
    [True, False, False]
    """
    outside = any(name == one or name.startswith(f"{one}.") for one in ENVIRONMENT)
    return not is_generated(name) and not outside


def is_generated(name: str) -> bool:
    """Whether a setting is a name that Keras makes up.

    >>> is_generated("optimizer.name"), is_generated("name")
    (True, False)
    """
    return "." in name and name.rpartition(".")[2] in GENERATED


@lru_cache(maxsize=MAX_NAMES)
def is_seed(name: str) -> bool:
    """Whether a setting is a seed of random numbers.

    >>> is_seed("seed"), is_seed("model.seed"), is_seed("random_seed"), is_seed("seeds")
    (True, True, True, False)
    """
    last = name.rpartition(".")[2].casefold()
    return last == SEED or last.endswith(f"_{SEED}")


def without_seeds(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        name: value
        for name, value in settings.items()
        if is_experimental(name) and not is_seed(name)
    }


def spread(values: Sequence[float]) -> tuple[float, float | None]:
    """Returns mean and sample standard deviation; no deviation of one value.

    >>> spread([1.0, 3.0])
    (2.0, 1.4142135623730951)
    """
    # Sums of numbers near the largest float are infinite. Powers of 2 are exact.
    scale = 2.0 ** (math.frexp(max(map(abs, values)))[1] - 1)
    shares = [one / scale for one in values]
    deviation = scale * stdev(shares) if len(shares) > 1 else None
    return scale * fmean(shares), deviation
