"""Scales inputs and targets to mean 0 and variance 1."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

SMALLEST_STD, LARGEST_STD = 0.2, 5.0
LARGEST_MEAN = 3.0
"""Standard deviations, and means in standard deviations, of data that is scaled."""
CODED = frozenset(
    {
        *("Embedding", "IntegerLookup", "StringLookup", "CategoryEncoding", "Hashing"),
        *("TextVectorization", "HashedCrossing", "Discretization"),
    }
)
"""Layers whose inputs are codes, not quantities."""


@dataclass(frozen=True)
class Scale:
    """Shift and size of the columns of an array.

    Attributes:
        mean: Array that broadcasts with the data.
        std: Array that broadcasts with the data, without zeros.
    """

    mean: Any
    std: Any

    def apply(self, array: Any) -> Any:
        return ((array - self.mean) / self.std).astype(np.float32)

    def undo(self, array: Any) -> Any:
        return array * self.std + self.mean


def scale_of(array: Any) -> Scale:
    """Measures mean and standard deviation of each column, or channel."""
    values = np.asarray(array, np.float64)
    values = np.where(np.isfinite(values), values, np.nan)
    axes = tuple(range(values.ndim - 1)) if values.ndim > 1 else (0,)
    if np.isnan(values).all():
        return Scale(0.0, 1.0)
    mean = np.nan_to_num(np.nanmean(values, axes))
    std = np.nan_to_num(np.nanstd(values, axes))
    return Scale(mean, np.where(std > 0, std, 1.0))


def is_scaled(array: Any) -> bool:
    """Returns whether all columns have a usual mean and standard deviation."""
    scale = scale_of(array)
    std = np.asarray(scale.std)
    usual = (std >= SMALLEST_STD) & (std <= LARGEST_STD)
    return bool((usual & (np.abs(scale.mean) <= LARGEST_MEAN * std)).all())


def input_scales(x: Any, config: Mapping[str, Any]) -> Any:
    """Measures inputs; `None` stands for inputs that are codes or text.

    Args:
        x: Array, or list or dict of arrays.
        config: dict. The serialized model.

    Returns:
        `Scale` or `None`, in the structure of `x`.
    """
    has_codes = not CODED.isdisjoint(class_names(config))

    def measured(array: Any) -> list[Scale]:
        if not np.issubdtype(array.dtype, np.number):
            return []
        if has_codes and bool((array == np.round(array)).all()):
            return []
        return [scale_of(array)]

    return [measured(array) for array in keras.tree.flatten(x)]


def apply_scales(x: Any, scales: list[list[Scale]]) -> Any:
    leaves = [
        scale[0].apply(leaf) if scale else leaf
        for leaf, scale in zip(keras.tree.flatten(x), scales, strict=True)
    ]
    return keras.tree.pack_sequence_as(x, leaves)


def class_names(config: Any) -> set[str]:
    """Returns the names of the classes in a configuration."""
    found = set()
    if isinstance(config, Mapping):
        if isinstance(config.get("class_name"), str):
            found.add(config["class_name"])
        config = list(config.values())
    if isinstance(config, list | tuple):
        for one in config:
            found |= class_names(one)
    return found
