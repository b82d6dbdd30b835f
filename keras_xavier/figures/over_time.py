"""Statistics of the layers over the steps of training."""

from collections.abc import Collection, Mapping
from enum import StrEnum

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from keras_xavier.figures import layers as layers_
from keras_xavier.figures.data import OverTimeData
from keras_xavier.figures.decimation import Strip, spread, thin
from keras_xavier.figures.limits import FAR, NEAR, Limits, fit_steps, padded, reach
from keras_xavier.figures.picture import (
    NOTHING,
    STEPS,
    Picture,
    View,
    columns_of,
    set_steps_scale,
)
from keras_xavier.figures.style import LIGHT, Style, marker
from keras_xavier.figures.vocabulary import NAMES, SYMBOLS
from keras_xavier.names import shorten_all

MOST_BANDS = 20
"""Layers whose bands can still be told apart; of more, only lines are drawn."""
BAND_ALPHA, EDGE_ALPHA = 0.12, 0.55


class Band(StrEnum):
    """What is drawn of each layer."""

    STD = "std"
    """mean, and mean ± standard deviation as a band"""
    PERCENTILES = "percentiles"
    """median, and 2nd to 98th percentile as a band"""


TITLES = {
    Band.STD: "mean ± standard deviation",
    Band.PERCENTILES: "median, 2nd to 98th percentile",
}


class OverTime(Picture):
    """One line with a band for each layer, over the steps.

    Where there are more steps than pixels, each column of pixels shows the
    extremes of its steps, of line and band alike: nothing is smoothed.
    """

    def __init__(self, figure: Figure, *, style: Style = LIGHT) -> None:
        super().__init__(figure, style=style)
        self._axes = self._add_axes(steps=True)
        self._axes.set_xlabel(STEPS)
        self._lines: list[Line2D] = []
        self._bands: list[FillBetweenPolyCollection] = []
        self._data: OverTimeData | None = None
        self._shown: object = None
        self._drawn: object = None
        self._full_range = False
        self._set_steps_scale(False)
        self._set_message(NOTHING)

    def update(
        self,
        data: OverTimeData,
        *,
        band: Band | str = Band.STD,
        visible: Collection[str] | None = None,
        log_steps: bool = False,
        full_range: bool = False,
    ) -> None:
        """Shows other data.

        Args:
            data: What to show.
            band: What to draw of each layer.
            visible: Names of the layers to draw, or `None` for all.
            log_steps: Whether the axis of steps is logarithmic beyond step 1.
            full_range: Whether the view reaches the farthest outliers.
        """
        band = Band(band)
        visible = None if visible is None else frozenset(visible)
        self._repeat = lambda picture: picture.update(
            data,
            band=band,
            visible=visible,
            log_steps=log_steps,
            full_range=full_range,
        )
        before = self._data
        follow = (
            before is None
            or not len(before.steps)
            or before.quantity is not data.quantity
            or log_steps != self._log_steps
            or full_range != self._full_range
            or self.follow
        )
        if before is None or before.layers != data.layers:
            self._names = shorten_all(data.layers)
            self._make_artists(len(data.layers))
        if log_steps != self._log_steps:
            self._set_steps_scale(log_steps)
        self._data, self._full_range = data, full_range
        self._visible = layers_.select(data.layers, visible)
        self._banded = int(self._visible.sum()) <= MOST_BANDS
        self._strip = strip_of(data, band, banded=self._banded)
        self._drawn = None
        shown = (data.layers, tuple(self._visible))
        if shown != self._shown:
            self._shown = shown
            self._show_layers()
        name, symbol = NAMES[data.quantity], SYMBOLS[data.quantity]
        self._set_ylabel(self._axes, f"{name.lower()} {symbol}", short=symbol)
        self._set_title(f"{name}: {TITLES[band]}", data.run)
        self._set_message(self._why_empty(data))
        if follow:
            self.reset_view()

    def _make_artists(self, layers: int) -> None:
        for artist in (*self._lines, *self._bands):
            artist.remove()
        colors = self.style.layer_colors(layers)
        self._bands = [
            self._axes.fill_between(
                [],
                [],
                [],
                facecolor=(color, BAND_ALPHA),
                # A band of one record is an edge only.
                edgecolor=(color, EDGE_ALPHA),
                linewidth=0.8,
                zorder=1,
            )
            for color in colors
        ]
        self._lines = [
            self._axes.plot(
                [],
                [],
                color=color,
                linewidth=1.6,
                linestyle="solid",
                marker=marker(i),
                markersize=5,
                markeredgecolor=self.style.background,
                markeredgewidth=0.5,
                zorder=2,
            )[0]
            for i, color in enumerate(colors)
        ]

    def _show_layers(self) -> None:
        for i, line in enumerate(self._lines):
            line.set_visible(bool(self._visible[i]))
        for i, area in enumerate(self._bands):
            area.set_visible(self._banded and bool(self._visible[i]))
        self._set_legend(
            [(self._lines[i], self._names[i]) for i in np.flatnonzero(self._visible)],
            what="layers",
        )

    def _set_steps_scale(self, logarithmic: bool) -> None:
        self._log_steps = logarithmic
        set_steps_scale(self._axes, logarithmic)

    def _why_empty(self, data: OverTimeData) -> str:
        if not data.layers:
            return f"No layer of this run has the quantity {data.quantity}"
        if not len(data.steps):
            return "No records yet"
        if not self._visible.any():
            return "No layer is chosen"
        if np.isnan(self._strip.middle[:, self._visible]).all():
            return "No finite values"
        return ""

    def _fit(self) -> Mapping[Axes, View]:
        data = self._data
        if data is None or not len(data.steps):
            return {self._axes: ((0.0, 1.0), (0.0, 1.0))}
        x = fit_steps(self._axes, float(data.steps[0]), float(data.steps[-1]))
        strip = self._strip
        low, high = strip.low[:, self._visible], strip.high[:, self._visible]
        unbounded = ((-np.inf, np.inf),) * len(data.layers)
        bounds = np.reshape(data.bounds or unbounded, (-1, 2))[self._visible]
        bounded = np.isfinite(bounds).all(axis=1)
        # The few early records take much of a logarithmic axis.
        air = np.inf if self._full_range else FAR if self._log_steps else NEAR
        lowest, highest = reach(low[:, ~bounded], high[:, ~bounded], air=air)
        # A bounded activation is seen against its bounds: saturation shows.
        lowest = min([lowest, *bounds[bounded, 0]])
        highest = max([highest, *bounds[bounded, 1]])
        if not np.isfinite([lowest, highest]).all():
            lowest, highest = 0.0, 1.0
        return {self._axes: (x, padded(lowest, highest))}

    def _refine(self) -> None:
        data = self._data
        if data is None or not len(data.steps):
            return
        view = (self._axes.get_xlim(), columns_of(self._axes))
        if view != self._drawn:
            self._drawn = view
            self._draw(*view)

    def _draw(self, limits: Limits, columns: int) -> None:
        transform = self._axes.xaxis.get_transform().transform
        x, middle, low, high = thin(
            self._strip, limits=limits, columns=columns, transform=transform
        )
        for i in np.flatnonzero(self._visible):
            self._lines[i].set_data(x, middle[:, i])
            self._lines[i].set_markevery(
                spread(transform(x), transform(np.array(limits)), int(i))
            )
            if self._bands[i].get_visible():
                self._bands[i].set_data(x, low[:, i], high[:, i])

    def _remarks(self) -> list[str]:
        data, remarks = self._data, []
        if data is None or not len(data.steps):
            return []
        visible = self._visible
        undefined = np.isnan(self._strip.middle[:, visible])
        if undefined.any():
            record, column = np.argwhere(undefined)[0]
            name = self._names[np.flatnonzero(visible)[column]]
            remarks.append(
                f"NaN or ±Inf first at step {data.steps[record]:,} in {name}"
            )
        if not self._banded:
            remarks.append(f"no bands, as there are more than {MOST_BANDS} layers")
        (left, right), (bottom, top) = self._axes.get_xlim(), self._axes.get_ylim()
        seen = (data.steps >= left) & (data.steps <= right)
        low, high = self._strip.low[:, visible], self._strip.high[:, visible]
        out = ((low < bottom) | (high > top)) & seen[:, np.newaxis]
        if out.any():
            leaving = np.flatnonzero(visible)[out.any(axis=0)]
            more = f" and {len(leaving) - 1} more" if len(leaving) > 1 else ""
            remarks.append(
                f"{self._names[leaving[0]]}{more} out of view at "
                f"{out.any(axis=1).sum():,} of {seen.sum():,} records"
            )
        return remarks


def strip_of(data: OverTimeData, band: Band, *, banded: bool) -> Strip:
    """The lines and bands to draw; without bands, these are as narrow as lines."""
    steps = data.steps.astype(np.float64)
    if not banded:
        middle = data.mean if band is Band.STD else data.p50
        return Strip(steps, *[middle.astype(np.float64)] * 3)
    if band is Band.STD:
        mean, std = data.mean.astype(np.float64), data.std.astype(np.float64)
        return Strip(steps, mean, mean - std, mean + std)
    return Strip(steps, *(p.astype(np.float64) for p in (data.p50, data.p2, data.p98)))
