"""Fewer points with the same look: the extremes in each column of pixels."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Transform = Callable[[Floats], Floats]
"""From values of an axis to where they lie along it, such as a logarithm."""


MARKS = 8
"""Markers on each line."""


class Strip(NamedTuple):
    """Lines with bands: x `(point,)`, the others `(point, …)`."""

    x: Floats
    middle: Floats
    low: Floats
    high: Floats

    def line(self, values: Floats) -> "Strip":
        """Lines without bands at the same x."""
        return Strip(self.x, values, values, values)


def downsample(
    strip: Strip, *, limits: tuple[float, float], columns: int, transform: Transform
) -> Strip:
    """Keeps what can be seen of lines and bands within limits of x.

    With more than two points per column, each column keeps two: from the
    smallest to the largest value of the line, from the lowest to the highest
    end of the band. All share the same columns, so no peak is lost and line and
    band stay aligned.

    Args:
        strip: Ascending in x.
        limits: Of the view.
        columns: How many columns the view has.
        transform: Of the x axis.

    Returns:
        The points within the limits and one more at either side, or their
        extremes.
    """
    low, high = limits
    first = max(int(np.searchsorted(strip.x, low, side="left")) - 1, 0)
    last = int(np.searchsorted(strip.x, high, side="right")) + 1
    strip = Strip(*(values[first:last] for values in strip))
    if len(strip.x) <= 2 * columns:
        return strip
    left, right = transform(np.array([low, high]))
    column = np.floor((transform(strip.x) - left) / (right - left) * columns)
    starts = np.flatnonzero(np.diff(column, prepend=-np.inf))
    ends = np.append(starts[1:], len(strip.x)) - 1
    lowest = np.fmin.reduceat(strip.low, starts)
    highest = np.fmax.reduceat(strip.high, starts)
    return Strip(
        by_turns(strip.x[starts], strip.x[ends]),
        by_turns(
            np.fmin.reduceat(strip.middle, starts),
            np.fmax.reduceat(strip.middle, starts),
        ),
        by_turns(lowest, lowest),
        by_turns(highest, highest),
    )


def by_turns(first: Floats, second: Floats) -> Floats:
    """Puts two arrays `(n, …)` together as `(2n, …)`, by turns."""
    return np.stack([first, second], axis=1).reshape(-1, *first.shape[1:])


def spread(x: Floats, limits: Floats, index: int) -> list[int]:
    """Points of a line that get a marker: evenly spread over the view.

    Args:
        x: Where the points lie along the axis, ascending.
        limits: Of the view, along the axis.
        index: Of the line; neighbours have their markers at other places, so
            that lines that are equal can be seen to be more than one.
    """
    if len(x) <= 2 * MARKS:
        return list(range(len(x)))
    left, right = limits
    places = left + (right - left) * (np.arange(MARKS) + (index % 5 + 0.5) / 5) / MARKS
    points = np.searchsorted(x, places)
    return sorted({int(point) for point in points if 0 < point < len(x)})


def smooth(steps: Floats, values: Floats, window: float) -> Floats:
    """Averages each value with its neighbours within a window of steps.

    Towards the ends the window becomes narrower on both sides alike, so that the
    first and the last value stay as they are and a straight line stays straight.
    Each record counts for the steps that it stands for (half of the way to either
    neighbour), so that the result does not depend on how often was recorded.

    Args:
        steps: Ascending, `(step,)`.
        values: Array `(step, …)`; NaN and ±Inf are left out of the means, and stay.
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
    # Of long doubles: one huge value must not swallow all that come after it.
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
