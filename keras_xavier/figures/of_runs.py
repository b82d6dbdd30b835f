"""Runs as pictures: what is read of them, drawn on a figure of its own."""

from collections.abc import Collection, Sequence

import numpy as np
from matplotlib.figure import Figure

from keras_xavier.figure_spec import AxisScale, Band, Facet
from keras_xavier.figures import layers as layers_
from keras_xavier.figures.arrangement import arrange_maps, arrange_ridges, most_ridges
from keras_xavier.figures.depth_profile import DepthProfile
from keras_xavier.figures.given_runs import (
    Runs,
    comparable,
    names_in,
    names_of,
    read_shown,
    recorded,
    several,
)
from keras_xavier.figures.histogram_map import HistogramMap
from keras_xavier.figures.histograms import Histograms
from keras_xavier.figures.layer_curves import LayerCurves
from keras_xavier.figures.loaders import (
    depth_profile_data,
    histogram_data,
    layer_curves_data,
    overview_data,
    training_curves_data,
)
from keras_xavier.figures.overview import Overview
from keras_xavier.figures.plot import FIGURE_SIZE, Plot
from keras_xavier.figures.recorded_step import record_of
from keras_xavier.figures.records import common_steps
from keras_xavier.figures.ridgelines import Ridgelines
from keras_xavier.figures.training_curves import TrainingCurves
from keras_xavier.statistics import Quantity, Statistic

TALLER = 0.3
"""Of its height, what a figure grows by for each further row of panels."""


def overview(
    runs: Runs,
    quantity: Quantity | str = Quantity.ACTIVATION,
    statistic: Statistic | str = Statistic.STD,
    *,
    layers: Collection[str] | None = None,
    full_range: bool = False,
) -> Overview:
    """Pictures one statistic of all layers; see `functions.overview`."""
    data = [overview_data(run, quantity, statistic) for run in several(runs)]
    layers_.require(names_of([one.layers for one in data]), layers)
    plot = Overview(Figure(figsize=FIGURE_SIZE))
    plot.update(data, visible=layers, full_range=full_range)
    make_room(plot)
    return plot


def layer_curves(
    runs: Runs,
    quantity: Quantity | str = Quantity.ACTIVATION,
    *,
    band: Band | str = Band.STD,
    layers: Collection[str] | None = None,
    panels: Facet | str | None = None,
    scale: AxisScale | str = AxisScale.LINEAR,
    smoothing: float = 0.0,
    log_steps: bool = False,
    full_range: bool = False,
    theory: bool = False,
) -> LayerCurves:
    """Pictures one quantity over training; see `functions.layer_curves`."""
    data = [
        layer_curves_data(run, quantity, index=i, theory=theory)
        for i, run in enumerate(several(runs))
    ]
    layers_.require(names_of([one.layers for one in data]), layers)
    plot = LayerCurves(Figure(figsize=FIGURE_SIZE))
    plot.update(
        data,
        band=band,
        visible=layers,
        panels=panels or panels_for(data),
        scale=scale,
        smoothing=smoothing,
        log_steps=log_steps,
        full_range=full_range,
    )
    make_room(plot)
    return plot


def saturation(
    runs: Runs,
    *,
    layers: Collection[str] | None = None,
    panels: Facet | str | None = None,
    smoothing: float = 0.0,
    log_steps: bool = False,
) -> LayerCurves:
    """Pictures shares of saturated values; see `functions.saturation`."""
    return layer_curves(
        runs,
        Quantity.ACTIVATION,
        band=Band.SATURATED,
        layers=layers,
        panels=panels,
        smoothing=smoothing,
        log_steps=log_steps,
    )


def update_ratio(
    runs: Runs,
    *,
    layers: Collection[str] | None = None,
    panels: Facet | str | None = None,
    scale: AxisScale | str = AxisScale.LOG,
    smoothing: float = 0.0,
    log_steps: bool = False,
    full_range: bool = False,
) -> LayerCurves:
    """Pictures how large updates are; see `functions.update_ratio`."""
    return layer_curves(
        runs,
        Quantity.WEIGHT_UPDATE,
        band=Band.UPDATE_RATIO,
        layers=layers,
        panels=panels,
        scale=scale,
        smoothing=smoothing,
        log_steps=log_steps,
        full_range=full_range,
    )


def histograms(
    runs: Runs,
    quantity: Quantity | str = Quantity.ACTIVATION,
    *,
    step: int | None = None,
    layers: Collection[str] | None = None,
    panels: Facet | str | None = None,
    scale: AxisScale | str = AxisScale.AUTO,
    full_range: bool = False,
) -> Histograms:
    """Pictures the histograms of one step; see `functions.histograms`."""
    data = [
        histogram_data(run, quantity, record_of(run, step), index=i)
        for i, run in recorded(runs)
    ]
    plot = Histograms(Figure(figsize=FIGURE_SIZE))
    if data:
        layers_.require(names_of([one.layers for one in data]), layers)
        plot.update(
            data,
            visible=layers,
            panels=panels or panels_for(data),
            scale=scale,
            full_range=full_range,
        )
        make_room(plot)
    return plot


def histogram_map(
    runs: Runs,
    quantity: Quantity | str = Quantity.ACTIVATION,
    *,
    layers: Collection[str] | None = None,
    scale: AxisScale | str = AxisScale.AUTO,
    log_steps: bool = False,
    full_range: bool = False,
) -> HistogramMap:
    """Pictures histograms over training; see `functions.histogram_map`."""
    opened = comparable(runs)
    arrangement = arrange_maps(*names_in(opened, quantity, layers), layers)
    plot = HistogramMap(Figure(figsize=FIGURE_SIZE))
    plot.update(
        read_shown(opened, arrangement, quantity, log_steps=log_steps),
        all_runs=len(opened),
        scale=scale,
        log_steps=log_steps,
        full_range=full_range,
    )
    make_room(plot)
    return plot


def ridgelines(
    runs: Runs,
    quantity: Quantity | str = Quantity.ACTIVATION,
    *,
    layers: Collection[str] | None = None,
    panels: Facet | str | None = None,
    scale: AxisScale | str = AxisScale.AUTO,
    log_steps: bool = False,
    full_range: bool = False,
) -> Ridgelines:
    """Pictures histograms step by step; see `functions.ridgelines`."""
    opened, how = comparable(runs), Facet(panels or Facet.RUNS)
    arrangement = arrange_ridges(*names_in(opened, quantity, layers), layers, how)
    shown = [opened[i] for i in arrangement.shown] or opened
    steps = common_steps(
        [np.asarray(run.steps) for _, run in shown],
        most_ridges(arrangement),
        log_steps=log_steps,
    )
    plot = Ridgelines(Figure(figsize=FIGURE_SIZE))
    plot.update(
        read_shown(opened, arrangement, quantity, near=steps),
        all_runs=len(opened),
        panels=how,
        scale=scale,
        full_range=full_range,
    )
    make_room(plot)
    return plot


def depth_profile(
    runs: Runs,
    *,
    step: int | None = None,
    layers: Collection[str] | None = None,
    scale: AxisScale | str = AxisScale.LOG,
    theory: bool = False,
) -> DepthProfile:
    """Pictures standard deviations against depth; see `functions.profile`."""
    data = [
        depth_profile_data(run, record_of(run, step), index=i, theory=theory)
        for i, run in recorded(runs)
    ]
    plot = DepthProfile(Figure(figsize=FIGURE_SIZE))
    if data:
        layers_.require(names_of([one.layers for one in data]), layers)
    plot.update(data, visible=layers, scale=scale)
    return plot


def training_curves(
    runs: Runs,
    *,
    scale: AxisScale | str = AxisScale.LINEAR,
    smoothing: float = 0.0,
    log_steps: bool = False,
    full_range: bool = False,
) -> TrainingCurves:
    """Pictures loss, error and other metrics; see `functions.training_curves`."""
    plot = TrainingCurves(Figure(figsize=FIGURE_SIZE))
    plot.update(
        [training_curves_data(run, index=i) for i, run in enumerate(several(runs))],
        scale=scale,
        smoothing=smoothing,
        log_steps=log_steps,
        full_range=full_range,
    )
    make_room(plot)
    return plot


def panels_for(data: Sequence[object]) -> Facet:
    """Each of several runs has a panel of its own: layers keep their colours."""
    return Facet.RUNS if len(data) > 1 else Facet.TOGETHER


def make_room(plot: Plot) -> None:
    """Makes the figure as high as its rows of panels ask for."""
    width, height = FIGURE_SIZE
    plot.figure.set_size_inches(width, height * (1 + TALLER * (plot.rows - 1)))
