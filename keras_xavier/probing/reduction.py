"""Reduces tensors to statistics: first on the device, then on the host."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from keras_xavier.activations import facts
from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.probing.backend import FAILED, Backend, Reduced, Task, Tensor
from keras_xavier.probing.fine_bins import (
    LINEAR_BOUNDS,
    SHIFT,
    SHIFT_FOR_LINEAR,
    percentiles,
)
from keras_xavier.probing.layer_table import FORWARD, WEIGHTS, LayerTensors
from keras_xavier.probing.sampling import PART
from keras_xavier.probing.unit_axes import Axes, arranged, position_mask, rank
from keras_xavier.statistics import (
    PERCENTILES,
    QUANTITIES,
    STATISTICS,
    UNIT_STATISTICS,
    Layer,
    Measurement,
    Quantity,
    Statistic,
)
from keras_xavier.unit_statistics import UNIT_SUMMARY

MOMENTS = (Statistic.MEAN, Statistic.STD, Statistic.MIN, Statistic.MAX)
ONLY_FORWARD = [
    STATISTICS.index(statistic)
    for statistic in (Statistic.DEAD, Statistic.CONSTANT, Statistic.SATURATED_UNITS)
]
IN_BOTH_ROWS = [
    STATISTICS.index(statistic)
    for statistic in (Statistic.SATURATED, Statistic.SATURATED_UNITS)
]
SIZE, COUNTED, ZEROS, NONFINITE = range(4)
Key = tuple[Quantity, int]
"""A quantity and the index of a layer in the layer table."""
Collected = dict[str, list[Any]]
"""Tensors to reduce, each from `Backend.prepare`:

- `tensors`: The tensors of a `Layout`, in its order. Tensors with units have the shape
  (example, …, unit).
- `masks`: Their masks, of shape (example, position), or `None`.
- `gradients`: Gradients of other weights, which only the gradient norm includes.
- `watched`: Shares of nonfinite values, as the metrics of a `Layout`.
"""


@dataclass(frozen=True)
class Layout:
    """The order of the tensors in a `Reduced`, and their reductions.

    Attributes:
        layers: Tuple of `Layer`. The layer table.
        keys: Tuple of `Key`. Quantity and layer of each tensor; tensors with linear
            bins come last.
        tasks: Tuple of `Task`, one for each tensor.
        gradients: Tuple of int. The tensors that the gradient norm includes.
        sizes: Tuple of int or `None`. Number of values of each tensor, if it is known
            before the model runs.
        watched: Tuple of str. Metrics that are shares of nonfinite values.
    """

    layers: tuple[Layer, ...] = ()
    keys: tuple[Key, ...] = ()
    tasks: tuple[Task, ...] = ()
    gradients: tuple[int, ...] = ()
    sizes: tuple[int | None, ...] = ()
    watched: tuple[str, ...] = ()


def collect(
    backend: Backend,
    table: Sequence[LayerTensors],
    gradients: Sequence[Tensor],
    watched: Mapping[str, Tensor],
) -> tuple[Layout, Collected]:
    """Lists the tensors of all layers, each once, and their reductions.

    Args:
        backend: `Backend`.
        table: Sequence of `LayerTensors`.
        gradients: Sequence of tensors. Gradients that the gradient norm includes.
        watched: Mapping from metrics to tensors of shape (1,). Shares of nonfinite
            values.
    """
    layers = tuple(one.layer for one in table)
    keys = [
        (quantity, i)
        for i, one in enumerate(table)
        for quantity in one.tensors
        if not is_preactivation(one, quantity)
    ]
    keys.sort(key=lambda key: layers[key[1]].is_linear(key[0]))
    others = {id(gradient): gradient for gradient in gradients}
    in_norm = []
    tensors, masks = [], []
    for row, (quantity, i) in enumerate(keys):
        tensor, mask = table[i].tensors[quantity], None
        if others.pop(id(tensor), None) is not None:
            in_norm.append(row)
        if (axes := axes_of_units(table[i], quantity)) is not None:
            mask = position_mask(table[i].mask, tensor, axes)
            tensor = arranged(tensor, axes)
        if quantity not in WEIGHTS:
            tensor = backend.whole_batch(tensor)
            mask = None if mask is None else backend.whole_batch(mask)
        tensors.append(backend.prepare(tensor))
        masks.append(mask)
    layout = Layout(
        layers,
        tuple(keys),
        tuple(task(table[i], quantity) for quantity, i in keys),
        tuple(in_norm),
        tuple(
            number_of_values(tensor) if mask is None else None
            for tensor, mask in zip(tensors, masks, strict=True)
        ),
        tuple(watched),
    )
    rest = [backend.prepare(g) for g in others.values() if 0 not in g.shape]
    found = {"tensors": tensors, "masks": masks, "gradients": rest}
    shares = [backend.whole_batch(share) for share in watched.values()]
    return layout, {**found, "watched": shares}


def axes_of_units(measured: LayerTensors, quantity: Quantity) -> Axes | None:
    """Returns the axes of units of a tensor; `None` if it has no units."""
    if quantity in WEIGHTS:
        return None
    return measured.unit_axes if rank(measured.tensors[quantity]) else None


def number_of_values(tensor: Tensor) -> int | None:
    """Returns the number of values of a tensor; `None` if it is not known yet."""
    shape = getattr(tensor, "shape", None)
    # On TensorFlow, the number of dimensions may be unknown, too.
    if shape is None or getattr(shape, "rank", 0) is None or None in shape:
        return None
    return math.prod(shape)


def with_counted(
    layout: Layout, sizes: Sequence[int | None], limit: int
) -> tuple[Layer, ...]:
    """Returns the layer table with the quantities that are counted in part.

    Args:
        layout: `Layout`.
        sizes: Sequence of int. Number of values of each tensor.
        limit: int. Tensors of this many values or more are counted in part.
    """
    counted: dict[int, dict[Quantity, tuple[int, int]]] = defaultdict(dict)
    for (quantity, i), size in zip(layout.keys, sizes, strict=True):
        if size is not None and size >= limit:
            counted[i][quantity] = PART, int(size)
    for i in linear_layers(layout):
        if Quantity.PREACTIVATION in counted[i]:
            counted[i][Quantity.ACTIVATION] = counted[i][Quantity.PREACTIVATION]
    for i, layer in enumerate(layout.layers):
        # Updates that are measured after the next step have the size of the weights.
        if Quantity.WEIGHT in counted[i] and Quantity.WEIGHT_UPDATE not in layer.absent:
            counted[i][Quantity.WEIGHT_UPDATE] = counted[i][Quantity.WEIGHT]
    return tuple(
        replace(layer, counted=counted[i]) for i, layer in enumerate(layout.layers)
    )


def linear_layers(layout: Layout) -> list[int]:
    """Returns the layers whose activations equal their preactivations."""
    return [
        i
        for i, layer in enumerate(layout.layers)
        if Quantity.ACTIVATION not in layer.absent
        and (Quantity.ACTIVATION, i) not in layout.keys
    ]


def measured_sizes(layout: Layout, reduced: Reduced) -> list[int]:
    """Returns the number of values of each tensor that was reduced."""
    if not layout.keys:
        return []
    return [int(size) for size in ops.convert_to_numpy(reduced["sizes"])[:, SIZE]]


def is_preactivation(measured: LayerTensors, quantity: Quantity) -> bool:
    """Returns whether a quantity is an activation that equals the preactivation."""
    linear = measured.call is not None and measured.call.linear
    return (
        linear
        and quantity is Quantity.ACTIVATION
        and Quantity.PREACTIVATION in measured.tensors
    )


def task(measured: LayerTensors, quantity: Quantity) -> Task:
    layer = measured.layer
    bounds = None
    if layer.is_linear(quantity):
        bounds = LINEAR_BOUNDS.index((layer.lower, layer.upper))
    has_units = axes_of_units(measured, quantity) is not None
    found = Task(bounds, has_units=has_units)
    if quantity not in FORWARD:
        return found
    found = replace(found, lists_units=has_units)
    known = facts(measured.call.activation) if measured.call else None
    if known is None:
        return found
    # Both rows of a layer have the same share, which is computed once.
    from_value = known.slope_from_value is not None
    if (quantity is Quantity.ACTIVATION) is not from_value:
        return found
    return replace(found, activation=known, from_value=from_value)


def reduce_collected(
    backend: Backend, layout: Layout, collected: Collected, limit: int
) -> Reduced:
    """Reduces all tensors on the device.

    Args:
        backend: `Backend`.
        layout: `Layout`.
        collected: `Collected`.
        limit: int. Tensors of this many values or more are counted in part.

    Returns:
        `Reduced`, with the norms of the other gradients as `norms`.
    """
    reduced = {}
    if layout.tasks:
        reduced = backend.summarize(
            collected["tensors"], collected["masks"], layout.tasks, limit
        )
    if shares := collected["watched"]:
        reduced["watched"] = ops.concatenate(shares)
    rest = collected["gradients"]
    return reduced | {"norms": backend.norms(rest) if rest else ops.zeros((0,))}


def to_measurement(
    layout: Layout, reduced: Reduced, scalars: Mapping[str, Tensor]
) -> Measurement:
    """Reads the result of the device, and computes percentiles and shares."""
    host = {name: ops.convert_to_numpy(tensor) for name, tensor in reduced.items()}
    shape = (len(QUANTITIES), len(layout.layers))
    statistics = np.full((*shape, len(STATISTICS)), np.nan, np.float32)
    histogram = np.zeros((*shape, BIN_COUNT), np.uint32)
    values = {name: float(ops.convert_to_numpy(v)) for name, v in scalars.items()}
    units = None
    if layout.keys:
        if (host["sizes"][:, SIZE] == FAILED).any():
            raise MemoryError(
                "a tensor could not be reduced, as after a lack of memory"
            )
        quantities = [QUANTITIES.index(quantity) for quantity, _ in layout.keys]
        where = np.array(quantities), np.array([i for _, i in layout.keys])
        histogram[where] = host["histogram"]
        statistics[where] = all_statistics(layout, host)
        copy_saturated(layout, statistics)
        copy_preactivations(layout, statistics, histogram)
        units = single_units(layout, host["units"])
    if layout.watched:
        # One share for each replica of the model.
        shares = host["watched"].reshape(len(layout.watched), -1).max(axis=1)
        named = zip(layout.watched, shares, strict=True)
        values |= {name: float(share) for name, share in named if share > 0}
    if layout.gradients or len(host["norms"]):
        values["gradient_norm"] = gradient_norm(layout, host)
    return Measurement(statistics, histogram, values, units)


def gradient_norm(layout: Layout, host: Mapping[str, NDArray[Any]]) -> float:
    """Returns the Euclidean norm of the gradient with respect to all weights."""
    rows = list(layout.gradients)
    squares = [host["norms"].astype(np.float64) ** 2]
    if rows:
        mean, std = host["moments"][rows, :2].astype(np.float64).T
        squares.append(host["sizes"][rows, SIZE] * (mean**2 + std**2))
    return float(np.sqrt(np.sum(np.concatenate(squares))))


def all_statistics(
    layout: Layout, host: Mapping[str, NDArray[Any]]
) -> NDArray[np.float32]:
    """Returns all statistics of all tensors, of shape (tensor, statistic)."""
    columns = dict(zip(MOMENTS, host["moments"].T, strict=True))
    lowest, highest = columns[Statistic.MIN], columns[Statistic.MAX]
    sizes = host["sizes"].astype(np.int64).T
    linear = np.array([task.bounds is not None for task in layout.tasks])
    found = np.concatenate(
        [
            percentiles(host["ranks"][rows], sizes[COUNTED, rows], shift)
            for rows, shift in ((~linear, SHIFT), (linear, SHIFT_FOR_LINEAR))
        ]
    ).T
    columns |= dict(zip(PERCENTILES, np.clip(found, lowest, highest), strict=True))
    nonfinite = sizes[NONFINITE] / np.maximum(sizes[SIZE], 1)
    columns = {
        name: np.where(nonfinite > 0, np.nan, values)
        for name, values in columns.items()
    }
    columns = dict.fromkeys(STATISTICS, np.full(len(nonfinite), np.nan)) | columns
    columns[Statistic.SATURATED] = host["saturated"]
    columns[Statistic.ZERO] = sizes[ZEROS] / np.maximum(sizes[SIZE], 1)
    columns[Statistic.NONFINITE] = nonfinite
    columns |= dict(zip(UNIT_SUMMARY, host["unit_summaries"].T, strict=True))
    found = np.stack([columns[statistic] for statistic in STATISTICS], axis=-1)
    backward = [quantity not in FORWARD for quantity, _ in layout.keys]
    found[np.ix_(backward, ONLY_FORWARD)] = np.nan
    # No value of a masked tensor may count.
    found[sizes[SIZE] == 0] = np.nan
    return found


def copy_saturated(layout: Layout, statistics: NDArray[np.float32]) -> None:
    """Copies the shares of saturated values and units to both rows of a layer."""
    for (quantity, i), task in zip(layout.keys, layout.tasks, strict=True):
        if task.activation is not None:
            shares = statistics[QUANTITIES.index(quantity), i, IN_BOTH_ROWS]
            for other in FORWARD:
                if other not in layout.layers[i].absent:
                    statistics[QUANTITIES.index(other), i, IN_BOTH_ROWS] = shares


def single_units(layout: Layout, listed: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns the statistics of the units of each layer's activations.

    Args:
        layout: `Layout`.
        listed: Array of shape (tensor that lists its units, unit, statistic).
    """
    found = np.full((len(layout.layers), *listed.shape[1:]), np.nan, np.float32)
    column = UNIT_STATISTICS.index(Statistic.SATURATED)
    tasks = zip(layout.keys, layout.tasks, strict=True)
    rows = [(key, task) for key, task in tasks if task.lists_units]
    linear = linear_layers(layout)
    for ((quantity, i), _), units in zip(rows, listed, strict=True):
        if quantity is Quantity.ACTIVATION or i in linear:
            found[i] = units
    for ((_, i), task), units in zip(rows, listed, strict=True):
        if task.activation is not None:
            found[i, :, column] = units[:, column]
    return found


def copy_preactivations(
    layout: Layout, statistics: NDArray[np.float32], histogram: NDArray[np.uint32]
) -> None:
    """Copies preactivations to the activations of linear layers, where z = s."""
    s, z = (QUANTITIES.index(quantity) for quantity in FORWARD)
    for i in linear_layers(layout):
        statistics[z, i], histogram[z, i] = statistics[s, i], histogram[s, i]
