"""Spread against depth at one step: how the signal and the gradient fare."""

from collections.abc import Collection, Mapping, Sequence
from typing import Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from keras_xavier.figure_spec import AxisScale
from keras_xavier.figures import layers as layers_
from keras_xavier.figures.data import DepthProfileData, Floats
from keras_xavier.figures.labels import at_steps, step_notes
from keras_xavier.figures.limits import Limits, padded
from keras_xavier.figures.loaders import FORWARD_AND_BACKWARD
from keras_xavier.figures.plot import NOTHING, Plot, View
from keras_xavier.figures.style import (
    LIGHT,
    THEORY_LOOK,
    THEORY_REMARK,
    Style,
    line_style,
    marker,
)
from keras_xavier.figures.table import Table, stack
from keras_xavier.figures.ticks import ValueFormatter
from keras_xavier.figures.value_scale import pad_values, set_value_scale, threshold_of
from keras_xavier.statistics import Quantity
from keras_xavier.text import shorten_all

DEPTH = "layer, from input to output"
FLAT = 3.0
"""Ratio of largest and smallest value under which the axis reaches further."""


class DepthProfile(Plot):
    """One line for each run: one quantity at the left, another one at the right.

    By default these are what flows forward and what flows back. With the normalized
    initialization of Glorot & Bengio (2010) both are level at step 0; a line that
    falls shows where the signal, or the gradient, fades.
    """

    def __init__(self, figure: Figure, *, style: Style = LIGHT) -> None:
        super().__init__(figure, style=style)
        self._across = 2
        self._panels = self._add_axes(), self._add_axes()
        self._scale = AxisScale.LOG
        self._thresholds = dict.fromkeys(self._panels, 1.0)
        for axes in self._panels:
            set_value_scale(axes, self._scale, self._thresholds[axes])
            axes.yaxis.set_major_formatter(ValueFormatter())
            axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
            axes.set_xlabel(DEPTH)
        self._lines: list[Line2D] = []
        self._profiles: tuple[DepthProfileData, ...] = ()
        self._shown: list[NDArray[np.bool_]] = []
        self._set_message(NOTHING)

    def update(
        self,
        profiles: Sequence[DepthProfileData],
        *,
        visible: Collection[str] | None = None,
        scale: AxisScale | str = AxisScale.LOG,
    ) -> None:
        """Shows other profiles.

        Args:
            profiles: Those of the runs to show.
            visible: Names of the layers to draw, or `None` for all; whichever they
                are, each stays at its depth.
            scale: Of the axes of values.
        """
        profiles, scale = tuple(profiles), AxisScale(scale)
        visible = None if visible is None else frozenset(visible)
        self._repeat = lambda plot: plot.update(profiles, visible=visible, scale=scale)
        before, fitted = (quantities_of(self._profiles), self._scale), self.follow
        anew = not self._profiles or (quantities_of(profiles), scale) != before
        self._profiles, self._scale = profiles, scale
        self._shown = [layers_.select(one.layers, visible) for one in profiles]
        if anew:
            self._set_scale(
                {axes: threshold_of(self._values(q)) for axes, q in self._measured()}
            )
        for line in self._lines:
            line.remove()
        forward, backward = (
            [
                self._draw(axes, one, quantity, shown)
                for one, shown in zip(profiles, self._shown, strict=True)
            ]
            for axes, quantity in self._measured()
        )
        self._lines = [*forward, *backward]
        for axes, quantity in self._measured():
            self._lines += [
                self._draw_predicted(axes, one, one.predicted[quantity], shown)
                for one, shown in zip(profiles, self._shown, strict=True)
                if one.predicted is not None
            ]
        notes = step_notes([(one.step, one.is_last) for one in profiles])
        runs = shorten_all([one.run for one in profiles])
        names = [run + note for run, note in zip(runs, notes, strict=True)]
        entries = list(zip(forward, names, strict=True)) if len(profiles) > 1 else []
        self._set_legend(entries, what="runs")
        for axes, quantity in self._measured():
            text = f"standard deviation of the {quantity.label.lower()}"
            self._set_ylabel(axes, text, short=f"std of {symbol_of(quantity)}")
        where = at_steps(one.step for one in profiles) if profiles else ""
        what = f"Profile: standard deviation in each layer {where}"
        title = profiles[0].run if len(profiles) == 1 else f"{len(profiles)} runs"
        self._set_title(
            what if profiles else "Depth profile", title if profiles else ""
        )
        self._set_message(self._why_empty())
        self._move_view(anew=anew, fitted=fitted)

    def _measured(self) -> list[tuple[Axes, Quantity]]:
        """The panels, and what is shown in them."""
        return list(zip(self._panels, quantities_of(self._profiles), strict=True))

    def _set_scale(self, thresholds: Mapping[Axes, float]) -> None:
        self._thresholds = dict(thresholds)
        for axes, threshold in thresholds.items():
            set_value_scale(axes, self._scale, threshold)

    def _show_like(self, other: Self) -> None:
        # The view was made for these, perhaps of another step.
        mine = zip(self._panels, other._thresholds.values(), strict=True)
        self._set_scale(dict(mine))
        super()._show_like(other)

    def _values(self, quantity: Quantity) -> NDArray[np.float64]:
        """The values that are drawn, of all runs."""
        found = [
            one.std[quantity][shown]
            for one, shown in zip(self._profiles, self._shown, strict=True)
        ]
        values = np.concatenate([np.empty(0), *found]).astype(np.float64)
        return values[np.isfinite(values)]

    def _draw(
        self,
        axes: Axes,
        one: DepthProfileData,
        quantity: Quantity,
        shown: NDArray[np.bool_],
    ) -> Line2D:
        (line,) = axes.plot(
            1 + np.flatnonzero(shown),
            self._drawn(one.std[quantity][shown]),
            color=self.style.run_color(one.index),
            linewidth=1.6,
            linestyle=line_style(one.index),
            marker=marker(one.index),
            markersize=5,
        )
        return line

    def _drawn(self, values: NDArray[np.floating]) -> NDArray[np.floating]:
        """What the scale can show."""
        if self._scale is AxisScale.LOG:
            return np.where(values > 0, values, np.nan)
        return values

    def _draw_predicted(
        self,
        axes: Axes,
        one: DepthProfileData,
        values: NDArray[np.floating],
        shown: NDArray[np.bool_],
    ) -> Line2D:
        (line,) = axes.plot(
            1 + np.flatnonzero(shown),
            self._drawn(values[shown]),
            color=self.style.run_color(one.index),
            **THEORY_LOOK,
        )
        return line

    def _why_empty(self) -> str:
        if not self._profiles:
            return "No run is chosen"
        if not any(shown.any() for shown in self._shown):
            return "No layer is chosen"
        if not any(self._values(quantity).size for _, quantity in self._measured()):
            return "No finite values"
        return ""

    def _fit(self, *, seen: bool = False) -> Mapping[Axes, View]:
        deepest = max((len(one.layers) for one in self._profiles), default=1)
        return {
            axes: ((0.7, deepest + 0.3), self._fit_y(axes, quantity))
            for axes, quantity in self._measured()
        }

    def _fit_y(self, axes: Axes, quantity: Quantity) -> Limits:
        scale = self._scale
        predicted = [
            one.predicted[quantity][shown]
            for one, shown in zip(self._profiles, self._shown, strict=True)
            if one.predicted is not None
        ]
        values = np.concatenate([self._values(quantity), *predicted])
        values = values[np.isfinite(values)]
        if scale is AxisScale.LOG:
            values = values[values > 0]
        if not values.size:
            return pad_values(scale, np.inf, -np.inf, self._thresholds[axes])
        low, high = float(values.min()), float(values.max())
        if scale is not AxisScale.LOG:
            # A spread is seen against none at all.
            return pad_values(scale, 0.0, high, self._thresholds[axes])
        if high < FLAT * low:
            # What is level should look so.
            middle = np.sqrt(low * high)
            low, high = middle / np.sqrt(FLAT), middle * np.sqrt(FLAT)
        return padded(low, high, np.log10, lambda x: 10.0**x)

    def _refine(self) -> None:
        """There is nothing to adapt."""

    def table(self) -> Table:
        """What is shown: a row for each layer of each run."""
        rows: list[dict[str, object]] = [
            {
                "run": one.run,
                "step": one.step,
                "layer": np.array(one.layers, object)[shown],
                **{f"std_{name}": values[shown] for name, values in one.std.items()},
                **{
                    f"theory_{name}": values[shown]
                    for name, values in (one.predicted or {}).items()
                },
            }
            for one, shown in zip(self._profiles, self._shown, strict=True)
        ]
        return stack(rows)

    def _remarks(self) -> list[str]:
        remarks = []
        for _, quantity in self._measured():
            zeros = int((self._values(quantity) == 0).sum())
            nans = sum(
                int(
                    (
                        ~np.isfinite(one.std[quantity]) & one.measured[quantity] & on
                    ).sum()
                )
                for one, on in zip(self._profiles, self._shown, strict=True)
            )
            symbol = symbol_of(quantity)
            if zeros:
                remarks.append(f"{symbol}: {zeros} layers with a spread of exactly 0")
            if nans:
                remarks.append(f"{symbol}: {nans} layers with NaN or ±Inf")
        if any(one.predicted is not None for one in self._profiles):
            remarks.append(THEORY_REMARK)
        if len(self._profiles) == 1:
            left, right = (self._values(q) for _, q in self._measured())
            symbols = [symbol_of(quantity) for _, quantity in self._measured()]
            if ratio := last_over_first(left):
                remarks.append(f"{symbols[0]}: last over first layer {ratio:.2g}")
            if ratio := last_over_first(right[::-1]):
                remarks.append(f"{symbols[1]}: first over last layer {ratio:.2g}")
        return remarks


def quantities_of(profiles: Sequence[DepthProfileData]) -> tuple[Quantity, ...]:
    return tuple(profiles[0].std) if profiles else FORWARD_AND_BACKWARD


def symbol_of(quantity: Quantity) -> str:
    return quantity.symbol


def last_over_first(values: Floats) -> float | None:
    """How much of the first spread that is positive is left in the end."""
    known = values[np.isfinite(values) & (values > 0)]
    return float(known[-1] / known[0]) if known.size > 1 else None
