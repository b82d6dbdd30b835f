"""Tables of runs in long form, as blocks of rows."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from keras_xavier.histogram_bins import bin_bounds
from keras_xavier.runs.schema import layer_row
from keras_xavier.statistics import UNIT_STATISTICS, Quantity, Role

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
            "role": roles(run, layer),
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


def units(run: "Run") -> Iterator[Block]:
    """Yields a row for each unit of each layer, at the steps that have units."""
    indices = run.units(role=None)["index"].to_numpy()
    present = indices >= 0
    for row, one in enumerate(run.layers):
        present[row] &= Quantity.ACTIVATION not in one.absent
    names = tuple(one.name for one in run.layers)
    start = 0
    for values in run.read_records("units"):
        record, layer, place = np.nonzero(np.tile(present, (len(values), 1, 1)))
        rows = values[record, layer, place]
        yield {
            "step": run.unit_steps[start + record],
            "layer": Names(names, layer.astype(np.int32)),
            "unit": indices[layer, place],
            **{str(name): rows[:, i] for i, name in enumerate(UNIT_STATISTICS)},
        }
        start += len(values)


def layers(run: "Run") -> Iterator[Block]:
    """Yields the layer table; quantities that are absent or counted in part as JSON."""
    rows = [layer_row(layer) for layer in run.layers]
    texts = {
        "kind": [layer.kind for layer in run.layers],
        "activation": [layer.activation or "" for layer in run.layers],
        "absent": [json.dumps(row["absent"]) for row in rows],
        "counted": [json.dumps(row.get("counted", {})) for row in rows],
    }
    every = np.arange(len(rows))
    yield {
        "layer": Names(tuple(one.name for one in run.layers), every.astype(np.int32)),
        "role": roles(run, every),
        **{name: categories(column) for name, column in texts.items()},
        "units": np.array([layer.units for layer in run.layers]),
        "parameters": np.array([layer.parameters for layer in run.layers]),
        "lower": np.array([layer.lower for layer in run.layers]),
        "upper": np.array([layer.upper for layer in run.layers]),
    }


TABLES: Mapping[str, Callable[["Run"], Iterator[Block]]] = {
    "statistics": statistics,
    "histograms": histograms,
    "metrics": metrics,
    "units": units,
    "layers": layers,
}


def categories(texts: Sequence[str]) -> Names:
    """Returns a categorical column of texts."""
    found = {text: code for code, text in enumerate(dict.fromkeys(texts))}
    return Names(tuple(found), np.array([found[text] for text in texts], np.int32))


def roles(run: "Run", layer: NDArray[np.intp]) -> Names:
    """Returns the roles of rows of the layer table."""
    of_layers = np.array([[*Role].index(one.role) for one in run.layers], np.int32)
    return Names(tuple(map(str, Role)), of_layers[layer])


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
