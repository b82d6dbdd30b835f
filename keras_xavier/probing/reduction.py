"""Reduces tensors to statistics: first on the device, then on the host."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from keras import ops
from numpy.typing import NDArray

from keras_xavier.activations import facts
from keras_xavier.histogram_bins import BIN_COUNT, logarithmic_edges
from keras_xavier.probing.backend import Backend, Tensor
from keras_xavier.probing.fine_bins import (
    SHIFT,
    SHIFT_FOR_LINEAR,
    Summary,
    stored_bins,
    summarize_counts,
)
from keras_xavier.probing.layer_table import FORWARD, WEIGHTS, LayerTensors
from keras_xavier.statistics import (
    PERCENTILES,
    QUANTITIES,
    SATURATION_SLOPE,
    STATISTICS,
    Layer,
    Measurement,
    Quantity,
    Statistic,
)

MOMENTS = (Statistic.MEAN, Statistic.STD, Statistic.MIN, Statistic.MAX)
Key = tuple[Quantity, int]
"""A quantity and the index of a layer in the layer table."""

Reduced = dict[str, Tensor]
"""The result on the device, of fixed size:

- `moments`: `MOMENTS` of each tensor, of shape (tensor, moment).
- `saturated`: Share of saturated values, of shape (tensor,); NaN if unknown.
- `coarse`: Fine counts with `SHIFT`, of shape (tensor, fine bin).
- `fine`: Fine counts with `SHIFT_FOR_LINEAR`, of shape (tensor, fine bin).
"""


@dataclass(frozen=True)
class Layout:
    """The order of the tensors in a `Reduced`, and their bins.

    Attributes:
        layers: Tuple of `Layer`. The layer table.
        keys: Tuple of `Key`. Quantity and layer of each tensor; tensors with linear
            bins come last.
        linear: Tuple of bool. Whether each tensor has linear bins.
        coarse_bins: Array of shape (fine bin,). Stored bins of fine bins with `SHIFT`.
        fine_bins: Array of shape (tensor, fine bin). Stored bins of fine bins with
            `SHIFT_FOR_LINEAR`.
    """

    layers: tuple[Layer, ...] = ()
    keys: tuple[Key, ...] = ()
    linear: tuple[bool, ...] = ()
    coarse_bins: NDArray[np.int16] = field(default_factory=lambda: np.empty(0, "i2"))
    fine_bins: NDArray[np.int16] = field(default_factory=lambda: np.empty(0, "i2"))


def make_layout(table: Sequence[LayerTensors], before: Layout) -> Layout:
    """Lists the tensors of all layers, each once.

    Args:
        table: Sequence of `LayerTensors`.
        before: `Layout`. An earlier layout, which is returned if nothing has changed.
    """
    layers = tuple(one.layer for one in table)
    if layers == before.layers:
        return before
    keys = [
        (quantity, i)
        for i, one in enumerate(table)
        for quantity in one.tensors
        if not is_preactivation(one, quantity)
    ]
    keys.sort(key=lambda key: layers[key[1]].is_linear(key[0]))
    linear = [layers[i].is_linear(quantity) for quantity, i in keys]
    bounded = [key for key, one in zip(keys, linear, strict=True) if one]
    bins = [stored_bins(SHIFT_FOR_LINEAR, layers[i].edges(q)) for q, i in bounded]
    return Layout(
        layers,
        tuple(keys),
        tuple(linear),
        stored_bins(SHIFT, logarithmic_edges()),
        np.stack(bins) if bins else np.empty((0, 0), np.int16),
    )


def is_preactivation(measured: LayerTensors, quantity: Quantity) -> bool:
    """Returns whether a quantity is an activation that equals the preactivation."""
    linear = measured.call is not None and measured.call.linear
    return (
        linear
        and quantity is Quantity.ACTIVATION
        and Quantity.PREACTIVATION in measured.tensors
    )


def reduce_tensors(
    backend: Backend, table: Sequence[LayerTensors], layout: Layout
) -> Reduced:
    """Reduces all tensors on the device."""
    moments: list[Tensor] = []
    shares: list[Tensor] = []
    coarse: list[Tensor] = []
    fine: list[Tensor] = []
    nothing = ops.convert_to_tensor(np.float32(np.nan))
    for (quantity, i), linear in zip(layout.keys, layout.linear, strict=True):
        tensor = table[i].tensors[quantity]
        if quantity not in WEIGHTS:
            tensor = backend.whole_batch(tensor)
        values = backend.flatten(tensor)
        moments.append(backend.moments(values))
        share = saturated(backend, table[i]) if quantity in FORWARD else None
        shares.append(nothing if share is None else share)
        if linear:
            fine.append(backend.fine_counts(values, SHIFT_FOR_LINEAR))
        else:
            coarse.append(backend.fine_counts(values, SHIFT))
    return {
        "moments": ops.stack(moments) if moments else ops.zeros((0, len(MOMENTS))),
        "saturated": ops.stack(shares) if shares else ops.zeros((0,)),
        "coarse": ops.stack(coarse) if coarse else ops.zeros((0, 1), "int32"),
        "fine": ops.stack(fine) if fine else ops.zeros((0, 1), "int32"),
    }


def saturated(backend: Backend, measured: LayerTensors) -> Tensor | None:
    """Returns the share of saturated values; `None` if the slope is unknown."""
    known = facts(measured.call.activation) if measured.call else None
    if known is None:
        return None
    if known.slope_from_value is not None:
        # If the value determines the slope, φ is monotone and the slope not negative.
        z = backend.whole_batch(measured.tensors[Quantity.ACTIVATION])
        slope = known.slope_from_value(backend.flatten(z))
    else:
        s = backend.whole_batch(measured.tensors[Quantity.PREACTIVATION])
        slope = ops.abs(known.slope(backend.flatten(s)))
    return backend.share(slope < SATURATION_SLOPE * known.largest_slope)


def gradient_norm(backend: Backend, gradients: Sequence[Tensor]) -> Tensor:
    """Returns the Euclidean norm of the gradient with respect to all weights."""
    norms = ops.stack([backend.norm(g) for g in gradients if 0 not in g.shape])
    # Squares of scaled norms neither underflow nor overflow.
    largest = ops.max(norms)
    scale = ops.where(largest > 0, largest, 1)
    return scale * ops.sqrt(ops.sum((norms / scale) ** 2))


def to_measurement(
    layout: Layout, reduced: Reduced, scalars: Mapping[str, Tensor]
) -> Measurement:
    """Reads the result of the device; computes percentiles and histograms."""
    host = {name: ops.convert_to_numpy(tensor) for name, tensor in reduced.items()}
    coarse = summarize_counts(host["coarse"], SHIFT, layout.coarse_bins)
    fine = summarize_counts(host["fine"], SHIFT_FOR_LINEAR, layout.fine_bins)
    shape = (len(QUANTITIES), len(layout.layers))
    statistics = np.full((*shape, len(STATISTICS)), np.nan, np.float32)
    histogram = np.zeros((*shape, BIN_COUNT), np.uint32)
    quantities = [QUANTITIES.index(quantity) for quantity, _ in layout.keys]
    where = np.array(quantities, int), np.array([i for _, i in layout.keys], int)
    histogram[where] = np.concatenate([coarse.histogram, fine.histogram])
    statistics[where] = all_statistics(host["moments"], host["saturated"], coarse, fine)
    copy_preactivations(layout, statistics, histogram)
    return Measurement(
        statistics,
        histogram,
        {name: float(ops.convert_to_numpy(value)) for name, value in scalars.items()},
    )


def all_statistics(
    moments: NDArray[np.float32], saturated: NDArray[np.float32], *found: Summary
) -> NDArray[np.float32]:
    """Returns all statistics of all tensors, of shape (tensor, statistic)."""
    columns = dict(zip(MOMENTS, moments.T, strict=True))
    lowest, highest = columns[Statistic.MIN], columns[Statistic.MAX]
    percentiles = np.concatenate([summary.percentiles for summary in found]).T
    columns |= dict(
        zip(PERCENTILES, np.clip(percentiles, lowest, highest), strict=True)
    )
    nonfinite = np.concatenate([summary.nonfinite for summary in found])
    columns = {
        name: np.where(nonfinite > 0, np.nan, values)
        for name, values in columns.items()
    }
    columns[Statistic.SATURATED] = saturated
    columns[Statistic.ZERO] = np.concatenate([summary.zero for summary in found])
    columns[Statistic.NONFINITE] = nonfinite
    return np.stack([columns[statistic] for statistic in STATISTICS], axis=-1)


def copy_preactivations(
    layout: Layout, statistics: NDArray[np.float32], histogram: NDArray[np.uint32]
) -> None:
    """Copies preactivations to the activations of linear layers, where z = s."""
    s, z = (QUANTITIES.index(quantity) for quantity in FORWARD)
    for i, layer in enumerate(layout.layers):
        present = Quantity.ACTIVATION not in layer.absent
        if present and (Quantity.ACTIVATION, i) not in layout.keys:
            statistics[z, i], histogram[z, i] = statistics[s, i], histogram[s, i]
