"""Records the tensors that pass through the layers of a model in one run.

The calls and activation functions of layers are replaced only while the model runs, so
a model that is saved between two steps never contains a recorder.
"""

import functools
import inspect
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras

from keras_xavier.probing import introspection
from keras_xavier.probing.backend import Backend, Marks, Tensor
from keras_xavier.probing.selection import activation_of

# Stored in runs as a reason, like the results of `why_unmeasurable`: see `layer_table`.
RECOMPUTED = "it is rematerialized, that is, computed again for the gradient"


@dataclass(frozen=True)
class Call:
    """One call of a layer's activation function, or of a layer without one.

    Attributes:
        layer: `keras.Layer`.
        activation: Its function φ; `None` if its output is s = z.
        units: int. Length of the last axis of its output.
        linear: bool. Whether z is s.
        reason: str or `None`. Why nothing was recorded.
    """

    layer: keras.Layer
    activation: Any
    units: int
    linear: bool
    reason: str | None = None


@dataclass
class TensorRecorder:
    """Collects the tensors of one run of a model.

    Attributes:
        backend: `Backend`. Marks the tensors.
        calls: List of `Call`, in the order of the run.
        marks: Dict from name to tensor. `s/0`, `z/0` and `ds/0` are marks of call 0.
    """

    backend: Backend
    calls: list[Call] = field(default_factory=list)
    marks: Marks = field(default_factory=dict)
    _recomputed: bool = False
    _left_out: set[int] = field(default_factory=set)
    _open: list[keras.Layer] = field(default_factory=list)
    _applied: list[bool] = field(default_factory=list)

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
        if (reason := why_unmeasurable(s)) is not None:
            self.calls.append(Call(layer, activation, 0, False, reason))
            return apply(s)
        index = len(self.calls)
        marked = self._mark_preactivation(index, s)
        z = apply(marked)
        linear = z is marked
        self.calls.append(Call(layer, activation, units(z), linear))
        return z if linear else self.mark(f"z/{index}", z)

    def call_layer(self, layer: keras.Layer, call: Callable[[], Any]) -> Any:
        """Calls a layer, and records its output unless its activation was recorded."""
        self._open.append(layer)
        self._applied.append(False)
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
        return self.backend.mark(self.marks, name, tensor)

    def _record_output(self, layer: keras.Layer, outputs: Any) -> Any:
        index = len(self.calls)
        flat = keras.tree.flatten(outputs)
        # The first output; the others of a recurrent layer are states.
        reason = why_unmeasurable(flat[0]) if flat else "the layer has no output"
        if reason is not None:
            self.calls.append(Call(layer, None, 0, True, reason))
            return outputs
        marked = self._mark_preactivation(index, flat[0])
        self.calls.append(Call(layer, None, units(marked), True))
        return keras.tree.pack_sequence_as(outputs, [marked, *flat[1:]])

    def _mark_preactivation(self, index: int, s: Tensor) -> Tensor:
        marked = self.mark(f"s/{index}", s)
        marked = self.backend.mark_gradient(self.marks, f"ds/{index}", marked)
        return introspection.keep_mask(marked, s)


def why_unmeasurable(tensor: Any) -> str | None:
    """Returns why a tensor cannot be measured, or `None`."""
    if not keras.ops.is_tensor(tensor):
        return f"its output is no tensor, but a {type(tensor).__name__}"
    data_type = keras.backend.standardize_dtype(tensor.dtype)
    if not keras.backend.is_float_dtype(data_type):
        return f"its output is of the type {data_type}"
    return "its output is empty" if 0 in tensor.shape else None


def units(tensor: Tensor) -> int:
    return int(tensor.shape[-1] or 0) if len(tensor.shape) else 1


_thread = threading.local()


@contextmanager
def recording(recorder: TensorRecorder) -> Iterator[TensorRecorder]:
    """Records what this thread computes in `instrumented` layers.

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
    rematerialize = layer.rematerialized_call
    held = introspection.own_activation(layer) is activation is not None
    signature = inspect.signature(call)

    def recorded_call(*args: Any, **kwargs: Any) -> Any:
        recorder = current_recorder()
        if recorder is None or recorder.leaves_out(layer, activation):
            return call(*args, **kwargs)
        if activation is not None and not held:
            given = signature.bind(*args, **kwargs)
            s, *others = given.args
            return recorder.apply_activation(
                layer, activation, lambda s: call(s, *others, **given.kwargs), s
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

    found = {"call": recorded_call, "rematerialized_call": rematerialized_call}
    return found | ({"activation": recorded_activation} if held else {})
