"""The axis along which the values of histograms lie."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from keras_xavier.figure_spec import AxisScale
from keras_xavier.figures.binning import LINEAR_PART, ROBUST, Histogram, quantiles
from keras_xavier.figures.limits import (
    OUTLYING,
    Limits,
    common,
    padded,
    round_out,
)
from keras_xavier.figures.power_ticks import set_power_ticks
from keras_xavier.figures.ticks import RoomyLocator, ValueFormatter

SINGLE_BAR = 100.0
"""Ratio of the view to a layer, of which nothing is seen then but a bar at 0."""
NARROW, FEW = 30.0, 0.3
"""Ratio from which a layer is hard to read; the share of layers that may be so."""
BEFORE = 20.0
"""Ratio of the narrowest layer to where a logarithmic axis becomes linear."""
Bounded = tuple[Histogram, Limits | None]
"""A histogram, and the bounds of its quantity if it has any."""


def finite_bounds(
    bounds: Sequence[tuple[float, float]], layer: int
) -> tuple[float, float] | None:
    """The bounds of a layer, if it has any."""
    if bounds and np.isfinite(bounds[layer]).all():
        return bounds[layer]
    return None


def find_threshold(histograms: Sequence[Bounded], scale: AxisScale) -> float | None:
    """Where the axis should become logarithmic; `None` if it should not."""
    shown = [
        one.reach
        for one, bounds in histograms
        if np.isfinite(one.reach) and (bounds is None or scale is AxisScale.SYMLOG)
    ]
    if not shown or scale is AxisScale.LINEAR:
        return None
    if scale is AxisScale.AUTO and are_readable(shown):
        return None
    return float(10.0 ** np.floor(np.log10(min(shown) / BEFORE)))


def are_readable(reaches: Sequence[float]) -> bool:
    """Whether layers can be told apart on a linear axis, where 0 has its peak.

    Gradients of the output layer are often far wider than all others: a layer that
    is out of view is no reason for a logarithmic axis, but several are.

    Args:
        reaches: How far from 0 the usual values of each layer are.
    """
    view = common(reaches)
    unseen = [x for x in reaches if view > NARROW * x or x > OUTLYING * view]
    return view <= SINGLE_BAR * min(reaches) and len(unseen) <= FEW * len(reaches)


def fit_axis(
    histograms: Sequence[Bounded], threshold: float | None, *, full_range: bool
) -> Limits:
    """Limits of the axis: the bounds, and where the usual values are."""
    unbounded = [
        one for one, bounds in histograms if bounds is None and np.isfinite(one.reach)
    ]
    # Against its bounds, saturation shows.
    views = [padded(*bounds, pad=0.02) for _, bounds in histograms if bounds]
    widest = np.inf
    if not full_range and threshold is None:
        widest = common([one.reach for one in unbounded])
    levels = (0.0, 1.0) if full_range else ROBUST
    views += [
        round_out(*quantiles(one, *levels)) for one in unbounded if one.reach <= widest
    ]
    if not views:
        return 0.0, 1.0
    return min(low for low, _ in views), max(high for _, high in views)


def set_axis_scale(
    axes: Axes, which: Literal["x", "y"], threshold: float | None
) -> None:
    """Makes an axis linear, or logarithmic beyond a threshold."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    set_scale = axes.set_xscale if which == "x" else axes.set_yscale
    if threshold is None:
        set_scale("linear")
        across = RoomyLocator()
        up = MaxNLocator("auto", steps=[1, 2, 5, 10])
        axis.set_major_locator(across if which == "x" else up)
    else:
        set_scale("symlog", linthresh=threshold, linscale=LINEAR_PART)
        set_power_ticks(axis, threshold)
    axis.set_major_formatter(ValueFormatter())
