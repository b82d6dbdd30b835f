"""Runs as pictures: what is read of them, drawn on a figure of its own."""

from collections.abc import Collection, Sequence

import numpy as np
from matplotlib.figure import Figure

from keras_xavier.figures import layers as layers_
from keras_xavier.figures.arrangement import arrange_maps, arrange_ridges, most_ridges
from keras_xavier.figures.comparison import Panels
from keras_xavier.figures.curves import TrainingCurves
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
from keras_xavier.figures.over_time import OverTime
from keras_xavier.figures.overview import Overview
from keras_xavier.figures.picture import FIGURE_SIZE, Picture
from keras_xavier.figures.profile import Profile
from keras_xavier.figures.reading import (
    curves_data,
    histogram_data,
    over_time_data,
    overview_data,
    profile_data,
)
from keras_xavier.figures.recorded_step import record_of
from keras_xavier.figures.records import common_steps
from keras_xavier.figures.ridgelines import Ridgelines
from keras_xavier.figures.scales import ValueScale
from keras_xavier.figures.strips import Band
from keras_xavier.figures.value_axis import Scale
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
    """Pictures one statistic of all layers; see `draw.overview`."""
    data = [overview_data(run, quantity, statistic) for run in several(runs)]
    layers_.require(names_of([one.layers for one in data]), layers)
    picture = Overview(Figure(figsize=FIGURE_SIZE))
    picture.update(data, visible=layers, full_range=full_range)
    make_room(picture)
    return picture


def over_time(
    runs: Runs,
    quantity: Quantity | str = Quantity.ACTIVATION,
    *,
    band: Band | str = Band.STD,
    layers: Collection[str] | None = None,
    panels: Panels | str | None = None,
    scale: ValueScale | str = ValueScale.LINEAR,
    smoothing: float = 0.0,
    log_steps: bool = False,
    full_range: bool = False,
    theory: bool = False,
) -> OverTime:
    """Pictures one quantity over training; see `draw.over_time`."""
    data = [
        over_time_data(run, quantity, index=i, theory=theory)
        for i, run in enumerate(several(runs))
    ]
    layers_.require(names_of([one.layers for one in data]), layers)
    picture = OverTime(Figure(figsize=FIGURE_SIZE))
    picture.update(
        data,
        band=band,
        visible=layers,
        panels=panels or panels_for(data),
        scale=scale,
        smoothing=smoothing,
        log_steps=log_steps,
        full_range=full_range,
    )
    make_room(picture)
    return picture


def saturation(
    runs: Runs,
    *,
    layers: Collection[str] | None = None,
    panels: Panels | str | None = None,
    smoothing: float = 0.0,
    log_steps: bool = False,
) -> OverTime:
    """Pictures shares of saturated values; see `draw.saturation_over_time`."""
    return over_time(
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
    panels: Panels | str | None = None,
    scale: ValueScale | str = ValueScale.LOG,
    smoothing: float = 0.0,
    log_steps: bool = False,
    full_range: bool = False,
) -> OverTime:
    """Pictures how large updates are; see `draw.update_ratio_over_time`."""
    return over_time(
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
    panels: Panels | str | None = None,
    scale: Scale | str = Scale.AUTOMATIC,
    full_range: bool = False,
) -> Histograms:
    """Pictures the histograms of one step; see `draw.histograms`."""
    data = [
        histogram_data(run, quantity, record_of(run, step), index=i)
        for i, run in recorded(runs)
    ]
    picture = Histograms(Figure(figsize=FIGURE_SIZE))
    if data:
        layers_.require(names_of([one.layers for one in data]), layers)
        picture.update(
            data,
            visible=layers,
            panels=panels or panels_for(data),
            scale=scale,
            full_range=full_range,
        )
        make_room(picture)
    return picture


def histogram_map(
    runs: Runs,
    quantity: Quantity | str = Quantity.ACTIVATION,
    *,
    layers: Collection[str] | None = None,
    scale: Scale | str = Scale.AUTOMATIC,
    log_steps: bool = False,
    full_range: bool = False,
) -> HistogramMap:
    """Pictures histograms over training; see `draw.histogram_map`."""
    opened = comparable(runs)
    arrangement = arrange_maps(*names_in(opened, quantity, layers), layers)
    picture = HistogramMap(Figure(figsize=FIGURE_SIZE))
    picture.update(
        read_shown(opened, arrangement, quantity, log_steps=log_steps),
        all_runs=len(opened),
        scale=scale,
        log_steps=log_steps,
        full_range=full_range,
    )
    make_room(picture)
    return picture


def ridgelines(
    runs: Runs,
    quantity: Quantity | str = Quantity.ACTIVATION,
    *,
    layers: Collection[str] | None = None,
    panels: Panels | str | None = None,
    scale: Scale | str = Scale.AUTOMATIC,
    log_steps: bool = False,
    full_range: bool = False,
) -> Ridgelines:
    """Pictures histograms step by step; see `draw.ridgelines`."""
    opened, how = comparable(runs), Panels(panels or Panels.RUNS)
    arrangement = arrange_ridges(*names_in(opened, quantity, layers), layers, how)
    shown = [opened[i] for i in arrangement.shown] or opened
    steps = common_steps(
        [np.asarray(run.steps) for _, run in shown],
        most_ridges(arrangement),
        log_steps=log_steps,
    )
    picture = Ridgelines(Figure(figsize=FIGURE_SIZE))
    picture.update(
        read_shown(opened, arrangement, quantity, near=steps),
        all_runs=len(opened),
        panels=how,
        scale=scale,
        full_range=full_range,
    )
    make_room(picture)
    return picture


def profile(
    runs: Runs,
    *,
    step: int | None = None,
    layers: Collection[str] | None = None,
    scale: ValueScale | str = ValueScale.LOG,
    theory: bool = False,
) -> Profile:
    """Pictures standard deviations against depth; see `draw.profile`."""
    data = [
        profile_data(run, record_of(run, step), index=i, theory=theory)
        for i, run in recorded(runs)
    ]
    picture = Profile(Figure(figsize=FIGURE_SIZE))
    if data:
        layers_.require(names_of([one.layers for one in data]), layers)
    picture.update(data, visible=layers, scale=scale)
    return picture


def training_curves(
    runs: Runs,
    *,
    scale: ValueScale | str = ValueScale.LINEAR,
    smoothing: float = 0.0,
    log_steps: bool = False,
    full_range: bool = False,
) -> TrainingCurves:
    """Pictures loss, error and other metrics; see `draw.training_curves`."""
    picture = TrainingCurves(Figure(figsize=FIGURE_SIZE))
    picture.update(
        [curves_data(run, index=i) for i, run in enumerate(several(runs))],
        scale=scale,
        smoothing=smoothing,
        log_steps=log_steps,
        full_range=full_range,
    )
    make_room(picture)
    return picture


def panels_for(data: Sequence[object]) -> Panels:
    """Each of several runs has a panel of its own: layers keep their colours."""
    return Panels.RUNS if len(data) > 1 else Panels.TOGETHER


def make_room(picture: Picture) -> None:
    """Makes the figure as high as its rows of panels ask for."""
    width, height = FIGURE_SIZE
    picture.figure.set_size_inches(width, height * (1 + TALLER * (picture.rows - 1)))
