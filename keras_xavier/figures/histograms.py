"""Histograms of the layers at one step, one over the other, of one run or several."""

from collections.abc import Collection, Mapping, Sequence
from typing import Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch

from keras_xavier.figure_spec import AxisScale, Facet
from keras_xavier.figures.binning import Histogram, Outline, histogram, outline
from keras_xavier.figures.data import HistogramData
from keras_xavier.figures.facets import Compared, Key, compare
from keras_xavier.figures.labels import at_steps, step_notes
from keras_xavier.figures.limits import Limits, common
from keras_xavier.figures.plot import NOTHING, Plot, View
from keras_xavier.figures.scales import (
    Bounded,
    find_threshold,
    finite_bounds,
    fit_axis,
    set_axis_scale,
)
from keras_xavier.figures.style import LIGHT, Style
from keras_xavier.figures.table import Table, stack

DENSITIES = {
    True: ("density: share of values per unit", "density"),
    False: ("share of values per decade", "share per decade"),
}
"""Label of the axis, and a short one, by whether the axis of values is linear."""


class Histograms(Plot):
    """One outline for each layer: the share of its values per unit.

    Stored bins are merged to intervals that can be seen; zooming in shows finer
    ones, down to the stored bins. Under the axes stands what is not in view.
    """

    def __init__(self, figure: Figure, *, style: Style = LIGHT) -> None:
        super().__init__(figure, style=style)
        self._shared = True
        self._compared = compare((), None, Facet.TOGETHER)
        self._patches: dict[Key, StepPatch] = {}
        self._runs: tuple[HistogramData, ...] = ()
        self._names: dict[Key, str] = {}
        self._histograms: dict[Key, Histogram] = {}
        self._drawn: object = None
        self._drawn_outlines: dict[Key, Outline] = {}
        self._scale = AxisScale.AUTO
        self._full_range = False
        self._threshold: float | None = None
        self._make()
        self._set_message(NOTHING)

    @property
    def _axes(self) -> Axes:
        """The first panel; all have the same limits."""
        return next(iter(self._ylabels))

    def update(
        self,
        data: HistogramData | Sequence[HistogramData],
        *,
        visible: Collection[str] | None = None,
        panels: Facet | str = Facet.TOGETHER,
        scale: AxisScale | str = AxisScale.AUTO,
        full_range: bool = False,
    ) -> None:
        """Shows other histograms.

        Args:
            data: What to show, of one run or of several. Of several, runs differ in
                colour and layers in line style.
            visible: Names of the layers to draw, or `None` for all.
            panels: What shares a panel.
            scale: Of the axis of values.
            full_range: Whether the view reaches the farthest values, and not
                only the 1st to the 99th percentile.
        """
        runs = (data,) if isinstance(data, HistogramData) else tuple(data)
        scale, fitted = AxisScale(scale), self.follow
        visible = None if visible is None else frozenset(visible)
        self._repeat = lambda plot: plot.update(
            runs, visible=visible, panels=panels, scale=scale, full_range=full_range
        )
        before, self._runs = self._runs, runs
        anew = (
            not before
            or not runs
            or before[0].quantity is not runs[0].quantity
            or scale is not self._scale
            or full_range != self._full_range
        )
        self._scale, self._full_range = scale, full_range
        notes = step_notes([(one.step, one.is_last) for one in runs])
        compared = compare(
            [
                Compared(one.run, one.index, one.layers, note)
                for one, note in zip(runs, notes, strict=True)
            ],
            visible,
            panels,
        )
        self._histograms = {
            (i, j): histogram(runs[i].counts[j], runs[i].edges[j])
            for i, j in compared.places
        }
        self._drawn = None
        former, self._compared = self._compared, compared
        if compared != former:
            self._make()
        elif compared.notes != former.notes:
            self._name()
        if runs:
            name, symbol = runs[0].quantity.label, runs[0].quantity.formula
            for axes in self._ylabels:
                short = symbol.partition(" ")[0]
                self._set_xlabel(axes, f"{name.lower()} {symbol}", short=short)
            title = runs[0].run if len(runs) == 1 else f"{len(runs)} runs"
            self._set_title(f"{name}s {at_steps(one.step for one in runs)}", title)
        self._set_message(self._why_empty())
        self._move_view(anew=anew, fitted=fitted)

    def _make(self) -> None:
        """Makes panels and artists anew; what the user has zoomed into stays."""
        compared = self._compared
        before = [(axes.get_xlim(), axes.get_ylim()) for axes in self._ylabels][:1]
        fitted = list(self._fitted.values())[:1]
        self._remove_axes()
        self._across = compared.columns
        panels = [self._add_axes(title=title) for title in compared.titles]
        for axes in panels:
            if axes is not panels[0]:
                axes.sharex(panels[0])
                axes.sharey(panels[0])
        self._set_threshold(self._threshold)
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
        for x, y in before:
            panels[0].set_xlim(x)
            panels[0].set_ylim(y)
        self._fitted = {axes: view for axes in panels for view in fitted}
        self._names = compared.short_names
        self._name()

    def _name(self) -> None:
        """Names runs and layers, and the steps of the runs if they differ."""
        compared = self._compared
        titles = zip(compared.titles, compared.title_notes, strict=True)
        for axes, (title, note) in zip(self._ylabels, titles, strict=True):
            self._set_panel_title(axes, title, note)
        entries, always, what = compared.entries(self.style, self._patches.__getitem__)
        self._set_legend(entries, what=what, always=always)

    def _why_empty(self) -> str:
        visible = self._histograms.values()
        if not self._runs:
            return "No run is chosen"
        if not any(one.layers for one in self._runs):
            return f"No layer of this run has the quantity {self._runs[0].quantity}"
        if not visible:
            return "No layer is chosen"
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

    def _set_threshold(self, threshold: float | None) -> None:
        self._threshold = threshold
        text, short = DENSITIES[threshold is None]
        for axes in self._ylabels:
            set_axis_scale(axes, "x", threshold)
            self._set_ylabel(axes, text, short=short)

    def _show_like(self, other: Self) -> None:
        if other._threshold != self._threshold:
            self._set_threshold(other._threshold)
        super()._show_like(other)

    def _fit(self, *, seen: bool = False) -> Mapping[Axes, View]:
        histograms = self._bounded()
        if (threshold := find_threshold(histograms, self._scale)) != self._threshold:
            self._set_threshold(threshold)
        x = fit_axis(histograms, threshold, full_range=self._full_range)
        if seen:
            x = self._axes.get_xlim()
        peaks = [peak for one in self._outlines(x).values() if (peak := one.peak(*x))]
        top = max(peaks, default=0.0) if self._full_range else common(peaks)
        return dict.fromkeys(self._ylabels, (x, (0.0, 1.06 * top or 1.0)))

    def _outlines(self, x: Limits) -> dict[Key, Outline]:
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

    def table(self) -> Table:
        """What is shown: a row for each stored bin with values, in view, by layer."""
        left, right = self._axes.get_xlim()
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
        """What cannot be seen: shares, each of the layer where it is largest."""
        outlines, x = self._drawn_outlines, self._axes.get_xlim()
        top = self._axes.get_ylim()[1]
        taller = [self._names[i] for i, one in outlines.items() if one.peak(*x) > top]
        totals = {i: max(one.total, 1.0) for i, one in self._histograms.items()}
        outside = {i: one.outside(*x) for i, one in self._histograms.items()}
        zeros = {i: one.zeros for i, one in self._histograms.items()}
        nonfinite = {i: one.nonfinite for i, one in self._histograms.items()}

        def largest(counts: Mapping[Key, float]) -> str:
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
            remarks.append(f"{stored:,} stored bins, merged to {drawn:,} to be drawn")
        return remarks
