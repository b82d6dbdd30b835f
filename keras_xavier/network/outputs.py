"""Finds the outputs of a network in the layer table of a run."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from keras_xavier.network.graph import paths_around
from keras_xavier.network.recorded import (
    RecordedLayer,
    inner_outputs,
    leaves,
    mapping,
    recorded_layers,
    recorded_rows,
    texts,
)
from keras_xavier.statistics import Layer, Quantity, Role


def output_rows(layers: Sequence[Layer], attributes: Mapping[str, Any]) -> set[int]:
    """Returns the rows of the output layers of a network; none if none was measured.

    These are the layers that compute the outputs, with separate layers of activation
    functions. Where the connections are unknown, as in subclassed models, the last
    layer with activations is an output, and so is every layer with a softmax.

    Args:
        layers: Sequence of `Layer`. The layer table of the run.
        attributes: Mapping. Attributes of the run, with the recorded graph.

    Returns:
        Set of int: indices into `layers`.

    Example:

    >>> hidden = Layer("hidden_1", "Dense", "tanh", 1000, 785000)
    >>> output_rows([hidden, Layer("output", "Dense", "softmax", 10, 10010)], {})
    {1}
    """
    measured = [
        index
        for index, layer in enumerate(layers)
        if layer.role is Role.LAYER and Quantity.ACTIVATION not in layer.absent
    ]
    known = recorded_layers(attributes)
    if ends := recorded_ends(attributes, known):
        names = {name for end in ends for name in down_to_weights(known, end)}
        # A layer that computes several outputs is there once for each of them.
        return {
            row
            for name in names
            for row in last_calls(layers, measured, known, name, ends.count(name) or 1)
        }
    softmax = {row for row in measured if layers[row].activation == "softmax"}
    return softmax | {*([] if lacks_last(layers, known) else measured[-1:])}


def recorded_ends(
    attributes: Mapping[str, Any], known: Mapping[str, RecordedLayer]
) -> list[str]:
    """Returns the last layers or operations of a model, by output; empty if unknown."""
    names = texts(mapping(attributes.get("model")).get("outputs"))
    inner = inner_outputs(dict(recorded_rows(attributes)))
    return [name for name in leaves(names, inner) if name in known]


def down_to_weights(known: Mapping[str, RecordedLayer], end: str) -> Iterator[str]:
    """Yields an output and the layers below, down to the first one with weights.

    Layers with several inputs end the way, so that of a residual stream only its last
    sum is an output. Their inputs may be calls of one layer, as in siamese networks.
    """
    found: set[str] = set()
    while end in known and end not in found:
        found.add(end)
        yield end
        layer = known[end]
        if layer.parameters or len(layer.inputs) != 1 or layer.arguments > 1:
            return
        end = layer.inputs[0]


def last_calls(
    layers: Sequence[Layer],
    measured: Sequence[int],
    known: Mapping[str, RecordedLayer],
    name: str,
    count: int,
) -> list[int]:
    """Returns the rows of the last calls of a layer, or the last row inside of it."""
    calls = [row for row in measured if layers[row].name.partition(":")[0] == name]
    if calls:
        return calls[-count:]
    inside = [row for row in measured if layers[row].name.startswith(f"{name}/")]
    parts = {part: one for part, one in known.items() if part.startswith(f"{name}/")}
    return [] if lacks_last(layers, parts) else inside[-1:]


def lacks_last(layers: Sequence[Layer], known: Mapping[str, RecordedLayer]) -> bool:
    """Returns whether the last recorded layer with parameters has no row.

    Then the run was recorded without the output.
    """
    rows = {layer.name.partition(":")[0] for layer in layers}
    names = [name for name, layer in known.items() if layer.parameters]
    return bool(names) and rows.isdisjoint((names[-1], *paths_around(names[-1])))
