"""The cost of a network as a function of two of its weights (figure 5)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EXAMPLES = 40
REACH = 10.0
"""Largest absolute weight."""
POINTS = 61
"""Number of values of each weight."""


@dataclass(frozen=True)
class CostSurface:
    """The cost over two weights of a network with one hidden unit.

    Attributes:
        weights: Array of shape (n,). Values of each of the two weights.
        cost: Array of shape (n, n). Cost by weight of the first and second layer.
        name: str. Name of the cost.
    """

    weights: Floats
    cost: Floats
    name: str

    @property
    def slope(self) -> Floats:
        """Array of shape (n, n). Norm of the gradient."""
        return np.hypot(*np.gradient(self.cost, self.weights, self.weights))

    def plateau_share(self, level: float = 0.02) -> float:
        """Returns the share of the area in which the cost is nearly level.

        Args:
            level: float. Slopes, in ranges of the cost per unit of weight, below
                which the cost counts as level. Defaults to 0.02.

        Returns:
            float from 0 to 1.
        """
        return float(np.mean(self.slope < level * np.ptp(self.cost)))


def cost_surfaces(seed: int = 0) -> tuple[CostSurface, CostSurface]:
    """Computes the cross-entropy and the quadratic cost for random signals.

    The network has two layers with one weight each, p = σ(w₂ tanh(w₁ x)). Inputs x are
    drawn from N(0, 1) and targets t from {0, 1}, independently. The costs are averages
    over the examples: the cross-entropy -t log p - (1 - t) log(1 - p) and the
    quadratic cost (p - t)². Glorot & Bengio (2010), section 4.1 and figure 5.

    Args:
        seed: int. Seed of inputs and targets. Defaults to 0.

    Returns:
        Tuple of two `CostSurface`: cross-entropy, quadratic cost.

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
    # log(1 + e^s) - t s does not overflow for large s.
    cross_entropy = np.logaddexp(0, logits) - targets * logits
    probabilities = np.exp(-np.logaddexp(0, -logits))
    quadratic = (probabilities - targets) ** 2
    return (
        CostSurface(weights, cross_entropy.mean(axis=-1), "Cross-entropy"),
        CostSurface(weights, quadratic.mean(axis=-1), "Quadratic cost"),
    )
