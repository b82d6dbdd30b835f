"""Rectified units that output 0 for every example."""

from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np

from keras_xavier.diagnosis.finding import (
    Finding,
    FindingName,
    Number,
    Severity,
)
from keras_xavier.diagnosis.reading import (
    Array,
    has_matrix,
    layer_names,
    listed,
    read,
)
from keras_xavier.diagnosis.remedies import learning_rate, try_it
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.runs import Run
from keras_xavier.runs.value_counts import value_counts
from keras_xavier.statistics import Quantity, Statistic, hidden_layers
from keras_xavier.theory.chains import BIAS_VARIANCES, DENSE, PLAIN

RECTIFIER = ("relu", "ReLU")
PASSED_ON = tuple(kind for kind in PLAIN if kind != DENSE)
"""Kinds of layers between two dense layers that pass the outputs of all units on."""


def dead_units(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds layers with many dead units, and layers without any active unit."""
    if not run.records:
        return
    share = np.fmax(dead_share(run, thresholds), silent_share(run, thresholds))
    affected = [
        i for i in hidden_layers(run.layers) if share[i] >= thresholds.dead_share
    ]
    if not affected:
        return
    layers = layer_names(run, affected)
    most = float(share[affected].max())
    zero = read(run, Quantity.ACTIVATION, Statistic.ZERO)[:, affected]
    often = np.flatnonzero((zero >= share[affected]).any(axis=1))
    start = int(often[0]) if len(often) else 0
    rate = learning_rate(run)
    yield Finding(
        name=FindingName.DEAD_UNITS,
        severity=Severity.ERROR if most >= thresholds.dead_values else Severity.WARNING,
        layers=layers,
        steps=(int(run.steps[start]), int(run.steps[-1])),
        numbers=tuple(
            Number(f"share of dead units in {name}", float(share[index]))
            for name, index in zip(layers, affected, strict=True)
        )
        + tuple(
            Number(f"share of zeros in {name}", float(zero[-1, place]))
            for place, name in enumerate(layers)
        ),
        figure=FigureSpec(
            "layer-curves",
            Quantity.PREACTIVATION,
            band="percentiles",
            step=int(run.steps[start]),
        ),
        explanation=(
            f"{most:.0%} of the units of {listed(layers)} are 0 for all examples of "
            "the last records. Their preactivations are always negative, because of "
            "negative biases or inputs, or after an update that was too large. A "
            "rectifier has slope 0 there, so these units receive no gradient and do "
            "not recover."
        ),
        remedy="Initialize biases to 0 and weights with "
        "kernel_initializer='he_normal', lower the learning rate, or use an activation "
        "with a slope on both sides, such as leaky_relu or elu.",
        command=try_it(
            run,
            activation="leaky_relu",
            initializer="he_normal",
            learning_rate=rate and rate / 10,
        ),
        source="Maas, Hannun & Ng (2013), section 2; Lu et al. (2019), Dying ReLU and "
        "initialization",
    )


def dead_share(run: Run, thresholds: Thresholds) -> Array:
    """Returns the share of dead units in chains of dense layers.

    The weights into and out of a dead unit have no gradient. A share (1 - d)(1 - d')
    of the gradient of W is therefore not 0, where d is the share of dead units in the
    layer, and d' the share in the layer below. At the output d is 0, which determines
    d' of each layer in turn, from the output down.

    Returns:
        Array of shape (layer,); NaN outside such chains.
    """
    records = run.records
    recent = slice(max(records - thresholds.consecutive_records, 0), records)
    zeros = read(run, Quantity.WEIGHT_GRADIENT, Statistic.ZERO)[recent]
    settled = read(run, Quantity.PREACTIVATION_GRADIENT, Statistic.ZERO)[recent]
    values = value_counts(run, Quantity.ACTIVATION, records - 1)
    dead = np.full(zeros.shape, np.nan)
    alive = unknown = np.full(len(zeros), np.nan)
    examples = 0.0
    above = -1
    for index in reversed(range(len(run.layers))):
        layer = run.layers[index]
        if layer.kind in PASSED_ON:
            continue
        if layer.kind != DENSE:
            alive = unknown
        elif layer.activation not in RECTIFIER:
            # No slope is 0, so a gradient of 0 comes from the loss: such examples
            # are learned and contain no information about dead units.
            alive = 1 - np.nan_to_num(settled[:, index])
            examples = values[index] / max(layer.units, 1) * alive.min(initial=1.0)
        elif above >= 0 and follows(run, index, above):
            with np.errstate(divide="ignore", invalid="ignore"):
                alive = np.minimum((1 - zeros[:, above]) / alive, 1.0)
            if examples >= thresholds.min_examples:
                dead[:, index] = 1 - alive
        else:
            alive = unknown
        above = index
    # Units that a batch happens to leave silent vary; dead units do not.
    return dead.min(axis=0)


def follows(run: Run, below: int, above: int) -> bool:
    """Returns whether one dense layer feeds another, according to the run."""
    one, other = run.layers[below], run.layers[above]
    chain = run.attributes.get(BIAS_VARIANCES)
    if isinstance(chain, Mapping) and (one.name, other.name) not in pairwise(chain):
        return False
    weights = value_counts(run, Quantity.WEIGHT)[above]
    return one.units > 0 and bool(weights == one.units * other.units)


def silent_share(run: Run, thresholds: Thresholds) -> Array:
    """Returns the share of zeros of rectified layers that are silent at the end."""
    zero = read(run, Quantity.ACTIVATION, Statistic.ZERO)[
        -thresholds.consecutive_records :
    ]
    rectified = np.array([layer.activation in RECTIFIER for layer in run.layers])
    matrix = has_matrix(run) | rectified
    silent = zero.min(axis=0) >= thresholds.dead_values
    return np.where(rectified & matrix & silent, zero.min(axis=0), 0.0)
