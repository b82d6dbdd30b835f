"""One experiment as data: everything that determines a run. No Keras here."""

from dataclasses import dataclass, fields
from typing import Any

DATASETS = ("shapeset3x2", "mnist", "cifar10")
ACTIVATIONS = (
    *("sigmoid", "tanh", "softsign", "scaled_tanh", "hard_tanh", "relu"),
    *("leaky_relu", "elu", "selu", "gelu", "silu", "arctan", "sine"),
)
INITIALIZERS = (
    *("standard", "normalized", "lecun_normal", "lecun_uniform"),
    *("he_normal", "he_uniform", "orthogonal", "lsuv"),
)


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
        seed: Of everything that is random.

    Raises:
        ValueError: If a value is not one of those allowed.

    Example:

    >>> Experiment(activation="softsign").run_name()
    'shapeset3x2-softsign-normalized-5x1000-seed0'
    """

    dataset: str = "shapeset3x2"
    activation: str = "tanh"
    initializer: str = "normalized"
    layers: int = 5
    units: int = 1000
    learning_rate: float = 0.01
    batch_size: int = 10
    updates: int = 20_000
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
        """A name that tells runs of one folder apart."""
        return (
            f"{self.dataset}-{self.activation}-{self.initializer}"
            f"-{self.layers}x{self.units}-seed{self.seed}"
        )

    def differences(self, stored: dict[str, Any]) -> list[str]:
        """Settings that differ from those a run was made with.

        Args:
            stored: Hyperparameters of the run.

        Returns:
            Names of the settings, without `updates`: a run may be continued
            with more of them.
        """
        return [
            field.name
            for field in fields(self)
            if field.name != "updates"
            and stored.get(field.name) != getattr(self, field.name)
        ]
