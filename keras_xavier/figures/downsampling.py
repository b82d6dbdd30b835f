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
