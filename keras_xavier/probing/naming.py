"""Names of layers and of inputs and outputs, from private attributes of Keras."""

from collections.abc import Collection
from itertools import chain, count

import keras
from keras.src.utils.naming import to_snake_case


def input_names(model: keras.Model) -> list[str]:
    """Returns the names of the inputs of a functional model; others have none.

    Names that Keras has numbered in its process are numbered in the model instead.
    """
    names: list[str] = []
    for tensor in getattr(model, "inputs", None) or ():
        name = tensor._keras_history.operation.name
        stem, _, number = name.rpartition("_")
        if stem == "input_layer" and number.isdecimal():
            name = stem
        numbered = (f"{name}_{i}" for i in count(1))
        names.append(next(n for n in chain([name], numbered) if n not in names))
    return names


def output_names(model: keras.Model) -> list[str]:
    """Returns the names of the outputs of a functional model; others have none."""
    if isinstance(model, keras.Sequential):
        model = model._functional
    return list(getattr(model, "output_names", None) or ())


def layer_names(model: keras.Model) -> dict[int, str]:
    """Returns unique names of all layers by `id`, such as `encoder/hidden`.

    An inner model that the program has not named is called after its attribute.
    """
    names: dict[int, str] = {}
    found = [("", model)]
    for prefix, owner in found:
        attributes = attribute_names(owner)
        for part in owner._layers:
            if id(part) not in names:
                own = isinstance(part, keras.Model) and has_default_name(part)
                name = attributes.get(id(part), part.name) if own else part.name
                names[id(part)] = name = unused(prefix + name, names.values())
                found.append((f"{name}/", part))
    names.setdefault(id(model), unused(model.name, names.values()))
    return names


def attribute_names(owner: keras.Layer) -> dict[int, str]:
    """Returns the names of the attributes of a layer, by `id` of the value."""
    # PyTorch keeps layers among the modules.
    attributes = {**vars(owner).get("_modules", {}), **vars(owner)}
    return {id(value): name.lstrip("_") for name, value in attributes.items()}


def has_default_name(layer: keras.Layer) -> bool:
    """Returns whether Keras has named a layer after its class."""
    name, _, number = layer.name.rpartition("_")
    stem = name if number.isdecimal() else layer.name
    return stem == to_snake_case(type(layer).__name__)


def snake_case(name: str) -> str:
    """Returns the name of a class as Keras writes it in arguments.

    >>> snake_case("HeNormal")
    'he_normal'
    """
    return str(to_snake_case(name))


def unused(name: str, others: Collection[str]) -> str:
    """Returns a name that differs from all others, such as `hidden#2`."""
    numbered = (f"{name}#{number}" for number in count(2))
    return next(one for one in chain([name], numbered) if one not in others)
