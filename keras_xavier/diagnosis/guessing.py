"""Loss of a network that predicts the same for all examples."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from keras_xavier.diagnosis.data_values import DISTINCT, DataValues
from keras_xavier.diagnosis.heads import BINARY_LOSSES, CLASS_LOSSES, Head, heads
from keras_xavier.diagnosis.program import Output, graph, is_number, outputs
from keras_xavier.diagnosis.reading import Array, NotChecked, once
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.histogram_bins import LARGEST_EXPONENT
from keras_xavier.network.recorded import mapping
from keras_xavier.runs import Run
from keras_xavier.statistics import UNIT_STATISTICS, Statistic

LARGEST = 2.0**LARGEST_EXPONENT
"""Larger numbers share a bin."""


def loss_of_guessing(run: Run, thresholds: Thresholds) -> float | None:
    """Returns the smallest loss of predictions that do not depend on the inputs.

    It is the entropy of the recorded labels, the variance of the targets for the mean
    squared error, or their mean distance from the best constant for other distances; of
    several outputs, the weighted sum. Without recorded targets, it is the cross entropy
    of uniform predictions of a softmax layer.

    Returns:
        float, or `None` if it is unknown, or if the loss contains other terms.
    """
    return None if has_penalties(run) else without_penalties(run, thresholds)


def loss_before_learning(run: Run, thresholds: Thresholds, values: Array) -> float:
    """Returns the loss of guessing, or the first of some losses if it is unknown.

    Args:
        run: `Run`.
        thresholds: `Thresholds`.
        values: Array of shape `(losses,)`.
    """
    guess = loss_of_guessing(run, thresholds)
    return float(values[0]) if guess is None else guess


def without_penalties(
    run: Run, thresholds: Thresholds, least: int | None = None
) -> float | None:
    """Returns the loss of guessing, without the regularization of layers.

    Args:
        run: `Run`.
        thresholds: `Thresholds`.
        least: int. Number of targets that is enough. Defaults to `None`: `min_targets`.
    """
    try:
        found = heads(run)
    except NotChecked:
        return uniform(run, outputs(run))
    weights = weights_of(run, found)
    if weights is None:
        return None
    enough = thresholds.min_targets if least is None else least
    known = [of_head(run, head, enough) for head in found]
    if len(found) == 1 and known[0] is None and is_unknown(found[0], enough):
        return uniform(run, [found[0].output])
    each = [one * w for one, w in zip(known, weights, strict=True) if one is not None]
    return sum(each) if len(each) == len(found) else None


def weights_of(run: Run, found: Sequence[Head]) -> list[float] | None:
    """Returns the weight of the loss of each output; `None` if they are unknown."""
    given = mapping(run.attributes.get("training")).get("loss_weights")
    if not given:
        return [1.0] * len(found)
    names = [head.output.name for head in found]
    values = given
    if isinstance(given, Mapping):
        values = [given.get(name) for name in names]
    if not isinstance(values, list) or len(values) != len(found):
        return None
    numbers = [float(value) for value in values if is_number(value)]
    return numbers if len(numbers) == len(found) else None


def is_unknown(head: Head, enough: float) -> bool:
    """Returns whether too little is recorded about an output and its targets."""
    few = head.target is None or head.target.examples < enough
    return few or head.loss is None


def of_head(run: Run, head: Head, enough: float) -> float | None:
    """Returns the loss of guessing of an output."""
    target, loss = head.target, head.loss
    if target is None or loss is None or is_unknown(head, enough):
        return None
    settings = loss.settings
    if settings.get("label_smoothing") or settings.get("reduction") == "sum":
        return None
    key = "loss of guessing", target.row
    return once(run, key, lambda: from_targets(run, head, target))


def from_targets(run: Run, head: Head, target: DataValues) -> float | None:
    name = head.loss.name if head.loss else ""
    if head.is_sparse:
        return entropy_of_numbers(run, head.output, target)
    if name in CLASS_LOSSES and "focal" not in name and target.sums_to_one:
        return entropy(unit_moments(run, target)[0])
    if name in BINARY_LOSSES and "focal" not in name:
        shares = unit_moments(run, target)[0]
        return float(np.mean([entropy(np.array([p, 1 - p])) for p in shares]))
    if name == "mean_squared_error":
        mean, square = unit_moments(run, target)
        return float(np.mean(square - mean**2))
    # Keras does not record the parameter of a `Huber` object.
    is_known = name != "huber" or (head.loss and not head.loss.settings)
    if name in DISTANCES and target.units == 1 and is_known:
        return least_distance(target, name)
    return None


def least_distance(target: DataValues, name: str) -> float | None:
    """Returns the smallest mean distance of the targets from a number.

    The number lies between the median and the mean of the targets.
    """
    near, weights = target.bins(target.records)
    # Logarithmic bins are 5% wide on average.
    values = near if target.has_integers else near * 1.025
    if not len(values) or np.abs(values).max() > LARGEST:
        return None
    weights = weights / weights.sum()
    median = values[np.searchsorted(np.cumsum(weights), 0.5)]
    guesses = np.linspace(median, weights @ values, 32)
    errors = np.abs(values - guesses[:, None])
    return float((DISTANCES[name](errors) @ weights).min())


def huber(errors: Array) -> Array:
    inner = np.minimum(errors, 1.0)
    return inner * (errors - inner / 2)


DISTANCES: Mapping[str, Callable[[Array], Array]] = {
    "mean_absolute_error": lambda errors: errors,
    "huber": huber,
    "log_cosh": lambda errors: np.logaddexp(errors, -errors) - math.log(2),
}
"""Losses as functions of the absolute error."""


def unit_moments(run: Run, target: DataValues) -> tuple[Array, Array]:
    """Returns mean and mean square of each unit of the targets."""
    if target.units == 1:
        mean, std = target.of(Statistic.MEAN), target.of(Statistic.STD)
    else:
        units = run.read_units(target.row).astype(np.float64)
        mean, std = (
            units[..., UNIT_STATISTICS.index(one)]
            for one in (Statistic.MEAN, Statistic.STD)
        )
    square = np.nan_to_num(std) ** 2 + mean**2
    return np.atleast_1d(mean.mean(axis=0)), np.atleast_1d(square.mean(axis=0))


def entropy(shares: Array) -> float:
    """Returns the entropy of a distribution in nats."""
    positive = shares[shares > 0]
    return float(-(positive * np.log(positive)).sum())


def entropy_of_numbers(run: Run, output: Output, target: DataValues) -> float | None:
    """Returns the entropy of integer labels; log K for many classes."""
    if target.highest >= DISTINCT:
        return uniform(run, [output])
    _, counts = target.bins(target.records)
    return entropy(counts / counts.sum()) if len(counts) else None


def uniform(run: Run, found: Sequence[Output]) -> float | None:
    """Returns the cross entropy of uniform predictions of a single softmax layer."""
    if len(found) != 1 or found[0].row is None or found[0].activation != "softmax":
        return None
    units = run.layers[found[0].row].units
    return math.log(units) if units > 1 else None


def has_penalties(run: Run) -> bool:
    """Returns whether layers add regularization to the loss."""
    return any(
        layer.kind == "ActivityRegularization"
        or any(
            name.endswith("regularizer") and value is not None
            for name, value in (layer.settings or {}).items()
        )
        for layer in graph(run).values()
    )
