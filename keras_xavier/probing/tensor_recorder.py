"""Records the tensors that pass through the layers of a model in one run.

The calls and activation functions of layers are replaced only while the model runs, so
a model that is saved between two steps never contains a recorder.
"""

import functools
import inspect
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import keras

from keras_xavier.probing import introspection
from keras_xavier.probing.backend import Backend, Marks, Tensor
from keras_xavier.probing.selection import activation_of
from keras_xavier.probing.unit_axes import (
    LAST,
    Axes,
    number_of_units,
    rank,
    unit_axes,
)
from keras_xavier.statistics import Layer, Quantity, Role

NOTHING = object()
COMPOSITES = ("RaggedTensor", "SparseTensor", "IndexedSlices", "BCOO")
"""Classes of tensors that have no array of values."""
# Stored in runs as a reason, like the results of `why_unmeasurable`: see `layer_table`.
UNKNOWN = "its output has an unknown form"
RECOMPUTED = "it is rematerialized, that is, computed again for the gradient"


@dataclass(frozen=True)
class Call:
    """One call of a layer's activation function, or of a layer without one.

    Attributes:
        layer: `keras.Layer`.
        activation: Its function φ; `None` if its output is s = z.
        units: int. Number of units of its output.
        linear: bool. Whether z is s.
        reason: str or `None`. Why nothing was recorded.
        unit_axes: Ascending tuple of negative int. The axes of its units.
    """

    layer: keras.Layer
    activation: Any
    units: int
    linear: bool
    reason: str | None = None
    unit_axes: Axes = LAST


@dataclass(frozen=True)
class Part:
    """A tensor inside a layer that has a row of its own in the layer table.

    Attributes:
        layer: `keras.Layer`.
        number: int. Number of its call, from 1.
        name: str. Name of the row after the name of the layer, such as `"scores"`.
        role: `Role`.
        quantity: `Quantity` that the row has.
        units: int. Length of the last axis.
        activation: Activation function of the tensor, or `None`.
        mark: str. Name of the mark.
        place: int or `None`. Index along the axis of time steps.
        after: int. Number of calls of layers before it.
        reason: str or `None`. Why nothing was recorded.
    """

    layer: keras.Layer
    number: int
    name: str
    role: Role
    quantity: Quantity
    units: int = 0
    activation: Any = None
    mark: str = ""
    place: int | None = None
    after: int = 0
    reason: str | None = None


@dataclass
class TensorRecorder:
    """Collects the tensors of one run of a model.

    Attributes:
        backend: `Backend`. Marks the tensors.
        calls: List of `Call`, in the order of the run.
        marks: Dict from name to tensor. `s/0`, `z/0`, `ds/0` and `mask/0` are marks of
            call 0.
        parts: List of `Part`, in the order of the run.
        data: List of `Layer`. Rows of the inputs and targets, marked by their names.
        inner_masks: Dict from `id` of a layer to the mask of its output, where Keras
            has none.
        finite: Dict from `id` to tensor. Outputs that are measured or watched.
        error: Exception of the recorder, or `None`. The model never sees it.
    """

    backend: Backend
    calls: list[Call] = field(default_factory=list)
    marks: Marks = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    data: list[Layer] = field(default_factory=list)
    inner_masks: dict[int, Tensor] = field(default_factory=dict)
    finite: dict[int, Tensor] = field(default_factory=dict)
    error: Exception | None = None
    _numbers: Counter[int] = field(default_factory=Counter)
    _watches: Counter[int] = field(default_factory=Counter)
    _recomputed: bool = False
    _left_out: set[int] = field(default_factory=set)
    _open: list[keras.Layer] = field(default_factory=list)
    _applied: list[bool] = field(default_factory=list)
    _last_known: tuple[int, Axes, tuple[Any, ...]] | None = None
    _first: dict[int, int] = field(default_factory=dict)

    def apply_activation(
        self,
        layer: keras.Layer,
        activation: Any,
        apply: Callable[[Tensor], Tensor],
        s: Tensor,
    ) -> Tensor:
        """Records z = φ(s)."""
        if self._open and self._open[-1] is layer:
            self._applied[-1] = True
        index = self._begin_call(layer, activation, s)
        if index is None:
            return apply(s)
        marked = self._mark_preactivation(index, s)
        z = apply(marked)
        linear = z is marked
        with self.errors_kept():
            self._complete(index, z, linear=linear)
        return z if linear else self.mark(f"z/{index}", z)

    def call_layer(self, layer: keras.Layer, call: Callable[[], Any]) -> Any:
        """Calls a layer, and records its output unless its activation was recorded."""
        self._open.append(layer)
        self._applied.append(False)
        self._first[id(layer)] = len(self.calls)
        try:
            outputs = call()
        finally:
            self._open.pop()
            applied = self._applied.pop()
        return outputs if applied else self._record_output(layer, outputs)

    def recompute(self, call: Callable[[], Any]) -> Any:
        """Calls a rematerialized layer, and records nothing."""
        before, self._recomputed = self._recomputed, True
        try:
            return call()
        finally:
            self._recomputed = before

    def leaves_out(self, layer: keras.Layer, activation: Any) -> bool:
        """Returns whether a layer is rematerialized; lists such a layer once."""
        if self._recomputed and id(layer) not in self._left_out:
            self._left_out.add(id(layer))
            self.calls.append(Call(layer, activation, 0, False, RECOMPUTED))
        return id(layer) in self._left_out

    def mark(self, name: str, tensor: Tensor) -> Tensor:
        """Marks a tensor by name."""
        with self.errors_kept():
            return self.backend.mark(self.marks, name, tensor)
        return tensor

    def mark_gradient(self, name: str, tensor: Tensor) -> Tensor:
        """Marks the gradient of a tensor by name."""
        with self.errors_kept():
            return self.backend.mark_gradient(self.marks, name, tensor)
        return tensor

    def next_call(self, layer: keras.Layer) -> int:
        """Counts a call of a layer whose parts are recorded."""
        self._numbers[id(layer)] += 1
        return self._numbers[id(layer)]

    def next_watch(self, part: Any) -> int:
        """Counts a call of a layer or an operation that is watched."""
        self._watches[id(part)] += 1
        return self._watches[id(part)]

    def add_part(
        self, part: Part, tensor: Tensor | None = None, mask: Tensor | None = None
    ) -> None:
        """Adds a tensor inside a layer.

        Args:
            part: `Part`. If it has a mark, the tensor has been marked.
            tensor: Tensor, or `None` if it is marked or there is none.
            mask: Tensor of bool, or `None`. The positions that count; its axes are the
                first axes of the tensor.
        """
        name = part.mark or f"part/{len(self.parts)}"
        part = replace(part, mark=name, after=len(self.calls))
        if tensor is not None:
            part = replace(part, units=number_of_units(tensor, LAST), reason=None)
            self.mark(name, tensor)
        if mask is not None:
            self.mark(f"mask/{name}", mask)
        self.parts.append(part)

    @contextmanager
    def errors_kept(self) -> Iterator[None]:
        """Ends the block at an error; the model that is being recorded runs on."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - measuring never stops training
            self.error = self.error or error

    def _begin_call(self, layer: keras.Layer, activation: Any, s: Any) -> int | None:
        """Lists a call; returns its index, or `None` if it cannot be measured."""
        reason: str | None = UNKNOWN
        with self.errors_kept():
            reason = why_unmeasurable(s)
        self.calls.append(Call(layer, activation, 0, activation is None, reason))
        return None if reason else len(self.calls) - 1

    def _record_output(self, layer: keras.Layer, outputs: Any) -> Any:
        with self.errors_kept():
            # The first output; the others of a recurrent layer are states.
            first, *others = keras.tree.flatten(outputs) or [NOTHING]
            if (index := self._begin_call(layer, None, first)) is None:
                return outputs
            marked = self._mark_preactivation(index, first)
            self._complete(index, marked, linear=True)
            return keras.tree.pack_sequence_as(outputs, [marked, *others])
        return outputs

    def _complete(self, index: int, z: Tensor, *, linear: bool) -> None:
        """Adds the units to a call, and whether z is s."""
        call = self.calls[index]
        axes = self._unit_axes(call.layer, z)
        units = number_of_units(z, axes)
        self.calls[index] = replace(call, units=units, linear=linear, unit_axes=axes)
        if (mask := self.inner_masks.pop(id(call.layer), None)) is not None:
            self.mark(f"mask/{index}", mask)

    def _unit_axes(self, layer: keras.Layer, z: Tensor) -> Axes:
        """Returns the axes of units of an output.

        Layers such as activation layers have the axes of the layer before them.
        """
        number = rank(z)
        if number < 2:
            return LAST
        if (axes := unit_axes(layer, number)) is not None:
            lengths = tuple(z.shape[axis] for axis in axes)
            self._last_known = number, axes, lengths
            return axes
        if self._last_known is not None:
            before, axes, lengths = self._last_known
            if before == number and lengths == tuple(z.shape[axis] for axis in axes):
                return axes
        return LAST

    def keep_mask(self, layer: keras.Layer, masks: Any) -> None:
        """Records the mask of a layer's output, which Keras computes after the call."""
        with self.errors_kept():
            mask = next(iter(keras.tree.flatten(masks)), None)
            for index in range(self._first.get(id(layer), 0), len(self.calls)):
                name = f"mask/{index}"
                own = self.calls[index].layer is layer
                if mask is not None and own and name not in self.marks:
                    self.mark(name, introspection.in_order_of_output(layer, mask))

    def _mark_preactivation(self, index: int, s: Tensor) -> Tensor:
        marked = self.mark_gradient(f"ds/{index}", self.mark(f"s/{index}", s))
        with self.errors_kept():
            return introspection.keep_mask(marked, s)
        return marked


def why_unmeasurable(tensor: Any) -> str | None:
    """Returns why a tensor cannot be measured, or `None`."""
    if tensor is NOTHING:
        return "the layer has no output"
    if not keras.ops.is_tensor(tensor):
        return f"its output is no tensor, but a {type(tensor).__name__}"
    if type(tensor).__name__ in COMPOSITES or getattr(tensor, "is_sparse", False):
        return f"its output is a {type(tensor).__name__}"
    data_type = keras.backend.standardize_dtype(tensor.dtype)
    if not keras.backend.is_float_dtype(data_type):
        return f"its output is of the type {data_type}"
    return "its output is empty" if 0 in tensor.shape else None


Recording = TypeVar("Recording", TensorRecorder, None)

_thread = threading.local()


@contextmanager
def recording(recorder: Recording) -> Iterator[Recording]:
    """Records what this thread computes in `instrumented` layers; `None`: nothing.

    The recorder is bound to the thread because each replica of a model has its own.
    """
    before = getattr(_thread, "recorder", None)
    _thread.recorder = recorder
    try:
        yield recorder
    finally:
        _thread.recorder = before


def current_recorder() -> TensorRecorder | None:
    """Returns the recorder of this thread, or `None`."""
    return getattr(_thread, "recorder", None)


@contextmanager
def instrumented(layers: Sequence[keras.Layer]) -> Iterator[None]:
    """Replaces the calls of layers by calls that can be recorded."""
    with introspection.shadowed(*((layer, shadows(layer)) for layer in layers)):
        yield


def shadows(layer: keras.Layer) -> dict[str, Callable[..., Any]]:
    """Returns the replacements of a layer's call and of its activation function."""
    call, activation = layer.call, activation_of(layer)
    compute_mask, rematerialize = layer.compute_mask, layer.rematerialized_call
    held = introspection.own_activation(layer) is activation is not None

    def recorded_call(*args: Any, **kwargs: Any) -> Any:
        recorder = current_recorder()
        if recorder is None or recorder.leaves_out(layer, activation):
            return call(*args, **kwargs)
        if activation is not None and not held:
            given = None
            with recorder.errors_kept():
                given = inspect.signature(call).bind(*args, **kwargs)
            if given is None or not given.arguments:
                return call(*args, **kwargs)
            # A layer that is an activation function may be called by keyword.
            first = next(iter(given.arguments))

            def apply(s: Tensor) -> Tensor:
                given.arguments[first] = s
                return call(*given.args, **given.kwargs)

            return recorder.apply_activation(
                layer, activation, apply, given.arguments[first]
            )
        return recorder.call_layer(layer, lambda: call(*args, **kwargs))

    def recorded_activation(s: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        recorder = current_recorder()
        if recorder is None or recorder.leaves_out(layer, activation):
            return activation(s, *args, **kwargs)
        return recorder.apply_activation(
            layer, activation, lambda s: activation(s, *args, **kwargs), s
        )

    def rematerialized_call(layer_call: Any, *args: Any, **kwargs: Any) -> Any:
        @functools.wraps(layer_call)
        def recomputed(*args: Any, **kwargs: Any) -> Any:
            recorder = current_recorder()
            if recorder is None:
                return layer_call(*args, **kwargs)
            return recorder.recompute(lambda: layer_call(*args, **kwargs))

        found = rematerialize(recomputed, *args, **kwargs)
        return layer_call if found is recomputed else found

    def recorded_mask(*args: Any, **kwargs: Any) -> Any:
        masks = compute_mask(*args, **kwargs)
        recorder = current_recorder()
        if recorder is not None:
            recorder.keep_mask(layer, masks)
        return masks

    found = {
        "call": recorded_call,
        "compute_mask": recorded_mask,
        "rematerialized_call": rematerialized_call,
    }
    return found | ({"activation": recorded_activation} if held else {})
