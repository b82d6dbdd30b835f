"""One statistic against depth at one step: how signal and gradient change."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from keras_xavier.figure_spec import AxisScale, QuantityPair
from keras_xavier.figures.data import DepthProfileData, Floats
from keras_xavier.figures.facets import select
from keras_xavier.figures.labels import Shown, at_steps, step_notes
from keras_xavier.figures.limits import Limits, padded
from keras_xavier.figures.loaders import FORWARD_AND_BACKWARD, depth_profile_data
from keras_xavier.figures.plot import IndexedRuns, Options, Plot
from keras_xavier.figures.records import record_of
from keras_xavier.figures.scales import pad_values, set_value_scale, threshold_of
from keras_xavier.figures.statistic_scales import (
    FIXED_LIMITS,
    MAYBE_UNDEFINED,
    OF_UNITS,
)
from keras_xavier.figures.style import THEORY_LOOK, THEORY_REMARK, line_style, marker
from keras_xavier.figures.table import Table, stack
from keras_xavier.figures.ticks import ShareFormatter
from keras_xavier.figures.view import View
from keras_xavier.statistics import Quantity, Statistic
from keras_xavier.text import shorten_all

PAIRS: Mapping[QuantityPair, Sequence[Quantity]] = {
    QuantityPair.SIGNALS: FORWARD_AND_BACKWARD,
    QuantityPair.WEIGHTS: (Quantity.WEIGHT, Quantity.WEIGHT_GRADIENT),
}
DEPTH = "layer, from input to output"
SPREADS = (Statistic.UNIT_STD, Statistic.STD)
"""Statistics with a logarithmic axis."""
SHORT = {Statistic.UNIT_STD: "unit std", Statistic.STD: "std"}
"""Labels of statistics on narrow figures."""
FLAT = 3.0
"""Ratio of the largest to the smallest value below which the axis is widened."""


class DepthProfile(Plot):
    """One line for each run: one quantity on the left, another quantity on the right.

    By default these are the activations, which flow forward, and the back-propagated
    gradients. With the normalized initialization of Glorot & Bengio (2010) both are
    level at step 0; a line that falls shows where the signal or the gradient fades.
    """

    name = "depth-profile"
    data_type = DepthProfileData
    needs_records = True
    shared_axes = ""
    _runs: tuple[DepthProfileData, ...]

    @classmethod
    def read(cls, runs: IndexedRuns, options: Options) -> list[DepthProfileData]:
        return [
            depth_profile_data(
                run,
                record_of(run, options.step),
                quantities=PAIRS[options.quantities],
                statistic=options.statistic,
                layers=options.layers,
                with_output=options.with_output,
                index=i,
                theory=options.theory,
            )
            for i, run in runs
            if len(run.steps)
        ]

    def _prepare(self) -> None:
        self._shown = [select(one.layers, self._visible) for one in self._runs]
        self._notes = step_notes([(one.step, one.is_last) for one in self._runs])

    def _count_shown(self) -> Shown:
        shown = {
            name
            for one, on in zip(self._runs, self._shown, strict=True)
            for name in np.array(one.layers, object)[on]
        }
        every = {name for one in self._runs for name in one.layers}
        return Shown(len(self._runs), len(shown), len(every))

    def _find_subject(self) -> object:
        if not self._runs:
            return None
        return self._quantities, self._wanted, self.options.scale

    def _find_thresholds(self) -> tuple[float | None, ...]:
        return tuple(threshold_of(self._values(one)) for one in self._quantities)

    def _key(self) -> object:
        runs = [(one.run, one.index, one.predicted is None) for one in self._runs]
        return runs, self._is_share

    def _make(self) -> None:
        self.layout.columns = 2
        left, right = self._add_axes(), self._add_axes()
        for axes in (left, right):
            axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
            if self._is_share:
                axes.yaxis.set_major_formatter(ShareFormatter())
            self.layout.set_labels(axes, x=(DEPTH, "layer"))
        self._lines = [
            [self._make_line(axes, one) for one in self._runs] for axes in (left, right)
        ]
        self._predicted = [
            [self._make_predicted(axes, one) for one in self._runs]
            for axes in (left, right)
        ]

    def _make_line(self, axes: Axes, data: DepthProfileData) -> Line2D:
        (line,) = axes.plot(
            [],
            [],
            color=self.style.run_color(data.index),
            linewidth=1.6,
            linestyle=line_style(data.index),
            marker=marker(data.index),
            markersize=5,
        )
        return line

    def _make_predicted(self, axes: Axes, data: DepthProfileData) -> Line2D | None:
        if data.predicted is None:
            return None
        color = self.style.run_color(data.index)
        (line,) = axes.plot([], [], color=color, **THEORY_LOOK)
        return line

    def _set_scale(self, axes: Axes, threshold: float | None) -> None:
        set_value_scale(axes, self._scale, threshold or 1.0)

    def _name_artists(self) -> None:
        runs = shorten_all([one.run for one in self._runs])
        names = [run + note for run, note in zip(runs, self._notes, strict=True)]
        entries = list(zip(self._lines[0], names, strict=True))
        self.layout.set_legend(entries if len(runs) > 1 else [], what="runs")

    def _draw(self) -> None:
        for lines, predicted, quantity in zip(
            self._lines, self._predicted, self._quantities, strict=True
        ):
            for line, dots, one, shown in zip(
                lines, predicted, self._runs, self._shown, strict=True
            ):
                depth = 1 + np.flatnonzero(shown)
                line.set_data(depth, self._drawable(one.values[quantity][shown]))
                if dots is not None and one.predicted is not None:
                    values = one.predicted[quantity][shown]
                    dots.set_data(depth, self._drawable(values))

    def _drawable(self, values: Floats) -> Floats:
        """Returns the values that the scale can show."""
        if self._scale is AxisScale.LOG:
            return np.where(values > 0, values, np.nan)
        return values

    def _label(self) -> None:
        if not self._runs:
            self.layout.set_headline(self.definition().title, "")
            return
        for axes, quantity in zip(self.layout.axes, self._quantities, strict=True):
            statistic = self._statistic(quantity)
            text = f"{statistic.label} of the {quantity.label.lower()}"
            short = (
                f"{SHORT.get(statistic, statistic.short_label)} of {quantity.symbol}"
            )
            self.layout.set_labels(axes, y=(text, short))
        steps = at_steps(one.step for one in self._runs)
        statistics = dict.fromkeys(map(self._statistic, self._quantities))
        text = " / ".join(one.label for one in statistics)
        self.layout.set_headline(
            f"Profile: {text} in each layer {steps}", self._run_text
        )

    def _statistic(self, quantity: Quantity) -> Statistic:
        """Returns the statistic of a quantity; the one asked for if a run has it."""
        found = [one.statistics[quantity] for one in self._runs]
        wanted = self._wanted
        return wanted if wanted in found or not found else found[0]

    @property
    def _wanted(self) -> Statistic:
        """The statistic that was asked for."""
        return self._runs[0].wanted if self._runs else Statistic.UNIT_STD

    @property
    def _is_share(self) -> bool:
        return self._wanted.is_share

    @property
    def _scale(self) -> AxisScale:
        """The scale of the axes: by default, standard deviations are logarithmic."""
        scale = self.options.scale
        if scale is not AxisScale.AUTO:
            return AxisScale(scale)
        return AxisScale.LOG if self._wanted in SPREADS else AxisScale.LINEAR

    @property
    def _quantities(self) -> tuple[Quantity, ...]:
        return tuple(self._runs[0].values) if self._runs else FORWARD_AND_BACKWARD

    def _values(self, quantity: Quantity) -> NDArray[np.float64]:
        """Returns the finite values of all runs."""
        found = [
            one.values[quantity][shown]
            for one, shown in zip(self._runs, self._shown, strict=True)
        ]
        values = np.concatenate([np.empty(0), *found]).astype(np.float64)
        return values[np.isfinite(values)]

    def _why_empty(self) -> str:
        if not self._runs:
            return "No runs selected"
        if not any(shown.any() for shown in self._shown):
            return "No layers selected"
        if not any(self._values(quantity).size for quantity in self._quantities):
            statistic = self._wanted
            if statistic in OF_UNITS:
                return f"{statistic.label.capitalize()}: not defined or not recorded"
            return "No finite values"
        return ""

    def _fit(self, *, seen: bool = False) -> list[View]:
        deepest = max((len(one.layers) for one in self._runs), default=1)
        pairs = zip(self._quantities, self._thresholds, strict=True)
        return [
            ((0.7, deepest + 0.3), self._fit_values(quantity, threshold or 1.0))
            for quantity, threshold in pairs
        ]

    def _fit_values(self, quantity: Quantity, threshold: float) -> Limits:
        scale = self._scale
        limits = FIXED_LIMITS.get(self._wanted)
        if limits is not None and scale is AxisScale.LINEAR:
            return padded(*limits)
        predicted = [
            one.predicted[quantity][shown]
            for one, shown in zip(self._runs, self._shown, strict=True)
            if one.predicted is not None
        ]
        values = np.concatenate([self._values(quantity), *predicted])
        values = values[np.isfinite(values)]
        if scale is AxisScale.LOG:
            values = values[values > 0]
        if not values.size:
            return pad_values(scale, np.inf, -np.inf, threshold)
        low, high = float(values.min()), float(values.max())
        if scale is not AxisScale.LOG:
            # A standard deviation is compared with 0.
            return pad_values(scale, 0.0, high, threshold)
        if high < FLAT * low:
            # Level values should look level.
            middle = np.sqrt(low * high)
            low, high = middle / np.sqrt(FLAT), middle * np.sqrt(FLAT)
        return padded(low, high, np.log10, lambda x: 10.0**x)

    def table(self) -> Table:
        """Returns the numbers shown: a row for each layer of each run."""
        rows: list[dict[str, object]] = [
            {
                "run": one.run,
                "step": one.step,
                "layer": np.array(one.layers, object)[shown],
                **{
                    f"{one.statistics[name]}_{name}": values[shown]
                    for name, values in one.values.items()
                },
                **{
                    f"theory_{name}": values[shown]
                    for name, values in (one.predicted or {}).items()
                },
            }
            for one, shown in zip(self._runs, self._shown, strict=True)
        ]
        return stack(rows)

    def _remarks(self) -> list[str]:
        remarks = []
        for quantity in self._quantities:
            zeros = int((self._values(quantity) == 0).sum())
            nans = sum(
                int(
                    (
                        ~np.isfinite(one.values[quantity]) & one.measured[quantity] & on
                    ).sum()
                )
                for one, on in zip(self._runs, self._shown, strict=True)
            )
            statistic = self._statistic(quantity)
            if zeros and statistic in SPREADS:
                remarks.append(
                    f"{quantity.symbol}: {zeros} layers with a spread of exactly 0"
                )
            if nans:
                why = (
                    "not defined"
                    if statistic in MAYBE_UNDEFINED
                    else "with NaN or ±Inf"
                )
                remarks.append(f"{quantity.symbol}: {nans} layers {why}")
        remarks += self._fallbacks()
        if any(one.predicted is not None for one in self._runs):
            remarks.append(THEORY_REMARK)
            every = [text for one in self._runs for text in one.theory_remarks]
            remarks += dict.fromkeys(filter(None, every))
        if len(self._runs) == 1 and self._wanted in SPREADS:
            left, right = self._quantities
            if ratio := last_over_first(self._values(left)):
                remarks.append(f"{left.symbol}: last over first layer {ratio:.2g}")
            if ratio := last_over_first(self._values(right)[::-1]):
                remarks.append(f"{right.symbol}: first over last layer {ratio:.2g}")
        return remarks

    def _fallbacks(self) -> list[str]:
        """Returns remarks on quantities that lack the statistic asked for."""
        lacking = {
            quantity: [
                one for one in self._runs if one.statistics[quantity] != one.wanted
            ]
            for quantity in self._quantities
        }
        symbols = [one.symbol for one, runs in lacking.items() if runs]
        if not symbols:
            return []
        some = any(0 < len(runs) < len(self._runs) for runs in lacking.values())
        runs = dict.fromkeys(one.run for runs in lacking.values() for one in runs)
        names = f" of {', '.join(shorten_all([*runs]))}" if some else ""
        return [f"{', '.join(symbols)}{names}: standard deviation of all values"]


def last_over_first(values: Floats) -> float | None:
    """Returns the ratio of the last to the first positive value."""
    known = values[np.isfinite(values) & (values > 0)]
    return float(known[-1] / known[0]) if known.size > 1 else None
