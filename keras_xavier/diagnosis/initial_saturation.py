"""Initial weights or biases that saturate units before the first update."""

import math

import numpy as np

from keras_xavier.diagnosis.finding import Finding, FindingName, Number, Severity
from keras_xavier.diagnosis.learned import has_learned
from keras_xavier.diagnosis.network import HiddenLayer, network, weights_change
from keras_xavier.diagnosis.reading import (
    is_bounded,
    layer_names,
    listed,
    read,
    read_all_rows,
    read_counts,
    root_mean_square,
)
from keras_xavier.diagnosis.remedies import try_it
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec, ReferenceLine
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Role, Statistic


def saturating_weights(run: Run, thresholds: Thresholds) -> Finding | None:
    """Finds layers that large initial weights or biases saturate.

    Saturation that the inputs cause is not among them.
    """
    if run.steps[0] > thresholds.first_updates:
        return None
    share = read(run, Quantity.ACTIVATION, Statistic.SATURATED)[0]
    saturated = [
        one
        for one in network(run)
        if is_bounded(run.layers[one.values])
        and share[one.values] > thresholds.saturated_share
    ]
    gains = {one: gain(run, one) for one in saturated}
    by_weights = [one for one in saturated if gains[one] > thresholds.large_weight]
    offsets = {one: bias(run, one) for one in saturated}
    by_bias = [one for one in saturated if offsets[one] > thresholds.large_weight]
    affected = by_weights or by_bias
    if not affected:
        return None
    layers = layer_names(run, [one.weights for one in affected])
    rows = [one.values for one in affected]
    most = float(share[rows].max())
    step = int(run.steps[0])
    if by_weights:
        size = max(gains[one] for one in affected)
        what, name = "weights", "size of the weights times √fan-in"
        compared = (
            f"The root mean square of the weights times √fan-in is {size:.3g}; with "
            "usual initializers, it is at most 1.4"
        )
        remedy = (
            "Use smaller initial weights, such as those of kernel_initializer="
            "'glorot_uniform', the default of Keras."
        )
        change = weights_change(run, rows, "normalized")
    else:
        size = max(offsets[one] for one in affected)
        what, name = "biases", "size of the biases"
        compared = (
            f"The root mean square of the biases is {size:.3g}; by default, biases "
            "begin at 0"
        )
        remedy = "Use bias_initializer='zeros', the default of Keras."
        change = None
    learned = has_learned(run, thresholds)
    is_error = most > thresholds.error_share and not learned
    return Finding(
        name=FindingName.WRONG_INITIAL_SCALE,
        severity=Severity.ERROR if is_error else Severity.WARNING,
        layers=layers,
        steps=(step, step),
        numbers=(
            Number(name, size),
            Number("saturated share of the values", most),
        ),
        figure=FigureSpec("saturation", step=step),
        lines=(ReferenceLine(thresholds.saturated_share, "threshold"),),
        summary=(
            f"The initial {what} of {listed(layers)} are too large: before the first "
            f"update, up to {most:.0%} of the activations are saturated."
        ),
        explanation=(
            f"{compared}. Where an activation function is saturated, "
            "its slope is near 0, so hardly any gradient passes to these layers and "
            "the layers below."
        ),
        remedy=remedy,
        change=change,
        command=try_it(run, initializer="normalized") if by_weights else "",
        source="Glorot & Bengio (2010), section 4.2.1; LeCun et al. (1998), Efficient "
        "BackProp, section 4.6",
    )


def gain(run: Run, layer: HiddenLayer) -> float:
    """Returns the factor by which weights increase the size of their inputs."""
    row = layer.weights
    fan_in = read_counts(run, Quantity.WEIGHT)[row] / max(run.layers[row].units, 1)
    size = root_mean_square(run, Quantity.WEIGHT)[0, row]
    return float(np.nan_to_num(size * math.sqrt(fan_in)))


def bias(run: Run, layer: HiddenLayer) -> float:
    """Returns the root mean square of the initial biases of a layer."""
    name = f"{run.layers[layer.weights].name}/bias"
    for row, one in enumerate(run.layers):
        if one.role is Role.BIAS and one.name == name:
            mean, std = (
                read_all_rows(run, Quantity.WEIGHT, statistic)[0, row]
                for statistic in (Statistic.MEAN, Statistic.STD)
            )
            return float(np.nan_to_num(np.hypot(mean, std)))
    return 0.0
