"""Colors of the values of a statistic."""

from typing import NamedTuple

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from numpy.typing import NDArray

from keras_xavier.figures.statistic_scales import FIXED_LIMITS
from keras_xavier.figures.style import Style
from keras_xavier.figures.ticks import ShareFormatter, ValueFormatter
from keras_xavier.statistics import Statistic

FAR_APART = 20.0
"""Ratio of the largest to the smallest value from which colors are logarithmic."""
ROBUST = (1.0, 99.0)
"""Percentiles of the values between which colors differ."""


class StatisticColors(NamedTuple):
    """The colors of the values of a statistic.

    Attributes:
        norm: matplotlib `Normalize`. The range of values with different colors.
        colormap: str. Name of the colormap.
        formatter: Formatter of the tick labels of the color bar.
    """

    norm: Normalize
    colormap: str
    formatter: ValueFormatter

    @property
    def is_log(self) -> bool:
        """Whether colors are logarithmic."""
        return isinstance(self.norm, LogNorm)


def choose_statistic_colors(
    statistic: Statistic,
    known: NDArray[np.float64],
    style: Style,
    *,
    full_range: bool = False,
) -> StatisticColors:
    """Returns sequential colors for magnitudes, and else diverging colors from 0.

    Args:
        statistic: `Statistic`.
        known: Array of float. All finite values.
        style: `Style`. Colors of the figure.
        full_range: bool. Whether outliers have different colors. Defaults to `False`.
    """
    if statistic.is_share:
        return StatisticColors(Normalize(0, 1), style.layers[0], ShareFormatter())
    if statistic in FIXED_LIMITS:
        norm: Normalize = Normalize(*FIXED_LIMITS[statistic])
        return StatisticColors(norm, style.diverging, ValueFormatter())
    if statistic in (Statistic.STD, Statistic.UNIT_STD):
        norm = of_magnitudes(known[known > 0], full_range)
        return StatisticColors(norm, style.layers[0], ValueFormatter())
    farthest = reached(np.abs(known), full_range)
    norm = Normalize(-farthest, farthest)
    return StatisticColors(norm, style.diverging, ValueFormatter())


def reached(sizes: NDArray[np.float64], full_range: bool) -> float:
    """Returns the largest size with its own color; 1 without sizes."""
    if not sizes.size:
        return 1.0
    return float(sizes.max() if full_range else np.percentile(sizes, ROBUST[1])) or 1.0


def of_magnitudes(sizes: NDArray[np.float64], full_range: bool) -> Normalize:
    """Returns the range of colors for positive sizes, logarithmic if it is wide."""
    if not sizes.size:
        return Normalize(0, 1)
    low, high = np.percentile(sizes, (0.0, 100.0) if full_range else ROBUST)
    if high <= FAR_APART * low:
        return Normalize(0, float(high))
    return LogNorm(float(low), float(high))
