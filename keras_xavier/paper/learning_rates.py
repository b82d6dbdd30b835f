"""Learning rates chosen by validation error, as in the paper."""

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
SHARED = (
    *("dataset", "activation", "initializer", "layers", "units", "updates"),
    *("batch_size", "pretraining_updates"),
)
"""Hyperparameters that the candidates of a choice share."""


@dataclass(frozen=True)
class LearningRateChoice:
    """A chosen learning rate and the candidates it was chosen from.

    Attributes:
        dataset: str. Data set.
        activation: str. Activation of the hidden layers.
        initializer: str. Initializer of the weights.
        layers: int. Number of hidden layers.
        units: int. Units in each hidden layer.
        updates: int. Updates of each candidate.
        learning_rate: float. The candidate with the lowest validation error.
        validation_errors: dict. Last validation error, from 0 to 1, by learning rate;
            means over the seeds.
        seeds: Tuple of int. Seeds of each candidate.
        batch_size: int. Examples per update. Defaults to 10.
        pretraining_updates: int. Updates of the autoencoder for each hidden layer.
            Defaults to 0.
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
        """Whether the choice is the lowest or highest candidate."""
        tried = sorted(self.validation_errors, key=float)
        return f"{self.learning_rate:g}" in (tried[0], tried[-1])


def choose(
    runs: Iterable[Run], *, notify: Callable[[str], None] = lambda message: None
) -> list[LearningRateChoice]:
    """Chooses the learning rate with the lowest validation error.

    Args:
        runs: Iterable of `Run`. Finished runs of `keras-xavier train` or `sweep` with
            different learning rates, and possibly other differences.
        notify: Function of a str. Receives a message for each omission: incomplete
            runs, runs of other programs, and candidates with different seeds.

    Returns:
        List of `LearningRateChoice`, one for each combination of the other
        hyperparameters. Ties go to the lower rate.

    Example:

    >>> from pathlib import Path
    >>> from keras_xavier.runs import find_runs, open_run
    >>> Path("rates").mkdir()  # Use the folder of a sweep instead.
    >>> choose(open_run(run.path) for run in find_runs("rates"))
    []
    """
    found: dict[tuple[object, ...], dict[float, dict[int, float]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for run in runs:
        try:
            experiment = Experiment.from_run(run)
        except ValueError as reason:
            notify(f"Skipped: {reason}")
            continue
        if not experiment.is_complete(run):
            notify(
                f"Skipped: {run.path} has only {run.last_step or 0:,} of "
                f"{experiment.updates:,} updates, or no final evaluation"
            )
            continue
        key = tuple(getattr(experiment, name) for name in SHARED)
        error = float(run.metrics()[METRIC][1][-1])
        found[key][experiment.learning_rate][experiment.seed] = error
    choices = []
    for key, candidates in sorted(found.items(), key=lambda item: str(item[0])):
        seeds = sorted({seed for tried in candidates.values() for seed in tried})
        if any(sorted(tried) != seeds for tried in candidates.values()):
            shared = ", ".join(
                f"{name} {value}" for name, value in zip(SHARED, key, strict=True)
            )
            notify(f"Skipped: learning rates have different seeds for {shared}")
            continue
        means = {
            rate: float(np.mean(list(candidates[rate].values())))
            for rate in sorted(candidates)
        }
        choices.append(
            LearningRateChoice(
                **dict(zip(SHARED, key, strict=True)),  # type: ignore[arg-type]
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
    """Returns the choices included in the package."""
    text = files("keras_xavier.paper").joinpath(CHOSEN).read_text(encoding="utf-8")
    return tuple(
        LearningRateChoice(**{**one, "seeds": tuple(one["seeds"])})
        for one in json.loads(text)
    )


def choice_for(experiment: Experiment) -> LearningRateChoice:
    """Finds the included choice nearest to an experiment.

    The data set, activation and initializer must match. Among the matches, the nearest
    in number of layers, pre-training, width, updates and batch size is returned, in
    this order of precedence.

    Args:
        experiment: `Experiment`.

    Returns:
        `LearningRateChoice`.

    Raises:
        LookupError: If no choice is included for this data set, activation and
            initializer.

    Example:

    >>> choice_for(Experiment(activation="tanh", units=200)).dataset
    'shapeset3x2'
    """
    scheme = (experiment.activation, experiment.initializer)
    same = [
        choice
        for choice in chosen()
        if choice.dataset == experiment.dataset
        and (choice.activation, choice.initializer) == scheme
    ]
    if not same:
        raise LookupError(
            f"There is no chosen learning rate for {experiment.activation} with the "
            f"{experiment.initializer} initializer on {experiment.dataset}. Pass "
            "`learning_rate`, or choose one with keras-xavier sweep --choose."
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
