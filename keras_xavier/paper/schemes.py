"""The schemes that Glorot & Bengio (2010) compare, with their test errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from keras_xavier.experiments.experiment import Experiment


@dataclass(frozen=True)
class Scheme:
    """An activation function with an initialization.

    Attributes:
        name: str. Name in table 1 of the paper; "N" means normalized (Glorot uniform),
            no suffix means standard (PyTorch-style uniform).
        activation: str. Activation of the hidden layers.
        initializer: str. Initializer of the weights.
        errors: dict. Test errors of table 1 in percent by data set, for five hidden
            layers of 1,000 units.
    """

    name: str
    activation: str
    initializer: str
    errors: Mapping[str, float] = field(repr=False, hash=False)

    def experiment(self, **hyperparameters: Any) -> Experiment:
        """Returns an `Experiment` with this scheme and the given hyperparameters.

        Example:

        >>> TANH_N.experiment(units=200).run_name()
        'shapeset3x2-tanh-normalized-5x200-lr0.01-seed0'
        """
        return Experiment(
            activation=self.activation, initializer=self.initializer, **hyperparameters
        )


def _errors(shapeset3x2: float, mnist: float, cifar10: float) -> Mapping[str, float]:
    return {"shapeset3x2": shapeset3x2, "mnist": mnist, "cifar10": cifar10}


SOFTSIGN = Scheme("Softsign", "softsign", "standard", _errors(16.27, 1.64, 55.78))
SOFTSIGN_N = Scheme("Softsign N", "softsign", "normalized", _errors(16.06, 1.72, 53.8))
TANH = Scheme("Tanh", "tanh", "standard", _errors(27.15, 1.76, 55.9))
TANH_N = Scheme("Tanh N", "tanh", "normalized", _errors(15.60, 1.64, 52.92))
SIGMOID = Scheme("Sigmoid", "sigmoid", "standard", _errors(82.61, 2.21, 57.28))
SCHEMES = (SOFTSIGN, SOFTSIGN_N, TANH, TANH_N, SIGMOID)
"""In the order of table 1."""

SVM_ERROR = 59.47
"""Test error in percent of an RBF SVM trained on 100,000 examples of Shapeset-3×2."""
