"""Hyperparameters of an experiment, as a dataclass that does not import Keras."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_xavier.activation_table import ACTIVATION_NAMES
from keras_xavier.initializer_table import INITIALIZER_NAMES, PAPER_NAMES

if TYPE_CHECKING:
    from keras_xavier.runs import Run

DATASET_TITLES = {
    "shapeset3x2": "Shapeset-3×2",
    "mnist": "MNIST",
    "cifar10": "CIFAR-10",
}
"""Data sets with their names in the paper."""
DATASETS = tuple(DATASET_TITLES)
ACTIVATIONS = ACTIVATION_NAMES
INITIALIZERS = INITIALIZER_NAMES
ADDED_LATER = {"pretraining_updates": 0}
"""Hyperparameters that older runs do not store, with the values that they used."""
EVALUATION_METRICS = ("val_error", "test_error")
"""Metrics that every evaluation adds to a run."""
DATA = "data"
"""Hyperparameter in which a run describes the files of its data set."""
NETWORK_SUFFIX = ".keras"
PARTIAL_SUFFIX = ".partial.keras"
"""Suffix of a network while it is being saved."""


def _field(
    default: Any, text: str, *, choices: tuple[str, ...] = (), least: int | None = None
) -> Any:
    """Returns a field with its description, allowed names and smallest value."""
    metadata = {"help": text, "choices": choices, "least": least}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Experiment:
    """Hyperparameters of a network, its data and its training.

    Equal experiments give equal runs: data, initial weights and the order of
    examples follow from `seed`. The metadata of each field hold its description,
    the allowed names and the smallest value; the command line is made from them.

    Attributes:
        dataset: str. One of `DATASETS`. Defaults to `"shapeset3x2"`.
        activation: str. One of `ACTIVATIONS`. Defaults to `"tanh"`.
        initializer: str. One of `INITIALIZERS`. Defaults to `"normalized"`, which is
            Glorot uniform; `"standard"` is PyTorch-style uniform.
        layers: int. Number of hidden layers. Defaults to 5.
        units: int. Units in each hidden layer. Defaults to 1000.
        learning_rate: float. Step size of plain stochastic gradient descent.
            Defaults to 0.01.
        batch_size: int. Examples per update. Defaults to 10.
        updates: int. Total number of updates. Defaults to 20,000.
        pretraining_updates: int. Updates of a denoising autoencoder for each hidden
            layer before training. Defaults to 0: no pre-training.
        seed: int. Seed of data, initial weights and noise. Defaults to 0.

    Raises:
        ValueError: If a value is not allowed.

    Example:

    >>> Experiment(activation="softsign").run_name()
    'shapeset3x2-softsign-normalized-5x1000-lr0.01-seed0'
    """

    dataset: str = _field("shapeset3x2", "data set", choices=DATASETS)
    activation: str = _field(
        "tanh", "activation function of the hidden layers", choices=ACTIVATIONS
    )
    initializer: str = _field(
        "normalized", f"initializer: {PAPER_NAMES}", choices=INITIALIZERS
    )
    layers: int = _field(5, "number of hidden layers", least=1)
    units: int = _field(1000, "units in each hidden layer", least=1)
    learning_rate: float = _field(0.01, "step size of stochastic gradient descent")
    batch_size: int = _field(10, "examples per update", least=1)
    updates: int = _field(20_000, "total number of updates", least=1)
    pretraining_updates: int = _field(
        0,
        "updates of a denoising autoencoder for each hidden layer before training",
        least=0,
    )
    seed: int = _field(0, "seed of data, initial weights and noise")

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            choices, least = one.metadata["choices"], one.metadata["least"]
            if choices and value not in choices:
                raise ValueError(
                    f"`{one.name}` must be one of {', '.join(choices)}. "
                    f"Received: {one.name}={value!r}"
                )
            if least is not None and value < least:
                raise ValueError(
                    f"`{one.name}` must be {least} or more. "
                    f"Received: {one.name}={value!r}"
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
        """Returns a name that identifies the experiment, except for `updates`."""
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

    def run_path(self, folder: str | os.PathLike[str]) -> str:
        """Returns the path of the run in a folder."""
        return os.path.join(folder, self.run_name() + ".zarr")

    @classmethod
    def from_run(cls, run: "Run") -> "Experiment":
        """Reads the experiment from the hyperparameters of a run.

        Raises:
            ValueError: If a hyperparameter is missing from the run.
        """
        return cls.from_hyperparameters(run.hyperparameters, run.path)

    @classmethod
    def from_hyperparameters(cls, given: Mapping[str, Any], path: str) -> "Experiment":
        """Reads the experiment from hyperparameters.

        Args:
            given: dict. Hyperparameters of a run.
            path: str. Path of the run, for the error message.

        Raises:
            ValueError: If a hyperparameter is missing or invalid.
        """
        stored = ADDED_LATER | dict(given)
        try:
            return cls(**{one.name: stored[one.name] for one in fields(cls)})
        except (KeyError, TypeError) as missing:
            raise ValueError(
                f"{path} does not hold the hyperparameters of an experiment"
            ) from missing

    def is_complete(self, run: "Run") -> bool:
        """Returns whether a run finished after all updates, with a last evaluation."""
        if run.state != "finished" or run.last_step != self.updates:
            return False
        metrics = run.metrics()
        return all(
            name in metrics and metrics[name][0][-1] == self.updates
            for name in EVALUATION_METRICS
        )

    def differences(self, stored: Mapping[str, Any]) -> list[str]:
        """Lists the hyperparameters in which a run differs.

        Args:
            stored: dict. Hyperparameters of the run.

        Returns:
            List of str. Names, without `updates`: a run may be resumed with more
            updates.
        """
        stored = {**ADDED_LATER, **stored}
        return [
            one.name
            for one in fields(self)
            if one.name != "updates" and stored.get(one.name) != getattr(self, one.name)
        ]


def checkpoint_path(run: str) -> Path:
    """Returns the path of the network of a run: `NAME.keras` beside `NAME.zarr`."""
    return Path(run.removesuffix(".zarr") + NETWORK_SUFFIX)


def check_unique_names(experiments: Iterable[Experiment]) -> None:
    """Checks that each experiment has its own run name.

    Raises:
        ValueError: If two experiments share a run name, for example because they
            differ only in `updates`.
    """
    names = Counter(one.run_name() for one in experiments)
    if shared := [name for name, number in names.items() if number > 1]:
        raise ValueError(
            f"{names[shared[0]]} experiments would be one run, {shared[0]}: they are "
            "equal, or differ only in `updates` or in digits of the learning rate that "
            "the name omits. Use a separate folder for each."
        )
