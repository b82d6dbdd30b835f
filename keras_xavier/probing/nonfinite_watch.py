"""Watches what has no row in the layer table for NaN and infinite values.

Layers without weights, operations of functional models such as `keras.ops.log`, and the
inputs of measured layers are reduced to one number each.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import keras
from keras import ops

from keras_xavier.probing import introspection
from keras_xavier.probing.backend import Marks, Tensor
from keras_xavier.probing.tensor_recorder import (
    COMPOSITES,
    TensorRecorder,
    current_recorder,
)
from keras_xavier.probing.weights import REPEATING_LAYERS
from keras_xavier.statistics import NONFINITE_METRIC

MARK = "watch/"
MOVING = frozenset(
    {
        *("InputLayer", "Identity", "Flatten", "Reshape", "Permute", "RepeatVector"),
        *("Cropping1D", "Cropping2D", "Cropping3D", "ZeroPadding1D", "ZeroPadding2D"),
        *("ZeroPadding3D", "UpSampling1D", "UpSampling2D", "UpSampling3D", "Masking"),
        *("MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "GlobalMaxPooling1D"),
        *("GlobalMaxPooling2D", "GlobalMaxPooling3D", "Concatenate", "Dropout"),
        *("AveragePooling1D", "AveragePooling2D", "AveragePooling3D"),
        *("GlobalAveragePooling1D", "GlobalAveragePooling2D"),
        *("GlobalAveragePooling3D", "SpatialDropout1D", "SpatialDropout2D"),
        *("SpatialDropout3D", "GaussianNoise", "ActivityRegularization"),
        *("Transpose", "Squeeze", "ExpandDims", "GetItem", "Split", "Stack", "Take"),
        *("Moveaxis", "Swapaxes", "Cast", "BroadcastTo", "Pad", "Relu", "Tanh"),
        *("Sigmoid", "Mean", "Max", "Min", "Negative", "Absolute", "Clip"),
    }
)
"""Layers and operations whose finite inputs have finite outputs."""


@contextmanager
def watching(
    model: keras.Model, measured: Sequence[keras.Layer], names: Mapping[int, str]
) -> Iterator[None]:
    """Watches a model for NaN and infinite values while the block runs.

    Args:
        model: `keras.Model`.
        measured: Sequence of `keras.Layer`. Layers with rows in the layer table, which
            are `instrumented` already.
        names: Mapping from `id(layer)` to its name.
    """
    rows = {id(layer) for layer in measured}
    shadows: list[tuple[object, dict[str, Any]]] = [
        (layer, {"call": watched_inputs(names[id(layer)], layer)}) for layer in measured
    ]
    for part in parts_without_weights(model):
        if id(part) in rows:
            continue
        name = names.get(id(part), part.name)
        moves = type(part).__name__ in MOVING
        shadow = passed(part) if moves else watched_outputs(name, part)
        shadows.append((part, {"call": shadow}))
    with introspection.shadowed(*shadows):
        yield


def parts_without_weights(model: keras.Model) -> list[Any]:
    """Returns layers without weights, and operations of functional models."""
    layers = introspection.all_layers(model)
    repeated = {
        id(part)
        for layer in layers
        if isinstance(layer, REPEATING_LAYERS)
        for part in introspection.inner_layers(layer)
    }
    found: dict[int, Any] = {}
    for layer in layers:
        if id(layer) in repeated:
            continue
        for node in introspection.graph_nodes(layer):
            if not isinstance(node.operation, keras.Layer):
                found[id(node.operation)] = node.operation
        is_container = layer is model or bool(introspection.graph_nodes(layer))
        if not (is_container or introspection.own_weights(layer)):
            found[id(layer)] = layer
    return list(found.values())


def watched_outputs(name: str, part: Any) -> Callable[..., Any]:
    """Returns a call that marks non-finite outputs of finite inputs."""
    call = part.call

    def watched(*args: Any, **kwargs: Any) -> Any:
        outputs = call(*args, **kwargs)
        recorder = current_recorder()
        if recorder is not None:
            with recorder.errors_kept():
                produced = unknown(recorder, tensors(outputs))
                if produced:
                    share = nonfinite_share(produced)
                    for tensor in tensors((args, kwargs)):
                        share = share * ops.cast(all_finite(tensor), "float32")
                    mark(recorder, part, name, share)
                keep(recorder, outputs)
        return outputs

    return watched


def watched_inputs(name: str, layer: keras.Layer) -> Callable[..., Any]:
    """Returns a call that marks non-finite inputs that come from no watched layer."""
    call = layer.call

    def watched(*args: Any, **kwargs: Any) -> Any:
        recorder = current_recorder()
        if recorder is None:
            return call(*args, **kwargs)
        with recorder.errors_kept():
            if received := unknown(recorder, tensors((args, kwargs))):
                mark(recorder, layer, f"{name}/input", nonfinite_share(received))
        outputs = call(*args, **kwargs)
        with recorder.errors_kept():
            keep(recorder, outputs)
        return outputs

    return watched


def passed(part: Any) -> Callable[..., Any]:
    """Returns a call whose outputs count as watched."""
    call = part.call

    def passing(*args: Any, **kwargs: Any) -> Any:
        outputs = call(*args, **kwargs)
        recorder = current_recorder()
        if recorder is not None:
            with recorder.errors_kept():
                if not unknown(recorder, tensors((args, kwargs))):
                    keep(recorder, outputs)
        return outputs

    return passing


def keep(recorder: TensorRecorder, outputs: Any) -> None:
    recorder.finite |= {id(tensor): tensor for tensor in tensors(outputs)}


def unknown(recorder: TensorRecorder, found: Iterable[Tensor]) -> list[Tensor]:
    """Returns the tensors that are no outputs of measured or watched layers."""
    return [tensor for tensor in found if id(tensor) not in recorder.finite]


def tensors(values: Any) -> list[Tensor]:
    """Returns the tensors of floats among nested values."""
    return [
        one
        for one in keras.tree.flatten(values)
        if ops.is_tensor(one)
        and type(one).__name__ not in COMPOSITES
        and not getattr(one, "is_sparse", False)
        and keras.backend.is_float_dtype(keras.backend.standardize_dtype(one.dtype))
    ]


def nonfinite_share(found: Sequence[Tensor]) -> Tensor:
    """Returns the largest share of NaN and infinite values, of shape (1,)."""
    shares = [
        ops.mean(ops.cast(ops.logical_not(ops.isfinite(tensor)), "float32"))
        for tensor in found
    ]
    largest = shares[0] if len(shares) == 1 else ops.max(ops.stack(shares))
    return ops.reshape(largest, (1,))


def all_finite(tensor: Tensor) -> Tensor:
    return ops.all(ops.isfinite(tensor))


def mark(recorder: TensorRecorder, part: Any, name: str, share: Tensor) -> None:
    number = recorder.next_watch(part)
    recorder.mark(f"{MARK}{name}{f':{number}' if number > 1 else ''}", share)


def watched_marks(marks: Marks) -> dict[str, Tensor]:
    """Returns the marks of a recorder that are not in the layer table, by metric."""
    return {
        NONFINITE_METRIC + name.removeprefix(MARK): tensor
        for name, tensor in marks.items()
        if name.startswith(MARK)
    }
