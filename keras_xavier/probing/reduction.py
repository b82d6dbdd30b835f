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
    """

    layers: tuple[Layer, ...]
    places: tuple[Place, ...]

    def is_linear(self, place: Place) -> bool:
        quantity, row = place
        return self.layers[row].is_linear(quantity)


def make_layout(rows: Sequence[Row]) -> Layout:
    """Lists the tensors of all rows, each once."""
    layers = tuple(row.layer for row in rows)
    places = [
        (quantity, i)
        for i, row in enumerate(rows)
        for quantity in row.tensors
        if not repeats(row, quantity)
    ]
    layout = Layout(layers, ())
    places.sort(key=layout.is_linear)
    return Layout(layers, tuple(places))


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
    moments, shares, coarse, fine = [], [], [], []
    nothing = ops.convert_to_tensor(np.float32(np.nan))
    for quantity, i in layout.places:
        tensor = rows[i].tensors[quantity]
        if quantity not in WEIGHTS:
            tensor = backend.whole_batch(tensor)
        values = backend.flatten(tensor)
        moments.append(backend.moments(values))
        share = saturated(backend, rows[i]) if quantity in FORWARD else None
        shares.append(nothing if share is None else share)
        if layout.is_linear((quantity, i)):
            fine.append(backend.fine_counts(values, SHIFT_FOR_LINEAR))
        else:
            coarse.append(backend.fine_counts(values, SHIFT))
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
    squares = []
    for gradient in gradients:
        values = backend.flatten(gradient)
        mean, std, _, _ = ops.unstack(backend.moments(values), 4)
        size = ops.cast(ops.size(values), "float32")
        squares.append(size * (mean**2 + std**2))
    return ops.sqrt(ops.sum(ops.stack(squares)))


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
    shifts = [SHIFT] * len(coarse) + [SHIFT_FOR_LINEAR] * len(fine)
    for index, counts in enumerate([*coarse, *fine]):
        quantity, i = layout.places[index]
        edges = layout.layers[i].edges(quantity)
        found = summarize_counts(counts, shifts[index], edges)
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
