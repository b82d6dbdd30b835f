"""What is configured in a run: layers, outputs, losses and the optimizer.

Everything is read from the attributes of the run, which may have been written by
anybody: values of another type count as unknown.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from keras_xavier.diagnosis.reading import once
from keras_xavier.network.outputs import measured_rows, output_rows
from keras_xavier.network.recorded import (
    RecordedLayer,
    inner_outputs,
    leaves,
    mapping,
    recorded_layers,
    recorded_rows,
    texts,
)
from keras_xavier.runs import Run
from keras_xavier.statistics import Role

NUMBERED = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
ALIASES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "kldivergence": "kl_divergence",
    "logcosh": "log_cosh",
    "huber_loss": "huber",
    "hinge_loss": "hinge",
}
PASSIVE = (
    *("Activation", "Dropout", "Flatten", "Reshape", "Permute", "Identity"),
    *("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "Squeeze"),
    *("ExpandDims", "Cast", "ActivityRegularization", "InputLayer"),
)
"""Layers and operations that leave the range of their inputs as it is."""
ACTIVATION_KINDS = {
    **{"Softmax": "softmax", "ReLU": "relu", "Relu": "relu", "Relu6": "relu6"},
    **{"Sigmoid": "sigmoid", "Tanh": "tanh", "Softplus": "softplus"},
    **{"LeakyReLU": "leaky_relu", "LeakyRelu": "leaky_relu", "ELU": "elu"},
    **{
        "Elu": "elu",
        "PReLU": "prelu",
        "LogSoftmax": "log_softmax",
        "Exp": "exponential",
    },
    **{"Softsign": "softsign", "HardSigmoid": "hard_sigmoid", "Selu": "selu"},
    **{"Gelu": "gelu", "Silu": "silu", "LogSigmoid": "log_sigmoid"},
}
"""Layers and operations that apply an activation function, with its name."""
CLIPPING = ("clipnorm", "global_clipnorm", "clipvalue")
"""Arguments of optimizers that clip gradients."""
OF_ACTIVATION = ("Activation", *ACTIVATION_KINDS)
"""Kinds of layers that only apply an activation function."""
LINEAR = (None, "linear")


class LayerSetup(RecordedLayer):
    """A layer or an operation of the graph of a model, with its activation function."""

    @property
    def activation(self) -> str | None:
        """Name of the activation function, `None` if it is linear or unknown."""
        if self.kind in ACTIVATION_KINDS:
            return ACTIVATION_KINDS[self.kind]
        return function_name((self.settings or {}).get("activation"))


@dataclass(frozen=True)
class Loss:
    """A loss function.

    Attributes:
        name: str. Name of its function, such as `"mean_squared_error"`.
        from_logits: bool. Whether it takes logits.
        settings: dict. Its arguments, as far as they are recorded.
    """

    name: str
    from_logits: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Output:
    """An output of a model.

    Attributes:
        name: str. Name in Keras.
        row: int or `None`. Row of the layer table with the values of the output,
            before a last activation layer that has no row.
        weights: int or `None`. Row of the last layer with weights before the output.
        activation: str or `None`. Name of the last activation function; `None` if the
            output is linear.
        is_known: bool. Whether the graph shows how the output is computed. If not,
            `activation` is that of the last layer, and may be followed by others.
        target: int or `None`. Row of its targets.
        loss: `Loss` or `None`.
    """

    name: str
    row: int | None
    weights: int | None
    activation: str | None
    is_known: bool
    target: int | None
    loss: Loss | None


def function_name(value: Any) -> str | None:
    """Returns the name of a recorded function in Keras's spelling.

    >>> function_name({"class": "LeakyReLU", "negative_slope": 0.1})
    'leaky_relu'
    """
    name = value.get("class") if isinstance(value, Mapping) else value
    if not isinstance(name, str) or not name or name == "linear":
        return None
    if name in ACTIVATION_KINDS:
        return ACTIVATION_KINDS[name]
    snake = NUMBERED.sub("_", name).lower()
    return ALIASES.get(snake, snake)


def graph(run: Run) -> dict[str, LayerSetup]:
    """Returns the layers and operations of the model in the order of computation.

    Inner models are replaced by their layers. Names of `inputs` that are not in the
    result are unknown.
    """
    return once(
        run,
        graph,
        lambda: {
            name: LayerSetup(**vars(layer))
            for name, layer in recorded_layers(run.attributes).items()
        },
    )


def outputs(run: Run) -> list[Output]:
    """Returns the outputs of the model with their activations, targets and losses."""
    model = mapping(run.attributes.get("model"))
    known = graph(run)
    names = texts(model.get("outputs"))
    targets = target_rows(run)
    if not names or not known:
        last = max(measured_rows(run.layers), default=None)
        if last not in output_rows(run.layers, run.attributes):
            # It was not measured.
            return []
        layer = run.layers[last]
        found = losses(run, 1)
        target = targets[0] if len(targets) == 1 else None
        activation = function_name(layer.activation)
        return [Output(layer.name, last, last, activation, False, target, found[0])]
    given = losses(run, len(names), names)
    by_name = {run.layers[row].name.partition(":")[2]: row for row in targets}
    by_place = targets if len(targets) == len(names) else [None] * len(names)
    inner = inner_outputs(dict(recorded_rows(run.attributes)))
    found_outputs = []
    for place, name in enumerate(names):
        # A model with several outputs is listed once for each of them, and so are its
        # targets, with numbered names.
        last_layers = [*leaves([name], inner)]
        earlier = names[:place].count(name)
        end = last_layers[min(earlier, len(last_layers) - 1)]
        target_name = f"{name}#{earlier + 1}" if earlier else name
        target = by_name.get(target_name, by_place[place])
        found_outputs.append(output(run, known, end, target, given[place]))
    return found_outputs


def output(
    run: Run,
    known: Mapping[str, LayerSetup],
    name: str,
    target: int | None,
    loss: Loss | None,
) -> Output:
    """Returns the output that a layer computes.

    Unlike `network.outputs`, it follows only layers after which the range of the values
    and the activation function of the output are known.
    """
    rows = {layer.name: i for i, layer in enumerate(run.layers)}
    activation: str | None = None
    row = weights = None
    is_known = True
    place: str | None = name
    seen: set[str] = set()
    while place is not None and place not in seen:
        seen.add(place)
        one = known.get(place)
        if one is None:
            is_known = activation is not None
            break
        index = rows.get(place)
        if row is None:
            row = index
        if activation is None:
            activation = one.activation or (
                function_name(run.layers[index].activation)
                if index is not None
                else None
            )
        if one.parameters:
            weights = index
            break
        passes = one.kind in PASSIVE or one.kind in ACTIVATION_KINDS
        if not passes:
            is_known = activation is not None
            break
        place = one.inputs[0] if len(one.inputs) == 1 else None
    return Output(name, row, weights, activation, is_known, target, loss)


def losses(run: Run, count: int, names: Sequence[str] = ()) -> list[Loss | None]:
    """Returns the loss of each output; `None` where it is unknown."""
    given = mapping(run.attributes.get("training")).get("loss")
    if isinstance(given, list):
        found = [loss_of(one) for one in given]
        return found if len(found) == count else [None] * count
    if isinstance(given, Mapping) and not isinstance(given.get("class"), str):
        chosen = [given.get(name) for name in names]
        if len(given) == count and not {*given} & {*names}:
            # Keras sorts outputs that a model returns as a dict by their keys.
            chosen = [given[name] for name in sorted(given)]
        found = [loss_of(one) for one in chosen]
        return found if len(found) == count else [None] * count
    return [loss_of(given)] * count


def loss_of(value: Any) -> Loss | None:
    name = function_name(value)
    if name is None:
        return None
    settings = mapping(value)
    hidden = ("class", "name")
    others = {key: one for key, one in settings.items() if key not in hidden}
    return Loss(name, settings.get("from_logits") is True, others)


def optimizer(run: Run) -> Mapping[str, Any]:
    """Returns the settings of the optimizer, with its `class`; empty if unknown."""
    return mapping(run.attributes.get("optimizer"))


def default_learning_rate(kind: str) -> float:
    """Returns the default learning rate of an optimizer of Keras, by its class."""
    return 0.01 if kind == "SGD" else 0.001


def input_rows(run: Run) -> list[int]:
    """Returns the rows of the measured inputs."""
    return measured_rows(run.layers, Role.INPUT)


def target_rows(run: Run) -> list[int]:
    """Returns the rows of the measured targets."""
    return measured_rows(run.layers, Role.TARGET)


def is_number(value: Any) -> TypeGuard[float]:
    """Returns whether a recorded value is a number that a float can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, float) or abs(value) <= sys.float_info.max
