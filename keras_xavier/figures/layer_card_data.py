"""The data of a layer card: all quantities of one layer at one step."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keras_xavier.figures.data import Integers
from keras_xavier.figures.rows import drawn_bounds, table_rows
from keras_xavier.figures.units import UnitsData, units_data
from keras_xavier.runs import Run
from keras_xavier.statistics import Layer, Quantity, Statistic


@dataclass(frozen=True)
class LayerCardData:
    """All quantities of one layer of a run, at one step.

    Attributes:
        run: str. Name of the run.
        layer: str. Name of the layer.
        layers: Tuple of str. Names of all layers of the run.
        step: int. The recorded step.
        counts: dict of `Quantity` to array of int, of shape (BIN_COUNT,). Histograms.
        edges: dict of `Quantity` to array of float, of shape (EDGE_COUNT,). Edges of
            the bins.
        statistics: dict of `Quantity` to dict of `Statistic` to float.
        absent: dict of `Quantity` to str. The reason why each missing quantity of this
            layer is absent from the run.
        bounds: Tuple of two float. Infimum and supremum of the activation.
        index: int. Determines the color of the run. Defaults to 0.
        is_last: bool. Whether `step` is the last recorded step. Defaults to `False`.
        counted: Tuple of pairs of int. For each quantity that was counted in part, the
            number of counted values and of all values. Defaults to an empty tuple.
        units: `UnitsData` or `None`. The units of the layer over the steps. `None` if
            the run or the layer has none. Defaults to `None`.
    """

    run: str
    layer: str
    layers: tuple[str, ...]
    step: int
    counts: Mapping[Quantity, Integers]
    edges: Mapping[Quantity, NDArray[np.float64]]
    statistics: Mapping[Quantity, Mapping[Statistic, float]]
    absent: Mapping[Quantity, str]
    bounds: tuple[float, float]
    index: int = 0
    is_last: bool = False
    counted: tuple[tuple[int, int], ...] = ()
    units: UnitsData | None = None


def layer_card_data(
    run: Run, record: int, layer: str | None = None, *, index: int = 0
) -> LayerCardData:
    """Reads all quantities of one layer at one record.

    Args:
        run: `Run`.
        record: int. Index into `run.steps`; -1 is the last record.
        layer: str. Name of the layer. Defaults to None: the first layer with the most
            quantities.
        index: int. Determines the color of the run. Defaults to 0.

    Returns:
        `LayerCardData`. If the run does not have the layer, all quantities are absent.
    """
    record = range(len(run.steps))[record]
    layers = {one.name: i for i, one in enumerate(run.layers)}
    if layer is None:
        usual = [run.layers[i] for i in table_rows(run.layers)]
        layer = min(usual, key=lambda one: len(one.absent)).name
    column = layers.get(layer, 0)
    found = run.layers[column]
    absent = why_absent(run, found if layer in layers else None, layer)
    present = [one for one in Quantity if one not in absent]
    names = run.statistic_names
    units = units_data(run, [layer], every=True, index=index)

    def statistics(quantity: Quantity) -> dict[Statistic, float]:
        values = run.read_several(quantity, names, start=record, stop=record + 1)
        return dict(zip(names, map(float, values[0, column]), strict=True))

    return LayerCardData(
        run=run.name,
        layer=layer,
        layers=tuple(layers),
        step=int(run.steps[record]),
        counts={one: run.read_histogram(one, record)[column] for one in present},
        edges={one: run.edges(one)[column] for one in present},
        statistics={one: statistics(one) for one in present},
        absent=absent,
        bounds=drawn_bounds(found),
        index=index,
        is_last=record == len(run.steps) - 1,
        counted=tuple(found.counted.values()) if layer in layers else (),
        units=units if units.units else None,
    )


def why_absent(run: Run, layer: Layer | None, name: str) -> dict[Quantity, str]:
    """Returns the quantities that a layer of a run lacks, each with the reason."""
    if layer is None:
        return dict.fromkeys(Quantity, f"{run.name} has no layer {name}")
    missing = {one: "not recorded" for one in Quantity if one not in run.quantities}
    return {**missing, **layer.absent}
