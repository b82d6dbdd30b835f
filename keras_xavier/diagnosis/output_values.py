"""Values that the outputs of a model can have, derived from its graph."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from keras_xavier.activation_table import ACTIVATION_TABLE
from keras_xavier.diagnosis.program import (
    ACTIVATION_KINDS,
    PASSIVE,
    LayerSetup,
    Output,
    function_name,
    graph,
)
from keras_xavier.runs import Run
from keras_xavier.statistics import Layer

RANGES: Mapping[str | None, tuple[float, float]] = {
    **{facts.name: (facts.lower, facts.upper) for facts in ACTIVATION_TABLE},
    **dict.fromkeys((None, "leaky_relu", "prelu"), (-math.inf, math.inf)),
    **dict.fromkeys(("softmax", "sparsemax"), (0.0, 1.0)),
    **dict.fromkeys(("hard_sigmoid", "sparse_sigmoid"), (0.0, 1.0)),
    **dict.fromkeys(("softplus", "exponential", "squareplus"), (0.0, math.inf)),
    **dict.fromkeys(("log_softmax", "log_sigmoid"), (-math.inf, 0.0)),
    **{"relu6": (0.0, 6.0), "swish": (-0.28, math.inf), "mish": (-0.31, math.inf)},
    **{"hard_silu": (-0.375, math.inf), "hard_swish": (-0.375, math.inf)},
    **{"celu": (-1.0, math.inf), "sparse_plus": (0.0, math.inf)},
}
"""Infimum and supremum of activation functions, `None` standing for linear layers."""
OVER_UNITS = ("softmax", "sparsemax", "log_softmax")
"""Activation functions that normalize over the units."""
CONVOLUTIONS = tuple(
    f"{kind}{rank}D"
    for kind in ("Conv", "SeparableConv", "DepthwiseConv")
    for rank in (1, 2, 3)
) + tuple(f"Conv{rank}DTranspose" for rank in (1, 2, 3))
WEIGHTED = ("Dense", "EinsumDense", *CONVOLUTIONS)
"""Layers with a kernel, which apply their argument `activation`."""
NORMALIZATIONS = (
    *("BatchNormalization", "LayerNormalization", "GroupNormalization"),
    *("RMSNormalization", "SpectralNormalization"),
)
RECURRENT = (*("LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"),)
"""Layers whose activation is tanh by default, and bounds their output."""
SELECTING = (
    *PASSIVE,
    *(f"{kind}Pooling{rank}D" for kind in ("Max", "Average") for rank in (1, 2, 3)),
    *(f"Global{kind}Pooling{n}D" for kind in ("Max", "Average") for n in (1, 2, 3)),
    *(f"{kind}{rank}D" for kind in ("UpSampling", "Cropping") for rank in (1, 2, 3)),
    *("RepeatVector", "Masking", "GetItem", "Transpose"),
)
"""Layers and operations whose outputs have no values outside the range of their
inputs."""
MIXING = ("Concatenate", "Average", "Maximum", "Minimum", "Stack")
"""Layers and operations of several inputs whose outputs lie in the joint range."""

DEPENDENT = (*SELECTING, *MIXING, "Add", "Subtract", "Rescaling")
"""Layers and operations whose values depend on the values of their inputs."""


@dataclass(frozen=True)
class Values:
    """Values of an output.

    Attributes:
        activation: str or `None`. Last activation function; `None` if there is none.
        layer: str or `None`. Layer that applies it, or the last layer with weights.
        lower: float. Infimum.
        upper: float. Supremum.
        units: int or `None`. Number of units that a softmax is over; otherwise the
            length of the last axis. `None` if unknown.
        is_certain: bool. Whether the graph of the model shows that nothing follows.
    """

    activation: str | None
    layer: str | None
    lower: float
    upper: float
    units: int | None
    is_certain: bool = True

    @property
    def is_distribution(self) -> bool:
        """Whether the units are probabilities with a sum of 1."""
        return self.activation in ("softmax", "sparsemax") and self.units is not None

    def contains(self, lower: float, upper: float) -> bool:
        """Returns whether the output is able to reach both ends of a range."""
        return self.lower <= lower and upper <= self.upper

    def is_within(self, lower: float, upper: float) -> bool:
        """Returns whether no output is outside a range."""
        return lower <= self.lower and self.upper <= upper


def output_values(run: Run, output: Output) -> Values | None:
    """Returns the values that an output can have, or `None` if they are unknown."""
    known = graph(run)
    rows = {layer.name: layer for layer in run.layers}
    if output.name in known and known[output.name].inputs:
        return _values(output.name, known, rows, ())
    if output.row is None:
        return None
    # The order of computation in a subclassed model is unknown.
    layer = run.layers[output.row]
    activation = function_name(layer.activation)
    if activation not in RANGES:
        return None
    setup = known.get(layer.name)
    if setup is not None and setup.kind in ("Softmax", "ReLU", "ELU"):
        return None
    lower, upper = RANGES[activation]
    return Values(activation, layer.name, lower, upper, layer.units, False)


def _values(
    name: str,
    known: Mapping[str, LayerSetup],
    rows: Mapping[str, Layer],
    seen: tuple[str, ...],
) -> Values | None:
    one = known.get(name)
    if one is None or name in seen:
        return None
    inner = [known[other] for other in known if other.startswith(f"{name}/")]
    if one.kind == "TimeDistributed":
        wrapped = inner[0] if len(inner) == 1 else None
        kinds = (*WEIGHTED, *NORMALIZATIONS, "Activation")
        if wrapped is None or wrapped.kind not in kinds:
            return None
        return _of_layer(replace(wrapped, shape=one.shape), rows)
    if one.kind == "Bidirectional":
        cells = [part for part in inner if part.kind in RECURRENT]
        merged = (one.settings or {}).get("merge_mode", "concat")
        if not cells or merged not in ("concat", "ave"):
            return None
        return _of_layer(replace(cells[0], shape=one.shape), rows)
    if one.kind in (*WEIGHTED, *NORMALIZATIONS, *RECURRENT, *ACTIVATION_KINDS):
        return _of_layer(one, rows)
    if one.kind == "Activation" and last_activation(one, rows)[1] is not None:
        return _of_layer(one, rows)
    if one.kind not in DEPENDENT:
        return None
    before = [_values(other, known, rows, (*seen, name)) for other in one.inputs]
    if one.kind in ("Add", "Subtract"):
        unbounded = [v for v in before if v and v.lower == -math.inf == -v.upper]
        return replace(unbounded[0], units=last_axis(one)) if unbounded else None
    if one.kind in MIXING:
        return joined(one, [v for v in before if v], len(before))
    if len(before) != 1 or before[0] is None:
        return None
    if one.kind == "Rescaling":
        return rescaled(one, before[0])
    if one.kind in SELECTING:
        units = last_axis(one)
        is_same = units == before[0].units or before[0].activation not in OVER_UNITS
        return replace(before[0], units=units if is_same else None)
    return None


def _of_layer(one: LayerSetup, rows: Mapping[str, Layer]) -> Values | None:
    """Returns the values of a layer that applies an activation function."""
    given, activation = last_activation(one, rows)
    if one.kind in RECURRENT and activation is None:
        if one.settings is None or "activation" in one.settings:
            return None
        activation = "tanh"
    if activation not in RANGES:
        return None
    lower, upper = bounds(activation, given)
    axis = given.get("axis", -1) if one.kind == "Softmax" else -1
    units = last_axis(one, axis)
    # Operations do not record their axis.
    is_operation = one.kind == "Softmax" and one.settings is None
    if is_operation and not (one.shape and len(one.shape) == 2):
        units = None
    return Values(activation, one.name, lower, upper, units)


def last_activation(
    one: LayerSetup, rows: Mapping[str, Layer]
) -> tuple[Mapping[str, Any], str | None]:
    """Returns the parameters and the name of the activation function of a layer."""
    settings = one.settings or {}
    if one.kind in ACTIVATION_KINDS:
        return settings, ACTIVATION_KINDS[one.kind]
    given = settings.get("activation")
    if given is None and one.name in rows:
        # The settings lack functions without a name.
        given = rows[one.name].activation
    return given if isinstance(given, Mapping) else {}, function_name(given)


def bounds(activation: str | None, given: Mapping[str, Any]) -> tuple[float, float]:
    """Returns the infimum and supremum of an activation function with parameters."""
    lower, upper = RANGES[activation]
    if activation == "relu":
        highest, slope = given.get("max_value"), given.get("negative_slope", 0)
        upper = float(highest) if isinstance(highest, int | float) else upper
        lower = -math.inf if slope else lower
    if activation in ("elu", "celu") and isinstance(alpha := given.get("alpha"), float):
        lower = -alpha
    return lower, upper


def last_axis(one: LayerSetup, axis: Any = -1) -> int | None:
    """Returns the length of an axis of the output, if known."""
    shape = one.shape or ()
    known = type(axis) is int and -len(shape) <= axis < len(shape)
    return shape[axis] if known else None


def joined(one: LayerSetup, found: Sequence[Values], count: int) -> Values | None:
    """Returns the range of a layer that joins several inputs."""
    if not found or len(found) < count:
        return None
    activations = {values.activation for values in found}
    is_mean = one.kind == "Average" and len(activations) == 1
    shared = found[0].activation if is_mean else None
    return Values(
        shared,
        found[0].layer,
        min(values.lower for values in found),
        max(values.upper for values in found),
        last_axis(one),
    )


def rescaled(one: LayerSetup, values: Values) -> Values | None:
    settings = one.settings or {}
    scale, offset = settings.get("scale", 1), settings.get("offset", 0)
    if not all(isinstance(v, int | float) for v in (scale, offset)) or not scale:
        return None
    ends = sorted((values.lower * scale + offset, values.upper * scale + offset))
    return Values("rescaled", None, ends[0], ends[1], last_axis(one))
