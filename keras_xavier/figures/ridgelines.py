"""Histograms of some steps one under the other: ridgelines, for each layer."""

from collections.abc import Collection, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch
from matplotlib.ticker import FixedFormatter, FixedLocator

from keras_xavier.figure_spec import AxisScale, Facet
from keras_xavier.figures.arrangement import (
    arrange_ridges,
    fit_titles,
    most_ridges,
    only_shown,
)
from keras_xavier.figures.binning import Histogram, Outline, histogram
from keras_xavier.figures.data import HistogramsOverTimeData
from keras_xavier.figures.facets import Key
from keras_xavier.figures.limits import Limits
from keras_xavier.figures.plot import NOTHING, SHORT_STEPS, STEPS, Plot, View
from keras_xavier.figures.pooling import outlines, pool, why_empty
from keras_xavier.figures.records import match
from keras_xavier.figures.ridges import add_ridges, draw_ridges
from keras_xavier.figures.scales import (
    Bounded,
    find_threshold,
    fit_axis,
    set_axis_scale,
)
from keras_xavier.figures.style import LIGHT, LineStyle, Style, line_style
from keras_xavier.figures.table import Table, stack
from keras_xavier.figures.ticks import step_formatter
from keras_xavier.text import shorten_all

FILL_ALPHA, OVERLAID_ALPHA = 0.35, 0.15
"""Of what is under an outline, if runs have panels of their own, and if not."""


class Ridgelines(Plot):
    """An outline for each of up to 20 steps, the first one on top.

    There is a panel for each layer, a row of them for each of several runs, or one for
    the layers of the same name of all runs. All ridges of a layer have the same scale:
    where one is twice as high as another there are twice as many values. Colours tell
    early steps from late ones, or the runs apart that share a panel.
    """

    def __init__(self, figure: Figure, *, style: Style = LIGHT) -> None:
        super().__init__(figure, style=style)
        self._shared = True
        self._runs: tuple[HistogramsOverTimeData, ...] = ()
        self._all_runs = 0
        self._arrangement = arrange_ridges((), ())
        self._steps: list[int] = []
        self._records: list[list[int | None]] = []
        self._ridges: dict[Key, list[StepPatch]] = {}
        self._histograms: dict[Key, list[Histogram | None]] = {}
        self._pooled: list[Bounded] = []
        self._drawn: object = None
        self._made: object = None
        self._scale, self._full_range = AxisScale.AUTO, False
        self._threshold: float | None = None
        self._make()
        self._set_message(NOTHING)

    def update(
        self,
        data: HistogramsOverTimeData | Sequence[HistogramsOverTimeData],
        *,
        all_runs: int | None = None,
        visible: Collection[str] | None = None,
        panels: Facet | str = Facet.RUNS,
        scale: AxisScale | str = AxisScale.AUTO,
        full_range: bool = False,
    ) -> None:
        """Shows other histograms.

        Args:
            data: What to show, of one run or of several: the same quantity. Of more
                than 20 steps there are some that are evenly spread, of several runs
                in rows fewer; of each run the record nearest to these.
            all_runs: How many runs there are, if not all were read.
            visible: Names of the layers to draw, or `None` for all; of more than
                there is room for, some that are evenly spread have a panel: four of
                one run, four or fewer of each of several.
            panels: Whether each run has panels of its own, `"runs"`, or all runs
                share one for each layer, `"layers"`.
            scale: Of the axis of values.
            full_range: Whether the view reaches the farthest values.

        Raises:
            ValueError: If `panels` is something else.
        """
        given = (data,) if isinstance(data, HistogramsOverTimeData) else tuple(data)
        scale, panels, fitted = AxisScale(scale), Facet(panels), self.follow
        visible = None if visible is None else frozenset(visible)
        self._repeat = lambda plot: plot.update(
            given,
            all_runs=all_runs,
            visible=visible,
            panels=panels,
            scale=scale,
            full_range=full_range,
        )
        runs, self._arrangement = only_shown(
            given, lambda names, layers: arrange_ridges(names, layers, visible, panels)
        )
        before, self._runs = self._runs, runs
        self._all_runs = all_runs or len(given)
        anew = (
            not any(len(one.steps) for one in before)
            or not runs
            or before[0].quantity is not runs[0].quantity
            or (scale, full_range) != (self._scale, self._full_range)
        )
        self._scale, self._full_range = scale, full_range
        keys = self._arrangement.keys
        steps, self._records = match(
            [one.steps for one in runs], most_ridges(self._arrangement)
        )
        self._steps = steps.tolist()
        self._histograms = {
            (i, j): [
                None if r is None else histogram(runs[i].counts[r, j], runs[i].edges[j])
                for r in self._records[i]
            ]
            for i, j in keys
        }
        self._pooled = pool(runs, keys)
        names = [self._arrangement.name(key) for key in keys]
        colors = [one.index for one in runs] if self._arrangement.overlaid else []
        panels_of = self._arrangement.panels, self._arrangement.columns
        made = (names, panels_of, len(steps), colors)
        if made != self._made:
            self._made = made
            self._make()
        self._label()
        self._drawn = None
        self._set_message(why_empty(self._runs, self._pooled))
        self._move_view(anew=anew, fitted=fitted)

    def _label(self) -> None:
        if not self._runs:
            return
        formatter = step_formatter()
        steps = [formatter.format_eng(step) for step in self._steps]
        quantity = self._runs[0].quantity
        name, symbol = quantity.label, quantity.formula
        for axes in self._ylabels:
            axes.yaxis.set_major_locator(FixedLocator(range(len(steps))))
            axes.yaxis.set_major_formatter(FixedFormatter(steps))
            self._set_ylabel(axes, STEPS, short=SHORT_STEPS)
            short = symbol.partition(" ")[0]
            self._set_xlabel(axes, f"{name.lower()} {symbol}", short=short)
        subject = self._arrangement.subject(self._all_runs)
        self._set_title(f"{name}s over training, step by step", subject)

    def _make(self) -> None:
        before = [(axes.get_xlim(), axes.get_ylim()) for axes in self._ylabels][:1]
        fitted = list(self._fitted.values())[:1]
        rows = [len(ridges) for ridges in self._ridges.values()][:1]
        self._remove_axes()
        arrangement = self._arrangement
        self._across, self._headed = arrangement.columns, arrangement.headed
        panels = [self._add_axes(title=title) for title in arrangement.titles()]
        for axes in panels[1:]:
            axes.sharex(panels[0])
            axes.sharey(panels[0])
        self._ridges = {
            key: self._make_ridges(axes, key[0])
            for axes, keys in zip(panels, arrangement.panels, strict=False)
            for key in keys
        }
        self._set_threshold(self._threshold)
        for x, y in before:
            panels[0].set_xlim(x)
            # All ridges are seen when there are more of them.
            panels[0].set_ylim(y if rows == [len(self._steps)] else self._fit_rows())
        self._fitted = {axes: view for axes in panels for view in fitted}
        shown = arrangement.shown if arrangement.overlaid else ()
        names = shorten_all([arrangement.names[run] for run in shown])
        entries = []
        for run, name in zip(shown, names, strict=True):
            color, look = self._look(run)
            swatch = Line2D([], [], color=color, linestyle=look, linewidth=2.4)
            entries.append((swatch, name))
        self._set_legend(entries, what="runs")

    def _make_ridges(self, axes: Axes, run: int) -> list[StepPatch]:
        if self._arrangement.overlaid:
            color, look = self._look(run)
            return add_ridges(axes, [color] * len(self._steps), OVERLAID_ALPHA, look)
        colors = self.style.layer_colors(max(len(self._steps), 1))
        return add_ridges(axes, colors[: len(self._steps)], FILL_ALPHA)

    def _look(self, run: int) -> tuple[str, LineStyle]:
        """Colour and line style of a run: another style where colours repeat."""
        index = self._runs[run].index
        return self.style.run_color(index), line_style(index // len(self.style.runs))

    def _set_threshold(self, threshold: float | None) -> None:
        self._threshold = threshold
        for axes in self._ylabels:
            set_axis_scale(axes, "x", threshold)

    def _show_like(self, other: "Ridgelines") -> None:
        if other._threshold != self._threshold:
            self._set_threshold(other._threshold)
        super()._show_like(other)

    def _fit(self, *, seen: bool = False) -> Mapping[Axes, View]:
        if (threshold := find_threshold(self._pooled, self._scale)) != self._threshold:
            self._set_threshold(threshold)
        x = fit_axis(self._pooled, threshold, full_range=self._full_range)
        return dict.fromkeys(self._ylabels, (x, self._fit_rows()))

    def _fit_rows(self) -> Limits:
        return max(len(self._steps), 1) - 0.8, -1.1

    def _fit_panel_titles(self, widths: Sequence[float]) -> None:
        if self._arrangement.compares:
            fit_titles(list(self._ylabels), self._arrangement, self.figure.dpi)
        else:
            super()._fit_panel_titles(widths)

    def _outlines(self, x: Limits) -> dict[Key, list[Outline | None]]:
        return {
            key: outlines(self._histograms[key], pooled, x, self._threshold)
            for key, pooled in zip(self._histograms, self._pooled, strict=True)
        }

    def _refine(self) -> None:
        x = next(iter(self._ylabels)).get_xlim()
        if x == self._drawn:
            return
        self._drawn = x
        drawn = self._outlines(x)
        for line in self._arrangement.lines:
            keys = [key for key in line if key is not None]
            peaks = [one.peak(*x) for key in keys for one in drawn[key] if one]
            tallest = max(peaks, default=0.0) or 1.0
            # Where there is nothing of one run, others are seen.
            flat = not self._arrangement.overlaid
            for key in keys:
                draw_ridges(self._ridges[key], drawn[key], tallest, flat=flat)

    def table(self) -> Table:
        """What is shown: a row for each interval with values, by layer and step."""
        x = next(iter(self._ylabels)).get_xlim()
        rows: list[dict[str, object]] = []
        for (i, j), of in self._outlines(x).items():
            data = self._runs[i]
            run = {"run": data.run} if self._arrangement.compares else {}
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
            remarks.append("of each run the record nearest to the step")
        every = [one.all_layers for one in runs]
        remarks += self._arrangement.remarks(every, self._all_runs)
        what = "within a panel" if len(runs) == 1 else "within a layer"
        remarks.append(f"heights are comparable {what}")
        return remarks
