"""Downsamples lines to the extremes of pixel columns, and smooths them."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Transform = Callable[[Floats], Floats]
"""Function from values to positions along an axis, such as a logarithm."""


FINE_COLUMNS = 1000
"""Minimum number of columns for print and files."""
MARKS = 8
"""Number of markers on a line."""


class Strip(NamedTuple):
    """Lines with bands: x of shape (point,), the others of shape (point, …)."""

    x: Floats
    middle: Floats
    low: Floats
    high: Floats

    def line(self, values: Floats) -> "Strip":
        """Returns lines without bands at the same x."""
        return Strip(self.x, values, values, values)


def pixel_columns(axes: Axes, fine: bool) -> int:
    """Returns the number of columns: one per pixel, and enough for print if `fine`."""
    return max(FINE_COLUMNS if fine else 1, int(axes.bbox.width))


def downsample(
    strip: Strip, *, limits: tuple[float, float], columns: int, transform: Transform
) -> Strip:
    """Keeps the visible points of lines and bands within limits of x.

    If there are many points in a column of pixels, four remain: the first and last
    value of the line, and between them its smallest and largest value in their order
    in time (Jugel et al., M4, VLDB 2014). So the line covers the same pixels as a line
    through all points. A band has its lowest and highest end at all four points.

    Args:
        strip: Lines and bands, ascending in x.
        limits: Limits of the view.
        columns: Number of columns in the view.
        transform: Transform of the x axis.

    Returns:
        The points within the limits and one more point on either side, or extremes.
    """
    low, high = limits
    first = max(int(np.searchsorted(strip.x, low, side="left")) - 1, 0)
    last = int(np.searchsorted(strip.x, high, side="right")) + 1
    has_band = strip.low is not strip.middle
    strip = Strip(*(values[first:last] for values in strip))
    if len(strip.x) <= 4 * columns:
        return strip
    left, right = transform(np.array([low, high]))
    column = np.floor((transform(strip.x) - left) / (right - left) * columns)
    starts = np.flatnonzero(np.diff(column, prepend=-np.inf))
    ends = np.append(starts[1:], len(strip.x)) - 1
    middle = extremes(strip.middle, starts, ends)
    lowest = highest = middle
    if has_band:
        lowest = np.repeat(np.fmin.reduceat(strip.low, starts), 4, axis=0)
        highest = np.repeat(np.fmax.reduceat(strip.high, starts), 4, axis=0)
    x = np.stack([strip.x[starts], strip.x[starts], strip.x[ends], strip.x[ends]], 1)
    return Strip(x.ravel(), middle, lowest, highest)


def extremes(
    values: Floats, starts: NDArray[np.intp], ends: NDArray[np.intp]
) -> Floats:
    """Returns the first, both extreme and the last value of parts of lines.

    Args:
        values: Array of shape (point, …). NaN is left out if a part has other values.
        starts: Index of the first point of each part, ascending.
        ends: Index of the last point of each part.

    Returns:
        Array of shape (4 · part, …): the smallest and the largest value are in the
        order in which they occur.
    """
    lowest, highest = np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)
    sizes = ends - starts + 1
    number = np.arange(len(values)).reshape(-1, *[1] * (values.ndim - 1))
    none = len(values)

    def first_of(wanted: Floats) -> NDArray[np.intp]:
        is_wanted = values == np.repeat(wanted, sizes, axis=0)
        return np.minimum.reduceat(np.where(is_wanted, number, none), starts)

    is_falling = first_of(highest) < first_of(lowest)
    known = np.isfinite(values)
    if known.all():
        first, last = values[starts], values[ends]
    else:
        at = np.minimum.reduceat(np.where(known, number, none), starts)
        until = np.maximum.reduceat(np.where(known, number, -1), starts)
        # A part without finite values has NaN as extremes.
        unknown = until < 0
        at, until = np.where(unknown, 0, at), np.where(unknown, 0, until)
        first = np.where(unknown, lowest, np.take_along_axis(values, at, axis=0))
        last = np.where(unknown, lowest, np.take_along_axis(values, until, axis=0))
    second = np.where(is_falling, highest, lowest)
    third = np.where(is_falling, lowest, highest)
    return np.stack([first, second, third, last], 1).reshape(-1, *values.shape[1:])


def marker_places(x: Floats, limits: Floats, index: int) -> list[int]:
    """Returns indices of the points with a marker, evenly spaced in the view.

    Args:
        x: Positions of the points along the axis, ascending.
        limits: Limits of the view along the axis.
        index: Index of the line. Neighbors have markers at different positions, so
            that equal lines are visible as several lines.
    """
    if len(x) <= 2 * MARKS:
        return list(range(len(x)))
    left, right = limits
    places = left + (right - left) * (np.arange(MARKS) + (index % 5 + 0.5) / 5) / MARKS
    points = np.searchsorted(x, places)
    return sorted({int(point) for point in points if 0 < point < len(x)})


def smooth(steps: Floats, values: Floats, window: float) -> Floats:
    """Averages each value with its neighbors within a window of steps.

    Toward the ends the window narrows on both sides, so that the first and the last
    value do not change and a straight line stays straight. A record counts for the
    steps halfway to either neighbor, so that the result does not depend on how often
    steps were recorded.

    Args:
        steps: Array of shape (step,), ascending.
        values: Array of shape (step, …). NaN and ±Inf are left out of the means, and
            stay.
        window: Width of the window in steps; 0 for no smoothing.

    Returns:
        Array of the same shape.

    Example:

    >>> smooth(np.arange(5.0), np.array([0.0, 0, 3, 0, 0]), window=2)
    array([0.  , 0.75, 1.5 , 0.75, 0.  ])
    """
    if window <= 0 or len(steps) < 3:
        return values
    half = np.minimum(window / 2, np.minimum(steps - steps[0], steps[-1] - steps))
    known = np.isfinite(values)
    mean = _integral(steps, np.where(known, values, 0.0))
    share = _integral(steps, known.astype(np.float64))
    low, high = steps - half, steps + half
    area = _between(steps, mean, low, high)
    weight = _between(steps, share, low, high)
    with np.errstate(divide="ignore", invalid="ignore"):
        smoothed = (area / weight).astype(np.float64)
    unmoved = (half <= 0).reshape(-1, *[1] * (values.ndim - 1)) | (weight <= 0)
    return np.where(known & ~unmoved, smoothed, values)


def _integral(steps: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Values, and the area under the line through them up to each step."""
    widths = np.diff(steps).reshape(-1, *[1] * (values.ndim - 1))
    areas = widths * (values[1:] + values[:-1]) / 2
    # Long doubles: one huge value must not absorb all later values.
    sums = np.cumsum(areas, axis=0, dtype=np.longdouble)
    return values, np.concatenate([np.zeros_like(sums[:1]), sums])


def _between(
    steps: Floats, integral: tuple[Floats, Floats], low: Floats, high: Floats
) -> Floats:
    values, areas = integral

    def up_to(x: Floats) -> Floats:
        left = np.clip(np.searchsorted(steps, x, side="right") - 1, 0, len(steps) - 2)
        wide = (-1, *[1] * (values.ndim - 1))
        offset = (x - steps[left]).reshape(wide)
        slope = (values[left + 1] - values[left]) / (
            steps[left + 1] - steps[left]
        ).reshape(wide)
        return areas[left] + offset * (values[left] + slope * offset / 2)

    return up_to(high) - up_to(low)
