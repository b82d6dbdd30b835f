"""Rectified units that are silent whatever comes in."""

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
    counts,
    has_matrix,
    layer_names,
    listed,
    read,
)
from keras_xavier.diagnosis.remedies import learning_rate, try_it
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Statistic, hidden_layers
from keras_xavier.theory.prediction import BIAS_VARIANCES, DENSE, PLAIN

RECTIFIER = ("relu", "ReLU")
PASSED_ON = tuple(kind for kind in PLAIN if kind != DENSE)
"""Kinds of layers that lie between two dense ones and kill no unit."""


def dead_units(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Layers of which many units are dead, or which are silent as a whole."""
    if not run.records:
        return
    share = np.fmax(dead_share(run, thresholds), silent_share(run, thresholds))
    ill = [i for i in hidden_layers(run.layers) if share[i] >= thresholds.dead_share]
    if not ill:
        return
    layers = layer_names(run, ill)
    most = float(share[ill].max())
    zero = read(run, Quantity.ACTIVATION, Statistic.ZERO)[:, ill]
    often = np.flatnonzero((zero >= share[ill]).any(axis=1))
    start = int(often[0]) if len(often) else 0
    rate = learning_rate(run)
    yield Finding(
        name=FindingName.DEAD_UNITS,
        severity=Severity.ERROR if most >= thresholds.dead_values else Severity.WARNING,
        layers=layers,
        steps=(int(run.steps[start]), int(run.steps[-1])),
        numbers=tuple(
            Number(f"share of dead units in {name}", float(share[index]))
            for name, index in zip(layers, ill, strict=True)
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
            "the last records. Their preactivations are negative throughout: by biases "
            "or inputs that are, or thrown there by an update that was too large. A "
            "rectifier has slope 0 there, so they get no gradient and do not come "
            "back."
        ),
        remedy="Begin with biases of 0 and kernel_initializer='he_normal', lower the "
        "learning rate, or take an activation with a slope on both sides, such as "
        "leaky_relu or elu.",
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
    """Share of dead units in chains of dense layers, `(layer,)`; NaN elsewhere.

    A dead unit gets no gradient in any of its weights, nor do the weights that lead
    from it. So of the gradient of W, a share (1 - d)(1 - d') is not 0, where d are
    the dead among the layer's units and d' those among its inputs. At the output d is
    0; from there d' of each layer follows, which is d of the one below.
    """
    records = run.records
    recent = slice(max(records - thresholds.lasting_records, 0), records)
    zeros = read(run, Quantity.WEIGHT_GRADIENT, Statistic.ZERO)[recent]
    settled = read(run, Quantity.PREACTIVATION_GRADIENT, Statistic.ZERO)[recent]
    values = counts(run, Quantity.ACTIVATION, records - 1)
    dead = np.full(zeros.shape, np.nan)
    alive = unknown = np.full(len(zeros), np.nan)
    telling = 0.0
    above = -1
    for index in reversed(range(len(run.layers))):
        layer = run.layers[index]
        if layer.kind in PASSED_ON:
            continue
        if layer.kind != DENSE:
            alive = unknown
        elif layer.activation not in RECTIFIER:
            # No slope is 0, so a unit is without gradient only where the loss has
            # none left for it: examples that are learned tell nothing more.
            alive = 1 - np.nan_to_num(settled[:, index])
            telling = values[index] / max(layer.units, 1) * alive.min(initial=1.0)
        elif above >= 0 and follows(run, index, above):
            with np.errstate(divide="ignore", invalid="ignore"):
                alive = np.minimum((1 - zeros[:, above]) / alive, 1.0)
            if telling >= thresholds.least_examples:
                dead[:, index] = 1 - alive
        else:
            alive = unknown
        above = index
    # Which units a batch happens to leave silent differs; the dead are always.
    return dead.min(axis=0)


def follows(run: Run, below: int, above: int) -> bool:
    """Whether one dense layer feeds another, as far as a run tells."""
    one, other = run.layers[below], run.layers[above]
    chain = run.attributes.get(BIAS_VARIANCES)
    if isinstance(chain, Mapping) and (one.name, other.name) not in pairwise(chain):
        return False
    weights = counts(run, Quantity.WEIGHT)[above]
    return one.units > 0 and bool(weights == one.units * other.units)


def silent_share(run: Run, thresholds: Thresholds) -> Array:
    """1 for rectified layers that hardly ever answer, in any of the last records."""
    zero = read(run, Quantity.ACTIVATION, Statistic.ZERO)[-thresholds.lasting_records :]
    rectified = np.array([layer.activation in RECTIFIER for layer in run.layers])
    matrix = has_matrix(run) | rectified
    silent = zero.min(axis=0) >= thresholds.dead_values
    return np.where(rectified & matrix & silent, zero.min(axis=0), 0.0)
