"""Scales and limits of axes: of steps, of curves, and of histograms."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullFormatter
from numpy.typing import NDArray

from keras_xavier.figure_spec import AxisScale
from keras_xavier.figures.binning import (
    LINEAR_PART,
    ROBUST,
    Bounded,
    Histogram,
    quantiles,
)
from keras_xavier.figures.limits import (
    OUTLYING,
    Limits,
    common,
    padded,
    reach,
    round_out,
)
from keras_xavier.figures.ticks import (
    LogTicks,
    RoomyLocator,
    StepTicks,
    ValueFormatter,
    set_power_ticks,
    step_formatter,
)

Floats = NDArray[np.float64]

SINGLE_BAR = 100.0
"""Ratio of the view to a layer from which the layer is a single bar at 0."""
NARROW, FEW = 30.0, 0.3
"""Ratio from which a layer is hard to read; the share of layers that may be so."""
BEFORE = 20.0
"""Ratio of the narrowest layer to the threshold of a symlog axis."""
MOST_DECADES = 8
"""Decades on either side of 0 on a symlog axis of curves."""
LOST = 0.95
"""Share of the values out of view from which a layer is lost."""
ENOUGH = 500
"""Number of records that suffice to choose a scale."""
ROUND = [1, 2, 5, 10]
"""Steps between ticks."""


def set_steps_scale(axes: Axes, logarithmic: bool) -> None:
    """Sets up the x axis for steps, linear or logarithmic."""
    if logarithmic:
        # A run starts with step 0: linear up to 1, logarithmic from there.
        axes.set_xscale("symlog", linthresh=1, linscale=0.5, subs=range(2, 10))
    else:
        axes.set_xscale("linear")
    axes.xaxis.set_major_locator(StepTicks(is_logarithmic=logarithmic))
    axes.xaxis.set_major_formatter(step_formatter())


def set_value_scale(axes: Axes, scale: AxisScale, threshold: float) -> None:
    """Sets the scale of the y axis, and keeps its formatter.

    Args:
        axes: The axes.
        scale: The scale.
        threshold: Where a symlog axis becomes logarithmic.
    """
    axis = axes.yaxis
    formatter = axis.get_major_formatter()
    if scale is AxisScale.LINEAR:
        axes.set_yscale("linear")
        axis.set_major_locator(MaxNLocator("auto", steps=ROUND))
    elif scale is AxisScale.LOG:
        # First limits that a logarithmic axis can have.
        axes.set_ylim(0.1, 1.0)
        axes.set_yscale("log", nonpositive="mask")
        axis.set_major_locator(LogTicks())
        axis.set_minor_formatter(NullFormatter())
    else:
        axes.set_yscale("symlog", linthresh=threshold, linscale=0.5)
        set_power_ticks(axis, threshold)
    axis.set_major_formatter(formatter)


def threshold_of(values: Floats) -> float:
    """Returns where a symlog axis of these values becomes logarithmic."""
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    if not sizes.size:
        return 1.0
    low, high = np.percentile(sizes, (2.0, 99.0))
    return float(10.0 ** np.floor(np.log10(max(low, high / 10.0**MOST_DECADES))))


def choose_scale(sizes: Sequence[float], *, is_positive: bool) -> AxisScale:
    """Returns the scale on which lines of different sizes are readable.

    Args:
        sizes: The largest absolute typical value of each line.
        is_positive: Whether all values are above 0.
    """
    known = [size for size in sizes if 0 < size < np.inf]
    flat = [size for size in known if max(known) > NARROW * size]
    if len(flat) <= FEW * len(known):
        return AxisScale.LINEAR
    return AxisScale.LOG if is_positive else AxisScale.SYMLOG


def choose_curve_scale(ends: Sequence[tuple[Floats, Floats]]) -> AxisScale:
    """Returns the scale on which curves are readable; see `choose_scale`.

    Args:
        ends: Lower and upper ends of the curves of each run, of shape (step, layer).
    """
    sizes: list[float] = []
    steady: list[bool] = []
    is_positive = True
    for low, high in ends:
        every = max(len(low) // ENOUGH, 1)
        size = np.fmax(np.abs(low[::every]), np.abs(high[::every]))
        size = np.where(np.isfinite(size), size, np.nan)
        known = ~np.isnan(size).all(axis=0) & bool(len(size))
        sizes += np.nanpercentile(size[:, known], 98, axis=0).tolist()
        steady += (are_steady(low[::every]) & are_steady(high[::every])).tolist()
        is_positive &= not (low <= 0).any()
    if steady.count(False) > FEW * len(steady):
        # On a symlog axis, small changes around 0 would look large.
        return AxisScale.LINEAR
    return choose_scale(sizes, is_positive=is_positive)


def are_steady(values: Floats) -> NDArray[np.bool_]:
    """Returns whether lines stay on one side of 0 at most steps.

    Args:
        values: Array of shape (step, line).

    >>> are_steady(np.array([[1.0, 1.0], [2.0, -1.0], [np.nan, 0.5]]))
    array([ True, False])
    """
    above, below = (values > 0).sum(axis=0), (values < 0).sum(axis=0)
    return np.minimum(above, below) <= 0.1 * (above + below)


def fit_values(scale: AxisScale, low: Floats, high: Floats, *, air: float) -> Limits:
    """Returns limits like `limits.reach`, for an axis of any scale."""
    if scale is not AxisScale.LOG:
        return reach(low, high, air=air)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = [np.log10(np.where(one > 0, one, np.nan)) for one in (low, high)]
    # Only the upper end of a band that starts below 0 is visible.
    first, last = reach(np.fmin(*logs), logs[1], air=air)
    return 10.0**first, 10.0**last


def pad_values(scale: AxisScale, low: float, high: float, threshold: float) -> Limits:
    """Returns limits with a margin on both sides, on an axis of any scale."""
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


def find_threshold(histograms: Sequence[Bounded], scale: AxisScale) -> float | None:
    """Returns where the axis becomes logarithmic; `None` if it is linear."""
    shown = [
        one.reach
        for one, bounds in histograms
        if np.isfinite(one.reach) and (bounds is None or scale is AxisScale.SYMLOG)
    ]
    if not shown or scale is AxisScale.LINEAR:
        return None
    if scale is AxisScale.AUTO and are_readable(shown):
        limits = fit_axis(histograms, None, full_range=False)
        if not any(is_lost(one, limits) for one, _ in histograms):
            return None
    return float(10.0 ** np.floor(np.log10(min(shown) / BEFORE)))


def is_lost(data: Histogram, limits: Limits) -> bool:
    """Returns whether limits leave out a layer, almost or altogether."""
    values = data.finite - np.nan_to_num(data.zeros)
    return data.outside(*limits) > LOST * values


def are_readable(reaches: Sequence[float]) -> bool:
    """Returns whether the layers are readable on a linear axis.

    Gradients of the output layer are often far wider than the others: one layer out
    of view is no reason for a logarithmic axis, but several are.

    Args:
        reaches: The largest absolute typical value of each layer.
    """
    view = common(reaches)
    unseen = [x for x in reaches if view > NARROW * x or x > OUTLYING * view]
    return view <= SINGLE_BAR * min(reaches) and len(unseen) <= FEW * len(reaches)


def fit_axis(
    histograms: Sequence[Bounded], threshold: float | None, *, full_range: bool
) -> Limits:
    """Returns limits of the axis: bounds and typical values."""
    unbounded = [
        one for one, bounds in histograms if bounds is None and np.isfinite(one.reach)
    ]
    # Within its bounds, saturation is visible.
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
        up = MaxNLocator("auto", steps=ROUND)
        axis.set_major_locator(across if which == "x" else up)
    else:
        set_scale("symlog", linthresh=threshold, linscale=LINEAR_PART)
        set_power_ticks(axis, threshold)
    axis.set_major_formatter(ValueFormatter())
