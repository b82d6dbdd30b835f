"""Smoothing of curves: a mean over a window of steps. Off unless it is asked for."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


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
