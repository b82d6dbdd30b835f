"""Learning rates, chosen on the validation error as in the paper."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from keras_xavier.experiments.experiment import Experiment
from keras_xavier.runs import Run

CHOSEN = "learning_rates.json"
METRIC = "val_error"
SETTINGS = (
    *("dataset", "activation", "initializer", "layers", "units", "updates"),
    *("batch_size", "pretraining_updates"),
)
"""Those that all candidates of a choice have in common."""
FALLBACKS = {"cifar10": "mnist"}
"""Data sets for which nothing was chosen, and those whose choices are taken."""


@dataclass(frozen=True)
class LearningRateChoice:
    """A learning rate, and how it was found.

    Attributes:
        dataset: What was learned.
        activation: Of the hidden layers.
        initializer: Of the weights.
        layers: Number of hidden layers.
        units: Width of each.
        updates: How long each candidate was trained.
        learning_rate: The candidate with the lowest validation error.
        validation_errors: Last validation error by candidate, from 0 to 1; the mean
            of the seeds.
        seeds: The seeds that were tried, the same for all candidates.
        batch_size: Examples in each update.
        pretraining_updates: Updates of the autoencoder of each layer, before.
    """

    dataset: str
    activation: str
    initializer: str
    layers: int
    units: int
    updates: int
    learning_rate: float
    validation_errors: Mapping[str, float]
    seeds: tuple[int, ...]
    batch_size: int = 10
    pretraining_updates: int = 0

    @property
    def is_at_edge(self) -> bool:
        """Whether a rate beyond those tried, higher or lower, may be better."""
        tried = sorted(self.validation_errors, key=float)
        return f"{self.learning_rate:g}" in (tried[0], tried[-1])


def choose(
    runs: Iterable[Run], *, tell: Callable[[str], None] = lambda message: None
) -> list[LearningRateChoice]:
    """Chooses the learning rate with the lowest validation error.

    Args:
        runs: Finished runs of `keras-xavier train` or `sweep`, which differ in the
            learning rate, and perhaps in the seed and in other things.
        tell: Told in words what is left out, and why: runs that are not complete or
            were not made by these commands, and settings whose candidates have not
            been tried with the same seeds.

    Returns:
        A choice for each setting of all else; of equal errors the lower rate is taken.

    Example:

    >>> from pathlib import Path
    >>> from keras_xavier.runs import find_runs, open_run
    >>> Path("rates").mkdir()  # Or the folder that a sweep has filled.
    >>> choose(open_run(run.path) for run in find_runs("rates"))
    []
    """
    found: dict[tuple[object, ...], dict[float, dict[int, float]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for run in runs:
        try:
            experiment = Experiment.of(run)
        except ValueError as reason:
            tell(f"Left out: {reason}")
            continue
        if not experiment.is_complete(run):
            tell(
                f"Left out: {run.path} has had {run.last_step or 0:,} of "
                f"{experiment.updates:,} updates, or was not evaluated at the end"
            )
            continue
        key = tuple(getattr(experiment, name) for name in SETTINGS)
        error = float(run.metrics()[METRIC][1][-1])
        found[key][experiment.learning_rate][experiment.seed] = error
    choices = []
    for key, candidates in sorted(found.items(), key=lambda item: str(item[0])):
        seeds = sorted({seed for tried in candidates.values() for seed in tried})
        if any(sorted(tried) != seeds for tried in candidates.values()):
            settings = ", ".join(
                f"{name} {value}" for name, value in zip(SETTINGS, key, strict=True)
            )
            tell(
                "Left out, as learning rates were not tried with the same seeds: "
                f"{settings}"
            )
            continue
        means = {
            rate: float(np.mean(list(candidates[rate].values())))
            for rate in sorted(candidates)
        }
        choices.append(
            LearningRateChoice(
                **dict(zip(SETTINGS, key, strict=True)),  # type: ignore[arg-type]
                learning_rate=min(means, key=lambda rate: means[rate]),
                validation_errors={
                    f"{rate:g}": round(error, 4) for rate, error in means.items()
                },
                seeds=tuple(seeds),
            )
        )
    return choices


def save(choices: Sequence[LearningRateChoice], path: Path) -> None:
    """Writes choices as JSON."""
    found = [asdict(choice) for choice in choices]
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


@cache
def chosen() -> tuple[LearningRateChoice, ...]:
    """The choices that come with the package."""
    text = files("keras_xavier.paper").joinpath(CHOSEN).read_text(encoding="utf-8")
    return tuple(
        LearningRateChoice(**{**one, "seeds": tuple(one["seeds"])})
        for one in json.loads(text)
    )


def choice_for(experiment: Experiment) -> LearningRateChoice:
    """The choice that was made for the settings nearest to those of an experiment.

    Args:
        experiment: Its data set, activation and initializer count, and then, in this
            order, number of layers, pre-training, width, updates and batches.

    Returns:
        The choice with the rate to take; for CIFAR-10, where none was made on it, one
        made on MNIST, as its `dataset` tells.

    Raises:
        LookupError: If none was made for the data set, activation and initializer.

    Example:

    >>> choice_for(Experiment(activation="tanh", units=200)).dataset
    'shapeset3x2'
    """
    scheme = (experiment.activation, experiment.initializer)
    by_dataset = defaultdict(list)
    for choice in chosen():
        if (choice.activation, choice.initializer) == scheme:
            by_dataset[choice.dataset].append(choice)
    same = by_dataset[experiment.dataset]
    if not same and experiment.dataset in FALLBACKS:
        same = by_dataset[FALLBACKS[experiment.dataset]]
    if not same:
        raise LookupError(
            f"No learning rate was chosen for {experiment.activation} with the "
            f"{experiment.initializer} initializer on {experiment.dataset}. Give one, "
            "or choose one with keras-xavier sweep --choose."
        )

    def distance(choice: LearningRateChoice) -> tuple[float, ...]:
        return (
            abs(choice.layers - experiment.layers),
            bool(choice.pretraining_updates) != bool(experiment.pretraining_updates),
            abs(np.log(choice.units / experiment.units)),
            abs(np.log(choice.updates / experiment.updates)),
            abs(np.log(choice.batch_size / experiment.batch_size)),
        )

    return min(same, key=distance)
