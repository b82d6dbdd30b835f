"""Histograms of the layers at one step."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes

from keras_xavier.figures.binning import (
    Bounded,
    Histogram,
    Outline,
    finite_bounds,
    histogram,
    outline,
)
from keras_xavier.figures.data import HistogramData, why_empty
from keras_xavier.figures.facets import Compared, Key, compare
from keras_xavier.figures.histogram_loaders import histogram_data
from keras_xavier.figures.labels import Shown, at_steps, step_notes
from keras_xavier.figures.limits import Limits, common
from keras_xavier.figures.plot import IndexedRuns, Options, Plot
from keras_xavier.figures.records import record_of
from keras_xavier.figures.scales import find_threshold, fit_axis, set_axis_scale
from keras_xavier.figures.shares import layers_text, share_remarks
from keras_xavier.figures.table import Table, stack
from keras_xavier.figures.view import View

DENSITIES = {
    True: ("density: share of values per unit", "density"),
    False: ("share of values per decade", "share per decade"),
}
"""Label of the y axis, by whether the axis of values is linear."""


class Histograms(Plot):
    """One outline for each layer: the share of its values per unit.

    Stored bins are merged into intervals that are wide enough to be visible; zooming in
    shows finer intervals, down to the stored bins. Remarks below the panels list values
    that are out of view.
    """

    name = "histograms"
    data_type = HistogramData
    needs_records = True
    subject_options = ("scale", "full_range")
    _runs: tuple[HistogramData, ...]

    @classmethod
    def read(cls, runs: IndexedRuns, options: Options) -> list[HistogramData]:
        quantity, layers = options.quantity, options.layers
        return [
            histogram_data(
                run, quantity, record_of(run, options.step), layers=layers, index=i
            )
            for i, run in runs
            if len(run.steps)
        ]

    def _prepare(self) -> None:
        runs = self._runs
        self._notes = step_notes([(one.step, one.is_last) for one in runs])
        compared = [
            Compared(one.run, one.index, one.layers, note)
            for one, note in zip(runs, self._notes, strict=True)
        ]
        self._compared = compare(
            *(compared, self._visible, self.options.panels),
            page=self.page,
            most=self.most_panels,
            # An outline takes longer than a line.
            line_limit=self.line_limit // 2,
        )
        self.page, self.pages = self._compared.page, self._compared.pages
        self._histograms = {
            (i, j): histogram(runs[i].counts[j], runs[i].edges[j])
            for i, j in self._compared.places
        }
        self._drawn: dict[Key, Outline] = {}

    def _count_shown(self) -> Shown:
        return self._compared.shown

    def _key(self) -> object:
        return self._compared

    def _make(self) -> None:
        compared = self._compared
        self.layout.columns = compared.columns
        panels = [self._add_axes(title) for title in compared.titles]
        self._patches = {
            key: panels[panel].stairs(
                [0.0],
                [0.0, 1.0],
                edgecolor=compared.color(key, self.style),
                linewidth=1.6,
                linestyle=compared.line_style(key),
                fill=False,
            )
            for key, panel in compared.places.items()
        }
        self._names = compared.short_names

    def _name_artists(self) -> None:
        compared = self._compared
        titles = zip(compared.titles, compared.title_notes, strict=True)
        for axes, (title, note) in zip(self.layout.axes, titles, strict=True):
            self.layout.set_panel_title(axes, title, note)
        entries, always, what = compared.entries(self.style, self._patches.__getitem__)
        self.layout.set_legend(entries, what=what, always=always)

    def _label(self) -> None:
        if self._runs:
            quantity = self._runs[0].quantity
            text = f"{quantity.label.lower()} {quantity.formula}"
            for axes in self.layout.axes:
                self.layout.set_labels(axes, x=(text, quantity.symbol))
            steps = at_steps(one.step for one in self._runs)
            self.layout.set_headline(f"{quantity.label}s {steps}", self._run_text)

    def _why_empty(self) -> str:
        visible = self._histograms.values()
        if reason := why_empty(self._runs, bool(visible)):
            return reason
        if not any(one.total for one in visible):
            return "No values were counted"
        if not any(one.finite for one in visible):
            return "No finite values"
        if all(np.isnan(one.reach) for one in visible):
            return "All values are exactly 0"
        return ""

    def _bounded(self) -> list[Bounded]:
        return [
            (one, finite_bounds(self._runs[i].bounds, j))
            for (i, j), one in self._histograms.items()
        ]

    def _find_thresholds(self) -> tuple[float | None, ...]:
        return (find_threshold(self._bounded(), self.options.scale),)

    def _set_scale(self, axes: Axes, threshold: float | None) -> None:
        set_axis_scale(axes, "x", threshold)
        self.layout.set_labels(axes, y=DENSITIES[threshold is None])

    def _fit(self, *, seen: bool = False) -> list[View]:
        self._set_thresholds(self._find_thresholds())
        full_range = self.options.full_range
        x = fit_axis(self._bounded(), self._thresholds[0], full_range=full_range)
        if seen:
            x = self.layout.axes[0].get_xlim()
        peaks = [peak for one in self._outlines(x).values() if (peak := one.peak(*x))]
        top = max(peaks, default=0.0) if full_range else common(peaks)
        return [(x, (0.0, 1.06 * top or 1.0))]

    def _outlines(self, x: Limits) -> dict[Key, Outline]:
        return {
            key: outline(one, *x, threshold=self._thresholds[0])
            for key, one in self._histograms.items()
        }

    def _refine(self) -> None:
        self._drawn = self._outlines(self.layout.axes[0].get_xlim())
        for key, one in self._drawn.items():
            self._patches[key].set_data(one.heights, one.edges)

    def table(self) -> Table:
        """Returns the numbers in view: a row for each stored bin that has values."""
        left, right = self.layout.axes[0].get_xlim()
        rows: list[dict[str, object]] = []
        for (i, j), one in self._histograms.items():
            low, high = one.edges[:-1], one.edges[1:]
            kept = (one.counts > 0) & (high > left) & (low < right)
            rows.append(
                {
                    "run": self._runs[i].run,
                    "step": self._runs[i].step,
                    "layer": self._runs[i].layers[j],
                    "from": low[kept],
                    "to": high[kept],
                    "values": one.counts[kept].astype(np.int64),
                    "share": one.counts[kept] / max(one.total, 1.0),
                }
            )
        return stack(rows)

    def _remarks(self) -> list[str]:
        """Returns remarks on values that are not drawn."""
        outlines, x = self._drawn, self.layout.axes[0].get_xlim()
        top = self.layout.axes[0].get_ylim()[1]
        taller = [self._names[i] for i, one in outlines.items() if one.peak(*x) > top]
        remarks = self._compared.look_remarks(has_markers=False)
        counts: dict[str, Callable[[Histogram], float]] = {
            "out of view": lambda one: one.outside(*x),
            "exactly 0": lambda one: one.zeros,
            "NaN or ±Inf": lambda one: one.nonfinite,
        }
        for what, count in counts.items():
            shares = {
                self._names[i]: count(one) / max(one.total, 1.0)
                for i, one in self._histograms.items()
            }
            remarks += share_remarks(what, shares)
        if taller:
            remarks.append(f"taller than the view: {layers_text(taller)}")
        if not remarks:
            remarks.append("all values are in view")
        if outlines:
            stored = max(len(one.counts) for one in self._histograms.values())
            drawn = max(len(one.heights) for one in outlines.values())
            remarks.append(f"{drawn:,} bins (merged from {stored:,})")
        return remarks
