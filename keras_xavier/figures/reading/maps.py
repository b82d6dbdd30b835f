"""Reads the overview, single units and the layer card."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes

from keras_xavier.figures.data import OverviewData
from keras_xavier.figures.layer_card import COLUMNS, LayerCard, nearest_units
from keras_xavier.figures.overview import Overview
from keras_xavier.figures.reading.groups import readable
from keras_xavier.figures.reading.histograms import outline
from keras_xavier.figures.reading.numbers import value_text
from keras_xavier.figures.reading.points import (
    Cells,
    Floats,
    Group,
    Lines,
    Reading,
    Values,
    panel_of,
)
from keras_xavier.figures.unit_map import UnitMap
from keras_xavier.figures.units import (
    MEAN,
    SATURATED,
    STD,
    ZERO,
    LayerUnits,
    UnitsData,
    sort_units,
)
from keras_xavier.figures.units_at_step import UnitArtists, UnitsAtStep, order_of
from keras_xavier.statistics import Statistic


@readable.register
def overview(plot: Overview) -> list[Group]:
    """Reads a cell for each layer at each step."""
    groups: list[Group] = []
    for i, image in zip(plot._compared.panel_runs, plot._images, strict=False):
        steps, layers = plot._runs[i].steps.astype(np.float64), plot.rows_of(i)
        if len(steps) and layers:
            groups.append(
                Cells(
                    axes=panel_of(image),
                    run=i,
                    x_edges=np.append(steps, plot._end(plot._runs[i])),
                    y_edges=np.arange(len(layers) + 1, dtype=np.float64) - 0.5,
                    layers=layers,
                    read=_cell_reader(plot, i),
                )
            )
    return groups


def _cell_reader(plot: Overview, i: int) -> Callable[[int, int], Reading | None]:
    def read(row: int, column: int) -> Reading | None:
        data, name = plot._runs[i], plot.rows_of(i)[row]
        if name not in data.layers:
            return None
        value = float(plot._values[i][column, row])
        text = value_text(value, is_share=data.statistic.is_share)
        if not np.isfinite(value):
            text = _why_undefined(data, column, name)
        values = ((data.statistic.label, text),)
        return Reading(data.run, name, int(data.steps[column]), values, value)

    return read


def _why_undefined(data: OverviewData, record: int, layer: str) -> str:
    """Returns the value that is not finite, or that there is none."""
    value = float(data.values[record, data.layers.index(layer)])
    if np.isinf(value):
        return f"{value}"
    return "not known" if data.statistic is Statistic.SATURATED else "not defined"


@readable.register
def unit_map(plot: UnitMap) -> list[Group]:
    """Reads a cell for each unit at each step."""
    places = {id(one): i for i, one in enumerate(plot._runs)}
    return [
        map_of_units(axes, data, layer, order, plot._end(data), places[id(data)])
        for (axes, data, layer), order in zip(plot._filled, plot._orders, strict=True)
        if len(data.steps)
    ]


def map_of_units(
    axes: Axes,
    data: UnitsData,
    layer: LayerUnits,
    order: np.ndarray,
    end: float,
    run: int,
) -> Cells:
    """Returns the cells of a map of units; the first unit is at the top.

    Args:
        axes: The panel.
        data: The units of the run.
        layer: The units of the layer.
        order: Positions of the units, from the top.
        end: Right end of the last record.
        run: Index of the run.
    """

    def read(row: int, column: int) -> Reading:
        return unit_reading(data, layer, column, int(order[row]))

    return Cells(
        axes=axes,
        run=run,
        x_edges=np.append(data.steps.astype(np.float64), end),
        y_edges=np.linspace(0.0, 1.0, len(order) + 1),
        layers=(layer.name,),
        read=read,
    )


def unit_reading(data: UnitsData, layer: LayerUnits, record: int, unit: int) -> Reading:
    """Returns the statistics of a unit at a record."""
    of = layer.values[record, unit]
    noun = "feature" if layer.is_input else "unit"
    values: Values = (
        ("mean", value_text(float(of[MEAN]))),
        ("standard deviation", value_text(float(of[STD]))),
    )
    if np.isfinite(of[SATURATED]):
        share = value_text(float(of[SATURATED]), is_share=True)
        values += (("saturated", share),)
    if of[ZERO] > 0:
        values += (("zero", value_text(float(of[ZERO]), is_share=True)),)
    return Reading(
        run=data.run,
        layer=layer.name,
        step=int(data.steps[record]),
        values=values,
        value=float(of[MEAN]),
        title=f"{layer.name}, {noun} {layer.indices[unit]}",
    )


@readable.register
def units_at_step(plot: UnitsAtStep) -> list[Group]:
    """Reads a dot for each unit."""
    places = {id(one): i for i, one in enumerate(plot._runs)}
    return [
        dots(axes, artists, data, layer, order, places[id(data)])
        for (axes, data, layer), artists, order in zip(
            plot._filled, plot._artists, plot._orders, strict=True
        )
    ]


def dots(
    axes: Axes,
    artists: UnitArtists,
    data: UnitsData,
    layer: LayerUnits,
    order: np.ndarray,
    run: int,
) -> Lines:
    """Returns the dots of the units of a layer at one step.

    Args:
        axes: The panel.
        artists: The artists of the layer.
        data: The units of the run, at one step.
        layer: The units of the layer, at one step.
        order: Positions of the units, from the left.
        run: Index of the run.
    """

    def read(_: int, point: int) -> Reading:
        return unit_reading(data, layer, 0, int(order[point]))

    means: Floats = layer.values[-1, order, MEAN].astype(np.float64)
    return Lines(
        axes=axes,
        run=run,
        x=np.arange(len(order), dtype=np.float64),
        y=means[:, np.newaxis],
        layers=(layer.name,),
        artists=(artists.dots,),
        read=read,
    )


@readable.register
def layer_card(plot: LayerCard) -> list[Group]:
    """Reads the intervals of each quantity, and the units."""
    groups: list[Group] = []
    for quantity, patches in plot._patches.items():
        for i, (data, patch) in enumerate(zip(plot._runs, patches, strict=True)):
            source = plot._histograms[quantity][i]
            if source is not None:
                common = Reading(data.run, data.layer, data.step, (), np.nan)
                # The statistics of the run stand out with its outline.
                texts = plot._texts[quantity][i : i + 1]
                found = outline(patch, source, i, common)
                groups.append(replace(found, bands=texts))
    return groups + (_units_of_card(plot) if plot._units else [])


def _units_of_card(plot: LayerCard) -> list[Group]:
    groups: list[Group] = []
    places = {id(one): i for i, one in enumerate(plot._runs)}
    for artists, (data, units) in zip(plot._unit_artists, plot._units, strict=True):
        layer, run = nearest_units(units, data.step), places[id(data)]
        record = int(np.argmin(np.abs(units.steps - data.step)))
        at_step = replace(units, steps=units.steps[record : record + 1])
        axes = plot.layout.axes[COLUMNS]
        groups.append(dots(axes, artists, at_step, layer, order_of(layer), run))
    data, units = plot._units[0]
    (layer,) = units.units
    axes, end = plot.layout.axes[-1], float(plot._edges()[-1])
    order = sort_units(layer.values)
    run = places[id(data)]
    return [*groups, map_of_units(axes, units, layer, order, end, run)]
