"""Describes a model as a configuration that can be changed, and rebuilds it."""

import random
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from keras_xavier.probing import introspection
from keras_xavier.probing.random_state import random_state, set_random_state

Weights = Mapping[tuple[str, int], Any]
"""Arrays by the path of their variable, and its place among equal paths."""
SUPPORTED = (
    "`try_remedies` rebuilds Sequential and Functional models from `model.get_config()`"
)


@dataclass(frozen=True)
class Network:
    """A model as a configuration.

    Attributes:
        config: dict. The serialized model; copy it before changing it.
        objects: dict. Functions and classes that the configuration only names.
    """

    config: Mapping[str, Any]
    objects: Mapping[str, Any] = field(default_factory=dict)

    def copied(self) -> dict[str, Any]:
        """Returns a copy of the configuration, to be changed."""
        return deepcopy(dict(self.config))

    def deserialize(self, config: Mapping[str, Any]) -> Any:
        """Makes an object of Keras from its configuration."""
        # The functions of the configuration come from the program of the user.
        return keras.saving.deserialize_keras_object(
            # Some layers change their configuration while they are made.
            deepcopy(dict(config)),
            custom_objects=dict(self.objects),
            safe_mode=False,
        )

    def build(self) -> keras.Model:
        """Makes a new model with new weights."""
        return self.deserialize(self.config)


def describe_network(model: keras.Model) -> Network:
    """Describes a model.

    Args:
        model: `keras.Model`. Sequential or Functional.

    Returns:
        `Network`.

    Raises:
        ValueError: If the model cannot be rebuilt from its configuration.
    """
    if not isinstance(model, keras.Sequential) and not introspection.graph_nodes(model):
        raise ValueError(
            f"{SUPPORTED}, and the {type(model).__name__} {model.name!r} is a "
            "subclassed model, whose layers are connected in Python code. Write it as "
            "a Functional model: keras.Model(inputs, outputs)"
        )
    layers = introspection.inner_layers(model)
    with functions_named(layers) as objects:
        for layer in layers:
            check_configuration(layer)
        config = {
            "module": type(model).__module__,
            "class_name": type(model).__name__,
            "config": model.get_config(),
            "registered_name": keras.saving.get_registered_name(type(model)),
        }
    for layer in (model, *layers):
        objects |= custom_classes(layer)
    forget_shapes(config, is_top=True)
    return Network(config, objects)


def check_configuration(layer: keras.Layer) -> None:
    try:
        layer.get_config()
    except Exception as error:  # of custom layers
        raise ValueError(
            f"{SUPPORTED}, and the layer {layer.name!r} of class "
            f"{type(layer).__name__} has no configuration: {error}. Add a method "
            "`get_config` to the class that returns the arguments of its constructor"
        ) from error


@contextmanager
def functions_named(layers: list[keras.Layer]) -> Iterator[dict[str, Any]]:
    """Gives functions of the user unique names while a model is serialized.

    Keras serializes a function that is not registered as its name, and a lambda as
    code, which loses its global variables.

    Yields:
        Dict from name to function.
    """
    found: dict[int, Any] = {}
    of_keras: dict[str, Any] = {}
    for layer in layers:
        for value in vars(layer).values():
            if isinstance(value, types.FunctionType) and not is_of_keras(value):
                found[id(value)] = value
            elif isinstance(layer, keras.layers.Lambda) and callable(value):
                # `Lambda` finds no functions of Keras, such as `keras.ops.log`.
                of_keras[getattr(value, "__name__", "")] = value
    names = {key: one.__name__ for key, one in found.items()}
    objects = dict(of_keras)
    try:
        for number, one in enumerate(found.values()):
            # Registered functions keep the name that they are registered with.
            if keras.saving.get_registered_name(one) == one.__name__:
                stem = one.__name__.strip("<>")
                one.__name__ = f"{stem}_{number}"
                objects[one.__name__] = one
        yield objects
    finally:
        for key, one in found.items():
            one.__name__ = names[key]


def is_of_keras(value: Any) -> bool:
    return str(getattr(value, "__module__", "")).partition(".")[0] == "keras"


def custom_classes(layer: keras.Layer) -> dict[str, Any]:
    """Returns the classes of a layer and of its arguments that are not of Keras."""
    values = [layer, *vars(layer).values()]
    kinds = {type(one) for one in values if hasattr(one, "get_config")}
    return {kind.__name__: kind for kind in kinds if not is_of_keras(kind)}


def forget_shapes(config: Any, *, is_top: bool = False) -> None:
    """Removes shapes with which layers are built before they are connected.

    A layer in another place, or after another layer, has another input.
    """
    if isinstance(config, dict):
        if not is_top:
            config.pop("build_config", None)
            if "layers" in config:
                config.pop("build_input_shape", None)
        for name, value in config.items():
            inner = is_top and name == "config"
            forget_shapes(value, is_top=inner)
    elif isinstance(config, list | tuple):
        for value in config:
            forget_shapes(value)


def read_weights(model: keras.Model) -> dict[tuple[str, int], Any]:
    """Copies the weights and the seeds of a model."""
    return {
        key: keras.ops.convert_to_numpy(variable)
        for key, variable in keyed_variables(model)
        if str(variable.dtype) != "string"
    }


def write_weights(model: keras.Model, weights: Weights, *, but: set[str]) -> None:
    """Sets the weights that the model has in common with another.

    Args:
        model: `keras.Model`.
        weights: As returned by `read_weights`.
        but: Set of str. Names of layers to leave out.
    """
    for key, variable in keyed_variables(model):
        value = weights.get(key)
        if value is None or but & set(key[0].split("/")):
            continue
        if tuple(value.shape) == tuple(variable.shape):
            variable.assign(value)


def keyed_variables(model: keras.Model) -> Iterator[tuple[tuple[str, int], Any]]:
    counts: dict[str, int] = {}
    seen = set()
    for layer in introspection.inner_layers(model):
        for variable in layer.variables:
            if id(variable) not in seen:
                seen.add(id(variable))
                place = counts.get(variable.path, 0)
                counts[variable.path] = place + 1
                yield (variable.path, place), variable


def copy_weights(model: keras.Model, source: keras.Model, *, trained: bool) -> Weights:
    """Copies initial weights from a model of the same configuration.

    Args:
        model: `keras.Model` with new weights.
        source: `keras.Model`. The model of the user.
        trained: bool. Whether the source is trained already. If so, only layers
            without trainable weights, such as frozen layers, keep their weights.

    Returns:
        The weights of `model` afterwards, as returned by `read_weights`.
    """
    if not trained:
        model.set_weights(source.get_weights())
        return read_weights(model)
    pairs = zip(
        introspection.inner_layers(model),
        introspection.inner_layers(source),
        strict=True,
    )
    for new, old in pairs:
        if not old.trainable_weights and len(new.weights) == len(old.weights):
            new.set_weights(old.get_weights())
    return read_weights(model)


@contextmanager
def private_random_state(seed: int) -> Iterator[None]:
    """Seeds random numbers, and restores their state at the end.

    Keras draws the seeds of layers and initializers from Python's generator.
    """
    before = random_state()
    global_seeds = [
        (variable, keras.ops.convert_to_numpy(variable))
        for variable in introspection.global_seed()
    ]
    backend = backend_random_state()
    try:
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - layers of users draw from it
        for variable, _ in global_seeds:
            variable.assign(np.full(variable.shape, seed, variable.dtype))
        if backend is not None:
            import torch

            torch.manual_seed(seed)
        yield
    finally:
        set_random_state(before)
        for variable, value in global_seeds:
            variable.assign(value)
        if backend is not None:
            import torch

            torch.set_rng_state(backend)


def backend_random_state() -> Any:
    """Returns the state of PyTorch's generator; other backends have none."""
    if keras.backend.backend() != "torch":
        return None
    import torch

    return torch.get_rng_state()
