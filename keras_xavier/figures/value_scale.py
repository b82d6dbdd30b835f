"""How the axis of values lies: linear, logarithmic, or logarithmic to both sides."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullFormatter
from numpy.typing import NDArray

from keras_xavier.figure_spec import AxisScale
from keras_xavier.figures.limits import Limits, padded, reach
from keras_xavier.figures.power_ticks import set_power_ticks
from keras_xavier.figures.ticks import LogTicks

Floats = NDArray[np.float64]

MOST_DECADES = 8
"""Decades to either side of 0 on a symmetric logarithmic axis."""


def set_value_scale(axes: Axes, scale: AxisScale, threshold: float) -> None:
    """Gives an axis of values its scale.

    Args:
        axes: Whose y axis.
        scale: Which.
        threshold: Where a symmetric logarithmic axis becomes logarithmic.
    """
    axis = axes.yaxis
    formatter = axis.get_major_formatter()
    if scale is AxisScale.LINEAR:
        axes.set_yscale("linear")
        axis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10]))
    elif scale is AxisScale.LOG:
        # Limits that a logarithmic axis can have come first.
        axes.set_ylim(0.1, 1.0)
        axes.set_yscale("log", nonpositive="mask")
        axis.set_major_locator(LogTicks())
        axis.set_minor_formatter(NullFormatter())
    else:
        axes.set_yscale("symlog", linthresh=threshold, linscale=0.5)
        set_power_ticks(axis, threshold)
    axis.set_major_formatter(formatter)


def threshold_of(values: Floats) -> float:
    """Where a symmetric logarithmic axis of these values becomes logarithmic."""
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    if not sizes.size:
        return 1.0
    low, high = np.percentile(sizes, (2.0, 99.0))
    return float(10.0 ** np.floor(np.log10(max(low, high / 10.0**MOST_DECADES))))


def fit_values(scale: AxisScale, low: Floats, high: Floats, *, air: float) -> Limits:
    """Limits of an axis of values, in which outliers do not flatten all others.

    Args:
        scale: Of the axis.
        low: Lower ends `(step, line)`.
        high: Upper ends.
        air: How far outliers are followed; see `limits.reach`.

    Returns:
        Limits with some air. Infinities of the wrong sign if there is nothing.
    """
    if scale is not AxisScale.LOG:
        return reach(low, high, air=air)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = [np.log10(np.where(one > 0, one, np.nan)) for one in (low, high)]
    # Of a band that begins under 0, the upper end is seen.
    first, last = reach(np.fmin(*logs), logs[1], air=air)
    return 10.0**first, 10.0**last


def pad_values(scale: AxisScale, low: float, high: float, threshold: float) -> Limits:
    """Limits with some air at both sides, as seen on the axis."""
    if not np.isfinite([low, high]).all():
        return (0.1, 1.0) if scale is AxisScale.LOG else (0.0, 1.0)
    if scale is AxisScale.LOG:
        return padded(low, high, np.log10, lambda x: 10.0**x)
    if scale is AxisScale.SYMLOG:
        unit = threshold / 10
        return padded(
            low,
            high,
            lambda x: np.arcsinh(np.asarray(x) / unit),
            lambda x: np.sinh(x) * unit,
        )
    return padded(low, high)
