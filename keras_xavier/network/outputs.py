"""Finds the hidden layers and the outputs of a network in the layer table of a run."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from keras_xavier.network.graph import MOST_LAYERS, paths_around
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

FURTHER_CALL = re.compile(r":\d+$")
"""End of the names of rows of the second and further calls of a layer."""
LEARNED_ACTIVATIONS = ("PReLU",)
JOINING = ("Concatenate", "Stack")
"""Layers and operations that put outputs side by side."""


def measured_rows(layers: Sequence[Layer], role: Role = Role.LAYER) -> list[int]:
    """Returns the rows of a layer table with activations: layers, or another role."""
    return [
        row
        for row, layer in enumerate(layers)
        if layer.role is role and Quantity.ACTIVATION not in layer.absent
    ]


def hidden_rows(layers: Sequence[Layer], attributes: Mapping[str, Any]) -> list[int]:
    """Returns the rows of the layers with activations that are no outputs.

    Args:
        layers: Sequence of `Layer`. The layer table of the run.
        attributes: Mapping. Attributes of the run, with the recorded graph.
    """
    outputs = output_rows(layers, attributes)
    return [row for row in measured_rows(layers) if row not in outputs]


def output_rows(layers: Sequence[Layer], attributes: Mapping[str, Any]) -> set[int]:
    """Returns the rows of the output layers of a network; none if none was measured.

    These are the layers that compute the outputs, with separate layers of activation
    functions. Where the connections are unknown, as in subclassed models, every layer
    with a softmax is an output, and so is the last layer with activations, unless the
    last layer with parameters that the program created has no row.

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
    table = RowsByName.of(layers)
    known = dict(islice(recorded_layers(attributes).items(), MOST_LAYERS))
    if ends := recorded_ends(attributes, known):
        # A layer that computes several outputs is listed once for each of them.
        count = Counter(ends)
        last = last_with_parameters(known)
        return {
            row
            for name in down_to_weights(known, table, ends)
            for row in table.last_calls(
                known[name], max(count[name], 1), last.get(name)
            )
        }
    measured = measured_rows(layers)
    softmax = {row for row in measured if layers[row].activation == "softmax"}
    is_truncated = bool(mapping(attributes.get("model")).get("omitted"))
    created_last = None if is_truncated else last_with_parameters(known).get("")
    if created_last is not None and not table.has(created_last):
        return softmax
    return softmax | {*with_linear_part(layers, measured)}


def with_linear_part(layers: Sequence[Layer], rows: Sequence[int]) -> Sequence[int]:
    """Returns the last of some rows; if it is an activation layer, the last two."""
    if len(rows) < 2:
        return rows
    before, last = layers[rows[-2]], layers[rows[-1]]
    is_activation = last.activation and not last.parameters
    is_linear = before.parameters and not before.activation
    return rows[-2:] if is_activation and is_linear else rows[-1:]


@dataclass(frozen=True)
class RowsByName:
    """The rows of a layer table by the names that layers have in the graph.

    Attributes:
        calls: dict of str to list of int. Rows with activations of each layer.
        inside: dict of str to list of int. Rows with activations inside of each layer.
        names: Set of str. Layers with any row.
    """

    calls: Mapping[str, Sequence[int]]
    inside: Mapping[str, Sequence[int]]
    names: frozenset[str]

    @classmethod
    def of(cls, layers: Sequence[Layer]) -> "RowsByName":
        names = [FURTHER_CALL.sub("", layer.name) for layer in layers]
        calls: dict[str, list[int]] = {}
        inside: dict[str, list[int]] = {}
        for row in measured_rows(layers):
            calls.setdefault(names[row], []).append(row)
            for outer in paths_around(names[row]):
                inside.setdefault(outer, []).append(row)
        return cls(calls, inside, frozenset(names))

    def has(self, name: str) -> bool:
        """Returns whether a layer, or a layer around it, has a row."""
        return not self.names.isdisjoint((name, *paths_around(name)))

    def last_calls(
        self, layer: RecordedLayer, count: int, last_part: str | None
    ) -> Sequence[int]:
        """Returns the rows of the last calls of a layer, or the last row inside of it.

        Args:
            layer: `RecordedLayer`.
            count: int. Number of calls that compute outputs.
            last_part: str. The last layer with parameters inside of the layer, or
                `None`. If it has no row, nothing inside is an output.
        """
        if layer.name in self.calls:
            return self.calls[layer.name][-count:]
        inside = self.inside.get(layer.name, ())
        if layer.kind == "Bidirectional":
            # Its output has both directions.
            return inside
        return inside[-1:] if last_part is None or self.has(last_part) else ()


def recorded_ends(
    attributes: Mapping[str, Any], known: Mapping[str, RecordedLayer]
) -> list[str]:
    """Returns the last layers or operations of a model, by output; empty if unknown."""
    names = texts(mapping(attributes.get("model")).get("outputs"))
    inner = inner_outputs(dict(recorded_rows(attributes)))
    return [name for name in leaves(names, inner) if name in known]


def last_with_parameters(known: Mapping[str, RecordedLayer]) -> dict[str, str]:
    """Returns the last layer with parameters inside of each layer.

    The model itself has the name `""`.
    """
    found: dict[str, str] = {}
    for name, layer in known.items():
        if layer.parameters:
            found |= dict.fromkeys(("", *paths_around(name)), name)
    return found


def down_to_weights(
    known: Mapping[str, RecordedLayer], table: RowsByName, ends: Sequence[str]
) -> Iterator[str]:
    """Yields outputs and the layers below, down to the first ones with parameters.

    Sums and products end the way: of a residual stream, only the last sum is an output.
    So does a layer that compares two calls of one layer, as in siamese networks.
    """
    found: set[str] = set()
    waiting = [(name, True) for name in reversed(ends)]
    while waiting:
        name, may_join = waiting.pop()
        if name in found or name not in known:
            continue
        found.add(name)
        yield name
        layer = known[name]
        if layer.parameters and layer.kind not in LEARNED_ACTIVATIONS:
            continue
        if len(layer.inputs) == 1 and layer.arguments < 2:
            waiting.append((layer.inputs[0], may_join))
        elif layer.kind in JOINING and may_join:
            # Once: networks such as DenseNet join the outputs of all their blocks.
            waiting += [(one, False) for one in reversed(layer.inputs)]
        elif len(table.calls.get(name, ())) == len(layer.inputs) > 1:
            # A layer with one input, such as an activation, that is called repeatedly.
            waiting.append((layer.inputs[-1], may_join))
