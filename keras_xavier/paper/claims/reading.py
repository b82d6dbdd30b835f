"""Measurements on runs that several claims use."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from keras_xavier.figures.binning import histogram
from keras_xavier.network.outputs import hidden_rows
from keras_xavier.paper.results import TEST_EXAMPLES
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Statistic

Array = NDArray[np.floating]
SATURATED, FREE = 0.9, 0.5
"""A layer is saturated if more than 90% of its values have less than 5% of the
steepest slope, and has left saturation when less than half of them have."""
EMPTY = 0.01
"""Smallest relative density, to avoid division by 0."""

CHANCE = 1 - 1 / 6
"""Error at chance: the most frequent classes of Shapeset-3×2 are a sixth each."""


def under_chance(chance: float = CHANCE) -> float:
    """Returns three standard deviations of the error at chance, on the test set."""
    return float(3 * (chance * (1 - chance) / TEST_EXAMPLES) ** 0.5)


def hidden(
    run: Run, statistic: Statistic, quantity: Quantity = Quantity.ACTIVATION
) -> Array:
    """Reads a statistic of the hidden layers.

    Args:
        run: `Run` of a network of dense layers.
        statistic: `Statistic`.
        quantity: `Quantity`. Defaults to the activation.

    Returns:
        Array of shape (record, layer).
    """
    rows = hidden_rows(run.layers, run.attributes)
    return run.read_statistics(quantity, statistic)[:, rows]


def at_first(run: Run, quantity: Quantity) -> Array:
    """Returns the stds of the hidden layers at initialization, shape (layer,)."""
    return hidden(run, Statistic.STD, quantity)[0]


def at_the_end(run: Run, values: Array) -> Array:
    """Returns medians over the last tenth of the updates: single records fluctuate.

    Args:
        run: `Run` of the records.
        values: Array of shape (record, …).

    Returns:
        Array without the first axis.
    """
    return np.asarray(np.median(values[run.steps >= 0.9 * updates(run)], axis=0))


def updates(run: Run) -> int:
    """Returns the last recorded step."""
    return int(run.steps[-1])


def first(run: Run, condition: NDArray[np.bool_]) -> float:
    """Returns the first recorded step that meets a condition; infinite if none does."""
    return float(run.steps[np.argmax(condition)]) if condition.any() else np.inf


def top_saturation(run: Run) -> Array:
    """Returns the saturated share of the last hidden layer, shape (record,)."""
    return hidden(run, Statistic.SATURATED)[:, -1]


def leaves(run: Run) -> float:
    """Returns the step at which the last hidden layer leaves saturation.

    Returns:
        float. The first step with a share of saturated values under `FREE` after one
        over `SATURATED`; infinite if no step is found.
    """
    share = top_saturation(run)
    saturated = np.cumsum(share > SATURATED) > 0
    return first(run, saturated & (share < FREE))


def leaving(run: Run) -> str:
    """Describes when the last hidden layer leaves saturation."""
    if not (top_saturation(run) > SATURATED).any():
        return "it is never saturated"
    if not np.isfinite(step := leaves(run)):
        return f"it does not leave saturation within {updates(run):,} updates"
    return f"it leaves saturation at update {step:,.0f} of {updates(run):,}"


def half_grown(run: Run) -> Array:
    """Returns when the 98th percentile of each layer has completed half of its growth.

    Growth is measured from the minimum, as the percentiles of tanh shrink at first.

    Returns:
        Array of shape (layer,). Fractions of the updates; infinite for a layer that
        does not grow.
    """
    extremes = hidden(run, Statistic.P98)
    end = at_the_end(run, extremes)
    lowest = np.argmin(extremes, axis=0)
    half = (extremes.min(axis=0) + end) / 2
    records = np.arange(len(extremes))[:, np.newaxis]
    reached = (records > lowest) & (extremes >= half) & (end > extremes.min(axis=0))
    return np.array([first(run, one) for one in reached.T]) / updates(run)


def sizes(run: Run, layer: int, parts: int, record: int = -1) -> Array:
    """Returns densities of the absolute activations in a record.

    Args:
        run: `Run` with activations between -1 and 1.
        layer: int. Index of the hidden layer.
        parts: int. Number of equal intervals from 0 to 1.
        record: int. Index of the record. Defaults to the last.

    Returns:
        Array of shape (parts,). Densities relative to a uniform distribution. The
        last interval includes values rounded to ±1.
    """
    index = hidden_rows(run.layers, run.attributes)[layer]
    found = histogram(
        run.read_histogram(Quantity.ACTIVATION, record)[index],
        run.edges(Quantity.ACTIVATION)[index],
    )
    # Values of ±1 are in a bin beyond ±1.
    centers = np.minimum(np.abs(found.edges[1:] + found.edges[:-1]) / 2, 1.0)
    ends = np.linspace(0, 1, parts + 1)
    counts, _ = np.histogram(centers, ends, weights=found.counts)
    # No value is counted if all are NaN.
    return counts / max(found.total, 1) * parts


def knees(fifths: Array) -> float:
    """Returns the density of the fourth fifth relative to the densest of the others.

    Args:
        fifths: Array of shape (5,). Densities of the absolute activations, as in
            `sizes`; the fourth fifth is 0.6 to 0.8.

    Returns:
        float. Above 1 if the fourth fifth is the densest.
    """
    return float(fifths[3] / max(np.delete(fifths, 3).max(), EMPTY))


def per_layer(std: Array) -> float:
    """Returns the factor from one layer to the next, as a geometric mean.

    Example:

    >>> per_layer(np.array([0.4, 0.2, 0.1]))
    0.5
    """
    return float((std[-1] / std[0]) ** (1 / (len(std) - 1)))


def apart(run: Run) -> tuple[float, float]:
    """Returns the ratio of the largest to the smallest std of weight gradients.

    Compares all hidden layers but the first: the theory assumes weights of equal shape.

    Returns:
        Tuple of floats. The ratio at initialization, and the largest median ratio over
        a tenth of the updates.
    """
    std = hidden(run, Statistic.STD, Quantity.WEIGHT_GRADIENT)[:, 1:]
    ratio = std.max(axis=1) / std.min(axis=1)
    tenth = np.minimum(10 * run.steps // (updates(run) + 1), 9)
    largest = max(np.median(ratio[tenth == i]) for i in np.unique(tenth))
    return float(ratio[0]), float(largest)


def of_each(runs: Sequence[Run], measure: Callable[[Run], float]) -> Array:
    """Measures each run."""
    return np.array([measure(run) for run in runs])


def most(holds: Iterable[bool]) -> bool:
    """Returns whether a condition holds for more than half of the networks.

    Example:

    >>> most([True, False, True]), most([True, False])
    (True, False)
    """
    found = list(holds)
    return 2 * sum(found) > len(found)


def count_text(holds: Iterable[bool]) -> str:
    """Counts the networks that meet a condition.

    Example:

    >>> count_text([True, False, True])
    'in 2 of 3 networks'
    """
    found = list(holds)
    return f"in {sum(found)} of {len(found)} networks"


def text(values: Iterable[float], form: str = ".2g") -> str:
    """Joins numbers with commas; a dash stands for infinity.

    Example:

    >>> text([100, np.inf], ",.0f")
    '100, –'
    """
    return ", ".join(f"{one:{form}}" if np.isfinite(one) else "–" for one in values)
