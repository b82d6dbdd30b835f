"""Hidden layers and outputs of a network, however they are written.

A layer with weights and a separate layer with its activation function, such as `Dense`
and `Activation`, are one layer here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from keras_xavier.diagnosis.code_changes import (
    REMOVED,
    activation_layer_line,
    layer_line,
    together,
)
from keras_xavier.diagnosis.finding import CodeChange
from keras_xavier.diagnosis.output_values import RECURRENT, WEIGHTED
from keras_xavier.diagnosis.program import (
    LINEAR,
    OF_ACTIVATION,
    function_name,
    graph,
)
from keras_xavier.diagnosis.reading import once
from keras_xavier.initializer_table import KERAS_NAMES
from keras_xavier.network.outputs import measured_rows, output_rows
from keras_xavier.runs import Run
from keras_xavier.statistics import Layer

DEFAULT_INITIALIZER = "glorot_uniform"


@dataclass(frozen=True)
class HiddenLayer:
    """A hidden layer.

    Attributes:
        values: int. Row of the layer table with the activations.
        weights: int. Row with the weights and the preactivations; `values` unless the
            activation function is a layer of its own.
    """

    values: int
    weights: int


def network(run: Run) -> list[HiddenLayer]:
    """Returns the hidden layers of a run in the order of the layer table.

    All layers with activations are hidden layers, except the outputs of the model and
    layers with a softmax.
    """
    return once(run, network, lambda: _network(run))


def hidden_rows(run: Run) -> list[int]:
    """Returns the rows with the activations of the hidden layers."""
    return [layer.values for layer in network(run)]


def weight_rows(run: Run) -> list[int]:
    """Returns the rows with the weights and preactivations of the hidden layers."""
    return [layer.weights for layer in network(run)]


def linear_parts(run: Run) -> dict[int, int]:
    """Returns layers whose activation function is a layer of its own.

    Returns:
        Dict from the row of the activation layer to the row of the layer before it.
    """
    return once(run, linear_parts, lambda: dict(_linear_parts(run)))


def _network(run: Run) -> list[HiddenLayer]:
    parts = linear_parts(run)
    outputs = output_rows(run.layers, run.attributes)
    outputs |= {parts[row] for row in outputs if row in parts}
    return [
        HiddenLayer(row, parts.get(row, row))
        for row in measured_rows(run.layers)
        if row not in outputs
        and row not in parts.values()
        and function_name(run.layers[row].activation) != "softmax"
    ]


def _linear_parts(run: Run) -> Iterator[tuple[int, int]]:
    known = graph(run)
    rows = measured_rows(run.layers)
    by_name = {run.layers[row].name: row for row in rows}
    users: dict[str, int] = {}
    for one in known.values():
        for name in one.inputs:
            users[name] = users.get(name, 0) + 1
    previous: int | None = None
    for row in rows:
        layer, setup = run.layers[row], known.get(run.layers[row].name)
        before = None
        if setup is not None and setup.inputs:
            only = setup.inputs[0] if len(setup.inputs) == 1 else None
            before = by_name.get(only or "") if users.get(only or "") == 1 else None
        elif not known:
            before = previous
        previous = row
        if before is not None and is_activation_of(layer, run.layers[before]):
            yield row, before


def is_activation_of(layer: Layer, before: Layer) -> bool:
    """Returns whether a layer may apply the activation function of another one."""
    return (
        layer.kind in OF_ACTIVATION
        and before.kind not in OF_ACTIVATION
        and before.activation in LINEAR
        and before.parameters > 0
        and layer.units == before.units
    )


def layers_of(run: Run, rows: Iterable[int]) -> list[HiddenLayer]:
    """Returns the hidden layers with activations or weights in some rows."""
    chosen = {*rows}
    return [one for one in network(run) if {one.values, one.weights} & chosen]


def weights_change(
    run: Run, rows: Iterable[int], initializer: str, activation: str | None = None
) -> CodeChange | None:
    """Changes the initializer and the activation function of a hidden layer.

    Args:
        run: `Run`.
        rows: Iterable of int. Rows of hidden layers. The first one that can be changed
            is an example for the others.
        initializer: str. Name of an initializer of this package that Keras has, too.
        activation: str. Name of the new activation function. Defaults to `None`: the
            layer keeps its function.

    Returns:
        `CodeChange`, or `None` if settings are not recorded, or if nothing changes.
    """
    found = (
        _weights_change(run, layer, initializer, activation)
        for layer in layers_of(run, rows)
    )
    return next((one for one in found if one), None)


def _weights_change(
    run: Run, layer: HiddenLayer, initializer: str, activation: str | None
) -> CodeChange | None:
    if run.layers[layer.weights].kind not in (*WEIGHTED, *RECURRENT):
        return None
    names = [run.layers[row].name for row in (layer.weights, layer.values)]
    keras_name = KERAS_NAMES[initializer]
    usual = keras_name == DEFAULT_INITIALIZER
    settings = {"kernel_initializer": REMOVED if usual else keras_name}
    separate = layer.values != layer.weights
    if activation and not separate:
        settings["activation"] = activation
    known = graph(run).get(names[0])
    before = (known.settings if known else None) or {}
    alike = all(before.get(name, REMOVED) == one for name, one in settings.items())
    if alike and not (activation and separate):
        return None
    weights = layer_line(run, names[0], **settings)
    if weights is None or not activation or not separate:
        return changed(weights)
    other = activation_layer_line(run, names[1], activation)
    return changed(together(weights, other))


def changed(change: CodeChange | None) -> CodeChange | None:
    return change if change and change.before != change.after else None
