"""From tensors to statistics: first on the device, then what is left on the host."""

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
from keras_xavier.probing.layer_table import FORWARD, WEIGHTS, Row
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
Place = tuple[Quantity, int]


Reduced = dict[str, Tensor]
"""What is left of the tensors, of fixed size:

- `moments`: `MOMENTS` of each tensor, of shape `(tensor, 4)`.
- `saturated`: Share of saturated values, NaN where that is not known.
- `coarse`: Fine counts with `SHIFT`, `(tensor, bin)`.
- `fine`: Fine counts with `SHIFT_FOR_LINEAR`, `(tensor, bin)`.
"""


@dataclass(frozen=True)
class Layout:
    """What belongs where in a `Reduced`.

    Attributes:
        layers: The layer table.
        places: Quantity and row of each tensor, those with linear bins last.
        linear: Which of these tensors are the latter.
        coarse_bins: Where fine bins with `SHIFT` belong, of shape `(bin,)`.
        fine_bins: Where those with `SHIFT_FOR_LINEAR` belong, `(tensor, bin)`.
    """

    layers: tuple[Layer, ...] = ()
    places: tuple[Place, ...] = ()
    linear: tuple[bool, ...] = ()
    coarse_bins: NDArray[np.int16] = field(default_factory=lambda: np.empty(0, "i2"))
    fine_bins: NDArray[np.int16] = field(default_factory=lambda: np.empty(0, "i2"))


def make_layout(rows: Sequence[Row], before: Layout) -> Layout:
    """Lists the tensors of all rows, each once.

    Args:
        rows: The rows.
        before: An earlier layout, which is returned if it is the same.
    """
    layers = tuple(row.layer for row in rows)
    if layers == before.layers:
        return before
    places = [
        (quantity, i)
        for i, row in enumerate(rows)
        for quantity in row.tensors
        if not repeats(row, quantity)
    ]
    places.sort(key=lambda place: layers[place[1]].is_linear(place[0]))
    linear = [layers[i].is_linear(quantity) for quantity, i in places]
    bounded = [place for place, one in zip(places, linear, strict=True) if one]
    bins = [stored_bins(SHIFT_FOR_LINEAR, layers[i].edges(q)) for q, i in bounded]
    return Layout(
        layers,
        tuple(places),
        tuple(linear),
        stored_bins(SHIFT, logarithmic_edges()),
        np.stack(bins) if bins else np.empty((0, 0), np.int16),
    )


def repeats(row: Row, quantity: Quantity) -> bool:
    """Whether it is the activation of a layer whose z is s, which is measured."""
    linear = row.call is not None and row.call.linear
    return (
        linear
        and quantity is Quantity.ACTIVATION
        and Quantity.PREACTIVATION in row.tensors
    )


def reduce_rows(backend: Backend, rows: Sequence[Row], layout: Layout) -> Reduced:
    """Reduces all tensors, on the device."""
    moments: list[Tensor] = []
    shares: list[Tensor] = []
    coarse: list[Tensor] = []
    fine: list[Tensor] = []
    nothing = ops.convert_to_tensor(np.float32(np.nan))
    for (quantity, i), linear in zip(layout.places, layout.linear, strict=True):
        tensor = rows[i].tensors[quantity]
        if quantity not in WEIGHTS:
            tensor = backend.whole_batch(tensor)
        values = backend.flatten(tensor)
        moments.append(backend.moments(values))
        share = saturated(backend, rows[i]) if quantity in FORWARD else None
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


def saturated(backend: Backend, row: Row) -> Tensor | None:
    """Share of values with a slope under 5 % of the largest; `None` if unknown."""
    known = facts(row.call.activation) if row.call else None
    if known is None:
        return None
    if known.slope_from_value is not None:
        # Where values tell the slope, φ is monotone: the slope is never negative.
        z = backend.whole_batch(row.tensors[Quantity.ACTIVATION])
        slope = known.slope_from_value(backend.flatten(z))
    else:
        s = backend.whole_batch(row.tensors[Quantity.PREACTIVATION])
        slope = ops.abs(known.slope(backend.flatten(s)))
    return backend.share(slope < SATURATION_SLOPE * known.largest_slope)


def gradient_norm(backend: Backend, gradients: Sequence[Tensor]) -> Tensor:
    """Euclidean norm of the gradient with respect to all weights."""
    norms = ops.stack([backend.norm(g) for g in gradients if 0 not in g.shape])
    # The squares of the scaled norms neither vanish nor overflow.
    largest = ops.max(norms)
    scale = ops.where(largest > 0, largest, 1)
    return scale * ops.sqrt(ops.sum((norms / scale) ** 2))


def to_measurement(
    layout: Layout, reduced: Reduced, scalars: Mapping[str, Tensor]
) -> Measurement:
    """Brings the rest to the host: percentiles and the bins that are stored."""
    host = {name: ops.convert_to_numpy(tensor) for name, tensor in reduced.items()}
    coarse = summarize_counts(host["coarse"], SHIFT, layout.coarse_bins)
    fine = summarize_counts(host["fine"], SHIFT_FOR_LINEAR, layout.fine_bins)
    shape = (len(QUANTITIES), len(layout.layers))
    statistics = np.full((*shape, len(STATISTICS)), np.nan, np.float32)
    histogram = np.zeros((*shape, BIN_COUNT), np.uint32)
    quantities = [QUANTITIES.index(quantity) for quantity, _ in layout.places]
    rows = np.array(quantities, int), np.array([i for _, i in layout.places], int)
    histogram[rows] = np.concatenate([coarse.histogram, fine.histogram])
    statistics[rows] = complete(host["moments"], host["saturated"], coarse, fine)
    copy_repeated(layout, statistics, histogram)
    return Measurement(
        statistics,
        histogram,
        {name: float(ops.convert_to_numpy(value)) for name, value in scalars.items()},
    )


def complete(
    moments: NDArray[np.float32], saturated: NDArray[np.float32], *found: Summary
) -> NDArray[np.float32]:
    """All statistics of all tensors, in their order."""
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


def copy_repeated(
    layout: Layout, statistics: NDArray[np.float32], histogram: NDArray[np.uint32]
) -> None:
    """Fills in the activations of layers whose z is s."""
    s, z = (QUANTITIES.index(quantity) for quantity in FORWARD)
    for i, layer in enumerate(layout.layers):
        present = Quantity.ACTIVATION not in layer.absent
        if present and (Quantity.ACTIVATION, i) not in layout.places:
            statistics[z, i], histogram[z, i] = statistics[s, i], histogram[s, i]
