"""Tables of runs in long form, as blocks of rows."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from keras_xavier.histogram_bins import bin_bounds
from keras_xavier.runs.schema import layer_row

if TYPE_CHECKING:
    from keras_xavier.runs.reader import Run


@dataclass(frozen=True)
class Names:
    """A categorical column.

    Attributes:
        names: Tuple of str. The categories.
        codes: Array of int32, of shape `(row,)`. Indices into `names`.
    """

    names: tuple[str, ...]
    codes: NDArray[np.int32]


Block: TypeAlias = Mapping[str, NDArray[Any] | Names]
"""Columns of equal length, by name."""


def statistics(run: "Run") -> Iterator[Block]:
    """Yields a row for each step, quantity and layer; statistics are columns."""
    present = measured(run)
    wall_times = run.wall_times
    start = 0
    for values in run.read_records("statistics"):
        record, quantity, layer = np.nonzero(np.tile(present, (len(values), 1, 1)))
        rows = values[record, quantity, layer]
        yield {
            **index_columns(run, start + record, quantity, layer),
            "wall_time": wall_times[start + record],
            **{str(name): rows[:, i] for i, name in enumerate(run.statistic_names)},
        }
        start += len(values)


def histograms(run: "Run") -> Iterator[Block]:
    """Yields a row for each bin that is not empty, with its edges and its count."""
    left, right = bin_bounds(np.stack([run.edges(one) for one in run.quantities]))
    start = 0
    for counts in run.read_records("histogram"):
        record, quantity, layer, bin_ = np.nonzero(counts)
        yield {
            **index_columns(run, start + record, quantity, layer),
            "left": left[quantity, layer, bin_],
            "right": right[quantity, layer, bin_],
            "count": counts[record, quantity, layer, bin_],
        }
        start += len(counts)


def metrics(run: "Run") -> Iterator[Block]:
    """Yields a row for each step and metric."""
    found = run.metrics()
    steps = [steps for steps, _ in found.values()]
    codes = np.repeat(np.arange(len(found)), [len(one) for one in steps])
    step = np.concatenate([np.empty(0, np.int64), *steps])
    value = np.concatenate([np.empty(0), *(values for _, values in found.values())])
    order = np.lexsort((codes, step))
    yield {
        "step": step[order],
        "metric": Names(tuple(found), codes[order].astype(np.int32)),
        "value": value[order],
    }


TABLES: Mapping[str, Callable[["Run"], Iterator[Block]]] = {
    "statistics": statistics,
    "histograms": histograms,
    "metrics": metrics,
}


def index_columns(
    run: "Run",
    record: NDArray[np.intp],
    quantity: NDArray[np.intp],
    layer: NDArray[np.intp],
) -> Block:
    """Returns the columns step, quantity and layer."""
    layers = tuple(one.name for one in run.layers)
    quantities = tuple(str(one) for one in run.quantities)
    return {
        "step": run.steps[record],
        "quantity": Names(quantities, quantity.astype(np.int32)),
        "layer": Names(layers, layer.astype(np.int32)),
    }


def measured(run: "Run") -> NDArray[np.bool_]:
    """Returns which quantities a layer has, of shape `(quantity, layer)`."""
    return np.array(
        [[one not in layer.absent for layer in run.layers] for one in run.quantities]
    )


def description(run: "Run") -> dict[str, str]:
    """Returns the metadata of a run as short texts and JSON."""
    return {
        "run": run.name,
        "state": str(run.state),
        "reason": run.reason or "",
        "hyperparameters": json.dumps(dict(run.hyperparameters)),
        "attributes": json.dumps(dict(run.attributes)),
        "layers": json.dumps([layer_row(layer) for layer in run.layers]),
    }
