"""Reads the data of rules from a run; NaN stands for absent data."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from keras_xavier.runs import Run
from keras_xavier.runs.value_counts import value_counts
from keras_xavier.statistics import Layer, Quantity, Role, Statistic
from keras_xavier.text import sanitize

Array: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]
Metrics: TypeAlias = Mapping[str, tuple[NDArray[np.int64], Array]]

READ = (
    *(Statistic.MEAN, Statistic.STD, Statistic.UNIT_STD),
    *(Statistic.SATURATED, Statistic.ZERO, Statistic.NONFINITE),
    *(Statistic.MIN, Statistic.MAX, Statistic.DEAD),
    *(Statistic.P2, Statistic.P25, Statistic.P50, Statistic.P75, Statistic.P98),
)
"""All statistics that rules use, so that each quantity is read once."""

NO_RECORDS = "the run has no records"

T = TypeVar("T")
_cached: ContextVar[tuple[Run, dict[Any, Any]] | None]
_cached = ContextVar("_cached", default=None)


class NotChecked(Exception):
    """Raised by a rule if a run does not contain what the rule needs.

    The message is the reason, such as `"single units are not recorded"`.
    """


@contextmanager
def reading_once(run: Run) -> Iterator[None]:
    """Caches data read from a run until the end of the block."""
    token = _cached.set((run, {}))
    try:
        yield
    finally:
        _cached.reset(token)


def once(run: Run, key: Any, compute: Callable[[], T]) -> T:
    """Computes something of a run once for all rules of a diagnosis."""
    cached = _cached.get()
    if cached is None or cached[0] is not run:
        return compute()
    if key not in cached[1]:
        cached[1][key] = compute()
    found: T = cached[1][key]
    return found


def read_metrics(run: Run) -> Metrics:
    """Returns the metrics of a run, read once for all rules of a diagnosis."""
    return once(run, read_metrics, run.metrics)


def finite_losses(run: Run) -> Array:
    """Returns the values of `loss` that are finite; empty if it is not recorded."""
    _, losses = read_metrics(run).get("loss", (None, np.empty(0)))
    return losses[np.isfinite(losses)]


def whole(run: Run) -> tuple[int, int]:
    """Returns the first and the last recorded step."""
    return int(run.steps[0]), int(run.steps[-1])


def read(run: Run, quantity: Quantity, statistic: Statistic) -> Array:
    """Reads a statistic of a quantity of the layers for a rule.

    Args:
        run: `Run` in any state.
        quantity: `Quantity`, such as `Quantity.ACTIVATION`.
        statistic: `Statistic`. One of `READ`.

    Returns:
        Array of shape (record, layer); NaN where the quantity is absent, and in rows
        that are no layers, such as inputs and biases.
    """
    others = [i for i, one in enumerate(run.layers) if one.role is not Role.LAYER]
    found = read_all_rows(run, quantity, statistic)
    found[:, others] = np.nan
    return found


def read_all_rows(run: Run, quantity: Quantity, statistic: Statistic) -> Array:
    """Reads a statistic of a quantity of layers, inputs, biases and all other rows."""
    found = once(run, quantity, lambda: _read(run, quantity))
    return found[..., READ.index(statistic)].astype(np.float64)


def _read(run: Run, quantity: Quantity) -> NDArray[np.float32]:
    if quantity not in run.quantities:
        return np.full((run.records, len(run.layers), len(READ)), np.nan, np.float32)
    # A run may have fewer statistics, for example if another version recorded it.
    columns = [
        i for i, statistic in enumerate(READ) if statistic in run.statistic_names
    ]
    shape = run.records, len(run.layers), len(READ)
    values = np.full(shape, np.nan, np.float32)
    recorded = run.read_several(quantity, [READ[i] for i in columns])
    values[..., columns] = recorded
    for index, layer in enumerate(run.layers):
        if quantity in layer.absent:
            values[:, index] = np.nan
    return values


def read_counts(run: Run, quantity: Quantity) -> Array:
    """Returns the number of values in the first record, of shape (layer,)."""
    return once(run, (read_counts, quantity), lambda: value_counts(run, quantity))


def root_mean_square(run: Run, quantity: Quantity) -> Array:
    """Returns the root mean square of a quantity, shape (record, layer)."""
    with np.errstate(over="ignore"):
        return np.hypot(
            read(run, quantity, Statistic.MEAN), read(run, quantity, Statistic.STD)
        )


def has_matrix(run: Run) -> Mask:
    """Returns whether layers have a weight matrix, not only a scale, shape (layer,)."""
    units = np.array([layer.units for layer in run.layers])
    return read_counts(run, Quantity.WEIGHT) > np.maximum(units, 1)


def layer_names(run: Run, indices: list[int]) -> tuple[str, ...]:
    return tuple(run.layers[index].name for index in indices)


def listed(names: tuple[str, ...], most: int = 4) -> str:
    """Lists names in a sentence, abbreviated after four.

    >>> listed(("a", "b", "c"))
    'a, b and c'
    """
    shown = [sanitize(name) for name in names]
    if len(shown) > most:
        shown = [*shown[: most - 1], f"{len(names) - most + 1} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


@dataclass(frozen=True)
class Stretch:
    """Consecutive records that meet a condition.

    Attributes:
        first: int. Index of the first record.
        last: int. Index of the last record.
        over: bool. Whether a later record does not meet the condition.
    """

    first: int
    last: int
    over: bool


def lasting(condition: Mask, least: int, known: Mask | None = None) -> Stretch | None:
    """Finds the latest stretch of consecutive records that meet a condition.

    Args:
        condition: bool array of shape (record,).
        least: int. Smallest length of the stretch; all records if there are fewer.
        known: bool array of shape (record,). Records with data; the others are
            skipped. Defaults to None: all records.

    Returns:
        `Stretch`, or `None` if no stretch is long enough.

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
    """Returns whether the activation is bounded below and above."""
    return bool(np.isfinite([layer.lower, layer.upper]).all())
