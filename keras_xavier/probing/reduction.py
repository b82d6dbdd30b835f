"""From tensors to statistics: first on the device, then what is left on the host."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from keras import ops
from numpy.typing import NDArray

from keras_xavier.activations import facts
from keras_xavier.probing.backend import Backend, Tensor
from keras_xavier.probing.fine_bins import (
    SHIFT,
    SHIFT_FOR_LINEAR,
    Summary,
    stored_bins,
    summarize_counts,
)
from keras_xavier.probing.rows import FORWARD, WEIGHTS, Row
from keras_xavier.statistics import (
    BIN_COUNT,
    PERCENTILES,
    QUANTITIES,
    SATURATION_SLOPE,
    STATISTICS,
    Layer,
    Measurement,
    Quantity,
    Statistic,
    logarithmic_edges,
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
        shifts: Of each tensor, which fine bins are counted.
        bins: Of each tensor, where fine bins belong, see `stored_bins`.
    """

    layers: tuple[Layer, ...] = ()
    places: tuple[Place, ...] = ()
    shifts: tuple[int, ...] = ()
    bins: tuple[NDArray[np.intp], ...] = ()


def make_layout(rows: Sequence[Row]) -> Layout:
    """Lists the tensors of all rows, each once."""
    layers = tuple(row.layer for row in rows)
    places = [
        (quantity, i)
        for i, row in enumerate(rows)
        for quantity in row.tensors
        if not repeats(row, quantity)
    ]
    places.sort(key=lambda place: layers[place[1]].is_linear(place[0]))
    linear = [layers[i].is_linear(quantity) for quantity, i in places]
    shifts = [SHIFT_FOR_LINEAR if one else SHIFT for one in linear]
    logarithmic = stored_bins(SHIFT, logarithmic_edges())
    bins = [
        stored_bins(SHIFT_FOR_LINEAR, layers[i].edges(quantity)) if one else logarithmic
        for one, (quantity, i) in zip(linear, places, strict=True)
    ]
    return Layout(layers, tuple(places), tuple(shifts), tuple(bins))


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
    for (quantity, i), shift in zip(layout.places, layout.shifts, strict=True):
        tensor = rows[i].tensors[quantity]
        if quantity not in WEIGHTS:
            tensor = backend.whole_batch(tensor)
        values = backend.flatten(tensor)
        moments.append(backend.moments(values))
        share = saturated(backend, rows[i]) if quantity in FORWARD else None
        shares.append(nothing if share is None else share)
        table = coarse if shift == SHIFT else fine
        table.append(backend.fine_counts(values, shift))
    return {
        "moments": ops.stack(moments),
        "saturated": ops.stack(shares),
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
    flat = slope < SATURATION_SLOPE * known.largest_slope
    return ops.mean(ops.cast(flat, "float32"))


def gradient_norm(backend: Backend, gradients: Sequence[Tensor]) -> Tensor:
    """Euclidean norm of the gradient with respect to all weights."""
    norms = ops.stack([backend.norm(gradient) for gradient in gradients])
    # The squares of the scaled norms neither vanish nor overflow.
    largest = ops.max(norms)
    scale = ops.where(largest > 0, largest, 1)
    return scale * ops.sqrt(ops.sum((norms / scale) ** 2))


def to_measurement(
    layout: Layout, reduced: Reduced, scalars: Mapping[str, Tensor]
) -> Measurement:
    """Brings the rest to the host: percentiles and the bins that are stored."""
    shape = (len(QUANTITIES), len(layout.layers))
    statistics = np.full((*shape, len(STATISTICS)), np.nan, np.float32)
    histogram = np.zeros((*shape, BIN_COUNT), np.uint32)
    host = {name: ops.convert_to_numpy(tensor) for name, tensor in reduced.items()}
    moments, shares = host["moments"], host["saturated"]
    coarse, fine = list(host["coarse"]), list(host["fine"])
    for index, counts in enumerate([*coarse, *fine]):
        quantity, i = layout.places[index]
        found = summarize_counts(counts, layout.shifts[index], layout.bins[index])
        place = QUANTITIES.index(quantity), i
        histogram[place] = found.histogram
        statistics[place] = complete(moments[index], float(shares[index]), found)
    copy_repeated(layout, statistics, histogram)
    return Measurement(
        statistics,
        histogram,
        {name: float(ops.convert_to_numpy(value)) for name, value in scalars.items()},
    )


def complete(
    moments: NDArray[np.float32], saturated: float, found: Summary
) -> NDArray[np.float32]:
    """All statistics of one tensor, in their order."""
    values = dict(zip(MOMENTS, moments.tolist(), strict=True))
    lowest, highest = values[Statistic.MIN], values[Statistic.MAX]
    shares = np.clip(found.percentiles, lowest, highest)
    values |= dict(zip(PERCENTILES, shares.tolist(), strict=True))
    if found.nonfinite > 0:
        values = dict.fromkeys(values, np.nan)
    values[Statistic.SATURATED] = saturated
    values[Statistic.ZERO] = found.zero
    values[Statistic.NONFINITE] = found.nonfinite
    return np.array([values[statistic] for statistic in STATISTICS], np.float32)


def copy_repeated(
    layout: Layout, statistics: NDArray[np.float32], histogram: NDArray[np.uint32]
) -> None:
    """Fills in the activations of layers whose z is s."""
    s, z = (QUANTITIES.index(quantity) for quantity in FORWARD)
    for i, layer in enumerate(layout.layers):
        present = Quantity.ACTIVATION not in layer.absent
        if present and (Quantity.ACTIVATION, i) not in layout.places:
            statistics[z, i], histogram[z, i] = statistics[s, i], histogram[s, i]
