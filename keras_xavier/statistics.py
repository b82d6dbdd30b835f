"""Quantities, their summary statistics, and the layer table.

A layer computes the preactivation s = zW + b and the activation z = φ(s), in the
terms of Glorot & Bengio (2010), section 3.

Everything else is derived from the tables `Quantity` and `Statistic`: shapes of arrays,
options of the command line, labels in figures and in the app. A new statistic needs a
row here, its computation in `summarize` and in `probing.reduction`, and a test.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keras_xavier.histogram_bins import (
    SMALLEST_NORMAL,
    has_linear_bins,
    linear_edges,
    logarithmic_edges,
)
from keras_xavier.step_quality import without_step_quality


class Quantity(StrEnum):
    """A tensor of a layer, in the forward or the backward pass.

    The value of a member is its name in files and options.

    Attributes:
        label: str. Name in titles.
        formula: str. Symbol, with its definition if it has one.
        short_label: str. Name where space is limited.

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
        """Symbol without its definition, such as `"s"`."""
        return self.formula.partition(" ")[0]

    PREACTIVATION = (
        *("preactivation", "Preactivation", "s = zW + b", "preactivation s"),
    )
    ACTIVATION = "activation", "Activation", "z = φ(s)", "activation z"
    PREACTIVATION_GRADIENT = (
        *("preactivation_gradient", "Back-propagated gradient", "∂C/∂s"),
        "gradient ∂C/∂s",
    )
    """Gradient of the loss C with respect to s; Glorot & Bengio (2010) call it the
    back-propagated gradient."""
    WEIGHT = "weight", "Weight", "W", "weight W"
    """Kernel, without the bias."""
    WEIGHT_GRADIENT = "weight_gradient", "Weight gradient", "∂C/∂W", "gradient ∂C/∂W"
    WEIGHT_UPDATE = "weight_update", "Weight update", "ΔW", "update ΔW"
    """W after the optimizer's update minus W before it."""


class Statistic(StrEnum):
    """A summary statistic of one quantity in one layer at one step.

    The value of a member is its name in files and options. If any value is not finite,
    the moments, the extremes, the percentiles, `unit_std`, `cosine` and `constant` are
    NaN. Padded positions, which the Keras mask of a layer's output leaves out, count in
    no statistic.

    Attributes:
        label: str. Name in titles.
        short_label: str. Name where space is limited.
        percentile: float or `None`. 25.0 for the 25th percentile; `None` for others.
        is_share: bool. Whether it is a share of the values, between 0 and 1.

    Example:

    >>> Statistic.P25.label, Statistic("p25").percentile
    ('25th percentile', 25.0)
    """

    label: str
    short_label: str
    percentile: float | None
    is_share: bool

    def __new__(
        cls,
        name: str,
        label: str = "",
        short_label: str = "",
        percentile: float | None = None,
        is_share: bool = False,
    ) -> Self:
        member = str.__new__(cls, name)
        member._value_ = name
        member.label, member.short_label = label, short_label or label
        member.percentile, member.is_share = percentile, is_share
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
    SATURATED = "saturated", "share of saturated values", "% saturated", None, True
    """Share of values where |φ'(s)| is under 5% of the largest |φ'|."""
    ZERO = "zero", "share of zeros", "% zero", None, True
    """Share of values that are 0 or too small for a normal float32: under 2^-126."""
    NONFINITE = "nonfinite", "share of NaN and ±Inf", "% NaN or ±Inf", None, True
    UNIT_STD = "unit_std", "standard deviation within units", "std. within units"
    """Square root of the mean, over units, of the variance of a unit's values over
    examples and positions. The part of `std` that depends on the input."""
    COSINE = "cosine", "mean cosine between examples", "cosine of examples"
    """(‖Σ uₐ‖² − B) / (B (B − 1)), with uₐ = sₐ / ‖sₐ‖ for each of B examples. 1 if all
    examples look alike. Examples whose values are all 0 are left out."""
    DEAD = "dead", "share of dead units", "% dead units", None, True
    """Share of units whose values are 0 for all examples and positions."""
    CONSTANT = "constant", "share of constant units", "% constant units", None, True
    """Share of units with a standard deviation of at most 1e-6 of the root mean square
    of the layer."""
    SATURATED_UNITS = (
        *("saturated_units", "share of saturated units", "% saturated units"),
        *(None, True),
    )
    """Share of units of which at least 95% of the values are saturated."""


QUANTITIES = tuple(Quantity)
STATISTICS = tuple(Statistic)
# Reasons for absent quantities that other modules recognize in the layer table of runs:
# these texts must not change.
ONLY_IN_TRAINING = "only training steps have it, see `probe`"
"""Why layers have no updates in some runs with a probe."""
NO_INFLUENCE = "the loss does not depend on it"
"""Why weights that can be trained have no gradient."""
PERCENTILES = {one: one.percentile for one in STATISTICS if one.percentile is not None}
UNIT_STATISTICS = (
    *(Statistic.MEAN, Statistic.STD, Statistic.ZERO, Statistic.SATURATED),
)
"""Statistics of single units, which records on a sparse schedule contain."""
NONFINITE_METRIC = "nonfinite/"
"""Beginning of the names of metrics with the share of NaN and infinite values of what
has no row, such as `nonfinite/log`: outputs of a layer or an operation whose inputs are
finite, or of `nonfinite/dense/input`, an input that the program computes. A record
contains them only if there are such values."""
UNIT_LIMIT = 256
"""Maximum number of units of a layer whose statistics are stored."""
SATURATION_SLOPE = 0.05
"""A value is saturated where the slope is under this share of the largest slope."""


class Role(StrEnum):
    """The kind of tensors that a row of the layer table describes.

    The value of a member is its name in files and options.
    """

    LAYER = "layer"
    """A layer, or one of several kernels of a layer."""
    BIAS = "bias"
    """A bias, or the beta of a normalization."""
    INPUT = "input"
    """An input of the model; its values are the activations."""
    TARGET = "target"
    """A target; its values are the activations."""
    ATTENTION = "attention"
    """Attention scores after the softmax, or their entropies."""
    GATE = "gate"
    """A gate of a recurrent layer, over all time steps."""
    TIME_STEP = "time_step"
    """The state of a recurrent layer at one time step."""


@dataclass(frozen=True)
class Layer:
    """One row of the layer table of a run.

    Args:
        name: str. Unique name of the layer in its model.
        kind: str. Class of the layer, such as `"Dense"`.
        activation: str or `None`. Name of the activation function.
        units: int. Number of units: places on the axis of channels of the output.
        parameters: int. Number of trainable parameters.
        lower: float. Infimum of the activation function. Defaults to -inf.
        upper: float. Supremum of the activation function. Defaults to inf.
        absent: dict of `Quantity` to str. Quantities that cannot be measured in this
            layer, each with the reason. Defaults to none.
        counted: dict of `Quantity` to tuple of two int. Quantities whose histograms
            and percentiles come from a part of the values: number of counted values
            and of all values, in the first record. Defaults to none: all values are
            counted.
        role: `Role`. Kind of the tensors in this row. Defaults to `Role.LAYER`.

    Example:

    >>> Layer("hidden_1", "Dense", "tanh", units=1000, parameters=785000).lower
    -inf
    """

    name: str
    kind: str
    activation: str | None
    units: int
    parameters: int
    lower: float = -np.inf
    upper: float = np.inf
    absent: Mapping[Quantity, str] = field(default_factory=dict)
    counted: Mapping[Quantity, tuple[int, int]] = field(default_factory=dict)
    role: Role = Role.LAYER

    def is_linear(self, quantity: Quantity) -> bool:
        """Returns whether a quantity has linear bins, as bounded activations have."""
        bounded = has_linear_bins(self.lower, self.upper)
        return bounded and quantity is Quantity.ACTIVATION

    def number_of_values(self, quantity: Quantity, counted: int) -> int:
        """Returns the number of all values of a quantity.

        Args:
            quantity: `Quantity`.
            counted: int. Number of values in a histogram, which may be a part.
        """
        return self.counted[quantity][1] if quantity in self.counted else counted

    def edges(self, quantity: Quantity) -> NDArray[np.float64]:
        """Returns the bin edges of a quantity, of shape `(EDGE_COUNT,)`."""
        if self.is_linear(quantity):
            return linear_edges(self.lower, self.upper)
        return logarithmic_edges()


@dataclass(frozen=True)
class Measurement:
    """Statistics and histograms of all layers at one step.

    Args:
        statistics: Array of float32, of shape `(quantity, layer, statistic)`. NaN
            where a layer does not have the quantity.
        histogram: Array of uint32, of shape `(quantity, layer, BIN_COUNT)`.
        units: Array of float32, of shape `(layer, UNIT_LIMIT, len(UNIT_STATISTICS))`,
            or `None` if it was not asked for. Statistics of the activations z of the
            units `unit_indices(layer.units)`; NaN elsewhere.
        scalars: dict of str to float. Metrics of the whole model, such as its loss.
            Defaults to none.
    """

    statistics: NDArray[np.float32]
    histogram: NDArray[np.uint32]
    scalars: Mapping[str, float] = field(default_factory=dict)
    units: NDArray[np.float32] | None = None

    def is_finite(self) -> bool:
        """Returns whether all measured values are finite."""
        shares = self.statistics[..., STATISTICS.index(Statistic.NONFINITE)]
        return not (shares > 0).any()

    def without_updates(self) -> Self:
        """Returns the measurement of a batch that does not update the weights."""
        statistics, histogram = self.statistics.copy(), self.histogram.copy()
        update = QUANTITIES.index(Quantity.WEIGHT_UPDATE)
        statistics[update], histogram[update] = np.nan, 0
        return replace(
            self,
            statistics=statistics,
            histogram=histogram,
            scalars=without_step_quality(self.scalars),
        )


def unit_indices(units: int) -> NDArray[np.int64]:
    """Returns the units whose statistics are stored: all, or evenly spaced ones.

    Args:
        units: int. Number of units of a layer.

    Returns:
        Ascending array of int, of at most `UNIT_LIMIT` indices.

    Example:

    >>> unit_indices(3)
    array([0, 1, 2])
    """
    return np.arange(min(units, UNIT_LIMIT)) * units // max(min(units, UNIT_LIMIT), 1)


def update_ratio(update: ArrayLike, weight: ArrayLike) -> NDArray[np.float64]:
    """Computes √⟨ΔW²⟩ / √⟨W²⟩ from means and standard deviations.

    Args:
        update: Array of shape `(…, 2)`. Mean and standard deviation of ΔW.
        weight: Array of shape `(…, 2)`. Mean and standard deviation of W.

    Returns:
        Array of float64, of shape `(…,)`. NaN where all weights are 0.

    Example:

    >>> float(update_ratio([0.0, 0.001], [0.0, 0.1]))
    0.01
    """
    sizes = [np.asarray(moments, np.float64) for moments in (update, weight)]
    changed, size = (np.hypot(moments[..., 0], moments[..., 1]) for moments in sizes)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(size > 0, changed / size, np.nan)


def summarize(
    values: ArrayLike,
    *,
    saturated: Callable[[NDArray[np.float64]], NDArray[np.bool_]] | None = None,
) -> NDArray[np.float32]:
    """Computes all statistics with NumPy; percentiles by sorting.

    This is the reference that the computations inside the training step are tested
    against.

    Args:
        values: Array of any shape.
        saturated: Function that maps a float64 array to a bool array of the same
            shape: which values are saturated. Defaults to None: `saturated` is NaN.

    Returns:
        Array of float32, of shape `(len(STATISTICS),)`.

    Example:

    >>> summary = summarize([-1.0, 0.0, 1.0, 2.0])
    >>> float(summary[STATISTICS.index("mean")])
    0.5
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
