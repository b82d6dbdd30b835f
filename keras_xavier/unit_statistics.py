"""Statistics of units and examples, computed with NumPy.

A unit is a place on the axis of channels; its values are the values over all examples
and positions. Positions of an example are its pixels, time steps or tokens.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keras_xavier.histogram_bins import SMALLEST_NORMAL
from keras_xavier.statistics import UNIT_STATISTICS, Statistic

UNIT_SUMMARY = (
    Statistic.UNIT_STD,
    Statistic.COSINE,
    Statistic.DEAD,
    Statistic.CONSTANT,
    Statistic.SATURATED_UNITS,
)
"""Statistics of a tensor that depend on which values belong to one unit or example."""
CONSTANT_SPREAD = 1e-6
"""Largest ratio of the standard deviation of a constant unit to the layer's rms."""
SATURATED_TIMES = 20
"""A saturated unit has at most one in this many values that is not saturated."""


def summarize_units(
    values: ArrayLike,
    mask: ArrayLike | None = None,
    *,
    saturated: Callable[[NDArray[np.float64]], NDArray[np.bool_]] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Computes the statistics of units and examples with NumPy.

    This is the reference that the computations inside the training step are tested
    against. For B examples with the values sₐ, the cosine is
    (‖Σ uₐ‖² − B) / (B (B − 1)), with uₐ = sₐ / ‖sₐ‖. Examples whose values are all 0
    have no direction, and are left out.

    Args:
        values: Array of shape `(example, position, unit)`.
        mask: Array of bool, of shape `(example, position)`. Positions that count.
            Defaults to `None`: all of them count.
        saturated: Function from values to bool, such as `lambda z: abs(z) > 0.97`.
            Defaults to `None`: the shares of saturated values and units are NaN.

    Returns:
        Tuple of two arrays of float32: the statistics `UNIT_SUMMARY`, of shape
        `(statistic,)`, and the statistics `UNIT_STATISTICS` of each unit, of shape
        `(unit, statistic)`. NaN stands for:

        - means and standard deviations, their shares and the cosine, if a value is NaN
          or ±Inf;
        - standard deviations of one value, and the share of constant units then;
        - the cosine of fewer than two examples;
        - everything, if no position counts.

    Example:

    >>> values = [[[1.0, 0.0]], [[3.0, 0.0]]]
    >>> summary, units = summarize_units(values)
    >>> dict(zip(UNIT_SUMMARY, summary.tolist()))[Statistic.DEAD]
    0.5
    >>> units[:, UNIT_STATISTICS.index(Statistic.STD)].tolist()
    [1.0, 0.0]
    """
    given = np.asarray(values, np.float64)
    counts = np.ones(given.shape[:2], bool) if mask is None else np.asarray(mask, bool)
    summary: dict[Statistic, float] = dict.fromkeys(UNIT_SUMMARY, np.nan)
    units = dict.fromkeys(UNIT_STATISTICS, np.full(given.shape[2], np.nan))
    chosen = given[counts]
    if len(chosen):
        summary[Statistic.DEAD] = float(np.mean((chosen == 0).all(axis=0)))
        units[Statistic.ZERO] = np.mean(np.abs(chosen) < SMALLEST_NORMAL, axis=0)
        if saturated is not None:
            flags = saturated(chosen)
            units[Statistic.SATURATED] = np.mean(flags, axis=0)
            others = np.count_nonzero(~flags, axis=0)
            summary[Statistic.SATURATED_UNITS] = float(
                np.mean(others * SATURATED_TIMES <= len(chosen))
            )
    if len(chosen) and np.isfinite(chosen).all():
        units[Statistic.MEAN] = chosen.mean(axis=0)
        summary[Statistic.COSINE] = mean_cosine(np.where(counts[..., None], given, 0))
    if len(chosen) > 1 and np.isfinite(chosen).all():
        spreads = units[Statistic.STD] = chosen.std(axis=0)
        summary[Statistic.UNIT_STD] = float(np.sqrt(np.mean(spreads**2)))
        least = CONSTANT_SPREAD * np.sqrt(np.mean(chosen**2))
        summary[Statistic.CONSTANT] = float(np.mean(spreads <= least))
    return (
        np.array([summary[name] for name in UNIT_SUMMARY], np.float32),
        np.stack([units[name] for name in UNIT_STATISTICS], axis=1).astype(np.float32),
    )


def mean_cosine(values: NDArray[np.float64]) -> float:
    """Computes the mean cosine between examples; NaN for fewer than two.

    Args:
        values: Array of shape `(example, …)`. 0 where a position does not count.
    """
    flat = values.reshape(len(values), -1)
    # Squares of scaled values neither underflow nor overflow.
    largest = np.abs(flat).max(axis=1, keepdims=True)
    scaled = flat[largest[:, 0] > 0] / largest[largest[:, 0] > 0]
    number = len(scaled)
    if number < 2:
        return np.nan
    directions = scaled / np.linalg.norm(scaled, axis=1, keepdims=True)
    square = float(np.sum(directions.sum(axis=0) ** 2))
    cosine = (square - number) / (number * (number - 1))
    # Rounding may exceed the bounds of a cosine.
    return min(max(cosine, -1.0), 1.0)
