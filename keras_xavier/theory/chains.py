"""Finds the layers of a run that theory describes: chains of wide dense layers.

Mean-field theory assumes independent random weights with mean 0. A run shows where they
are not: the initializers are stored in its attributes, and the weights are measured.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from keras_xavier.runs import Run
from keras_xavier.runs.value_counts import value_counts
from keras_xavier.statistics import Layer, Quantity, Role, Statistic
from keras_xavier.theory.nonlinearities import NONLINEARITIES, Values

DENSE = "Dense"
PLAIN = (DENSE, "Flatten", "Dropout")
"""Kinds of layers in a plain chain, in which each layer feeds the next."""
BIAS_VARIANCES = "bias_variances"
"""The attribute of a run with the bias variances of a plain chain, by layer name."""
APPLIED_BY = "activation_layers"
"""The attribute of a run with the rows of layers that apply the activation function of
a dense layer, by the name of the dense layer."""
NOT_PREDICTED = "not_predicted"
"""The attribute of a run with the reason why theory does not describe the model."""
WEIGHT_VARIANCES = "weight_variances"
"""The attribute of a run with the mean squares of weights that the initializers draw,
by layer name; `None` for initializers whose mean square is unknown."""
MOMENTS = (Statistic.MEAN, Statistic.STD)
DEVIATIONS = 6.0
"""Standard errors by which initial weights differ from the mean square expected."""
ROUNDING = 0.01
"""Relative deviation that is never reported, such as that of truncated values."""


@dataclass(frozen=True)
class Link:
    """A layer of a chain.

    Attributes:
        index: int. Index of the layer in the table of the run.
        values: int. Index of the row with its activations: `index`, unless another
            layer applies its activation function.
        layer: `Layer`.
        activation: str or `None`. Name of its activation function, if it is known.
        fan_in: int. Number of inputs of a unit.
        variance: float. Var[W], measured.
        bias_variance: float. Var[b], from the initializer.
    """

    index: int
    values: int
    layer: Layer
    activation: str | None
    fan_in: int
    variance: float
    bias_variance: float


def find_chains(run: Run) -> list[list[Link]]:
    """Returns the chains of adjacent dense layers, each from the input up."""
    if why_no_chains(run):
        return []
    biases = _bias_variances(run)
    variances = second_moments(run, Quantity.WEIGHT)
    counts = value_counts(run, Quantity.WEIGHT)
    chains: list[list[Link]] = []
    below: Link | None = None
    rows = {layer.name: row for row, layer in enumerate(run.layers)}
    separate = _activation_layers(run)
    for index, layer in enumerate(run.layers):
        if layer.role is not Role.LAYER or layer.name in separate.values():
            continue
        if layer.name not in biases or not variances[index] > 0:
            below = None
            continue
        fan_in = int(counts[index]) // max(layer.units, 1)
        values = rows.get(separate.get(layer.name, layer.name), index)
        link = Link(
            index,
            values,
            layer,
            function_name(run.layers[values]),
            fan_in,
            variances[index],
            biases[layer.name],
        )
        fed = below is not None and below.layer.units == fan_in
        # If only some layers are recorded, the layer between may be missing.
        if fed and below and (below.layer.name, layer.name) in pairwise(biases):
            chains[-1].append(link)
        else:
            chains.append([link])
        below = link
    return chains


def why_no_chains(run: Run) -> str:
    """Returns why theory does not describe a run; an empty string if it does."""
    if not len(run.steps):
        return "the run has no records"
    if run.steps[0] != 0:
        return f"it applies before training, and the run begins at step {run.steps[0]}"
    if run.hyperparameters.get("pretraining_updates"):
        return "the weights were pre-trained"
    reason = run.attributes.get(NOT_PREDICTED)
    if isinstance(reason, str) and reason:
        return reason
    layers = [layer for layer in run.layers if layer.role is Role.LAYER]
    stored = run.attributes.get(BIAS_VARIANCES)
    separate = {*_activation_layers(run).values()}
    kinds = {**_operations(run), **{layer.name: layer.kind for layer in layers}}
    for name, kind in kinds.items():
        if kind not in (*PLAIN, "InputLayer") and name not in separate:
            return f"it covers chains of dense layers, not {name} ({kind})"
    if missing := sorted(separate - {one.name for one in layers}):
        return f"it needs the activations of {missing[0]}, which are not recorded"
    if BIAS_VARIANCES in run.attributes and not isinstance(stored, Mapping):
        return "it covers chains of dense layers with known initializers"
    return _why_not_initial(run)


def function_name(layer: Layer) -> str | None:
    """Returns the name of a layer's activation function; `None` if it is unknown."""
    name = layer.activation or "linear"
    return name if name in NONLINEARITIES else None


def second_moments(run: Run, quantity: Quantity) -> Values:
    """Returns the mean square in each layer at the first recorded step."""
    moments: Values = np.square(first_values(run, quantity, *MOMENTS)).sum(axis=-1)
    return moments


def first_values(run: Run, quantity: Quantity, *statistics: Statistic) -> Values:
    """Returns statistics of the first record, of shape (layer, statistic).

    They are NaN in runs of earlier versions that do not have them.
    """
    if not {*statistics} <= {*run.statistic_names} or quantity not in run.quantities:
        return np.full((len(run.layers), len(statistics)), np.nan)
    return run.read_several(quantity, statistics, stop=1)[0].astype(np.float64)


def _bias_variances(run: Run) -> Mapping[str, float]:
    """Returns the bias variances of a plain chain by name."""
    # Runs of earlier versions lack the attribute; their biases were 0.
    dense = [layer.name for layer in run.layers if layer.kind == DENSE]
    stored = run.attributes.get(BIAS_VARIANCES, dict.fromkeys(dense, 0.0))
    return {name: one for name, one in stored.items() if isinstance(one, int | float)}


def _activation_layers(run: Run) -> Mapping[str, str]:
    """Returns the rows that apply the activation functions of dense layers."""
    stored = run.attributes.get(APPLIED_BY)
    given = stored.items() if isinstance(stored, Mapping) else ()
    return {name: row for name, row in given if isinstance(row, str)}


def _operations(run: Run) -> Mapping[str, str]:
    """Returns the classes of the layers and operations in the graph of the model."""
    model = run.attributes.get("model")
    rows = model.get("layers") if isinstance(model, Mapping) else None
    listed = rows if isinstance(rows, list) else ()
    named = [row for row in listed if isinstance(row, Mapping)]
    return {str(row.get("name")): str(row.get("class")) for row in named}


def _why_not_initial(run: Run) -> str:
    """Returns which layer has other weights than its initializer draws."""
    stored = run.attributes.get(WEIGHT_VARIANCES)
    expected = stored if isinstance(stored, Mapping) else {}
    moments = first_values(run, Quantity.WEIGHT, *MOMENTS)
    counts = value_counts(run, Quantity.WEIGHT)
    for layer, (mean, std), count in zip(run.layers, moments, counts, strict=True):
        square = mean**2 + std**2
        if layer.role is not Role.LAYER or not square > 0 or not count:
            continue
        if abs(mean) > math.sqrt(square) * (DEVIATIONS / math.sqrt(count) + ROUNDING):
            return (
                f"it assumes weights with mean 0; {layer.name} has mean {mean:.3g}, "
                f"std {std:.3g}"
            )
        drawn = expected.get(layer.name)
        if not isinstance(drawn, int | float) or not drawn > 0:
            continue
        # The mean square of normal weights has the standard error √(2/n).
        error = DEVIATIONS * math.sqrt(2 / count) + ROUNDING
        if abs(square / drawn - 1) > error:
            return (
                f"the weights of {layer.name} are not initial weights: std "
                f"{math.sqrt(square):.3g}, initializer {math.sqrt(drawn):.3g}"
            )
    return ""
