"""The quantities and statistics that are measured, and the layer table.

A layer computes the preactivation s = zW + b and the activation z = φ(s). The
terms are those of Glorot & Bengio (2010), section 3.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keras_xavier.histogram_bins import (
    SMALLEST_NORMAL,
    linear_edges,
    logarithmic_edges,
)


class Quantity(StrEnum):
    """A quantity that flows through a layer, forward or backward.

    Each member is its name in files and options. `label` is its name in titles,
    `symbol` its symbol in formulas, and `short_label` its name where there is
    little room.

    Example:

    >>> Quantity.PREACTIVATION_GRADIENT.label, Quantity("weight").symbol
    ('Back-propagated gradient', 'W')
    """

    label: str
    formula: str
    short_label: str

    def __new__(
        cls, name: str, label: str = "", formula: str = "", short_label: str = ""
    ) -> Self:
        member = str.__new__(cls, name)
        member._value_ = name
        member.label, member.formula, member.short_label = label, formula, short_label
        return member

    @property
    def symbol(self) -> str:
        """The symbol alone, without its definition."""
        return self.formula.partition(" ")[0]

    PREACTIVATION = (
        *("preactivation", "Preactivation", "s = zW + b", "preactivation s"),
    )
    ACTIVATION = "activation", "Activation", "z = φ(s)", "activation z"
    PREACTIVATION_GRADIENT = (
        *("preactivation_gradient", "Back-propagated gradient", "∂C/∂s"),
        "gradient ∂C/∂s",
    )
    """The gradient of the loss with respect to s: the paper's back-propagated
    gradient."""
    WEIGHT = "weight", "Weight", "W", "weight W"
    """The kernel, without the bias."""
    WEIGHT_GRADIENT = "weight_gradient", "Weight gradient", "∂C/∂W", "gradient ∂C/∂W"
    WEIGHT_UPDATE = "weight_update", "Weight update", "ΔW", "update ΔW"
    """W after the step minus W before it."""


class Statistic(StrEnum):
    """A summary statistic of one quantity in one layer at one step.

    Each member is its name in files and options. `label` is its name in titles,
    `short_label` its name where there is little room, and `percentile` the
    percentile that it is, or `None`.

    `saturated`, `zero` and `nonfinite` are shares between 0 and 1. If any value is
    not finite, the moments, the extremes and the percentiles are NaN.
    """

    label: str
    short_label: str
    percentile: float | None

    def __new__(
        cls,
        name: str,
        label: str = "",
        short_label: str = "",
        percentile: float | None = None,
    ) -> Self:
        member = str.__new__(cls, name)
        member._value_ = name
        member.label, member.short_label = label, short_label or label
        member.percentile = percentile
        return member

    MEAN = "mean", "mean"
    STD = "std", "standard deviation", "std. deviation"
    MIN = "min", "minimum"
    MAX = "max", "maximum"
    P2 = "p2", "2nd percentile", "", 2.0
    P25 = "p25", "25th percentile", "", 25.0
    P50 = "p50", "median", "", 50.0
    P75 = "p75", "75th percentile", "", 75.0
    P98 = "p98", "98th percentile", "", 98.0
    SATURATED = "saturated", "share of saturated values", "% saturated"
    """The slope φ'(s) is under 5 % of φ's largest slope."""
    ZERO = "zero", "share of zeros", "% zero"
    """0, or too small for a normal float32: under 2^-126."""
    NONFINITE = "nonfinite", "share of NaN and ±Inf", "% NaN or ±Inf"


QUANTITIES = tuple(Quantity)
STATISTICS = tuple(Statistic)
ONLY_IN_TRAINING = "only training steps have it, see `probe`"
"""Why layers have no updates in runs with a probe, as files tell it. It stays as it
is: a run is resumed only by a network whose layer table is the same."""
PERCENTILES = {one: one.percentile for one in STATISTICS if one.percentile is not None}
SATURATION_SLOPE = 0.05
"""A unit is saturated where its slope is under this share of the largest."""


@dataclass(frozen=True)
class Layer:
    """One row of a run's layer table.

    Attributes:
        name: Name of the layer, unique in its model.
        kind: Its class, such as `"Dense"`.
        activation: Name of its activation function, or `None`.
        units: Length of the last axis of its output.
        parameters: Number of its trainable parameters.
        lower: Infimum of its activation; -inf where there is none.
        upper: Supremum of its activation; inf where there is none.
        absent: Quantities that cannot be measured here, and why.
    """

    name: str
    kind: str
    activation: str | None
    units: int
    parameters: int
    lower: float = -np.inf
    upper: float = np.inf
    absent: Mapping[Quantity, str] = field(default_factory=dict)

    def is_linear(self, quantity: Quantity) -> bool:
        """Whether the bins for `quantity` are linear: activations with bounds."""
        bounded = bool(np.isfinite([self.lower, self.upper]).all())
        around_zero = self.lower <= 0 <= self.upper
        return bounded and around_zero and quantity is Quantity.ACTIVATION

    def edges(self, quantity: Quantity) -> NDArray[np.float64]:
        """Edges of the bins for `quantity`, of shape `(EDGE_COUNT,)`."""
        if self.is_linear(quantity):
            return linear_edges(self.lower, self.upper)
        return logarithmic_edges()


@dataclass(frozen=True)
class Measurement:
    """What one pass over a model measured.

    Attributes:
        statistics: Array of float32, `(quantity, layer, statistic)`; NaN where
            a quantity is absent in a layer.
        histogram: Array of uint32, `(quantity, layer, BIN_COUNT)`.
        scalars: What belongs to the whole model, such as its loss, by name.
    """

    statistics: NDArray[np.float32]
    histogram: NDArray[np.uint32]
    scalars: Mapping[str, float] = field(default_factory=dict)


def summarize(
    values: ArrayLike,
    *,
    saturated: Callable[[NDArray[np.float64]], NDArray[np.bool_]] | None = None,
) -> NDArray[np.float32]:
    """Computes all statistics with NumPy, percentiles by sorting.

    This is the definition that every other way of computing them is held
    against.

    Args:
        values: Numbers of any shape.
        saturated: Tells which values are saturated; NaN is the result without.

    Returns:
        Array of float32 of shape `(len(STATISTICS),)`.
    """
    flat = np.asarray(values, np.float64).ravel()
    nonfinite = float(np.mean(~np.isfinite(flat)))
    result = dict.fromkeys(STATISTICS, np.nan)
    if nonfinite == 0:
        result |= {
            Statistic.MEAN: flat.mean(),
            Statistic.STD: flat.std(),
            Statistic.MIN: flat.min(),
            Statistic.MAX: flat.max(),
        }
        shares = np.percentile(flat, list(PERCENTILES.values()))
        result |= dict(zip(PERCENTILES, shares, strict=True))
    if saturated is not None:
        result[Statistic.SATURATED] = float(np.mean(saturated(flat)))
    result[Statistic.ZERO] = float(np.mean(np.abs(flat) < SMALLEST_NORMAL))
    result[Statistic.NONFINITE] = nonfinite
    return np.array([result[s] for s in STATISTICS], np.float32)


def root_mean_square(mean: ArrayLike, std: ArrayLike) -> NDArray[np.float64]:
    """Returns √⟨x²⟩ of a quantity from its mean and its standard deviation.

    Example:

    >>> float(root_mean_square(3.0, 4.0))
    5.0
    """
    return np.hypot(mean, std, dtype=np.float64)


def update_ratio(update: ArrayLike, weight: ArrayLike) -> NDArray[np.float64]:
    """Returns the size of updates relative to the weights: √⟨ΔW²⟩ / √⟨W²⟩.

    Args:
        update: Array. Root mean square of the weight updates.
        weight: Array. Root mean square of the weights.

    Returns:
        Array of float64; `inf` where all weights are 0 and the updates are not, NaN
        where both are.

    Example:

    >>> float(update_ratio(0.001, 0.1))
    0.01
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.divide(update, weight, dtype=np.float64)


def hidden_layers(layers: Sequence[Layer]) -> list[int]:
    """Returns the indices of the hidden layers in a layer table.

    A hidden layer is a layer with activations that is not an output. The last layer
    with activations counts as the output, and so does every layer with a softmax.

    Args:
        layers: Sequence of `Layer`. The layer table of a run.

    Returns:
        List of int, from the input up.

    Example:

    >>> hidden = Layer("hidden_1", "Dense", "tanh", 9, 90, -1.0, 1.0)
    >>> hidden_layers([hidden, Layer("output", "Dense", "softmax", 3, 30)])
    [0]
    """
    measured = [
        index
        for index, layer in enumerate(layers)
        if Quantity.ACTIVATION not in layer.absent
    ]
    return [index for index in measured[:-1] if layers[index].activation != "softmax"]
