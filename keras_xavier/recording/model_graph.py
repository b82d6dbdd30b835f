"""Describes the layers of a model and their connections."""

import json
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras_xavier.probing import introspection, naming

GRAPH_BYTES = 128 * 1024
"""Maximum size of the description, which is part of a file that is often replaced."""


def model_graph(model: keras.Model) -> dict[str, Any]:
    """Returns the layers of a model with classes, shapes and connections.

    Args:
        model: `keras.Model`.

    Returns:
        Dict of `layers`, a list of dicts with `name`, `class`, `shape` (of the output),
        `parameters` and `inputs` (names of layers), in the order of computation as far
        as it is known; and `omitted`, the number of layers beyond `GRAPH_BYTES`.
        `shape` and `inputs` are missing where the model does not define them, as in
        subclassed models.
    """
    names = naming.layer_names(model)
    rows = list(layer_rows(model, names))
    kept, size = [], 0
    for row in rows:
        size += len(json.dumps(row))
        if size > GRAPH_BYTES:
            break
        kept.append(row)
    return {"layers": kept, "omitted": len(rows) - len(kept)}


def layer_rows(owner: keras.Layer, names: dict[int, str]) -> Iterator[dict[str, Any]]:
    """Yields a row for each layer inside a layer, at any depth."""
    inputs = connections(owner, names)
    # The nodes of a functional model are in the order of computation.
    order = {key: place for place, key in enumerate(inputs)}
    parts = introspection.direct_layers(owner)
    for part in sorted(parts, key=lambda part: order.get(id(part), len(order))):
        name = names.get(id(part), part.name)
        row: dict[str, Any] = {"name": name, "class": type(part).__name__}
        if (shape := output_shape(part)) is not None:
            row["shape"] = shape
        row["parameters"] = sum(int(np.prod(w.shape)) for w in part.weights)
        if id(part) in inputs:
            row["inputs"] = inputs[id(part)]
        yield row
        yield from layer_rows(part, names)


def connections(owner: keras.Layer, names: dict[int, str]) -> dict[int, list[str]]:
    """Returns the names of the layers before each layer of a functional model."""
    found: dict[int, list[str]] = {}
    nodes = introspection.graph_nodes(owner)
    for node in nodes:
        before = [
            names.get(id(parent.operation), parent.operation.name)
            for parent in node.parent_nodes
        ]
        known = found.setdefault(id(node.operation), [])
        known += [name for name in before if name not in known]
    return found


def output_shape(layer: keras.Layer) -> Any:
    """Returns the shape of the output of a layer, or a list of shapes, if known."""
    shapes = [list(tensor.shape) for tensor in introspection.symbolic_outputs(layer)]
    return shapes[0] if len(shapes) == 1 else shapes or None
