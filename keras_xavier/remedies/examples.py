"""Examples to train and to judge on, from any kind of data that `fit` accepts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

HELD_OUT_SHARE = 0.2
MOST_HELD_OUT = 500
"""Examples that are enough to compare: the standard error of an accuracy is 2%."""
MOST_BYTES = 2**29
"""Bytes that are collected from batches at most."""


@dataclass(frozen=True)
class Examples:
    """Inputs, targets and weights of examples.

    Attributes:
        x: Array, or list or dict of arrays. Inputs.
        y: Array, or list or dict of arrays. Targets.
        weights: Array of shape (example,) or `None`.
    """

    x: Any
    y: Any
    weights: Any = None

    def __len__(self) -> int:
        return len(keras.tree.flatten(self.x)[0])

    def take(self, places: Any) -> "Examples":
        """Returns some of the examples."""

        def chosen(array: Any) -> Any:
            return array[places]

        weights = (
            None
            if self.weights is None
            else keras.tree.map_structure(chosen, self.weights)
        )
        return Examples(
            keras.tree.map_structure(chosen, self.x),
            keras.tree.map_structure(chosen, self.y),
            weights,
        )

    def is_finite(self) -> Any:
        """Returns which examples have finite inputs and targets, as booleans."""
        keep = np.ones(len(self), bool)
        for array in keras.tree.flatten((self.x, self.y)):
            if np.issubdtype(array.dtype, np.floating):
                keep &= np.isfinite(array.reshape(len(array), -1)).all(1)
        return keep

    def finite(self) -> "Examples":
        """Leaves out examples with NaN or infinite inputs or targets."""
        keep = self.is_finite()
        return self if keep.all() else self.take(np.flatnonzero(keep))

    def batches(self, batch_size: int, updates: int, seed: int) -> Iterator[Any]:
        """Yields the batches of a training run, always in the same order."""
        random = np.random.default_rng(seed)
        size = min(batch_size, len(self))
        made = 0
        while made < updates:
            order = random.permutation(len(self))
            for start in range(0, len(self) - size + 1, size):
                if made == updates:
                    return
                chosen = self.take(order[start : start + size])
                made += 1
                batch = (chosen.x, chosen.y)
                yield batch if chosen.weights is None else (*batch, chosen.weights)


def read_examples(data: Any, *, batches: int) -> tuple[Examples, int | None]:
    """Reads examples.

    Args:
        data: Tuple `(x, y)` or `(x, y, sample_weight)` of arrays, or lists or dicts of
            arrays; or an iterable of batches: `tf.data.Dataset`, `PyDataset`,
            `DataLoader`.
        batches: int. Largest number of batches to read from an iterable.

    Returns:
        `Examples`, and the size of the batches; `None` if the data is no iterable of
        batches.

    Raises:
        ValueError: If the data has no targets, or the batches differ in shape.
    """
    if isinstance(data, Examples):
        return data, None
    if isinstance(data, tuple):
        return as_examples(data), None
    if isinstance(data, keras.utils.PyDataset):
        dataset = data
        data = (dataset[place] for place in range(min(batches, len(dataset))))
    if not isinstance(data, Iterable):
        raise ValueError(
            "`data` must be a tuple (x, y) of arrays, or an iterable of batches, such "
            f"as a tf.data.Dataset or a PyDataset. Received: {type(data).__name__}"
        )
    parts: list[Examples] = []
    size = 0
    for batch in data:
        if not isinstance(batch, tuple | list):
            batch = (batch,)
        parts.append(as_examples(tuple(batch)))
        size += sum(
            one.nbytes for one in keras.tree.flatten((parts[-1].x, parts[-1].y))
        )
        if len(parts) == batches or size > MOST_BYTES:
            break
    if not parts:
        raise ValueError("`data` has no batches")
    return joined(parts), len(parts[0])


def joined(parts: list[Examples]) -> Examples:
    shapes = {
        tuple(one.shape[1:] for one in keras.tree.flatten((part.x, part.y)))
        for part in parts
    }
    if len(shapes) > 1:
        raise ValueError(
            "The batches of `data` differ in shape, such as sequences of different "
            f"lengths: {', '.join(map(str, sorted(shapes)))}. Pad them to one length"
        )

    def together(*arrays: Any) -> Any:
        return np.concatenate(arrays)

    weights = None
    if parts[0].weights is not None:
        weights = keras.tree.map_structure(together, *(one.weights for one in parts))
    return Examples(
        keras.tree.map_structure(together, *(one.x for one in parts)),
        keras.tree.map_structure(together, *(one.y for one in parts)),
        weights,
    )


def as_examples(data: tuple[Any, ...]) -> Examples:
    if len(data) not in (2, 3) or data[1] is None:
        raise ValueError(
            "`data` must have inputs and targets, (x, y), as remedies are compared by "
            f"the predictions of the targets. Received: {len(data)} elements"
        )
    x, y, *weights = (as_arrays(one) for one in data)
    given = weights[0] if weights else None
    sizes = {len(one) for one in keras.tree.flatten((x, y))}
    if len(sizes) != 1 or 0 in sizes:
        raise ValueError(
            "`data` must have one or more examples, and as many inputs as targets. "
            f"Received: arrays of {', '.join(map(str, sorted(sizes)))} examples"
        )
    return Examples(x, y, given)


def as_arrays(value: Any) -> Any:
    leaves = keras.tree.flatten(value)
    if leaves and all(np.ndim(leaf) == 0 for leaf in leaves):
        return np.asarray(value)
    return keras.tree.map_structure(as_array, value)


def as_array(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value
    if keras.ops.is_tensor(value):
        return keras.ops.convert_to_numpy(value)
    if hasattr(value, "numpy"):
        return np.asarray(value.numpy())
    return np.asarray(value)


def divide(examples: Examples, seed: int) -> tuple[Examples, Examples]:
    """Holds out random examples, all of them finite.

    Returns:
        Tuple of `Examples`: those to train on, and those held out.

    Raises:
        ValueError: If there are too few examples.
    """
    order = np.random.default_rng(seed).permutation(len(examples))
    order = np.concatenate(
        [order[examples.is_finite()[order]], order[~examples.is_finite()[order]]]
    )
    usable = int(examples.is_finite().sum())
    count = min(MOST_HELD_OUT, max(1, int(HELD_OUT_SHARE * usable)))
    if usable < 2:
        raise ValueError(
            "`data` must have two or more finite examples, of which some are held out. "
            f"Received: {usable} of {len(examples)}"
        )
    held_out = replace(examples.take(np.sort(order[:count])), weights=None)
    return examples.take(np.sort(order[count:])), held_out
