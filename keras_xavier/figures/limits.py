"""Limits of the axes: what is seen of the data before anybody zooms.

One outlier must not flatten everything else; what is left out is told under the
axes.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from keras_xavier.figures.data import Integers

Limits = tuple[float, float]

FEW = 20
"""Steps up to which none counts as an outlier."""
NEAR, FAR = 1.0, 10.0
"""How far an outlier may be from all others, in heights of these, to be in view:
one in a crowd of records, and one that is worth most of the height."""
OUTLYING = 4.0
"""How many times as wide or as tall as the median layer a layer may be before the
view is made for the others."""
LAST_RECORD = 0.01
"""Of an axis of steps, what the last record takes at most: it lasts no longer than its
step, but should be seen."""
NICE = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)


def padded(
    low: float,
    high: float,
    transform: Callable[[Any], Any] = lambda x: x,
    inverse: Callable[[Any], Any] = lambda x: x,
    *,
    pad: float = 0.03,
) -> Limits:
    """Limits with some air at both sides, as seen on the axis."""
    first, last = transform(np.array([low, high], float))
    air = (last - first) * pad or 0.5 * abs(first) or 0.5
    left, right = inverse(np.array([first - air, last + air]))
    return float(left), float(right)


def fit_steps(axes: Axes, first: float, last: float) -> Limits:
    """Limits of an axis of steps."""
    if first == last:
        return first - 1, last + 1
    transform = axes.xaxis.get_transform()
    return padded(
        first, last, transform.transform, transform.inverted().transform, pad=0.015
    )


def end_of_last(axes: Axes, steps: Integers, span: Limits) -> float:
    """Up to where the last record is drawn, on an axis of steps.

    Nothing was recorded there. But it has to be seen.

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
    """From where to where the view goes, so that outliers do not flatten it.

    Args:
        low: Lower ends `(step, layer)`; NaN are passed over.
        high: Upper ends.
        air: How far outliers are followed; see `NEAR`. Everywhere if infinite.

    Returns:
        All that is finite; but of `FEW` steps or more, only where all but the 1 %
        of each layer lie that are farthest out, without layers that are far beyond
        most, and `air` times the height of that beyond it. Infinities of the wrong
        sign if there is nothing.
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
    farthest = common([max(np.abs(one)) for one in usual])
    usual = [one for one in usual if max(np.abs(one)) <= farthest]
    bottom, top = min(low for low, _ in usual), max(high for _, high in usual)
    beyond = air * (top - bottom)
    return max(lowest, bottom - beyond), min(highest, top + beyond)


def common(sizes: Sequence[float]) -> float:
    """The largest size that is not far beyond that of most; 0 if there is none."""
    ordered = sorted(sizes)
    if not ordered:
        return 0.0
    return max(x for x in ordered if x <= OUTLYING * ordered[len(ordered) // 2])


def round_out(low: float, high: float) -> Limits:
    """Rounds limits away from 0, so that they rarely move from step to step."""
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
