"""Loss of a network that predicts the same for all examples."""

import math

import numpy as np

from keras_xavier.diagnosis.data_values import DataValues
from keras_xavier.diagnosis.heads import BINARY_LOSSES, CLASS_LOSSES, Head, heads
from keras_xavier.diagnosis.program import (
    graph,
)
from keras_xavier.diagnosis.reading import Array, NotChecked, once
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.network.recorded import mapping
from keras_xavier.runs import Run
from keras_xavier.statistics import UNIT_STATISTICS, Quantity, Statistic

DISTINCT = 32
"""Whole numbers below this one have a separate bin each."""


def loss_of_guessing(run: Run, thresholds: Thresholds) -> float | None:
    """Returns the smallest loss of predictions that do not depend on the inputs.

    It is the entropy of the recorded labels, or the variance of the targets for the
    mean squared error. Without recorded targets, it is the cross entropy of uniform
    predictions of a softmax layer.

    Returns:
        float, or `None` if it is unknown, or if the loss contains other terms.
    """
    return None if has_penalties(run) else without_penalties(run, thresholds)


def without_penalties(run: Run, thresholds: Thresholds) -> float | None:
    """Returns the loss of guessing, without the regularization of layers."""
    try:
        found = heads(run)
    except NotChecked:
        return uniform(run)
    if len(found) > 1:
        return None
    head = found[0]
    target = head.target
    if target is None or target.examples < thresholds.min_targets:
        return uniform(run)
    if head.loss is None or head.loss.settings.get("label_smoothing"):
        return uniform(run) if head.loss is None else None
    if head.loss.settings.get("reduction") == "sum":
        return None
    if mapping(run.attributes.get("training")).get("loss_weights"):
        return None
    key = "loss of guessing", target.row
    return once(run, key, lambda: from_targets(run, head, target))


def from_targets(run: Run, head: Head, target: DataValues) -> float | None:
    name = head.loss.name if head.loss else ""
    if head.is_sparse:
        return entropy_of_numbers(run, target)
    if name in CLASS_LOSSES and "focal" not in name and target.sums_to_one:
        return entropy(unit_moments(run, target)[0])
    if name in BINARY_LOSSES and "focal" not in name:
        shares = unit_moments(run, target)[0]
        return float(np.mean([entropy(np.array([p, 1 - p])) for p in shares]))
    if name == "mean_squared_error":
        mean, square = unit_moments(run, target)
        return float(np.mean(square - mean**2))
    return None


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


def entropy_of_numbers(run: Run, target: DataValues) -> float | None:
    """Returns the entropy of integer labels; log K for many classes."""
    if target.highest >= DISTINCT:
        return uniform(run)
    counts = run.read_histograms(
        Quantity.ACTIVATION, [*map(int, target.records)], layers=[target.row]
    ).sum(axis=(0, 1), dtype=np.float64)
    return entropy(counts / counts.sum()) if counts.sum() else None


def uniform(run: Run) -> float | None:
    last = run.layers[-1] if run.layers else None
    known = last is not None and last.activation == "softmax" and last.units > 1
    return math.log(last.units) if known and last else None


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
