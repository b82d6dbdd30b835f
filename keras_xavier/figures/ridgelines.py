"""Histograms of some steps one below the other, for each layer."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch
from matplotlib.ticker import FixedFormatter, FixedLocator

from keras_xavier.figures.axis_labels import STEPS
from keras_xavier.figures.binning import Outline, histogram
from keras_xavier.figures.facet_layout import FacetLayout, arrange_ridges, most_ridges
from keras_xavier.figures.facets import Key
from keras_xavier.figures.histograms_over_steps import HistogramsOverSteps
from keras_xavier.figures.legend import Entry
from keras_xavier.figures.limits import Limits, common
from keras_xavier.figures.plot import Options
from keras_xavier.figures.pooling import outlines
from keras_xavier.figures.records import common_steps, match, nearest
from keras_xavier.figures.scales import fit_axis, set_axis_scale
from keras_xavier.figures.style import LineStyle, line_style
from keras_xavier.figures.table import Table, stack
from keras_xavier.figures.ticks import step_text
from keras_xavier.figures.view import View, place_over
from keras_xavier.runs import Run
from keras_xavier.text import shorten_all

FILL_ALPHA, OVERLAID_ALPHA = 0.35, 0.15
"""Opacity below an outline, if each run has its own panels, and if runs overlap."""
TALLEST = 0.95
"""Height of the tallest ridge, in distances between ridges: none overlap."""


class Ridgelines(HistogramsOverSteps):
    """An outline for each of up to 20 steps, the first step at the top.

    Each layer has a panel, and each of several runs a row of panels, or all runs share
    the panel of a layer. All ridges of a layer have the same scale: a ridge that is
    twice as high has twice as many values. Ridges that are much taller than most others
    are cut at the top, unless `full_range` includes outliers. Colors show the step, or
    the run if runs share a panel.
    """

    name = "ridgelines"
    _marked: int | None = None
    _cut = 0
    subject_options = ("scale", "full_range")

    @staticmethod
    def arrange(
        names: Sequence[str],
        layers: Sequence[Sequence[str]],
        visible: Collection[str] | None,
        options: Options,
    ) -> FacetLayout:
        return arrange_ridges(names, layers, visible, options.panels, whole=True)

    @staticmethod
    def which_steps(
        facets: FacetLayout, runs: Sequence[Run], options: Options
    ) -> dict[str, Any]:
        each = [np.asarray(run.steps) for run in runs]
        most = most_ridges(facets)
        return {"near": common_steps(each, most, log_steps=options.log_steps)}

    def _prepare(self) -> None:
        super()._prepare()
        runs, most = self._runs, most_ridges(self._facets)
        steps, self._records = match(
            [one.steps for one in runs], most, log_steps=self.options.log_steps
        )
        self._steps = steps.tolist()
        self._rows = len(self._steps)
        self._histograms = {
            (i, j): [
                None if r is None else histogram(runs[i].counts[r, j], runs[i].edges[j])
                for r in self._records[i]
            ]
            for i, j in self._facets.keys
        }

    def _key(self) -> object:
        overlaid = self._facets.overlaid
        colors = [one.index for one in self._runs] if overlaid else []
        return super()._key(), self._rows, colors

    def _make(self) -> None:
        panels = self._add_panels()
        self._ridges = {
            key: self._make_ridges(axes, key[0])
            for axes, keys in panels
            for key in keys
        }
        self._marks = [self._make_mark(axes) for axes, keys in panels if keys]

    def _make_mark(self, axes: Axes) -> Line2D:
        """Makes a line below a ridge, from a triangle at the left."""
        mark = Line2D([0, 1], [0, 0], color=self.style.mark, linewidth=1.4)
        mark.set(marker=">", markersize=8, markevery=[0], visible=False)
        return place_over(mark, axes, axes.get_yaxis_transform())

    def show_cursor(self, step: int | None) -> None:
        self._marked = step
        self._draw()

    @property
    def cursors(self) -> list[Line2D]:
        return self._marks

    def _draw(self) -> None:
        """Marks the ridge nearest to the selected step."""
        row = 0
        if self._marked is not None and self._steps:
            row = int(nearest(np.array(self._steps), np.array([self._marked]))[0])
        for mark in self._marks:
            mark.set_visible(self._marked is not None and bool(self._steps))
            mark.set_ydata([row, row])

    def _make_ridges(self, axes: Axes, run: int) -> list[StepPatch]:
        """Ridges from top to bottom; y grows downward."""
        look: LineStyle = "solid"
        if self._facets.overlaid:
            color, look = self._look(run)
            colors, alpha = [color] * self._rows, OVERLAID_ALPHA
        else:
            colors = self.style.layer_colors(max(self._rows, 1))[: self._rows]
            alpha = FILL_ALPHA
        return [
            axes.stairs(
                [0.0],
                [0.0, 1.0],
                baseline=float(row),
                facecolor=(color, alpha),
                edgecolor=color,
                linewidth=1.2,
                linestyle=look,
                fill=True,
            )
            for row, color in enumerate(colors)
        ]

    def _look(self, run: int) -> tuple[str, LineStyle]:
        """Returns color and line style of a run; styles help beyond the safe colors."""
        index = self._runs[run].index
        return self.style.run_color(index), line_style(index // len(self.style.runs))

    def _name_artists(self) -> None:
        shown = self._facets.shown if self._facets.overlaid else ()
        names = shorten_all([self._facets.names[run] for run in shown])
        entries = []
        for run, name in zip(shown, names, strict=True):
            color, look = self._look(run)
            swatch = Line2D([], [], color=color, linestyle=look, linewidth=2.4)
            entries.append(Entry(swatch, name, run=self._facets.names[run]))
        self.layout.set_legend(entries, what="runs")

    def _label(self) -> None:
        if not self._runs:
            return
        steps = [step_text(step) for step in self._steps]
        quantity = self._runs[0].quantity
        text = f"{quantity.label.lower()} {quantity.formula}"
        for axes in self.layout.axes:
            axes.yaxis.set_major_locator(FixedLocator(range(len(steps))))
            axes.yaxis.set_major_formatter(FixedFormatter(steps))
            self.layout.set_labels(axes, x=(text, quantity.symbol), y=STEPS)
        headline = f"{quantity.label}s over training, step by step"
        self.layout.set_headline(headline, self._run_text)

    def _set_scale(self, axes: Axes, threshold: float | None) -> None:
        set_axis_scale(axes, "x", threshold)

    def _fit(self, *, seen: bool = False) -> list[View]:
        self._set_thresholds(self._find_thresholds())
        full_range = self.options.full_range
        x = fit_axis(self._pooled, self._thresholds[0], full_range=full_range)
        return [(x, (max(self._rows, 1) - 0.8, -1.1))]

    def _outlines(self, x: Limits) -> dict[Key, list[Outline | None]]:
        return {
            key: outlines(self._histograms[key], pooled, x, self._thresholds[0])
            for key, pooled in zip(self._histograms, self._pooled, strict=True)
        }

    def _refine(self) -> None:
        x = self.layout.axes[0].get_xlim()
        drawn = self._outlines(x)
        self._cut = 0
        for line in self._facets.lines:
            keys = [key for key in line if key is not None]
            each = [one.peak(*x) for key in keys for one in drawn[key] if one]
            peaks = [peak for peak in each if peak > 0]
            # One ridge with a narrow peak would flatten the others.
            is_whole = self.options.full_range
            highest = max(peaks, default=0.0) if is_whole else common(peaks)
            tallest = highest or 1.0
            self._cut += sum(peak > tallest for peak in peaks)
            for key in keys:
                self._draw_ridges(self._ridges[key], drawn[key], tallest)

    def _draw_ridges(
        self,
        ridges: Sequence[StepPatch],
        drawn: Sequence[Outline | None],
        tallest: float,
    ) -> None:
        for row, (ridge, one) in enumerate(zip(ridges, drawn, strict=True)):
            ridge.set_visible(one is not None)
            if one is not None:
                heights = row - TALLEST * np.minimum(one.heights / tallest, 1.0)
                if self._facets.overlaid:
                    # Where one run has no values, the others stay visible.
                    heights[one.heights == 0] = np.nan
                ridge.set_data(heights, one.edges, baseline=float(row))

    def table(self) -> Table:
        """Returns the numbers in view: a row for each interval that has values."""
        x = self.layout.axes[0].get_xlim()
        rows: list[dict[str, object]] = []
        for (i, j), of in self._outlines(x).items():
            data = self._runs[i]
            run = {"run": data.run} if self._facets.compares else {}
            rows += [
                run
                | {
                    "layer": data.layers[j],
                    "step": data.steps[record],
                    "from": one.edges[:-1][one.heights > 0],
                    "to": one.edges[1:][one.heights > 0],
                    "density": one.heights[one.heights > 0],
                }
                for record, one in zip(self._records[i], of, strict=True)
                if one is not None
            ]
        return stack(rows)

    def _remarks(self) -> list[str]:
        runs, remarks = self._runs, []
        if not self._steps or not self._pooled:
            return []
        records = {one.records for one in runs}
        if len(self._steps) < max(records):
            most = "" if len(records) == 1 else "up to "
            remarks.append(f"{len(self._steps)} of {most}{max(records):,} records")
        nearest = [
            int(one.steps[record]) == step
            for one, records in zip(runs, self._records, strict=True)
            for step, record in zip(self._steps, records, strict=True)
            if record is not None
        ]
        if not all(nearest):
            remarks.append("each run shows the record nearest to the step")
        what = "within a panel" if len(runs) == 1 else "within a layer"
        remarks.append(f"heights are comparable {what}")
        if self._cut:
            ridges = "1 ridge is" if self._cut == 1 else f"{self._cut:,} ridges are"
            remarks.append(f"{ridges} cut at the top")
        return remarks
