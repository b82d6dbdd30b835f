"""Spread against depth at one step: how the signal and the gradient fare."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, NullFormatter
from numpy.typing import NDArray

from keras_xavier.figures.data import ProfileData
from keras_xavier.figures.limits import padded
from keras_xavier.figures.picture import NOTHING, Picture, View
from keras_xavier.figures.reading import FORWARD_AND_BACKWARD
from keras_xavier.figures.style import (
    LIGHT,
    THEORY_LOOK,
    THEORY_REMARK,
    Style,
    line_style,
    marker,
)
from keras_xavier.figures.table import Table, stack
from keras_xavier.figures.ticks import LogTicks, ValueFormatter
from keras_xavier.figures.vocabulary import NAMES, SYMBOLS
from keras_xavier.names import shorten_all
from keras_xavier.statistics import Quantity

DEPTH = "layer, from input to output"
FLAT = 3.0
"""Ratio of largest and smallest value under which the axis reaches further."""


class Profile(Picture):
    """One line for each run: one quantity at the left, another one at the right.

    By default these are what flows forward and what flows back. With the normalized
    initialization of Glorot & Bengio (2010) both are level at step 0; a line that
    falls shows where the signal, or the gradient, fades.
    """

    def __init__(self, figure: Figure, *, style: Style = LIGHT) -> None:
        super().__init__(figure, style=style)
        self._across = 2
        self._panels = self._add_axes(), self._add_axes()
        for axes in self._panels:
            axes.set_ylim(0.1, 1.0)
            axes.set_yscale("log", nonpositive="mask")
            axes.yaxis.set_major_formatter(ValueFormatter())
            axes.yaxis.set_major_locator(LogTicks())
            axes.yaxis.set_minor_formatter(NullFormatter())
            axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
            axes.set_xlabel(DEPTH)
        self._lines: list[Line2D] = []
        self._profiles: tuple[ProfileData, ...] = ()
        self._set_message(NOTHING)

    def update(self, profiles: Sequence[ProfileData]) -> None:
        """Shows other profiles.

        Args:
            profiles: Those of the runs to show.
        """
        profiles = tuple(profiles)
        self._repeat = lambda picture: picture.update(profiles)
        before, fitted = quantities_of(self._profiles), self.follow
        anew = not self._profiles or quantities_of(profiles) != before
        self._profiles = profiles
        for line in self._lines:
            line.remove()
        forward, backward = (
            [self._draw(axes, one, quantity) for one in profiles]
            for axes, quantity in self._measured()
        )
        self._lines = [*forward, *backward]
        for axes, quantity in self._measured():
            self._lines += [
                self._draw_predicted(axes, one, one.predicted[quantity])
                for one in profiles
                if one.predicted is not None
            ]
        names = shorten_all([one.run for one in profiles])
        entries = list(zip(forward, names, strict=True)) if len(profiles) > 1 else []
        self._set_legend(entries, what="runs")
        for axes, quantity in self._measured():
            name, short = NAMES[quantity].lower(), symbol_of(quantity)
            text = f"standard deviation of the {name}"
            self._set_ylabel(axes, text, short=f"std of {short}")
        steps = sorted({one.step for one in profiles})
        where = f"at step {steps[0]:,}" if len(steps) == 1 else "at several steps"
        what = f"Profile: standard deviation in each layer {where}"
        title = profiles[0].run if len(profiles) == 1 else f"{len(profiles)} runs"
        self._set_title(what if profiles else "Profile", title if profiles else "")
        self._set_message(self._why_empty())
        self._move_view(anew=anew, fitted=fitted)

    def _measured(self) -> list[tuple[Axes, Quantity]]:
        """The panels, and what is shown in them."""
        return list(zip(self._panels, quantities_of(self._profiles), strict=True))

    def _draw(self, axes: Axes, one: ProfileData, quantity: Quantity) -> Line2D:
        values = np.where(one.std[quantity] > 0, one.std[quantity], np.nan)
        (line,) = axes.plot(
            1 + np.arange(len(values)),
            values,
            color=self.style.run_color(one.index),
            linewidth=1.6,
            linestyle=line_style(one.index),
            marker=marker(one.index),
            markersize=5,
        )
        return line

    def _draw_predicted(
        self, axes: Axes, one: ProfileData, values: NDArray[np.floating]
    ) -> Line2D:
        (line,) = axes.plot(
            1 + np.arange(len(values)),
            np.where(values > 0, values, np.nan),
            color=self.style.run_color(one.index),
            **THEORY_LOOK,
        )
        return line

    def _why_empty(self) -> str:
        if not self._profiles:
            return "No run is chosen"
        values = [v for one in self._profiles for v in one.std.values()]
        if not any(np.isfinite(one).any() for one in values):
            return "No finite values"
        return ""

    def _fit(self, *, seen: bool = False) -> Mapping[Axes, View]:
        deepest = max((len(one.layers) for one in self._profiles), default=1)
        return {
            axes: ((0.7, deepest + 0.3), self._fit_y(axes, quantity))
            for axes, quantity in self._measured()
        }

    def _fit_y(self, axes: Axes, quantity: Quantity) -> tuple[float, float]:
        found = [one.std[quantity] for one in self._profiles]
        found += [one.predicted[quantity] for one in self._profiles if one.predicted]
        values = np.concatenate([[np.nan], *found])
        values = values[np.isfinite(values) & (values > 0)]
        if not values.size:
            return 0.1, 1.0
        low, high = float(values.min()), float(values.max())
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
                "layer": np.array(one.layers, object),
                **{f"std_{quantity}": values for quantity, values in one.std.items()},
                **{
                    f"theory_{quantity}": values
                    for quantity, values in (one.predicted or {}).items()
                },
            }
            for one in self._profiles
        ]
        return stack(rows)

    def _remarks(self) -> list[str]:
        remarks = []
        for _, quantity in self._measured():
            zeros = sum(int((one.std[quantity] == 0).sum()) for one in self._profiles)
            nans = sum(
                int((~np.isfinite(one.std[quantity]) & one.measured[quantity]).sum())
                for one in self._profiles
            )
            symbol = symbol_of(quantity)
            if zeros:
                remarks.append(f"{symbol}: {zeros} layers with a spread of exactly 0")
            if nans:
                remarks.append(f"{symbol}: {nans} layers with NaN or ±Inf")
        if any(one.predicted is not None for one in self._profiles):
            remarks.append(THEORY_REMARK)
        if len(self._profiles) == 1:
            left, right = quantities_of(self._profiles)
            std = self._profiles[0].std
            if ratio := last_over_first(std[left]):
                remarks.append(f"{symbol_of(left)}: last over first layer {ratio:.2g}")
            if ratio := last_over_first(std[right][::-1]):
                remarks.append(f"{symbol_of(right)}: first over last layer {ratio:.2g}")
        return remarks


def quantities_of(profiles: Sequence[ProfileData]) -> tuple[Quantity, ...]:
    return tuple(profiles[0].std) if profiles else FORWARD_AND_BACKWARD


def symbol_of(quantity: Quantity) -> str:
    return SYMBOLS[quantity].partition(" ")[0]


def last_over_first(values: NDArray[np.floating]) -> float | None:
    """How much of the first spread that is positive is left in the end."""
    known = values[np.isfinite(values) & (values > 0)]
    return float(known[-1] / known[0]) if known.size > 1 else None
