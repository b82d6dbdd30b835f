"""Histograms of the layers at one step, one over the other."""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from matplotlib.ticker import NullLocator

from keras_xavier.figures import layers as layers_
from keras_xavier.figures.binning import (
    LINEAR_PART,
    ROBUST,
    Histogram,
    Outline,
    histogram,
    outline,
    quantiles,
)
from keras_xavier.figures.data import HistogramData
from keras_xavier.figures.limits import Limits, common, padded, round_out
from keras_xavier.figures.picture import NOTHING, Picture, View
from keras_xavier.figures.style import LIGHT, Style, line_style
from keras_xavier.figures.ticks import PowerLocator, RoomyLocator, ValueFormatter
from keras_xavier.figures.vocabulary import NAMES, SYMBOLS
from keras_xavier.names import shorten_all

FAR_APART = 20.0
"""Ratio of the widest layer to the narrowest that asks for a logarithmic axis."""


class Scale(StrEnum):
    """How values lie along their axis."""

    AUTOMATIC = "automatic"
    """linear, unless the layers are so different that some could not be seen"""
    LINEAR = "linear"
    LOG = "log"
    """logarithmic to both sides, and linear close to 0"""


class Histograms(Picture):
    """One outline for each layer: the share of its values per unit.

    Stored bins are merged to intervals that can be seen; zooming in shows finer
    ones, down to the stored bins. Under the axes stands what is not in view.
    """

    def __init__(self, figure: Figure, *, style: Style = LIGHT) -> None:
        super().__init__(figure, style=style)
        self._axes = self._add_axes()
        self._patches: list[StepPatch] = []
        self._data: HistogramData | None = None
        self._names: list[str] = []
        self._histograms: dict[int, Histogram] = {}
        self._named: object = None
        self._drawn: object = None
        self._drawn_outlines: dict[int, Outline] = {}
        self._scale = Scale.AUTOMATIC
        self._full_range = False
        self._threshold: float | None = None
        self._set_threshold(None)
        self._set_message(NOTHING)

    def update(
        self,
        data: HistogramData,
        *,
        visible: Collection[str] | None = None,
        scale: Scale | str = Scale.AUTOMATIC,
        full_range: bool = False,
    ) -> None:
        """Shows other histograms.

        Args:
            data: What to show.
            visible: Names of the layers to draw, or `None` for all.
            scale: Of the axis of values.
            full_range: Whether the view reaches the farthest values, and not
                only the 1st to the 99th percentile.
        """
        scale = Scale(scale)
        visible = None if visible is None else frozenset(visible)
        self._repeat = lambda picture: picture.update(
            data, visible=visible, scale=scale, full_range=full_range
        )
        before, self._data = self._data, data
        follow = (
            before is None
            or before.quantity is not data.quantity
            or scale is not self._scale
            or full_range != self._full_range
            or self.follow
        )
        if before is None or before.layers != data.layers:
            self._names = shorten_all(data.layers)
            self._make_patches(len(data.layers))
        self._scale, self._full_range = scale, full_range
        self._histograms = {
            int(i): histogram(data.counts[i], data.edges[i])
            for i in np.flatnonzero(layers_.select(data.layers, visible))
        }
        self._drawn = None
        if self._named != (named := (data.layers, *self._histograms)):
            self._named = named
            self._name_layers()
        name = NAMES[data.quantity]
        self._axes.set_xlabel(f"{name.lower()} {SYMBOLS[data.quantity]}")
        self._set_title(f"{name}s at step {data.step:,}", data.run)
        self._set_message(self._why_empty(data))
        if follow:
            self.reset_view()

    def _make_patches(self, layers: int) -> None:
        for patch in self._patches:
            patch.remove()
        self._patches = [
            self._axes.stairs(
                [0.0],
                [0.0, 1.0],
                edgecolor=color,
                linewidth=1.6,
                linestyle=line_style(i),
                fill=False,
            )
            for i, color in enumerate(self.style.layer_colors(layers))
        ]

    def _name_layers(self) -> None:
        for i, patch in enumerate(self._patches):
            patch.set_visible(i in self._histograms)
        self._set_legend(
            [(self._patches[i], self._names[i]) for i in self._histograms],
            what="layers",
        )

    def _why_empty(self, data: HistogramData) -> str:
        visible = self._histograms.values()
        if not data.layers:
            return f"No layer of this run has the quantity {data.quantity}"
        if not visible:
            return "No layer is chosen"
        if not any(one.total for one in visible):
            return "No values were counted"
        if not any(one.finite for one in visible):
            return "No finite values"
        if all(np.isnan(one.reach) for one in visible):
            return "All values are exactly 0"
        return ""

    def _unbounded(self) -> list[Histogram]:
        """The visible histograms with values, of quantities without bounds."""
        return [
            one
            for i, one in self._histograms.items()
            if not self._is_bounded(i) and np.isfinite(one.reach)
        ]

    def _is_bounded(self, layer: int) -> bool:
        bounds = self._data.bounds if self._data else ()
        return bool(bounds) and bool(np.isfinite(bounds[layer]).all())

    def _find_threshold(self) -> float | None:
        """Where the axis should become logarithmic; `None` if it should not."""
        shown: Sequence[Histogram] = self._unbounded()
        if self._scale is Scale.LOG:
            shown = [one for one in self._histograms.values() if np.isfinite(one.reach)]
        if not shown or self._scale is Scale.LINEAR:
            return None
        reaches = [one.reach for one in shown]
        near = common(reaches) <= FAR_APART * min(reaches)
        if self._scale is Scale.AUTOMATIC and near:
            return None
        return float(10.0 ** np.floor(np.log10(min(reaches) / FAR_APART)))

    def _set_threshold(self, threshold: float | None) -> None:
        axes = self._axes
        if threshold is None:
            axes.set_xscale("linear")
            axes.xaxis.set_major_locator(RoomyLocator())
            self._set_ylabel(axes, "density: share of values per unit", short="density")
        else:
            axes.set_xscale("symlog", linthresh=threshold, linscale=LINEAR_PART)
            axes.xaxis.set_major_locator(PowerLocator(threshold))
            axes.xaxis.set_minor_locator(NullLocator())
            self._set_ylabel(
                axes, "share of values per decade", short="share per decade"
            )
        axes.xaxis.set_major_formatter(ValueFormatter())
        self._threshold = threshold

    def _show_like(self, other: Self) -> None:
        if other._threshold != self._threshold:
            self._set_threshold(other._threshold)
        super()._show_like(other)

    def _fit(self) -> Mapping[Axes, View]:
        if (threshold := self._find_threshold()) != self._threshold:
            self._set_threshold(threshold)
        x = self._fit_x()
        peaks = [peak for one in self._outlines(x).values() if (peak := one.peak(*x))]
        top = max(peaks, default=0.0) if self._full_range else common(peaks)
        return {self._axes: (x, (0.0, 1.06 * top or 1.0))}

    def _fit_x(self) -> Limits:
        # Against its bounds, saturation shows.
        views = [
            padded(*self._data.bounds[i], pad=0.02)
            for i in self._histograms
            if self._data and self._is_bounded(i)
        ]
        widest = np.inf
        if not self._full_range and self._threshold is None:
            widest = common([one.reach for one in self._unbounded()])
        levels = (0.0, 1.0) if self._full_range else ROBUST
        views += [
            round_out(*quantiles(one, *levels))
            for one in self._unbounded()
            if one.reach <= widest
        ]
        if not views:
            return 0.0, 1.0
        return min(low for low, _ in views), max(high for _, high in views)

    def _outlines(self, x: Limits) -> dict[int, Outline]:
        return {
            i: outline(one, *x, threshold=self._threshold)
            for i, one in self._histograms.items()
        }

    def _refine(self) -> None:
        x = self._axes.get_xlim()
        if x == self._drawn:
            return
        self._drawn = x
        self._drawn_outlines = self._outlines(x)
        for i, one in self._drawn_outlines.items():
            self._patches[i].set_data(one.heights, one.edges)

    def _remarks(self) -> list[str]:
        """What cannot be seen: shares, each of the layer where it is largest."""
        outlines, x = self._drawn_outlines, self._axes.get_xlim()
        top = self._axes.get_ylim()[1]
        taller = [self._names[i] for i, one in outlines.items() if one.peak(*x) > top]
        totals = {i: max(one.total, 1.0) for i, one in self._histograms.items()}
        outside = {i: one.outside(*x) for i, one in self._histograms.items()}
        zeros = {i: one.zeros for i, one in self._histograms.items()}
        nonfinite = {i: one.nonfinite for i, one in self._histograms.items()}

        def largest(counts: Mapping[int, float]) -> str:
            shares = {i: n / totals[i] for i, n in counts.items() if n > 0}
            i = max(shares, key=lambda i: shares[i])
            share = f"{100 * shares[i]:.1f}" if shares[i] >= 0.001 else "< 0.1"
            return f"{share} % of {self._names[i]}"

        remarks = [
            f"{what}: {largest(counts)}"
            for what, counts in (
                ("out of view", outside),
                ("exactly 0", zeros),
                ("NaN or ±Inf", nonfinite),
            )
            if any(n > 0 for n in counts.values())
        ]
        if taller:
            more = f" and {len(taller) - 1} more" if len(taller) > 1 else ""
            remarks.append(f"taller than the view: {taller[0]}{more}")
        if not remarks:
            remarks.append("all values are in view")
        if outlines:
            stored = max(len(one.counts) for one in self._histograms.values())
            drawn = max(len(one.heights) for one in outlines.values())
            remarks.append(f"{stored} bins drawn as {drawn} intervals")
        return remarks
