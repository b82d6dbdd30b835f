"""Reads the graph of layers that was recorded with a run.

The attributes of a run may have been written by anybody: values of another type count
as unknown.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LARGEST_SIZE = 2**63
"""No array is larger."""


@dataclass(frozen=True)
class RecordedLayer:
    """A layer or an operation of the graph of a model.

    Attributes:
        name: str. Name, as in the layer table.
        kind: str. Class, such as `"Dense"`.
        inputs: Tuple of str. Names of the layers before it; empty if unknown.
        shape: Tuple of int or None. Shape of the output; `None` if unknown.
        parameters: int. Number of parameters.
        settings: dict. Arguments that differ from the defaults of the class, or `None`
            if unknown.
        arguments: int. Number of inputs, with those that are used several times.
    """

    name: str
    kind: str
    inputs: tuple[str, ...] = ()
    shape: tuple[int | None, ...] | None = None
    parameters: int = 0
    settings: Mapping[str, Any] | None = None
    arguments: int = 0


def recorded_layers(attributes: Mapping[str, Any]) -> dict[str, RecordedLayer]:
    """Returns the layers and operations of a model in the order of computation.

    Inner models are replaced by their layers. Names of `inputs` that are not in the
    result are unknown.

    Args:
        attributes: Mapping. Attributes of a run.
    """
    rows = dict(recorded_rows(attributes))
    outputs = inner_outputs(rows)
    found = {}
    for name, row in rows.items():
        if name in outputs:
            continue
        before = texts(row.get("inputs"))
        owner = name.rpartition("/")[0]
        if row.get("class") == "InputLayer" and owner in outputs:
            before = texts(rows[owner].get("inputs"))
        settings = row.get("settings")
        parameters = row.get("parameters")
        found[name] = RecordedLayer(
            name,
            str(row.get("class")),
            tuple(dict.fromkeys(leaves(before, outputs))),
            shape_of(row.get("shape")),
            parameters if type(parameters) is int else 0,
            settings if isinstance(settings, Mapping) else None,
            len(before),
        )
    return found


def recorded_classes(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Returns the class of each layer of a model, and of each layer that contains it.

    Args:
        attributes: Mapping. Attributes of a run.
    """
    return {
        name: kind
        for name, row in recorded_rows(attributes)
        if isinstance(kind := row.get("class"), str)
    }


def recorded_rows(
    attributes: Mapping[str, Any],
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yields the name and the description of each layer."""
    rows = mapping(attributes.get("model")).get("layers")
    for row in rows if isinstance(rows, list) else ():
        name = mapping(row).get("name")
        if isinstance(name, str):
            yield name, row


def inner_outputs(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Returns the names of the last layers of each inner model."""
    found = {name: texts(row.get("outputs")) for name, row in rows.items()}
    return {name: last for name, last in found.items() if last}


def leaves(names: Sequence[str], inner: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Replaces inner models by their last layers, each model once."""
    left, known = list(reversed(names)), set()
    while left:
        name = left.pop()
        if name not in inner or name in inner[name]:
            yield name
        elif name not in known:
            # Damaged files may have models that contain each other.
            known.add(name)
            left += reversed(inner[name])


def mapping(value: Any) -> Mapping[str, Any]:
    """Returns a value if it is a mapping, and otherwise an empty mapping."""
    return value if isinstance(value, Mapping) else {}


def texts(value: Any) -> list[str]:
    """Returns a value if it is a list of texts, and otherwise an empty list."""
    known = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return value if known else []


def shape_of(value: Any) -> tuple[int | None, ...] | None:
    """Returns a shape, or `None` if a value is no shape."""
    known = isinstance(value, list) and all(
        one is None or (type(one) is int and abs(one) < LARGEST_SIZE) for one in value
    )
    return tuple(value) if known else None
