"""Reads the network: a box for each layer, and for each node without a layer."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from keras_xavier.figures.network import Drawn, Network
from keras_xavier.figures.network_data import NetworkData
from keras_xavier.figures.network_labels import value_text
from keras_xavier.figures.reading.groups import readable
from keras_xavier.figures.reading.points import (
    Cells,
    Floats,
    Group,
    Reading,
    pixels_along,
)
from keras_xavier.network.graph import Node


@dataclass(frozen=True)
class Boxes(Cells):
    """Boxes anywhere in a panel, one for each row.

    Attributes:
        boxes: Array of shape (row, 4): left, bottom, right, and top ends.
    """

    boxes: Floats

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.boxes), 1

    @cached_property
    def has_row_for_each_layer(self) -> bool:
        return True

    def layer(self, row: int) -> str:
        return self.layers[row]

    def box(self, row: int, column: int) -> tuple[float, float, float, float]:
        left, bottom, right, top = self._pixels[row]
        return float(left), float(bottom), float(right), float(top)

    def frame(self, row: int) -> tuple[float, float, float, float]:
        return self.box(row, 0)

    @cached_property
    def _pixels(self) -> Floats:
        """The boxes in pixels on the canvas."""
        left, bottom, right, top = self.boxes.T
        x = [pixels_along(self.axes, "x", one) for one in (left, right)]
        y = [pixels_along(self.axes, "y", one) for one in (bottom, top)]
        return np.stack([x[0], y[0], x[1], y[1]], axis=1)

    def at(self, x: float, y: float) -> tuple[int, int] | None:
        left, bottom, right, top = self._pixels.T
        (found,) = np.nonzero((left <= x) & (x < right) & (bottom <= y) & (y < top))
        return (int(found[0]), 0) if found.size else None


@readable.register
def network(plot: Network) -> list[Group]:
    """Reads a box for each layer, from the last one to the first."""
    return [boxes_of(drawn) for drawn in plot.drawn if drawn.boxes]


def boxes_of(drawn: Drawn) -> Boxes:
    """Returns the boxes of a network; nodes of several layers have several boxes."""
    rows: list[tuple[Node, str]] = []
    boxes: list[tuple[float, float, float, float]] = []
    # From bottom to top, as the rows of a map.
    for one in reversed(drawn.boxes):
        if len(one.cells) > 1:
            # The name of a block is above its cells.
            rows += [(one.node, layer) for layer in one.node.layers]
            boxes += one.cells
        else:
            rows.append((one.node, "".join(one.node.layers)))
            boxes.append(one.box)
    return Boxes(
        axes=drawn.axes,
        run=drawn.run,
        x_edges=np.zeros(2),
        y_edges=np.zeros(2),
        layers=[layer for _, layer in rows],
        read=_reader(drawn.data, rows),
        boxes=np.array(boxes, np.float64).reshape(-1, 4),
    )


def _reader(
    data: NetworkData, rows: list[tuple[Node, str]]
) -> Callable[[int, int], Reading]:
    def read(row: int, _: int) -> Reading:
        node, layer = rows[row]
        name = layer or node.name
        if layer not in data.values:
            why = data.absent.get(layer, "not measured")
            values = (("", f"{node.kind}: {why}"),)
            return Reading(data.run, layer, None, values, np.nan, title=name)
        value = data.values[layer]
        values = ((data.statistic.label, value_text(value, data)),)
        return Reading(data.run, layer, data.step, values, value)

    return read
