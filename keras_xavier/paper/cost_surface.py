"""The cost of a network as a function of two of its weights (figure 5)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EXAMPLES = 40
REACH = 10.0
"""Largest size of a weight."""
POINTS = 61
"""Values of each weight."""


@dataclass(frozen=True)
class CostSurface:
    """The cost over two weights of a network with one hidden unit.

    Attributes:
        weights: Values of either weight, `(n,)`.
        cost: Array `(n, n)`: weight of the first layer, weight of the second.
        name: What the cost is called.
    """

    weights: Floats
    cost: Floats
    name: str

    @property
    def slope(self) -> Floats:
        """Length of the gradient, `(n, n)`."""
        return np.hypot(*np.gradient(self.cost, self.weights, self.weights))

    def plateau_share(self, level: float = 0.02) -> float:
        """Share of the area in which the cost is nearly level.

        Args:
            level: Slopes under this share of the range of the cost, for each unit of
                a weight, count as level.

        Returns:
            A number from 0 to 1.
        """
        return float(np.mean(self.slope < level * np.ptp(self.cost)))


def cost_surfaces(seed: int = 0) -> tuple[CostSurface, CostSurface]:
    """Computes both costs of a network with random input and target signals.

    The network has two layers with a weight each, p = σ(w₂ tanh(w₁ x)); its inputs x
    are drawn from N(0, 1), its targets t from {0, 1}, independently. The costs are
    averages over the examples: the cross-entropy, -t log p - (1 - t) log(1 - p), and
    the quadratic cost, (p - t)². Glorot & Bengio (2010), section 4.1 and figure 5.

    Args:
        seed: Of inputs and targets.

    Returns:
        The surfaces of the cross-entropy and of the quadratic cost.

    Example:

    >>> cross_entropy, quadratic = cost_surfaces()
    >>> cross_entropy.plateau_share() < quadratic.plateau_share()
    True
    """
    random = np.random.default_rng(seed)
    inputs = random.standard_normal(EXAMPLES)
    targets = random.integers(0, 2, EXAMPLES)
    weights = np.linspace(-REACH, REACH, POINTS)
    hidden = np.tanh(weights[:, np.newaxis] * inputs)
    logits = hidden[:, np.newaxis] * weights[:, np.newaxis]
    # log(1 + e^s) - t s, which no large s makes overflow.
    cross_entropy = np.logaddexp(0, logits) - targets * logits
    probabilities = np.exp(-np.logaddexp(0, -logits))
    quadratic = (probabilities - targets) ** 2
    return (
        CostSurface(weights, cross_entropy.mean(axis=-1), "Cross-entropy"),
        CostSurface(weights, quadratic.mean(axis=-1), "Quadratic cost"),
    )
