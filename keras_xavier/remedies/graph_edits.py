"""Finds and changes layers in the configuration of a model."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keras_xavier.diagnosis.program import ACTIVATION_KINDS, PASSIVE

Config = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """A layer in the configuration of a model.

    Attributes:
        owner: dict. Configuration of the model around it; its layers are a list.
        layer: dict. The serialized layer.
        is_wrapped: bool. Whether a wrapper, such as `TimeDistributed`, is around it.
            Nothing can be inserted beside it.
    """

    owner: Config
    layer: Config
    is_wrapped: bool = False

    @property
    def name(self) -> str:
        return str(self.layer["config"].get("name"))

    @property
    def kind(self) -> str:
        return str(self.layer["class_name"])

    @property
    def settings(self) -> Config:
        found: Config = self.layer["config"]
        return found

    @property
    def activation(self) -> str | None:
        """Name of the activation function; `None` if the layer has none."""
        if self.kind in ACTIVATION_KINDS:
            return ACTIVATION_KINDS[self.kind]
        value = self.settings.get("activation")
        if isinstance(value, Mapping):
            kind = str(value.get("class_name"))
            if kind == "function":
                return str(value.get("config")).rpartition(">")[2]
            value = ACTIVATION_KINDS.get(kind, kind.lower())
        return None if value in (None, "linear") else str(value).rpartition(">")[2]

    @property
    def has_weights(self) -> bool:
        return any(name.endswith("kernel_initializer") for name in self.settings)


@dataclass(frozen=True)
class OutputLayers:
    """The last layers before an output of a model.

    Attributes:
        weights: `Entry` or `None`. The layer with the weights of the output.
        activations: Tuple of `Entry`. Layers that apply activation functions, the last
            one first; `weights` may be among them.
    """

    weights: Entry | None
    activations: tuple[Entry, ...]

    @property
    def activation(self) -> str | None:
        """Name of the activation function; `None` if the output is linear."""
        return self.activations[0].activation if self.activations else None

    @property
    def entries(self) -> tuple[Entry, ...]:
        last = () if self.weights is None else (self.weights,)
        return (*self.activations, *last)


def is_model(layer: Mapping[str, Any]) -> bool:
    config = layer.get("config")
    return isinstance(config, Mapping) and isinstance(config.get("layers"), list)


def entries(model: Config) -> Iterator[Entry]:
    """Yields the layers of a serialized model in order, also those of inner models."""
    owner = model["config"]
    for layer in owner["layers"]:
        if is_model(layer):
            yield from entries(layer)
            continue
        yield Entry(owner, layer)
        config = layer.get("config")
        for value in config.values() if isinstance(config, Mapping) else ():
            if isinstance(value, Mapping) and "config" in value and "module" in value:
                inner = value["config"]
                if isinstance(inner, Mapping) and "trainable" in inner:
                    yield Entry(owner, value, is_wrapped=True)  # type: ignore[arg-type]


def outputs(model: Config) -> list[OutputLayers]:
    """Returns the last layers of each output of a serialized model."""
    owner = model["config"]
    if "output_layers" not in owner:
        last = owner["layers"][-1] if owner["layers"] else None
        return [] if last is None else [last_layers(owner, last)]
    by_name = {layer["config"].get("name"): layer for layer in owner["layers"]}
    names = [history[0] for history in histories(owner["output_layers"])]
    return [last_layers(owner, by_name[name]) for name in names if name in by_name]


def hidden_entries(model: Config) -> list[Entry]:
    """Returns the layers of a serialized model that belong to no output."""
    of_output = {id(entry.layer) for one in outputs(model) for entry in one.entries}
    return [one for one in entries(model) if id(one.layer) not in of_output]


def last_layers(owner: Config, layer: Config) -> OutputLayers:
    activations: list[Entry] = []
    place: Config | None = layer
    while place is not None:
        if is_model(place):
            inner = outputs(place)
            if len(inner) != 1:
                break
            return OutputLayers(inner[0].weights, (*activations, *inner[0].activations))
        entry = Entry(owner, place)
        if entry.activation is not None:
            activations.append(entry)
        if entry.has_weights:
            return OutputLayers(entry, tuple(activations))
        if entry.kind not in PASSIVE and entry.kind not in ACTIVATION_KINDS:
            break
        place = before(owner, place)
    return OutputLayers(None, tuple(activations))


def before(owner: Config, layer: Config) -> Config | None:
    """Returns the layer before a layer, if exactly one is."""
    layers = owner["layers"]
    if "output_layers" not in owner:
        place = next(i for i, one in enumerate(layers) if one is layer)
        return layers[place - 1] if place else None
    names = {history[0] for history in inputs_of(layer)}
    if len(names) != 1:
        return None
    name = names.pop()
    return next((one for one in layers if one["config"].get("name") == name), None)


def inputs_of(layer: Config) -> list[list[Any]]:
    """Returns the name, call and tensor of each input of a layer."""
    return list(tensors(layer.get("inbound_nodes", ())))


def tensors(value: Any) -> Iterator[list[Any]]:
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            yield value["config"]["keras_history"]
            return
        value = list(value.values())
    if isinstance(value, list | tuple):
        for one in value:
            yield from tensors(one)


def histories(value: Any) -> Iterator[list[Any]]:
    """Yields triples of layer, call and tensor in nested lists or dicts of them."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple) and value:
        if isinstance(value[0], str):
            yield value  # type: ignore[misc]
            return
        for one in value:
            yield from histories(one)


def insert_after(entry: Entry, added: Sequence[Config]) -> None:
    """Inserts layers between a layer and those that use its output."""
    owner, layer = entry.owner, entry.layer
    layers: list[Config] = owner["layers"]
    place = next(i for i, one in enumerate(layers) if one is layer) + 1
    if "output_layers" not in owner:
        layers[place:place] = [dict(one) for one in added]
        return
    name = entry.name
    calls = len(layer["inbound_nodes"]) or 1
    last = added[-1]["config"]["name"]
    for other in layers:
        for history in inputs_of(other):
            if history[0] == name:
                history[0] = last
    owner["output_layers"] = renamed(owner["output_layers"], name, last)
    connected = []
    earlier = name
    for one in added:
        nodes = [node(earlier, call) for call in range(calls)]
        own = one["config"]["name"]
        connected.append({**one, "name": own, "inbound_nodes": nodes})
        earlier = own
    layers[place:place] = connected


def renamed(value: Any, name: str, new: str) -> Any:
    if isinstance(value, Mapping):
        return {key: renamed(one, name, new) for key, one in value.items()}
    if isinstance(value, list | tuple):
        if value and isinstance(value[0], str):
            return [new, *value[1:]] if value[0] == name else list(value)
        return [renamed(one, name, new) for one in value]
    return value


def node(name: str, call: int) -> Config:
    config = {"shape": None, "dtype": "float32", "keras_history": [name, call, 0]}
    tensor = {"class_name": "__keras_tensor__", "config": config}
    return {"args": [tensor], "kwargs": {}}


def remove(entry: Entry) -> bool:
    """Removes a layer with one input; returns whether it could be removed."""
    owner, layer = entry.owner, entry.layer
    layers: list[Config] = owner["layers"]
    if "output_layers" in owner:
        found = inputs_of(layer)
        if len(found) != 1 or any(
            history[0] == entry.name for history in histories(owner["output_layers"])
        ):
            return False
        for other in layers:
            for history in inputs_of(other):
                if history[0] == entry.name:
                    history[:] = found[0]
    elif layers[-1] is layer or entry.is_wrapped:
        return False
    owner["layers"] = [one for one in layers if one is not layer]
    return True


def new_layer(kind: str, name: str, **settings: Any) -> Config:
    """Returns the configuration of a layer of Keras."""
    return {
        "module": "keras.layers",
        "class_name": kind,
        "config": {"name": name, **settings},
        "registered_name": None,
    }
