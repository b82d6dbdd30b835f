"""Reads curves over the steps, and the profile."""

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes

from keras_xavier.figure_spec import Band
from keras_xavier.figures.bands import (
    SINGLE,
    lacks_units,
    predicted_statistic,
    prediction_of,
)
from keras_xavier.figures.depth_profile import DepthProfile
from keras_xavier.figures.downsampling import smooth
from keras_xavier.figures.layer_curves import LayerCurves
from keras_xavier.figures.reading.groups import readable
from keras_xavier.figures.reading.numbers import theory_texts, value_text
from keras_xavier.figures.reading.points import Group, Lines, Reading, Values
from keras_xavier.figures.ticks import ShareFormatter
from keras_xavier.figures.training_curves import TrainingCurves, doubles, split
from keras_xavier.statistics import Statistic

READ: Mapping[Band, tuple[Statistic, ...]] = {
    Band.STD: (Statistic.MEAN, Statistic.STD),
    Band.PERCENTILES: (Statistic.P50, Statistic.P2, Statistic.P98),
    Band.P98_AND_STD: (Statistic.STD, Statistic.P98),
    **{band: (statistic,) for band, statistic in SINGLE.items()},
}
"""The statistics of a line and its band, the line first."""


@readable.register
def layer_curves(plot: LayerCurves) -> list[Group]:
    """Reads a line for each layer, with its band and the prediction of theory."""
    panels: dict[tuple[Axes, int], list[int]] = {}
    for (i, j), drawn in plot._artists.items():
        panels.setdefault((drawn.axes, i), []).append(j)
    return [
        Lines(
            axes=axes,
            run=i,
            x=plot._strips[i].x,
            y=plot._smooth[i][:, layers],
            layers=[plot._runs[i].layers[j] for j in layers],
            artists=[plot._artists[i, j].line for j in layers],
            read=_layer_reader(plot, i, layers),
            # Either all lines have bands or none has.
            bands=[band for j in layers if (band := plot._artists[i, j].band)],
        )
        for (axes, i), layers in panels.items()
    ]


def _layer_reader(
    plot: LayerCurves, i: int, layers: list[int]
) -> Callable[[int, int], Reading]:
    def read(line: int, point: int) -> Reading:
        data, strip, smoothed = plot._runs[i], plot._strips[i], plot._smooth[i]
        j = layers[line]
        values = _values(plot, i, point, j)
        if smoothed is not strip.middle:
            values += (("smoothed", value_text(smoothed[point, j])),)
        return Reading(
            run=data.run,
            layer=data.layers[j],
            step=int(data.steps[point]),
            values=values,
            value=float(strip.middle[point, j]),
        )

    return read


def _values(plot: LayerCurves, i: int, point: int, j: int) -> Values:
    """Returns the statistics that a line and its band show."""
    data, band = plot._runs[i], plot.options.band
    if band is None:
        is_share = isinstance(plot._formatter(), ShareFormatter)
        value = plot._strips[i].middle[point, j]
        return ((plot._value_label()[1], value_text(value, is_share=is_share)),)
    statistics = READ[band]
    if band is Band.UNIT_STD and lacks_units(data):
        statistics = (Statistic.STD,)
    values: Values = tuple(
        (one.label, value_text(read[point, j], is_share=one.is_share))
        for one in statistics
        if (read := getattr(data, one)) is not None
    )
    predicted, statistic = prediction_of(data, band), predicted_statistic(data, band)
    if predicted is not None and statistic is not None:
        measured = getattr(data, statistic)[point, j]
        values += theory_texts(float(measured), float(predicted[j]))
    return values


@readable.register
def training_curves(plot: TrainingCurves) -> list[Group]:
    """Reads a line for each metric of each run."""
    return [_metric(plot, i, metric) for i, metric in plot._lines]


def _metric(plot: TrainingCurves, i: int, metric: str) -> Lines:
    data, axes = plot._runs[i], plot._axes_of(metric)
    steps, values = data.metrics[metric]
    window = plot.options.smoothing
    smoothed = smooth(doubles(steps), doubles(values), window)
    is_share = isinstance(axes.yaxis.get_major_formatter(), ShareFormatter)

    def read(_: int, point: int) -> Reading:
        name = split(metric)[1].replace("_", " ")
        texts = [(name, value_text(float(values[point]), is_share=is_share))]
        if window > 0:
            text = value_text(float(smoothed[point]), is_share=is_share)
            texts.append(("smoothed", text))
        return Reading(
            run=data.run,
            layer="",
            step=int(steps[point]),
            values=tuple(texts),
            value=float(values[point]),
            title=metric.replace("_", " "),
        )

    return Lines(
        axes=axes,
        run=i,
        x=doubles(steps),
        y=smoothed[:, np.newaxis],
        layers=("",),
        artists=(plot._lines[i, metric],),
        read=read,
    )


@readable.register
def depth_profile(plot: DepthProfile) -> list[Group]:
    """Reads a line for each run, of two quantities in each layer."""
    return [
        _profile(plot, panel, i)
        for panel, lines in enumerate(plot._lines)
        for i in range(len(lines))
    ]


def _profile(plot: DepthProfile, panel: int, i: int) -> Lines:
    data, quantity = plot._runs[i], plot._quantities[panel]
    shown = np.flatnonzero(plot._shown[i])
    line = plot._lines[panel][i]
    x, y = (np.asarray(one, np.float64) for one in line.get_data(orig=True))
    statistic = data.statistics[quantity]

    def read(_: int, point: int) -> Reading:
        j = shown[point]
        value = float(data.values[quantity][j])
        name = f"{statistic.label} of {quantity.symbol}"
        values: Values = ((name, value_text(value, is_share=statistic.is_share)),)
        if data.predicted is not None:
            values += theory_texts(value, float(data.predicted[quantity][j]))
        return Reading(data.run, data.layers[j], data.step, values, value)

    return Lines(
        axes=plot.layout.axes[panel],
        run=i,
        x=x,
        y=y[:, np.newaxis],
        layers=("",),
        artists=(line,),
        read=read,
        point_layers=[data.layers[j] for j in shown],
    )
