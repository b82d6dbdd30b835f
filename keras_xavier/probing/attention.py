"""Records the scores of attention layers and the entropies of their distributions."""

import inspect
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import keras
from keras import ops

from keras_xavier.probing import introspection
from keras_xavier.probing.attention_masks import MULTI_HEAD
from keras_xavier.probing.backend import Tensor
from keras_xavier.probing.tensor_recorder import (
    Part,
    TensorRecorder,
    current_recorder,
    recording,
)
from keras_xavier.statistics import Quantity, Role

ATTENTION_LAYERS = (*MULTI_HEAD, keras.layers.Attention)
# Stored in runs, as the reasons in `layer_table`.
NO_SCORES = "the layer does not return its attention scores"


def attention_shadows(layer: keras.Layer) -> dict[str, Callable[..., Any]]:
    """Returns the replacements of methods that compute attention.

    Fused kernels do not compute the scores, so the layer is made to compute them one
    after the other. The results are the same up to rounding.
    """
    if isinstance(layer, MULTI_HEAD):
        return {"_compute_attention": multi_head(layer, layer._compute_attention)}
    return {"_apply_scores": single_head(layer, layer._apply_scores)}


def multi_head(
    layer: keras.Layer, compute: Callable[..., Any]
) -> Callable[..., tuple[Tensor, Tensor]]:
    signature = inspect.signature(compute)

    def recorded(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        recorder = current_recorder()
        if recorder is None:
            return compute(*args, **kwargs)
        given = signature.bind(*args, **kwargs)
        asked = bool(given.arguments.get("return_attention_scores"))
        if "return_attention_scores" in signature.parameters:
            given.arguments["return_attention_scores"] = True
        attributes = {
            name: value
            for name, value in (
                ("_flash_attention", False),
                ("_return_attention_scores", True),
            )
            if hasattr(layer, name)
        }
        # The softmax has a row only where the layer computes it by itself.
        is_fused = not (asked or introspection.has_dropout(layer))
        unrecorded = recording(None) if is_fused else nullcontext()
        with introspection.shadowed((layer, attributes)), unrecorded:
            output, scores = compute(*given.args, **given.kwargs)
        with recorder.errors_kept():
            axes = introspection.attention_axes(layer)
            mask = given.arguments.get("attention_mask")
            add_scores(recorder, layer, scores, axes, mask)
        return output, scores

    return recorded


def single_head(
    layer: keras.Layer, apply: Callable[..., Any]
) -> Callable[..., tuple[Tensor, Tensor]]:
    def recorded(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        output, scores = apply(*args, **kwargs)
        if recorder := current_recorder():
            with recorder.errors_kept():
                add_scores(recorder, layer, scores, None)
        return output, scores

    return recorded


def add_scores(
    recorder: TensorRecorder,
    layer: keras.Layer,
    scores: Any,
    axes: int | None,
    mask: Tensor | None = None,
) -> None:
    """Adds scores and entropies, with heads as units.

    Args:
        recorder: `TensorRecorder`.
        layer: `keras.Layer`.
        scores: Tensor of shape (…, head, query, key), or `None`. There may be several
            axes of queries and keys.
        axes: int or `None`. Number of axes of keys; `None` without an axis of heads.
        mask: Tensor of shape (example, query, key), or `None`. Queries that attend to
            no key do not count.
    """
    number = recorder.next_call(layer)
    tensors: dict[str, Any] = {"scores": None, "entropy": None}
    queries = None
    if scores is not None:
        if axes is None:
            scores, axes = ops.expand_dims(scores, 1), 1
        scores = ops.cast(scores, "float32")
        keys = tuple(range(-axes, 0))
        # x log x is 0 at 0.
        logarithms = ops.log(ops.where(scores > 0, scores, 1.0))
        entropy = -ops.sum(scores * logarithms, axis=keys)
        head = len(scores.shape) - 2 * axes - 1
        tensors = {
            "scores": ops.moveaxis(scores, head, -1),
            "entropy": ops.moveaxis(entropy, head, -1),
        }
        if mask is not None and len(mask.shape) == 3 and len(scores.shape) == 4:
            attends = ops.any(ops.cast(mask, "bool"), -1)
            shape = ops.shape(tensors["scores"])[:2]
            queries = ops.broadcast_to(attends, shape)
    for name, tensor in tensors.items():
        part = Part(
            layer, number, name, Role.ATTENTION, Quantity.ACTIVATION, reason=NO_SCORES
        )
        recorder.add_part(part, tensor, queries)
