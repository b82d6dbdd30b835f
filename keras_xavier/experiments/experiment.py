"""One experiment as data: everything that determines a run. No Keras here."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_xavier.activation_table import ACTIVATION_NAMES
from keras_xavier.initializer_table import INITIALIZER_NAMES

if TYPE_CHECKING:
    from keras_xavier.runs import Run

DATASET_TITLES = {
    "shapeset3x2": "Shapeset-3×2",
    "mnist": "MNIST",
    "cifar10": "CIFAR-10",
}
"""How the paper writes the names of its data sets."""
DATASETS = tuple(DATASET_TITLES)
ACTIVATIONS = ACTIVATION_NAMES
INITIALIZERS = INITIALIZER_NAMES
OLDER = {"pretraining_updates": 0}
"""What runs were made with that do not know of it, as it was not there yet."""
EVALUATED = ("val_error", "test_error")
"""Metrics that each evaluation of a run adds."""
NETWORK_SUFFIX = ".keras"
PARTIAL_SUFFIX = ".partial.keras"
"""Of a network while it is being saved."""


@dataclass(frozen=True)
class Experiment:
    """A network, its data and how it is trained.

    The same experiment gives the same run: data, initial weights and the order
    of examples all follow from `seed`.

    Attributes:
        dataset: One of `DATASETS`.
        activation: One of `ACTIVATIONS`.
        initializer: One of `INITIALIZERS`.
        layers: Number of hidden layers.
        units: Number of units in each hidden layer.
        learning_rate: Step size of plain stochastic gradient descent.
        batch_size: Examples in each update.
        updates: Number of updates.
        pretraining_updates: Number of updates of a denoising autoencoder for each
            hidden layer, before all others; none by default.
        seed: Of everything that is random.

    Raises:
        ValueError: If a value is not one of those allowed.

    Example:

    >>> Experiment(activation="softsign").run_name()
    'shapeset3x2-softsign-normalized-5x1000-lr0.01-seed0'
    """

    dataset: str = "shapeset3x2"
    activation: str = "tanh"
    initializer: str = "normalized"
    layers: int = 5
    units: int = 1000
    learning_rate: float = 0.01
    batch_size: int = 10
    updates: int = 20_000
    pretraining_updates: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, allowed in (
            ("dataset", DATASETS),
            ("activation", ACTIVATIONS),
            ("initializer", INITIALIZERS),
        ):
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"`{name}` must be one of {', '.join(allowed)}. "
                    f"Received: {name}={getattr(self, name)!r}"
                )
        for name in ("layers", "units", "batch_size", "updates"):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"`{name}` must be 1 or more. "
                    f"Received: {name}={getattr(self, name)!r}"
                )
        if self.pretraining_updates < 0:
            raise ValueError(
                "`pretraining_updates` must be 0 or more. Received: "
                f"pretraining_updates={self.pretraining_updates!r}"
            )
        if not 0 < self.learning_rate < float("inf"):
            raise ValueError(
                "`learning_rate` must be a positive number. "
                f"Received: learning_rate={self.learning_rate!r}"
            )
        if not 0 <= self.seed < 2**31:
            raise ValueError(
                f"`seed` must lie in 0 … 2^31 - 1. Received: seed={self.seed!r}"
            )

    def run_name(self) -> str:
        """A name that tells apart what is not merely trained longer."""
        default = type(self)()
        parts = [
            self.dataset,
            self.activation,
            self.initializer,
            f"{self.layers}x{self.units}",
            f"lr{self.learning_rate:g}",
        ]
        if self.batch_size != default.batch_size:
            parts.append(f"batch{self.batch_size}")
        if self.pretraining_updates:
            parts.append(f"pretrained{self.pretraining_updates}")
        return "-".join([*parts, f"seed{self.seed}"])

    @classmethod
    def of(cls, run: "Run") -> "Experiment":
        """The experiment that a run was made with.

        Raises:
            ValueError: If the run does not tell, as those of others need not.
        """
        stored = OLDER | dict(run.hyperparameters)
        try:
            return cls(**{field.name: stored[field.name] for field in fields(cls)})
        except (KeyError, TypeError) as missing:
            raise ValueError(
                f"{run.path} does not tell what an experiment was made with"
            ) from missing

    def is_complete(self, run: "Run") -> bool:
        """Whether a run ended in order after all updates, with an evaluation."""
        if run.state != "finished" or run.last_step != self.updates:
            return False
        metrics = run.metrics()
        return all(
            name in metrics and metrics[name][0][-1] == self.updates
            for name in EVALUATED
        )

    def differences(self, stored: Mapping[str, Any]) -> list[str]:
        """Settings that differ from those a run was made with.

        Args:
            stored: Hyperparameters of the run.

        Returns:
            Names of the settings, without `updates`: a run may be continued
            with more of them.
        """
        stored = {**OLDER, **stored}
        return [
            field.name
            for field in fields(self)
            if field.name != "updates"
            and stored.get(field.name) != getattr(self, field.name)
        ]


def checkpoint_path(run: str) -> Path:
    """Where the network of a run is kept: `NAME.keras` beside `NAME.zarr`."""
    return Path(run.removesuffix(".zarr") + NETWORK_SUFFIX)


def place(experiment: Experiment, folder: str | os.PathLike[str]) -> str:
    """Where the run of an experiment is."""
    return os.path.join(folder, experiment.run_name() + ".zarr")


def refuse_same_names(experiments: Iterable[Experiment]) -> None:
    """Refuses experiments that would be recorded as one run.

    Raises:
        ValueError: If there are any, such as two that differ in `updates` only.
    """
    names = Counter(one.run_name() for one in experiments)
    if twice := [name for name, number in names.items() if number > 1]:
        raise ValueError(
            f"{names[twice[0]]} experiments would be one run, {twice[0]}, as they are "
            "the same or differ only in the updates, or in a digit of the learning "
            "rate that its name has not. Take another folder for each of them."
        )
