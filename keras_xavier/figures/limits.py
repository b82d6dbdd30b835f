"""Limits of the axes before the user zooms.

One outlier must not flatten all other values; remarks list values out of view.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from keras_xavier.figures.data import Integers

Limits = tuple[float, float]

FEW = 20
"""Steps up to which no step is an outlier."""
NEAR, FAR = 1.0, 10.0
"""Largest distance of a visible outlier from the other values, relative to their
height: among many records, and if outliers may take most of the height."""
OUTLYING = 4.0
"""Ratio to the median layer from which the view is fitted without a layer."""
LAST_RECORD = 0.01
"""Largest share of an axis of steps that the last record takes: it lasts for one step,
but must be visible."""
LARGEST, SMALLEST = 1e140, 1e-140
"""Largest value in view, and smallest width of a view: ticks beyond them overflow."""
NARROWEST = 1e-13
"""Smallest width of a view, relative to its values: narrower views have no ticks."""
NICE = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)


def padded(
    low: float,
    high: float,
    transform: Callable[[Any], Any] = lambda x: x,
    inverse: Callable[[Any], Any] = lambda x: x,
    *,
    pad: float = 0.03,
) -> Limits:
    """Returns limits with a margin on both sides, in the scale of the axis."""
    first, last = transform(np.array([low, high], float))
    air = (last - first) * pad or 0.5 * abs(first) or 0.5
    left, right = inverse(np.array([first - air, last + air]))
    return float(left), float(right)


def drawable(limits: Limits, *, positive: bool = False) -> Limits:
    """Returns the nearest limits that matplotlib can draw.

    Args:
        limits: The limits.
        positive: bool. Whether the axis is logarithmic. Defaults to `False`.

    >>> drawable((-1.7e308, 2.0)), drawable((0.0, 0.0))
    ((-1e+140, 2.0), (-1.0, 1.0))
    """
    lowest = SMALLEST if positive else -LARGEST
    low, high = (float(one) for one in np.clip(limits, lowest, LARGEST))
    narrowest = NARROWEST * max(abs(low), abs(high))
    if abs(high - low) > max(narrowest, 0.0 if positive else SMALLEST):
        return low, high
    if positive:
        return low / 10, high * 10
    return low - (2 * narrowest or 1.0), high + (2 * narrowest or 1.0)


def fit_steps(axes: Axes, first: float, last: float) -> Limits:
    """Returns limits of an axis of steps."""
    if first == last:
        return first - 1, last + 1
    transform = axes.xaxis.get_transform()
    return padded(
        first, last, transform.transform, transform.inverted().transform, pad=0.015
    )


def end_of_last(axes: Axes, steps: Integers, span: Limits) -> float:
    """Returns the right end of the last record on an axis of steps.

    Args:
        axes: The axes.
        steps: Steps of the records.
        span: The first and the last step of all runs.
    """
    last = float(steps[-1])
    first, farthest = span
    if first == farthest:
        return last + 1.0
    transform = axes.xaxis.get_transform()
    left, right, place = transform.transform(np.array([first, farthest, last]))
    wide = np.array([place + LAST_RECORD * (right - left)])
    end = float(transform.inverted().transform(wide)[0])
    return min(end, 2 * last - float(steps[-2])) if len(steps) > 1 else end


def reach(
    low: NDArray[np.float64], high: NDArray[np.float64], *, air: float
) -> tuple[float, float]:
    """Returns limits in which outliers do not flatten other values.

    Args:
        low: Lower ends, of shape (step, layer). NaN is ignored.
        high: Upper ends.
        air: Largest distance of visible outliers; see `NEAR`. If infinite, all values.

    Returns:
        The range of all finite values. With `FEW` steps or more, the 1% farthest
        values of each layer are left out, unless they are within `air` times the
        height. No layer is left out. Without values, (inf, -inf).
    """
    known = np.isfinite(low) & np.isfinite(high)
    if not known.any():
        return np.inf, -np.inf
    lowest, highest = float(low[known].min()), float(high[known].max())
    if np.isinf(air):
        return lowest, highest
    usual = []
    for i, of in enumerate(known.T):
        count = int(np.count_nonzero(of))
        out = max(count // 100, 1) if count >= FEW else 0
        if count:
            bottom = float(np.partition(low[of, i], out)[out])
            usual.append((bottom, float(np.partition(high[of, i], -1 - out)[-1 - out])))
    bottom, top = min(low for low, _ in usual), max(high for _, high in usual)
    beyond = air * (top - bottom)
    return max(lowest, bottom - beyond), min(highest, top + beyond)


def common(sizes: Sequence[float]) -> float:
    """Returns the largest size that is not far beyond the median; 0 without sizes."""
    ordered = sorted(sizes)
    if not ordered:
        return 0.0
    return max(x for x in ordered if x <= OUTLYING * ordered[len(ordered) // 2])


def round_out(low: float, high: float) -> Limits:
    """Rounds limits away from 0, so that they rarely change with the step."""
    if not np.isfinite([low, high]).all():
        return low, high
    if low >= 0.5 * high > 0 or high <= 0.5 * low < 0:
        return padded(low, high)
    return -_round_up(-low), _round_up(high)


def _round_up(x: float) -> float:
    if x <= 0:
        return 0.0
    power = 10.0 ** np.floor(np.log10(x))
    return float(power * next(nice for nice in NICE if nice * power >= x * (1 - 1e-9)))
