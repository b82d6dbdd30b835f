"""What rules read of a run, whatever it has: NaN stands for all that is absent."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from keras_xavier.runs import Run
from keras_xavier.statistics import Layer, Quantity, Statistic
from keras_xavier.text import sanitize

Array: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]

READ = (
    *(Statistic.MEAN, Statistic.STD),
    *(Statistic.SATURATED, Statistic.ZERO, Statistic.NONFINITE),
)
"""All that rules look at, so that each quantity is read once."""

_kept: ContextVar[tuple[Run, dict[Quantity, NDArray[np.float32]]] | None]
_kept = ContextVar("_kept", default=None)


@contextmanager
def reading_once(run: Run) -> Iterator[None]:
    """Keeps what is read of a run until the end of the block."""
    token = _kept.set((run, {}))
    try:
        yield
    finally:
        _kept.reset(token)


def read(run: Run, quantity: Quantity, statistic: Statistic) -> Array:
    """Reads one statistic of one quantity for a rule.

    Args:
        run: A run, of any state and version.
        quantity: Which, such as `Quantity.ACTIVATION`.
        statistic: One of `READ`.

    Returns:
        Array `(record, layer)`; NaN where the run does not have it.
    """
    kept = _kept.get()
    if kept is None or kept[0] is not run:
        found = _read(run, quantity)
    elif quantity in kept[1]:
        found = kept[1][quantity]
    else:
        found = kept[1][quantity] = _read(run, quantity)
    return found[..., READ.index(statistic)].astype(np.float64)


def _read(run: Run, quantity: Quantity) -> NDArray[np.float32]:
    if quantity not in run.quantities:
        return np.full((run.records, len(run.layers), len(READ)), np.nan, np.float32)
    values = run.read_several(quantity, READ)
    for index, layer in enumerate(run.layers):
        if quantity in layer.absent:
            values[:, index] = np.nan
    return values


def root_mean_square(run: Run, quantity: Quantity) -> Array:
    """√⟨x²⟩ of a quantity, `(record, layer)`."""
    with np.errstate(over="ignore"):
        return np.hypot(
            read(run, quantity, Statistic.MEAN), read(run, quantity, Statistic.STD)
        )


def counts(run: Run, quantity: Quantity, record: int = 0) -> Array:
    """How many values of a quantity each layer has, `(layer,)`; 0 without."""
    if quantity not in run.quantities or not run.records:
        return np.zeros(len(run.layers))
    found = run.read_histogram(quantity, record).sum(axis=-1, dtype=np.float64)
    absent = [quantity in layer.absent for layer in run.layers]
    return np.where(absent, 0.0, found)


def has_matrix(run: Run) -> Mask:
    """Which layers have weights that mix their inputs, unlike scales, `(layer,)`."""
    units = np.array([layer.units for layer in run.layers])
    return counts(run, Quantity.WEIGHT) > np.maximum(units, 1)


def layer_names(run: Run, indices: list[int]) -> tuple[str, ...]:
    return tuple(run.layers[index].name for index in indices)


def listed(names: tuple[str, ...], most: int = 4) -> str:
    """Names in a sentence.

    >>> listed(("a", "b", "c"))
    'a, b and c'
    """
    shown = [sanitize(name) for name in names]
    if len(shown) > most:
        shown = [*shown[: most - 1], f"{len(names) - most + 1} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


@dataclass(frozen=True)
class Stretch:
    """Records in a row in which something holds.

    Attributes:
        first: The first of them.
        last: The last of them.
        over: Whether a later record is known in which it does not hold.
    """

    first: int
    last: int
    over: bool


def lasting(condition: Mask, least: int, known: Mask | None = None) -> Stretch | None:
    """Finds where something holds for several records in a row.

    Args:
        condition: Whether it holds, `(record,)`.
        least: In how many records in a row; in all of them, if there are fewer.
        known: In which records it can be told; the others are passed over.

    Returns:
        The latest such stretch; `None` if there is none.

    Example:

    >>> lasting(np.array([True, True, False, True]), 2)
    Stretch(first=0, last=1, over=True)
    """
    records = np.arange(len(condition)) if known is None else np.flatnonzero(known)
    padded = np.concatenate([[False], condition[records], [False]])
    changes = np.flatnonzero(padded[1:] != padded[:-1])
    starts, stops = changes[::2], changes[1::2]
    long = np.flatnonzero(stops - starts >= min(least, max(len(records), 1)))
    if not len(long):
        return None
    first, last = int(starts[long[-1]]), int(stops[long[-1]]) - 1
    return Stretch(int(records[first]), int(records[last]), last < len(records) - 1)


def is_bounded(layer: Layer) -> bool:
    """Whether its activation has two bounds, and so two sides to saturate at."""
    return bool(np.isfinite([layer.lower, layer.upper]).all())
