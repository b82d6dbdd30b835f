"""One statistic against depth at one step: how signal and gradient change."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from keras_xavier.figure_spec import AxisScale, QuantityPair
from keras_xavier.figures.data import DepthProfileData, Floats
from keras_xavier.figures.facets import select
from keras_xavier.figures.labels import Shown, at_steps, step_notes
from keras_xavier.figures.layer_axis import axis_names, name_layers, places_of
from keras_xavier.figures.legend import Entry
from keras_xavier.figures.limits import Limits, padded
from keras_xavier.figures.loaders import FORWARD_AND_BACKWARD, depth_profile_data
from keras_xavier.figures.out_of_view import count
from keras_xavier.figures.plot import IndexedRuns, Options, Plot
from keras_xavier.figures.profile_remarks import (
    SPREADS,
    depth_remarks,
    fallback_remarks,
    last_over_first,
    remarks_on_values,
)
from keras_xavier.figures.records import record_of
from keras_xavier.figures.scales import pad_values, set_value_scale, threshold_of
from keras_xavier.figures.statistic_scales import (
    FIXED_LIMITS,
    OF_UNITS,
)
from keras_xavier.figures.style import THEORY_LOOK, marker
from keras_xavier.figures.table import Table, stack
from keras_xavier.figures.theory_lines import (
    RatioTexts,
    has_values,
    ratio_remarks,
    ratios,
    reasons_of,
    theory_entry,
)
from keras_xavier.figures.ticks import ShareFormatter
from keras_xavier.figures.view import View
from keras_xavier.statistics import Quantity, Statistic
from keras_xavier.text import shorten_all

PAIRS: Mapping[QuantityPair, Sequence[Quantity]] = {
    QuantityPair.SIGNALS: FORWARD_AND_BACKWARD,
    QuantityPair.WEIGHTS: (Quantity.WEIGHT, Quantity.WEIGHT_GRADIENT),
}
DEPTH = "layer, from input to output"
SHORT = {Statistic.UNIT_STD: "unit std", Statistic.STD: "std"}
"""Labels of statistics on narrow figures."""
RATIOS = 0.14
"""Height in inches of the numbers above the panels."""
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
        layers = [one.layers for one in self._runs]
        self._names = axis_names(layers)
        self._places = [
            places_of(self._names, of)[shown]
            for of, shown in zip(layers, self._shown, strict=True)
        ]
        self._named = sorted({int(i) for of in self._places for i in of})

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
        return self._quantities, self._wanted, self.options.scale, self._named

    def _find_thresholds(self) -> tuple[float | None, ...]:
        return tuple(threshold_of(self._values(one)) for one in self._quantities)

    def _key(self) -> object:
        runs = [
            (one.run, one.index, [self._has_theory(i, name) for name in one.values])
            for i, one in enumerate(self._runs)
        ]
        return runs, self._is_share

    def _has_theory(self, run: int, quantity: Quantity) -> bool:
        """Returns whether theory has a prediction for a layer that is shown."""
        predicted = self._runs[run].predicted or {}
        return has_values(predicted.get(quantity), self._shown[run])

    def _make(self) -> None:
        self.layout.columns = 2
        self.marks.panels_of = self._panels_of
        left, right = self._add_axes(), self._add_axes()
        for axes in (left, right):
            if self._is_share:
                axes.yaxis.set_major_formatter(ShareFormatter())
            self.layout.set_labels(axes, x=(DEPTH, "layer"))
        self._lines = [
            [self._make_line(axes, one) for one in self._runs] for axes in (left, right)
        ]
        self._predicted = [
            [
                self._make_predicted(axes, one) if self._has_theory(i, name) else None
                for i, one in enumerate(self._runs)
            ]
            for axes, name in zip((left, right), self._quantities, strict=True)
        ]
        has_ratios = len(self._runs) == 1 and any(map(any, self._predicted))
        self.layout.headroom = RATIOS if has_ratios else 0.0
        self._ratios = [RatioTexts(axes, self.style) for axes in (left, right)]

    def _make_line(self, axes: Axes, data: DepthProfileData) -> Line2D:
        (line,) = axes.plot(
            [],
            [],
            color=self.style.run_color(data.index),
            linewidth=1.6,
            marker=marker(data.index),
            markersize=5,
        )
        return line

    def _make_predicted(self, axes: Axes, data: DepthProfileData) -> Line2D:
        color = self.style.run_color(data.index)
        (line,) = axes.plot([], [], color=color, **THEORY_LOOK)
        return line

    def _set_scale(self, axes: Axes, threshold: float | None) -> None:
        set_value_scale(axes, self._scale, threshold or 1.0)

    def _name_artists(self) -> None:
        runs = shorten_all([one.run for one in self._runs])
        entries = [
            Entry(line, name, run=one.run, note=note)
            for line, name, one, note in zip(
                *(self._lines[0], runs, self._runs, self._notes), strict=True
            )
        ]
        several = len(runs) > 1
        theory = [theory_entry(self.style)] if any(map(any, self._predicted)) else []
        if theory and not several:
            entries = [Entry(self._lines[0][0], "measured")]
        shown = entries if several or theory else []
        self.layout.set_legend(shown, what="runs", always=theory)

    def _panels_of(self, name: str) -> list[Axes]:
        pairs = zip(self._quantities, self.layout.axes, strict=True)
        return [axes for quantity, axes in pairs if name in ("", quantity)]

    def _draw(self) -> None:
        for lines, predicted, quantity in zip(
            self._lines, self._predicted, self._quantities, strict=True
        ):
            for i, (line, dots, one) in enumerate(
                zip(lines, predicted, self._runs, strict=True)
            ):
                shown, depth = self._shown[i], self._places[i]
                line.set_data(depth, self._drawable(one.values[quantity][shown]))
                if dots is not None and one.predicted is not None:
                    values = one.predicted[quantity][shown]
                    dots.set_data(depth, self._drawable(values))

    def _refine(self) -> None:
        pairs = zip(self.layout.axes, self._quantities, self._ratios, strict=True)
        for axes, quantity, texts in pairs:
            name_layers(axes, self._names, self._named)
            is_alone = len(self._runs) == 1
            found = self._ratio(0, quantity) if is_alone else np.empty(0)
            texts.show(dict(zip(self._named, found, strict=False)))

    def _ratio(self, run: int, quantity: Quantity) -> NDArray[np.float64]:
        """Returns measured over predicted values of the visible layers of a run."""
        one, shown = self._runs[run], self._shown[run]
        measured = one.values[quantity][shown]
        if one.predicted is None:
            return np.full(len(measured), np.nan)
        return ratios(measured, one.predicted[quantity][shown])

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
        statistics = dict.fromkeys(self._statistics.values())
        text = " / ".join(one.label for one in statistics)
        left_out = dict.fromkeys(name for one in self._runs for name in one.left_out)
        but = f" but {count([*left_out], 'outputs')}" if left_out else ""
        self.layout.set_headline(
            f"Profile: {text} in each layer{but} {steps}", self._run_text
        )

    def _statistic(self, quantity: Quantity) -> Statistic:
        """Returns the statistic of a quantity; the one asked for if a run has it."""
        found = [one.statistics[quantity] for one in self._runs]
        wanted = self._wanted
        return wanted if wanted in found or not found else found[0]

    @property
    def _statistics(self) -> dict[Quantity, Statistic]:
        return {one: self._statistic(one) for one in self._quantities}

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
        first, last = (self._named[0], self._named[-1]) if self._named else (1, 1)
        pairs = zip(self._quantities, self._thresholds, strict=True)
        return [
            ((first - 0.3, last + 0.3), self._fit_values(quantity, threshold or 1.0))
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
                **{
                    f"measured_over_theory_{name}": self._ratio(i, name)
                    for name in one.predicted or {}
                },
            }
            for i, (one, shown) in enumerate(zip(self._runs, self._shown, strict=True))
        ]
        return stack(rows)

    def _remarks(self) -> list[str]:
        remarks = remarks_on_values(self._runs, self._shown, self._statistics)
        remarks += fallback_remarks(self._runs)
        remarks += self._remarks_on_theory()
        if len(self._runs) == 1 and self._wanted in SPREADS:
            left, right = self._quantities
            if ratio := last_over_first(self._values(left)):
                remarks.append(f"{left.symbol}: last over first layer {ratio:.2g}")
            if ratio := last_over_first(self._values(right)[::-1]):
                remarks.append(f"{right.symbol}: first over last layer {ratio:.2g}")
        return remarks

    def _remarks_on_theory(self) -> list[str]:
        """Returns measured over expected values, and why theory does not apply."""
        remarks = []
        for quantity in self._quantities:
            found = [self._ratio(i, quantity) for i in range(len(self._runs))]
            each = np.concatenate([np.empty(0), *found])
            remarks += ratio_remarks(each, quantity.symbol)
        reasons = [
            (one.run, text)
            for one in self._runs
            for text in dict.fromkeys(one.theory_remarks)
        ]
        remarks += depth_remarks(self._runs)
        return remarks + reasons_of(reasons, len(self._runs))
