"""Layers that do not fit together, whatever they are trained on."""

import math
from collections.abc import Iterable, Sequence

from keras_xavier.diagnosis.code_changes import activation_layer_line, layer_line
from keras_xavier.diagnosis.connections import (
    LINEAR_KINDS,
    MAX_POOLING,
    Connections,
    connections,
)
from keras_xavier.diagnosis.finding import (
    CodeChange,
    Finding,
    FindingName,
    Number,
    Severity,
)
from keras_xavier.diagnosis.guessing import loss_of_guessing
from keras_xavier.diagnosis.output_values import NORMALIZATIONS, RECURRENT, WEIGHTED
from keras_xavier.diagnosis.program import (
    ACTIVATION_KINDS,
    OF_ACTIVATION,
    LayerSetup,
)
from keras_xavier.diagnosis.reading import finite_losses, listed, whole
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.runs import Run
from keras_xavier.text import sanitize

KERNELS = (*WEIGHTED, *RECURRENT)
BETWEEN = (*LINEAR_KINDS, *MAX_POOLING, *NORMALIZATIONS, *ACTIVATION_KINDS)
"""Layers between two layers with weights, which do not make a softmax a gate."""


def softmax_in_hidden_layer(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds hidden layers with a softmax over their units, in one layer or in two."""
    found = connections(run)
    places = {}
    for name, one in found.layers.items():
        if one.activation != "softmax" or not is_over_units(one):
            continue
        source = name
        if one.kind not in KERNELS:
            source = found.previous(name, KERNELS, is_between) or ""
        # A gate or a mixture multiplies other values; this is a plain chain.
        if source and found.following(name, KERNELS, is_between):
            places[source] = one
    if not places:
        return
    affected = tuple(places)
    units = [(found.layers[name].shape or (None,))[-1] for name in affected]
    size = f", 1/{units[0]} on average" if units[0] else ""
    noun, has = ("layer", "has") if len(affected) == 1 else ("layers", "have")
    yield Finding(
        name=FindingName.SOFTMAX_IN_HIDDEN_LAYER,
        severity=Severity.WARNING,
        layers=affected,
        steps=whole(run),
        numbers=(),
        figure=FigureSpec("depth-profile", step=int(run.steps[0])),
        summary=f"The hidden {noun} {listed(affected)} {has} a softmax, whose "
        f"values sum to 1{size}.",
        explanation="The next layer receives small values that hardly differ from "
        "example to example, and the gradient shrinks by the same factor. The softmax "
        "suits an output layer with one unit for each class.",
        remedy=f"Use relu instead of softmax in {sanitize(affected[0])}.",
        source="Goodfellow, Bengio & Courville (2016), section 6.2.2.3",
        change=relu_instead(run, places[affected[0]]),
    )


def is_between(layer: LayerSetup) -> bool:
    return layer.kind in BETWEEN


def is_over_units(layer: LayerSetup) -> bool:
    """Returns whether a softmax normalizes over the last axis, not over positions."""
    axis = (layer.settings or {}).get("axis", -1)
    return axis == -1 or bool(layer.shape and axis == len(layer.shape) - 1)


def relu_instead(run: Run, layer: LayerSetup) -> CodeChange | None:
    if layer.kind in OF_ACTIVATION:
        return activation_layer_line(run, layer.name, "relu")
    return layer_line(run, layer.name, activation="relu")


def no_nonlinearity(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds layers with weights that no activation function separates."""
    found = connections(run)
    hidden = hidden_layers(found)
    linear = [name for name in hidden if found.is_linear(name)]
    if linear and linear == hidden and has_linear_rest(found):
        pooled = found.has(MAX_POOLING)
        lone_layer = len(linear) == 1
        # A lone bottleneck limits the rank, as in principal component analysis.
        if not (lone_layer and (pooled or is_bottleneck(found, linear[0]))):
            solved = is_solved(run, thresholds)
            severity = Severity.NOTE if solved else Severity.WARNING
            yield whole_network(run, linear, pooled, severity)
        return
    for chain in chains(found):
        inner = chain[:-1]
        if len(inner) == 1:
            kinds = {found.layers[name].kind for name in chain}
            # Convolutions are often factorized.
            if kinds != {"Dense"} or is_bottleneck(found, inner[0]):
                continue
        yield part_of_network(run, chain)


def hidden_layers(found: Connections) -> list[str]:
    """Returns the layers with a kernel before other layers with parameters."""
    below = found.before(n for n, one in found.layers.items() if one.parameters)
    return [n for n, one in found.layers.items() if n in below and one.kind in WEIGHTED]


def has_linear_rest(found: Connections) -> bool:
    """Returns whether all other layers before the last weights are linear.

    Maxima of linear functions count as linear, as their slopes are those of the inputs.
    """
    below = found.before(n for n, one in found.layers.items() if one.parameters)
    merging = ("Add", "Subtract", "Average", "Concatenate")
    data = ("InputLayer", "Embedding", "Normalization", "Rescaling")
    return all(
        one.kind in (*MAX_POOLING, *merging, *data) or found.is_linear(name)
        for name, one in found.layers.items()
        if name in below
    )


def chains(found: Connections) -> list[list[str]]:
    """Returns layers with kernels, each a linear function of the one before."""
    after = {
        name: following
        for name, one in found.layers.items()
        if one.kind in WEIGHTED and found.is_linear(name)
        if (following := found.following(name, WEIGHTED, found.is_linear_layer))
    }
    result = []
    for first in after:
        if first in after.values():
            continue
        chain = [first]
        while chain[-1] in after:
            chain.append(after[chain[-1]])
        result.append(chain)
    return result


def is_bottleneck(found: Connections, name: str) -> bool:
    """Returns whether a layer has fewer values than its input and the next layer.

    A layer counts as a bottleneck if one of these numbers is unknown.
    """
    layers = found.layers
    following = found.following(name, WEIGHTED, found.is_linear_layer)
    three = (name, *layers[name].inputs[:1], following or "")
    sizes = [size(layers[one].shape) if one in layers else None for one in three]
    known = [one for one in sizes if one is not None]
    return len(known) < len(three) or known[0] < min(known[1:])


def size(shape: Sequence[int | None] | None) -> int | None:
    """Returns the number of values of an example; unknown lengths count as 1."""
    return math.prod(one or 1 for one in shape[1:]) if shape else None


def is_solved(run: Run, thresholds: Thresholds) -> bool:
    """Returns whether the loss is so small that nothing is left to learn."""
    guess = loss_of_guessing(run, thresholds)
    lowest = min(finite_losses(run), default=math.inf)
    return guess is not None and bool(lowest < 0.01 * guess)


def whole_network(
    run: Run, linear: Sequence[str], pooled: bool, severity: Severity
) -> Finding:
    names = tuple(linear)
    noun, have = ("layer", "has") if len(names) == 1 else ("layers", "have")
    result = (
        "max pooling is the only nonlinearity before the output"
        if pooled
        else "the network is one linear map up to the output"
    )
    if pooled:
        explanation = (
            "Maxima of linear functions are all that the network can compute. "
            "Activation functions between the layers let it represent many more "
            "functions of its inputs."
        )
    else:
        explanation = (
            "A linear function of a linear function is linear: before the output, the "
            "network computes no more than a single layer, however many layers it has. "
            "It cannot learn how inputs act together."
        )
    return finding(
        run,
        names,
        severity,
        f"The hidden {noun} {listed(names)} {have} no activation function: {result}.",
        explanation,
    )


def part_of_network(run: Run, chain: Sequence[str]) -> Finding:
    names = tuple(chain)
    return finding(
        run,
        names,
        Severity.NOTE,
        f"The layers {listed(names)} are one linear map: no activation function "
        "separates them.",
        "A linear function of a linear function is linear. Further layers add "
        "parameters and computation, but no functions that a single layer could not "
        "represent.",
    )


def finding(
    run: Run,
    names: tuple[str, ...],
    severity: Severity,
    summary: str,
    explanation: str,
) -> Finding:
    return Finding(
        name=FindingName.NO_NONLINEARITY,
        severity=severity,
        layers=names,
        steps=whole(run),
        numbers=(Number("layers in sequence", len(names)),),
        figure=FigureSpec("depth-profile", step=int(run.steps[0])),
        summary=summary,
        explanation=explanation,
        remedy=f"Add an activation function, such as relu, to {sanitize(names[0])}"
        + (" and to the other hidden layers." if len(names) > 2 else "."),
        source="Goodfellow, Bengio & Courville (2016), section 6.1",
        change=layer_line(run, names[0], activation="relu"),
    )
