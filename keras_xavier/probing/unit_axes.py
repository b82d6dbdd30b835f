"""Finds the axes of units of a tensor, and brings tensors to one order of axes.

Units are the places on the axis of channels, which is the last axis unless the layer
says otherwise. Several axes can hold units, as the axes of heads and of their
dimensions in attention.
"""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_xavier.probing.backend import Tensor

Axes = tuple[int, ...]
LAST: Axes = (-1,)
CHANNELS_LAST = (
    keras.layers.Dense,
    keras.layers.Embedding,
    keras.layers.RNN,
    keras.layers.MultiHeadAttention,
    keras.layers.GroupQueryAttention,
)
"""Layers whose last axis holds the units, whatever axes their input has."""


def unit_axes(layer: keras.Layer, rank: int) -> Axes | None:
    """Returns the axes of units in the output of a layer, counted from the end.

    Args:
        layer: `keras.Layer`.
        rank: int. Number of axes of its output, at least 2.

    Returns:
        Ascending tuple of negative int; `None` if the layer keeps the axes of its
        input, like an activation layer.
    """
    if isinstance(layer, keras.layers.TimeDistributed):
        inner = unit_axes(layer.layer, rank - 1)
        return None if rank == 2 else inner
    if isinstance(layer, keras.layers.EinsumDense):
        return einsum_axes(layer.equation)
    if isinstance(axis := normalized_axis(layer), int):
        return (axis - rank if axis >= 0 else axis,)
    # The cell of a recurrent convolution has the format.
    for part in (layer, getattr(layer, "cell", None)):
        if getattr(part, "data_format", None) == "channels_first":
            before = rank - 1 - spatial_axes(part, rank)
            return (before - rank,)
        if getattr(part, "data_format", None) == "channels_last":
            return LAST
    return LAST if isinstance(layer, CHANNELS_LAST) else None


def normalized_axis(layer: keras.Layer) -> Any:
    """Returns the axis of a normalization that has one."""
    kinds = (
        keras.layers.BatchNormalization,
        keras.layers.GroupNormalization,
        keras.layers.LayerNormalization,
        keras.layers.RMSNormalization,
    )
    if not isinstance(layer, kinds):
        return None
    axis = layer.axis
    return axis[0] if isinstance(axis, (list, tuple)) and len(axis) == 1 else axis


def spatial_axes(layer: Any, rank: int) -> int:
    """Returns the number of axes behind the channels in `"channels_first"`."""
    return min(getattr(layer, "rank", rank - 2), rank - 2)


def einsum_axes(equation: str) -> Axes:
    """Returns the axes of the output that the kernel adds, counted from the end."""
    inputs, _, output = equation.replace("...", "").partition("->")
    given = inputs.partition(",")[0]
    found = [i - len(output) for i, name in enumerate(output) if name not in given]
    return tuple(found) or LAST


def rank(tensor: Any) -> int:
    """Returns the number of axes of a tensor; 0 if it is not known yet."""
    # On TensorFlow, a shape may be unknown as a whole.
    known = getattr(tensor.shape, "rank", tensor.shape)
    return (known or 0) if known is None or isinstance(known, int) else len(known)


def number_of_units(tensor: Tensor, axes: Axes) -> int:
    """Returns the number of units of a tensor; 0 if it is not known yet."""
    if len(tensor.shape) < 2:
        return 1
    return math.prod(int(tensor.shape[axis] or 0) for axis in axes)


def arranged(tensor: Tensor, axes: Axes) -> Tensor:
    """Returns a tensor with its units on one axis, the last.

    Args:
        tensor: Tensor of at least one axis; the first is the axis of examples.
        axes: Ascending tuple of negative int. The axes of units.

    Returns:
        Tensor of shape (example, …, unit). A tensor of one axis has one unit.
    """
    rank, units = len(tensor.shape), number_of_units(tensor, axes)
    if rank == 1:
        return ops.expand_dims(tensor, -1)
    if axes != tuple(range(-len(axes), 0)):
        tensor = ops.moveaxis(tensor, axes, tuple(range(-len(axes), 0)))
    if len(axes) == 1:
        return tensor
    shape = ops.shape(tensor)[: rank - len(axes)]
    return ops.reshape(tensor, (*shape, units or -1))


def position_mask(mask: Tensor | None, tensor: Tensor, axes: Axes) -> Tensor | None:
    """Returns a mask of shape (example, position).

    Args:
        mask: Tensor, or `None`. Keras's mask; its axes are the first axes of the
            tensor.
        tensor: Tensor of shape (example, …). Its axes as the layer has ordered them.
        axes: Ascending tuple of negative int. The axes of units.

    Returns:
        Tensor of bool; `None` if the mask does not belong to the positions.
    """
    shape = tuple(tensor.shape)
    if mask is None or not (
        0 < len(mask.shape) <= len(shape) + axes[0] and fits(mask.shape, shape)
    ):
        return None
    positions = list(ops.shape(tensor))
    for axis in axes:
        positions[axis] = 1
    mask = ops.reshape(
        ops.cast(mask, "bool"),
        (*ops.shape(mask), *[1] * (len(shape) - len(mask.shape))),
    )
    return ops.reshape(ops.broadcast_to(mask, positions), (positions[0], -1))


def fits(mask: Sequence[int | None], shape: Sequence[int | None]) -> bool:
    """Returns whether the axes of a mask can be the first axes of a shape."""
    pairs = zip(mask, shape, strict=False)
    return all(None in (one, other) or one == other for one, other in pairs)
