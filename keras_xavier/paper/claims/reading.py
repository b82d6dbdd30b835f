"""What claims read from runs."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from keras_xavier.figures.binning import histogram
from keras_xavier.paper.results import TEST_EXAMPLES
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Statistic, hidden_layers

Array = NDArray[np.floating]
SATURATED, FREE = 0.9, 0.5
"""A layer is saturated where more than this share of its values has less than 5 % of
the steepest slope, and has left that where under half has."""

CHANCE = 1 - 1 / 6
"""Error of guessing: the most frequent classes of Shapeset-3×2 are a sixth each."""
UNDER_CHANCE = 3 * (CHANCE * (1 - CHANCE) / TEST_EXAMPLES) ** 0.5
"""How far under chance an error is none of chance: three standard deviations."""


def hidden(
    run: Run, statistic: Statistic, quantity: Quantity = Quantity.ACTIVATION
) -> Array:
    """A statistic of the hidden layers.

    Args:
        run: Of a network with dense layers.
        statistic: Which one.
        quantity: Of what.

    Returns:
        Array `(record, layer)`.
    """
    return run.read_statistics(quantity, statistic)[:, hidden_layers(run.layers)]


def at_first(run: Run, quantity: Quantity) -> Array:
    """Standard deviations of the hidden layers at initialization, `(layer,)`."""
    return hidden(run, Statistic.STD, quantity)[0]


def at_the_end(run: Run, values: Array) -> Array:
    """Medians over the last tenth of the training, as single records fluctuate.

    Args:
        run: Whose records they are.
        values: Array `(record, …)`.

    Returns:
        Array without the first axis.
    """
    return np.asarray(np.median(values[run.steps >= 0.9 * updates(run)], axis=0))


def updates(run: Run) -> int:
    """The last recorded step."""
    return int(run.steps[-1])


def first(run: Run, condition: NDArray[np.bool_]) -> float:
    """The first recorded step at which something holds; infinite if it never does."""
    return float(run.steps[np.argmax(condition)]) if condition.any() else np.inf


def top_saturation(run: Run) -> Array:
    """Share of saturated values of the last hidden layer, `(record,)`."""
    return hidden(run, Statistic.SATURATED)[:, -1]


def leaves(run: Run) -> float:
    """The step at which the last hidden layer, once saturated, is so no longer.

    Args:
        run: Of any network.

    Returns:
        The first step with under half of the values saturated, after one with nearly
        all; infinite if there is none.
    """
    share = top_saturation(run)
    saturated = np.cumsum(share > SATURATED) > 0
    return first(run, saturated & (share < FREE))


def leaving(run: Run) -> str:
    """When the last hidden layer leaves its saturation, in words."""
    if not (top_saturation(run) > SATURATED).any():
        return "it is never saturated"
    if not np.isfinite(step := leaves(run)):
        return f"it does not leave its saturation within {updates(run):,} updates"
    return f"it leaves its saturation at update {step:,.0f} of {updates(run):,}"


def half_grown(run: Run) -> Array:
    """When the 98th percentile of each layer has made half of its growth.

    That is from its lowest to what it is at the end: those of tanh shrink at first.

    Args:
        run: Of any network.

    Returns:
        Shares of the training, `(layer,)`; infinite for a layer that does not grow.
    """
    extremes = hidden(run, Statistic.P98)
    end = at_the_end(run, extremes)
    lowest = np.argmin(extremes, axis=0)
    half = (extremes.min(axis=0) + end) / 2
    records = np.arange(len(extremes))[:, np.newaxis]
    reached = (records > lowest) & (extremes >= half) & (end > extremes.min(axis=0))
    return np.array([first(run, one) for one in reached.T]) / updates(run)


def sizes(run: Run, layer: int, parts: int) -> Array:
    """How densely sizes of activations lie at the end, in equal parts of 0 to 1.

    Args:
        run: With an activation between -1 and 1.
        layer: Number of the hidden layer, from 0.
        parts: How many.

    Returns:
        Densities relative to an even spread, `(parts,)`. The last part holds what is
        rounded to ±1.
    """
    index = hidden_layers(run.layers)[layer]
    found = histogram(
        run.read_histogram(Quantity.ACTIVATION, -1)[index],
        run.edges(Quantity.ACTIVATION)[index],
    )
    # What reaches ±1 has a bin of its own, beyond it.
    centers = np.minimum(np.abs(found.edges[1:] + found.edges[:-1]) / 2, 1.0)
    ends = np.linspace(0, 1, parts + 1)
    counts, _ = np.histogram(centers, ends, weights=found.counts)
    return counts / found.total * parts


def per_layer(std: Array) -> float:
    """Factor from one layer to the next, as the geometric mean.

    Example:

    >>> per_layer(np.array([0.4, 0.2, 0.1]))
    0.5
    """
    return float((std[-1] / std[0]) ** (1 / (len(std) - 1)))


def apart(run: Run) -> tuple[float, float]:
    """How far weight gradients of layers are apart, as largest over smallest std.

    Only layers of the same shape are compared, as theory is about those: all hidden
    layers but the first.

    Args:
        run: Of any network.

    Returns:
        At initialization; and the largest median over a tenth of the training.
    """
    std = hidden(run, Statistic.STD, Quantity.WEIGHT_GRADIENT)[:, 1:]
    ratio = std.max(axis=1) / std.min(axis=1)
    tenth = np.minimum(10 * run.steps // (updates(run) + 1), 9)
    largest = max(np.median(ratio[tenth == i]) for i in np.unique(tenth))
    return float(ratio[0]), float(largest)


def of_each(runs: Sequence[Run], measure: Callable[[Run], float]) -> Array:
    """A number for each run."""
    return np.array([measure(run) for run in runs])


def most(holds: Iterable[bool]) -> bool:
    """Whether something holds in more than half of the networks.

    Example:

    >>> most([True, False, True]), most([True, False])
    (True, False)
    """
    found = list(holds)
    return 2 * sum(found) > len(found)


def count_text(holds: Iterable[bool]) -> str:
    """In how many networks something holds, in words.

    Example:

    >>> so_many([True, False, True])
    'in 2 of 3 networks'
    """
    found = list(holds)
    return f"in {sum(found)} of {len(found)} networks"


def text(values: Iterable[float], form: str = ".2g") -> str:
    """Numbers with commas between; a dash for what never comes.

    Example:

    >>> text([100, np.inf], ",.0f")
    '100, –'
    """
    return ", ".join(f"{one:{form}}" if np.isfinite(one) else "–" for one in values)
