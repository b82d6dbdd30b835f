"""Describes the layers of a model, their settings and their connections."""

import inspect
import json
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np

from keras_xavier.probing import introspection, naming
from keras_xavier.recording.json_values import describe

GRAPH_BYTES = 128 * 1024
"""Maximum size of the description, which is part of a file that is often replaced."""
NOT_SETTINGS = frozenset(
    {
        *("name", "dtype", "trainable", "build_config", "batch_input_shape"),
        *("layers", "layer", "cell", "cells", "forward_layer", "backward_layer"),
        *("function", "arguments", "input_layers", "output_layers", "batch_shape"),
        *("vocabulary", "idf_weights", "mean", "variance", "ragged", "optional"),
    }
)
"""Entries of configurations that are no settings, or too large."""
LONGEST_SETTING = 200


def model_graph(model: keras.Model) -> dict[str, Any]:
    """Returns the layers of a model with classes, shapes, settings and connections.

    Args:
        model: `keras.Model`.

    Returns:
        Dict of `layers`, a list of dicts with `name`, `class`, `shape` (of the output),
        `parameters`, `inputs` (names of layers), `outputs` (of inner models: names of
        their last layers) and `settings` (arguments that differ from the defaults of
        the class), in the order of computation as far as it is known; operations such
        as `keras.ops.log` in a functional model are among them; `outputs`, the names of
        the last layers of the model; and `omitted`, the number of layers beyond
        `GRAPH_BYTES`. `shape`, `inputs` and `outputs` are missing where the model does
        not define them, as in subclassed models. Settings are left out first.
    """
    names = naming.layer_names(model)
    rows = list(layer_rows(model, names))
    kept, size = [], 0
    for row in rows:
        size += len(json.dumps({**row, "settings": None}))
        if size > GRAPH_BYTES:
            break
        kept.append(row)
    for row in kept:
        size += len(json.dumps(row.get("settings")))
        if size > GRAPH_BYTES:
            row.pop("settings", None)
    graph: dict[str, Any] = {"layers": kept, "omitted": len(rows) - len(kept)}
    if last := output_names(model, names):
        graph["outputs"] = last
    return graph


def layer_rows(owner: keras.Layer, names: dict[int, str]) -> Iterator[dict[str, Any]]:
    """Yields a row for each layer inside a layer, at any depth, and each operation."""
    inputs = connections(owner, names)
    operations = {
        id(one.operation): one.operation for one in introspection.graph_nodes(owner)
    }
    layers = {id(part): part for part in introspection.direct_layers(owner)}
    # The nodes of a functional model are in the order of computation.
    for key, part in (operations | layers).items():
        name = names.get(key, part.name)
        row: dict[str, Any] = {"name": name, "class": type(part).__name__}
        if (shape := output_shape(part)) is not None:
            row["shape"] = shape
        weights = part.weights if isinstance(part, keras.Layer) else ()
        row["parameters"] = sum(int(np.prod(w.shape)) for w in weights)
        if key in inputs:
            row["inputs"] = inputs[key]
        if not isinstance(part, keras.Layer):
            yield row
            continue
        if last := output_names(part, names):
            row["outputs"] = last
        elif (chosen := settings(part)) is not None:
            row["settings"] = chosen
        yield row
        yield from layer_rows(part, names)


def connections(owner: keras.Layer, names: dict[int, str]) -> dict[int, list[str]]:
    """Returns the names of the layers before each layer of a functional model.

    A layer is listed several times if one call uses several of its calls.
    """
    found: dict[int, list[str]] = {}
    nodes = introspection.graph_nodes(owner)
    for node in nodes:
        before = [
            names.get(id(parent.operation), parent.operation.name)
            for parent in node.parent_nodes
        ]
        known = found.setdefault(id(node.operation), [])
        for name in before:
            if known.count(name) < before.count(name):
                known.append(name)
    return found


def output_names(owner: keras.Layer, names: dict[int, str]) -> list[str]:
    """Returns the names of the last layers of a functional model, by output."""
    return [
        names.get(id(operation), operation.name)
        for operation in introspection.output_operations(owner)
    ]


def output_shape(layer: Any) -> Any:
    """Returns the shape of the output of a layer, or a list of shapes, if known."""
    shapes = [list(tensor.shape) for tensor in introspection.symbolic_outputs(layer)]
    return shapes[0] if len(shapes) == 1 else shapes or None


def settings(layer: keras.Layer) -> dict[str, Any] | None:
    """Returns the arguments of a layer that differ from the defaults of its class.

    Args:
        layer: `keras.Layer`.

    Returns:
        Dict of JSON values: initializers and other objects are names, or dicts of
        their `class` and settings. `None` if the layer has no configuration.
    """
    try:
        config = introspection.configuration(layer)
        parameters = inspect.signature(type(layer).__init__).parameters
    except Exception:  # noqa: BLE001 - of custom layers
        return None
    found: dict[str, Any] = {}
    for name, value in config.items():
        if name in NOT_SETTINGS or name.startswith("_"):
            continue
        short = shortened(value)
        default = parameters[name].default if name in parameters else None
        if short is None or is_same(short, shortened(default)):
            continue
        if len(json.dumps(short)) <= LONGEST_SETTING:
            found[name] = short
    return found


def shortened(value: Any) -> Any:
    """Returns a setting as JSON; serialized objects become names if possible."""
    if isinstance(value, Mapping) and isinstance(value.get("class_name"), str):
        inner = value.get("config")
        if not isinstance(inner, Mapping):
            # A serialized function; the code of a lambda is not stored.
            return inner if isinstance(inner, str) else None
        chosen = {
            key: shortened(one)
            for key, one in inner.items()
            if one is not None and key != "seed"
        }
        name = naming.snake_case(value["class_name"])
        return {"class": value["class_name"], **chosen} if chosen else name
    return describe(value)


def is_same(one: Any, other: Any) -> bool:
    """Returns whether a setting is a default, also as a number and a tuple of it."""
    if other is None:
        return one in (False, "linear")
    if isinstance(one, list) and type(other) is int:
        return all(item == other for item in one)
    return bool(one == other)
