"""The rows of the layer table, and which tensors belong to each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import keras
import numpy as np

from keras_xavier.activations import facts
from keras_xavier.probing.backend import Marks, Tensor
from keras_xavier.probing.recording import Call, Recorder
from keras_xavier.probing.selection import (
    REPEATING_LAYERS,
    is_float,
    kernels,
    row_names,
)
from keras_xavier.statistics import Layer, Quantity

FORWARD = (Quantity.PREACTIVATION, Quantity.ACTIVATION)
BACKWARD = Quantity.PREACTIVATION_GRADIENT
WEIGHTS = (Quantity.WEIGHT, Quantity.WEIGHT_GRADIENT, Quantity.WEIGHT_UPDATE)

NO_INFLUENCE = "the loss does not depend on it"
NO_GRADIENT = "no gradient comes back to it"
NOT_CALLED = "the layer was not called"
OUT_OF_REACH = (
    "it is computed inside of a loop, a branch or another function, or changed in place"
)
INNER_STEPS = "inner steps are left out; its gradient is that of the output"


@dataclass(frozen=True)
class Row:
    """One row of the layer table, with the tensors that are measured for it.

    Attributes:
        layer: What the table says of it.
        tensors: The tensors by quantity; the same one twice where z is s.
        call: The call whose activations they are, or `None`.
    """

    layer: Layer
    tensors: Mapping[Quantity, Tensor]
    call: Call | None


@dataclass
class Draft:
    """A row that is still without a name."""

    layer: keras.Layer
    call: Call | None = None
    kernel: keras.Variable | None = None
    suffix: str = ""
    parts: Sequence[str] = ()
    tensors: dict[Quantity, Tensor] = field(default_factory=dict)
    absent: dict[Quantity, str] = field(default_factory=dict)


def make_rows(
    recorder: Recorder,
    layers: Sequence[keras.Layer],
    layer_names: Mapping[int, str],
    weight_name: Callable[[keras.Variable], str],
    missing: Mapping[Quantity, str],
) -> tuple[Row, ...]:
    """Arranges what was recorded.

    Args:
        recorder: What was recorded, with its marks collected.
        layers: The measured layers.
        layer_names: Their names, by their identity.
        weight_name: The name in the marks of a weight: after `w/`, `dw/` and `u/`
            follow the weight, its gradient and its update.
        missing: Quantities that this kind of measurement does not have, and why.
    """
    drafts = []
    described: set[int] = set()
    for index, call in enumerate(recorder.calls):
        first = id(call.layer) not in described
        described.add(id(call.layer))
        draft = Draft(call.layer, call)
        add_call(draft, recorder.marks, index)
        drafts += [draft, *add_kernels(draft, first)]
    for layer in layers:
        # Of one that does nothing and holds nothing there is nothing to say.
        if id(layer) not in described and (kernels(layer) or not drafts):
            draft = Draft(layer)
            draft.absent = dict.fromkeys((*FORWARD, BACKWARD), NOT_CALLED)
            drafts += [draft, *add_kernels(draft, first=True)]
    for draft in drafts:
        if draft.kernel is not None:
            name = weight_name(draft.kernel)
            add_weight(draft, draft.kernel, recorder.marks, name)
        draft.absent = {**missing, **draft.absent}
    whole = [draft.layer for draft in drafts if not draft.suffix]
    names = iter(row_names(whole, layer_names))
    rows = []
    stem = ""
    for draft in drafts:
        stem = stem if draft.suffix else next(names)
        if draft.parts:
            parts = ", ".join(stem + part for part in draft.parts)
            draft.absent |= dict.fromkeys(WEIGHTS, f"the rows {parts} have it")
        row = Row(describe(stem + draft.suffix, draft), draft.tensors, draft.call)
        rows.append(row)
    return tuple(rows)


def add_call(draft: Draft, marks: Marks, index: int) -> None:
    """Adds what went through a layer, forward and back."""
    call = draft.call
    names = (f"s/{index}", f"{'s' if call and call.linear else 'z'}/{index}")
    if call is None or call.reason is not None or not marks.keys() >= {*names}:
        reason = (call and call.reason) or OUT_OF_REACH
        draft.absent |= dict.fromkeys((*FORWARD, BACKWARD), reason)
        return
    draft.tensors |= {q: marks[name] for q, name in zip(FORWARD, names, strict=True)}
    if (gradient := marks.get(f"ds/{index}")) is None:
        draft.absent[BACKWARD] = NO_GRADIENT
    else:
        draft.tensors[BACKWARD] = gradient
    if isinstance(call.layer, REPEATING_LAYERS):
        del draft.tensors[Quantity.PREACTIVATION]
        draft.absent[Quantity.PREACTIVATION] = INNER_STEPS


def add_kernels(draft: Draft, first: bool) -> list[Draft]:
    """Gives a row its weights, or, if there are several, rows of their own."""
    found = kernels(draft.layer)
    if not first:
        draft.absent |= dict.fromkeys(WEIGHTS, "the row of its first call has it")
        return []
    if not found:
        draft.absent |= dict.fromkeys(WEIGHTS, "the layer has no weights of its own")
        return []
    if len(found) == 1:
        draft.kernel = found[0]
        return []
    draft.parts = kernel_suffixes(found)
    own = "the row of the layer has it"
    return [
        Draft(
            draft.layer,
            kernel=kernel,
            suffix=suffix,
            absent=dict.fromkeys((*FORWARD, BACKWARD), own),
        )
        for kernel, suffix in zip(found, draft.parts, strict=True)
    ]


def kernel_suffixes(found: Sequence[keras.Variable]) -> list[str]:
    names = [f"/{kernel.name}" for kernel in found]
    if len(set(names)) < len(names):
        return [f"{name}#{i}" for i, name in enumerate(names, 1)]
    return names


def add_weight(draft: Draft, kernel: keras.Variable, marks: Marks, name: str) -> None:
    """Adds a weight, its gradient and its update."""
    if not is_float(kernel):
        reason = f"the weights are stored as {kernel.dtype}"
        draft.absent |= dict.fromkeys(WEIGHTS, reason)
        return
    if 0 in kernel.shape:
        draft.absent |= dict.fromkeys(WEIGHTS, "the weights are empty")
        return
    prefixes = zip(WEIGHTS, ("w", "dw", "u"), strict=True)
    for quantity, prefix in prefixes:
        if (tensor := marks.get(f"{prefix}/{name}")) is not None:
            draft.tensors[quantity] = tensor
    if Quantity.WEIGHT_GRADIENT not in draft.tensors:
        frozen = "training leaves it as it is"
        reason = NO_INFLUENCE if kernel.trainable else frozen
        draft.absent[Quantity.WEIGHT_GRADIENT] = reason
        if kernel.trainable and draft.absent.get(BACKWARD) == NO_GRADIENT:
            draft.absent[BACKWARD] = NO_INFLUENCE


def describe(name: str, draft: Draft) -> Layer:
    """Makes the row of the layer table."""
    activation = draft.call.activation if draft.call else None
    known = facts(activation)
    function = getattr(activation, "__name__", type(activation).__name__)
    units = draft.call.units if draft.call else 0
    if draft.suffix and draft.kernel is not None:
        units = int(draft.kernel.shape[-1])
        parameters = int(np.prod(draft.kernel.shape))
    else:
        weights = draft.layer.trainable_weights
        parameters = sum(int(np.prod(w.shape)) for w in weights)
    return Layer(
        name=name,
        kind=type(draft.layer).__name__,
        activation=None if activation is None or function == "linear" else function,
        units=units,
        parameters=parameters,
        lower=known.lower if known else -np.inf,
        upper=known.upper if known else np.inf,
        absent={q: draft.absent[q] for q in Quantity if q not in draft.tensors},
    )
