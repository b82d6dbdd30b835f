"""Builds the layer table, and assigns each layer the tensors to measure."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace

import keras
import numpy as np

from keras_xavier.activation_facts import facts
from keras_xavier.activation_table import Facts
from keras_xavier.histogram_bins import has_linear_bins
from keras_xavier.probing.backend import Marks, Tensor
from keras_xavier.probing.fine_bins import LINEAR_BOUNDS
from keras_xavier.probing.recurrence import has_gates
from keras_xavier.probing.selection import table_names
from keras_xavier.probing.tensor_recorder import Call, Part, TensorRecorder
from keras_xavier.probing.unit_axes import LAST, Axes
from keras_xavier.probing.weights import (
    REPEATING_LAYERS,
    biases,
    is_float,
    kernels,
    weight_suffixes,
)
from keras_xavier.statistics import NO_INFLUENCE, Layer, Quantity, Role

FORWARD = (Quantity.PREACTIVATION, Quantity.ACTIVATION)
BACKWARD = Quantity.PREACTIVATION_GRADIENT
WEIGHTS = (Quantity.WEIGHT, Quantity.WEIGHT_GRADIENT, Quantity.WEIGHT_UPDATE)

# The reasons for absent quantities are stored in runs.
NO_GRADIENT = "no gradient comes back to it"
NOT_CALLED = "the layer was not called"
OUT_OF_REACH = (
    "it is computed inside of a loop, a branch or another function, or changed in place"
)
ONLY_ONE = "only the {} is measured here"
INNER_STEPS = "inner steps are left out; its gradient is that of the output"
GATES_ON_A_PROBE = (
    "gates and time steps are measured on a probe, if their number is known"
)
NO_KNOWN_GATES = "the gates and time steps of {} are not known"


@dataclass(frozen=True)
class LayerTensors:
    """A layer of the layer table, with the tensors to measure for it.

    Attributes:
        layer: `Layer`. The row of the layer table.
        tensors: Mapping from `Quantity` to tensor. The same tensor stands for
            preactivation and activation if the layer has no activation function.
        call: `Call` that computed the activations, or `None`.
        unit_axes: Ascending tuple of negative int. The axes of units of preactivations,
            activations and their gradients. `None`: these have no units.
        mask: Tensor of bool, or `None`. The positions that count; its axes are the
            first axes of the tensors.
        weight: `keras.Variable` of the weights, or `None`.
    """

    layer: Layer
    tensors: Mapping[Quantity, Tensor]
    call: Call | None
    unit_axes: Axes | None = LAST
    mask: Tensor | None = None
    weight: keras.Variable | None = None


@dataclass
class Draft:
    """A layer of the table that has no name yet."""

    layer: keras.Layer
    call: Call | None = None
    weight: keras.Variable | None = None
    suffix: str = ""
    part: Part | None = None
    role: Role = Role.LAYER
    parts: Sequence[str] = ()
    tensors: dict[Quantity, Tensor] = field(default_factory=dict)
    absent: dict[Quantity, str] = field(default_factory=dict)
    mask: Tensor | None = None


def make_layer_table(
    recorder: TensorRecorder,
    layers: Sequence[keras.Layer],
    layer_names: Mapping[int, str],
    weight_name: Callable[[keras.Variable], str],
    missing: Mapping[Quantity, str],
) -> tuple[LayerTensors, ...]:
    """Returns the layer table of one run of a model, with the recorded tensors.

    A layer that is called several times, or has several weights, occurs several times.
    The inputs come first and the targets last.

    Args:
        recorder: `TensorRecorder` with its marks collected.
        layers: Sequence of `keras.Layer`. The measured layers.
        layer_names: Mapping from `id(layer)` to its name.
        weight_name: Function from a variable to its name in the marks: the weight is
            marked as `w/NAME`, its gradient as `dw/NAME` and its update as `u/NAME`.
        missing: Mapping from quantities that this kind of measurement lacks to the
            reason. Updates are neither missing nor marked if they are measured later.
    """
    drafts = []
    described: set[int] = set()
    parts = list(recorder.parts)
    parted = {id(part.layer) for part in parts}
    called = {id(call.layer) for call in recorder.calls}
    uncalled = {id(part.layer) for part in parts} - called
    for index, call in enumerate(recorder.calls):
        # The parts of a layer follow its own row, if it has one.
        inner = take_parts(parts, index, uncalled)
        drafts += [part_draft(part, recorder.marks) for part in inner]
        first = id(call.layer) not in described
        described.add(id(call.layer))
        draft = Draft(call.layer, call)
        add_call(draft, recorder.marks, index)
        if id(call.layer) not in parted:
            add_reason_for_gates(draft)
        drafts += [draft, *add_weights(draft, first, layer_names)]
        inner = take_parts(parts, index, {id(call.layer)})
        drafts += [part_draft(part, recorder.marks) for part in inner]
    drafts += [part_draft(part, recorder.marks) for part in parts]
    for layer in layers:
        # A layer without calls and without weights has nothing to measure.
        has_weights = bool(kernels(layer) or biases(layer))
        if id(layer) not in described and (has_weights or not drafts):
            draft = Draft(layer)
            draft.absent = dict.fromkeys((*FORWARD, BACKWARD), NOT_CALLED)
            drafts += [draft, *add_weights(draft, True, layer_names)]
    for draft in drafts:
        if draft.weight is not None:
            name = weight_name(draft.weight)
            add_weight(draft, draft.weight, recorder.marks, name)
        draft.absent = {**missing, **draft.absent}
    whole = [draft.layer for draft in drafts if not (draft.suffix or draft.part)]
    names = iter(table_names(whole, layer_names))
    table = []
    stem = ""
    for draft in drafts:
        if draft.part:
            layer = to_layer(part_name(draft.part, layer_names), draft)
            table.append(
                LayerTensors(layer, draft.tensors, draft.call, mask=draft.mask)
            )
            continue
        stem = stem if draft.suffix else next(names)
        if draft.parts:
            rows = ", ".join(stem + part for part in draft.parts)
            draft.absent |= dict.fromkeys(WEIGHTS, f"the rows {rows} have it")
        layer = to_layer(stem + draft.suffix, draft)
        axes = draft.call.unit_axes if draft.call else LAST
        table.append(
            LayerTensors(
                layer, draft.tensors, draft.call, axes, draft.mask, draft.weight
            )
        )
    inputs = data_rows(recorder, Role.INPUT)
    return (*inputs, *table, *data_rows(recorder, Role.TARGET))


def take_parts(parts: list[Part], index: int, layers: Container[int]) -> list[Part]:
    """Removes the parts of some layers before a call from a list, and returns them."""
    found = [p for p in parts if p.after <= index and id(p.layer) in layers]
    parts[:] = [part for part in parts if part not in found]
    return found


def part_draft(part: Part, marks: Marks) -> Draft:
    """Returns the draft of a row for a part of a layer."""
    draft = Draft(
        part.layer,
        Call(part.layer, part.activation, part.units, linear=False),
        part=part,
        role=part.role,
        absent=dict.fromkeys(Quantity, ONLY_ONE.format(part.quantity.label.lower())),
    )
    tensor, mask = marks.get(part.mark), marks.get(f"mask/{part.mark}")
    if tensor is not None:
        if part.place is not None:
            # All time steps are marked together.
            tensor = tensor[:, part.place]
            mask = None if mask is None else mask[:, part.place]
        draft.tensors[part.quantity], draft.mask = tensor, mask
    else:
        lost = NO_GRADIENT if part.quantity is BACKWARD else OUT_OF_REACH
        draft.absent[part.quantity] = part.reason or lost
    return draft


def part_name(part: Part, layer_names: Mapping[int, str]) -> str:
    """Returns the name of a row, such as `attention:2/scores`."""
    further = f":{part.number}" if part.number > 1 else ""
    return f"{layer_names[id(part.layer)]}{further}/{part.name}"


def data_rows(recorder: TensorRecorder, role: Role) -> list[LayerTensors]:
    """Returns the rows of the inputs or of the targets."""
    rows = []
    for layer in recorder.data:
        if layer.role is not role:
            continue
        tensors = {}
        if layer.name in recorder.marks:
            tensors[Quantity.ACTIVATION] = recorder.marks[layer.name]
        elif Quantity.ACTIVATION not in layer.absent:
            absent = {**layer.absent, Quantity.ACTIVATION: OUT_OF_REACH}
            layer = replace(layer, absent=absent)
        rows.append(LayerTensors(layer, tensors, None))
    return rows


def in_order_of(
    layers: Sequence[Layer], table: Sequence[LayerTensors]
) -> tuple[LayerTensors, ...]:
    """Returns the rows of an earlier layer table with the tensors of a later one.

    A model that runs eagerly may call other layers for each batch. Missing calls have
    no tensors, and further calls no rows.
    """
    found = {one.layer.name: one for one in table}
    return tuple(
        found.get(layer.name) or LayerTensors(not_called(layer), {}, None)
        for layer in layers
    )


def not_called(layer: Layer) -> Layer:
    return replace(layer, absent=dict.fromkeys(Quantity, NOT_CALLED))


def add_call(draft: Draft, marks: Marks, index: int) -> None:
    """Adds the preactivations, activations and gradients of a call."""
    call = draft.call
    names = (f"s/{index}", f"{'s' if call and call.linear else 'z'}/{index}")
    if call is None or call.reason is not None or not marks.keys() >= {*names}:
        reason = (call and call.reason) or OUT_OF_REACH
        draft.absent |= dict.fromkeys((*FORWARD, BACKWARD), reason)
        return
    draft.tensors |= {q: marks[name] for q, name in zip(FORWARD, names, strict=True)}
    draft.mask = marks.get(f"mask/{index}")
    if (gradient := marks.get(f"ds/{index}")) is None:
        draft.absent[BACKWARD] = NO_GRADIENT
    else:
        draft.tensors[BACKWARD] = gradient
    if isinstance(call.layer, REPEATING_LAYERS):
        del draft.tensors[Quantity.PREACTIVATION]
        draft.absent[Quantity.PREACTIVATION] = INNER_STEPS


def add_reason_for_gates(draft: Draft) -> None:
    """Adds why a recurrent layer has no rows of gates and time steps."""
    layer, quantity = draft.layer, Quantity.PREACTIVATION
    if isinstance(layer, keras.layers.RNN) and draft.absent[quantity] == INNER_STEPS:
        cell = type(layer.cell).__name__
        why = GATES_ON_A_PROBE if has_gates(layer) else NO_KNOWN_GATES.format(cell)
        draft.absent[quantity] = f"{INNER_STEPS}; {why}"


def add_weights(
    draft: Draft, first: bool, layer_names: Mapping[int, str]
) -> list[Draft]:
    """Adds the kernel of a layer, and returns drafts of further rows.

    These are one for each of several kernels, and one for each bias.
    """
    if not first:
        draft.absent |= dict.fromkeys(WEIGHTS, "the row of its first call has it")
        return []
    found = kernels(draft.layer)
    rows = []
    if not found:
        draft.absent |= dict.fromkeys(WEIGHTS, "the layer has no weights of its own")
    elif len(found) == 1:
        draft.weight = found[0]
    else:
        rows = weight_rows(draft.layer, found, layer_names, Role.LAYER)
        draft.parts = [row.suffix for row in rows]
    others = weight_rows(draft.layer, biases(draft.layer), layer_names, Role.BIAS)
    return [*rows, *others]


def weight_rows(
    layer: keras.Layer,
    found: Sequence[keras.Variable],
    layer_names: Mapping[int, str],
    role: Role,
) -> list[Draft]:
    """Returns drafts of rows for single weights of a layer."""
    own = "the row of the layer has it"
    return [
        Draft(
            layer,
            weight=weight,
            suffix=suffix,
            role=role,
            absent=dict.fromkeys((*FORWARD, BACKWARD), own),
        )
        for weight, suffix in zip(
            found, weight_suffixes(layer, found, layer_names), strict=True
        )
    ]


def add_weight(draft: Draft, weight: keras.Variable, marks: Marks, name: str) -> None:
    """Adds a weight, its gradient and its update."""
    if not is_float(weight):
        reason = f"the weights are stored as {weight.dtype}"
        draft.absent |= dict.fromkeys(WEIGHTS, reason)
        return
    if 0 in weight.shape:
        draft.absent |= dict.fromkeys(WEIGHTS, "the weights are empty")
        return
    prefixes = zip(WEIGHTS, ("w", "dw", "u"), strict=True)
    for quantity, prefix in prefixes:
        if (tensor := marks.get(f"{prefix}/{name}")) is not None:
            draft.tensors[quantity] = tensor
    if Quantity.WEIGHT_GRADIENT not in draft.tensors:
        frozen = "training leaves it as it is"
        reason = NO_INFLUENCE if weight.trainable else frozen
        draft.absent[Quantity.WEIGHT_GRADIENT] = reason
        if weight.trainable and draft.absent.get(BACKWARD) == NO_GRADIENT:
            draft.absent[BACKWARD] = NO_INFLUENCE


def to_layer(name: str, draft: Draft) -> Layer:
    """Returns the row of the layer table."""
    activation = draft.call.activation if draft.call else None
    lower, upper = stored_bounds(facts(activation))
    function = getattr(activation, "__name__", type(activation).__name__)
    units = draft.call.units if draft.call else 0
    if draft.part:
        parameters = 0
    elif draft.suffix and draft.weight is not None:
        units = int(draft.weight.shape[-1]) if draft.weight.shape else 1
        parameters = int(np.prod(draft.weight.shape))
    else:
        weights = draft.layer.trainable_weights
        parameters = sum(int(np.prod(w.shape)) for w in weights)
    return Layer(
        name=name,
        kind=type(draft.layer).__name__,
        activation=None if activation is None or function == "linear" else function,
        units=units,
        parameters=parameters,
        lower=lower,
        upper=upper,
        absent={
            q: draft.absent[q]
            for q in Quantity
            if q in draft.absent and q not in draft.tensors
        },
        role=draft.role,
    )


def stored_bounds(known: Facts | None) -> tuple[float, float]:
    """Returns the bounds of an activation function, unless no format has its bins."""
    bounds = (known.lower, known.upper) if known else (-np.inf, np.inf)
    if has_linear_bins(*bounds) and bounds not in LINEAR_BOUNDS:
        return -np.inf, np.inf
    return bounds
