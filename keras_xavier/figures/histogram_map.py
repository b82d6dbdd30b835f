"""Histograms over the steps of training: a map of colours for each layer."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from keras_xavier.figure_spec import AxisScale
from keras_xavier.figures.arrangement import arrange_maps, fit_titles, only_shown
from keras_xavier.figures.data import HistogramsOverTimeData
from keras_xavier.figures.heatmap import add_image, paint
from keras_xavier.figures.limits import Limits, end_of_last, fit_steps
from keras_xavier.figures.plot import (
    GAP,
    NOTHING,
    SHORT_STEPS,
    STEPS,
    TEXT_SIZE,
    Plot,
    View,
    set_steps_scale,
)
from keras_xavier.figures.pooling import (
    Sums,
    accumulate,
    densities,
    pool,
    unseen,
    why_empty,
)
from keras_xavier.figures.scales import (
    Bounded,
    find_threshold,
    fit_axis,
    set_axis_scale,
)
from keras_xavier.figures.style import LIGHT, Style
from keras_xavier.figures.table import Table, stack
from keras_xavier.figures.ticks import ValueFormatter
from keras_xavier.text import shorten_all

Floats = NDArray[np.float64]

DECADES = 3.0
"""Decades of density that colours tell apart."""
STEPS_PER_DECADE = 5
"""Of the largest density that has a colour."""
BAR_WIDTH, BAR_LABELS = 0.16, 0.62
"""Inches of the colour bar, and of the numbers beside it."""
PERCENTILES = ("2nd percentile", "median", "98th percentile")
LINES: tuple[tuple[float, str | tuple[float, tuple[float, ...]]], ...] = (
    (1.0, (0, (4, 2))),
    (1.4, "solid"),
    (1.0, (0, (4, 2))),
)
"""Width and style of the line of each percentile."""


class HistogramMap(Plot):
    """Values from bottom to top, steps from left to right; colours tell the density.

    A histogram is drawn from its step on to the next one. The lines are the 2nd, the
    50th and the 98th percentile. There is a panel for each layer, a column of them for
    each of several runs, and all panels have the same axes and colours.
    """

    def __init__(self, figure: Figure, *, style: Style = LIGHT) -> None:
        super().__init__(figure, style=style)
        self._shared = True
        self._runs: tuple[HistogramsOverTimeData, ...] = ()
        self._all_runs = 0
        self._arrangement = arrange_maps((), ())
        self._names: list[str] = []
        self._images: list[AxesImage] = []
        self._lines: list[list[Line2D]] = []
        self._sums: list[Sums] = []
        self._pooled: list[Bounded] = []
        self._densities: list[tuple[Floats, Floats]] = []
        self._shades: list[NDArray[np.uint8]] = []
        self._shaded: Floats | None = None
        self._drawn: object = None
        self._made: object = None
        self._scale, self._log_steps = AxisScale.AUTO, False
        self._full_range = False
        self._threshold: float | None = None
        self._colors = ScalarMappable(LogNorm(1e-3, 1), style.layers[0])
        self._beside = BAR_WIDTH + BAR_LABELS
        self._bar_axes = figure.add_axes((0.9, 0.1, 0.02, 0.8))
        self._bar_axes.set_navigate(False)
        self._bar = figure.colorbar(self._colors, cax=self._bar_axes)
        self._bar.outline.set_visible(False)
        self._bar.formatter = ValueFormatter()
        self._bar_axes.tick_params(
            which="both",
            color=style.foreground,
            labelcolor=style.foreground,
            labelsize=TEXT_SIZE,
        )
        self._make()
        self._set_message(NOTHING)

    def update(
        self,
        data: HistogramsOverTimeData | Sequence[HistogramsOverTimeData],
        *,
        all_runs: int | None = None,
        visible: Collection[str] | None = None,
        scale: AxisScale | str = AxisScale.AUTO,
        log_steps: bool = False,
        full_range: bool = False,
    ) -> None:
        """Shows other histograms.

        Args:
            data: What to show, of one run or of several: the same quantity.
            all_runs: How many runs there are, if not all were read.
            visible: Names of the layers to draw, or `None` for all; of more than
                there is room for, some that are evenly spread have a panel: six of
                one run, four or fewer of each of several.
            scale: Of the axis of values.
            log_steps: Whether the axis of steps is logarithmic beyond step 1.
            full_range: Whether the view reaches the farthest values.
        """
        given = (data,) if isinstance(data, HistogramsOverTimeData) else tuple(data)
        scale, fitted = AxisScale(scale), self.follow
        visible = None if visible is None else frozenset(visible)
        self._repeat = lambda plot: plot.update(
            given,
            all_runs=all_runs,
            visible=visible,
            scale=scale,
            log_steps=log_steps,
            full_range=full_range,
        )
        runs, self._arrangement = only_shown(
            given, lambda names, layers: arrange_maps(names, layers, visible)
        )
        before, self._runs = self._runs, runs
        self._all_runs = all_runs or len(given)
        anew = (
            not any(len(one.steps) for one in before)
            or not runs
            or before[0].quantity is not runs[0].quantity
            or (scale, log_steps, full_range)
            != (self._scale, self._log_steps, self._full_range)
        )
        self._scale, self._log_steps, self._full_range = scale, log_steps, full_range
        keys = self._arrangement.keys
        names = [self._arrangement.name(key) for key in keys]
        self._names = names if len(runs) == 1 else shorten_all(names)
        made = (names, self._arrangement.panels, self._arrangement.columns, log_steps)
        if made != self._made:
            self._made = made
            self._make()
        self._sums = [accumulate(runs[i], j) for i, j in keys]
        self._pooled = pool(runs, keys)
        self._densities, self._shaded, self._drawn = [], None, None
        self._draw_lines()
        if runs:
            name, symbol = runs[0].quantity.label, runs[0].quantity.formula
            for axes in self._ylabels:
                self._set_ylabel(
                    axes, f"{name.lower()} {symbol}", short=symbol.partition(" ")[0]
                )
            subject = self._arrangement.subject(self._all_runs)
            self._set_title(f"{name}s over training", subject)
        self._set_message(why_empty(self._runs, self._pooled))
        self._move_view(anew=anew, fitted=fitted)

    def _make(self) -> None:
        before = [(axes.get_xlim(), axes.get_ylim()) for axes in self._ylabels][:1]
        fitted = list(self._fitted.values())[:1]
        self._remove_axes()
        arrangement = self._arrangement
        self._across, self._headed = arrangement.columns, arrangement.headed
        panels = [self._add_axes(steps=True, title=one) for one in arrangement.titles()]
        for axes in panels:
            axes.grid(visible=False)
            if axes is not panels[0]:
                axes.sharex(panels[0])
                axes.sharey(panels[0])
            set_steps_scale(axes, self._log_steps)
            self._set_xlabel(axes, STEPS, short=SHORT_STEPS)
        filled = [
            axes for axes, keys in zip(panels, arrangement.panels, strict=False) if keys
        ]
        self._images = [add_image(axes) for axes in filled]
        self._lines = [
            [
                axes.plot([], [], color=self.style.mark, linewidth=width,
                          linestyle=look, drawstyle="steps-post")[0]
                for width, look in LINES
            ]
            for axes in filled
        ]  # fmt: skip
        self._set_threshold(self._threshold)
        for x, y in before:
            panels[0].set_xlim(x)
            panels[0].set_ylim(y)
        self._fitted = {axes: view for axes in panels for view in fitted}

    def _set_threshold(self, threshold: float | None) -> None:
        self._threshold, self._shaded = threshold, None
        for axes in self._ylabels:
            set_axis_scale(axes, "y", threshold)
        unit = "per unit" if threshold is None else "per decade"
        self._bar.set_label(
            f"share of values {unit} (log)", size=TEXT_SIZE, color=self.style.foreground
        )

    @property
    def static_artists(self) -> tuple[object, list[Artist]]:
        """The colour bar, as long as the colours are the same."""
        mark = self._colors.get_clim(), self._threshold is None
        return (*mark, self._arranged), [self._bar_axes]

    def _show_like(self, other: "HistogramMap") -> None:
        if other._threshold != self._threshold:
            self._set_threshold(other._threshold)
        super()._show_like(other)

    def _fit(self, *, seen: bool = False) -> Mapping[Axes, View]:
        runs = [one for one in self._runs if len(one.steps)]
        if not runs:
            return dict.fromkeys(self._ylabels, ((0.0, 1.0), (0.0, 1.0)))
        if (threshold := find_threshold(self._pooled, self._scale)) != self._threshold:
            self._set_threshold(threshold)
        axes = next(iter(self._ylabels))
        pooled = self._pooled
        if seen:
            pooled = pool(self._runs, self._arrangement.keys, axes.get_xlim())
        y = fit_axis(pooled, threshold, full_range=self._full_range)
        # Perhaps not all of a run has been read.
        last = max(self._span[1], *map(self._end, runs))
        # Nothing is painted where nothing was recorded.
        steps = fit_steps(axes, self._span[0], last)[0], last
        return dict.fromkeys(self._ylabels, (steps, y))

    @property
    def _span(self) -> Limits:
        """The first and the last step of all runs."""
        ends = [one.ends for one in self._runs if len(one.steps)]
        return min(float(one[0]) for one in ends), max(float(one[1]) for one in ends)

    def _end(self, data: HistogramsOverTimeData) -> float:
        """Up to where the last histogram is drawn."""
        return end_of_last(next(iter(self._ylabels)), data.steps, self._span)

    def _fit_panel_titles(self, widths: Sequence[float]) -> None:
        if self._arrangement.compares:
            fit_titles(list(self._ylabels), self._arrangement, self.figure.dpi)
        else:
            super()._fit_panel_titles(widths)

    def _arrange(self) -> None:
        super()._arrange()
        width = float(self.figure.get_size_inches()[0])
        for axes in self._ylabels:
            # Without a grid, ticks that have no numbers are of no use.
            axes.xaxis.set_visible(axes.xaxis.label.get_visible())
            axes.yaxis.set_visible(axes.yaxis.label.get_visible())
        boxes = [axes.get_position() for axes in self._ylabels]
        left = max(box.x1 for box in boxes) + GAP / width
        low, high = min(box.y0 for box in boxes), max(box.y1 for box in boxes)
        self._bar_axes.set_position((left, low, BAR_WIDTH / width, high - low))

    def _draw_lines(self) -> None:
        for lines, (i, j) in zip(self._lines, self._arrangement.keys, strict=True):
            data = self._runs[i]
            if not len(data.steps):
                continue
            steps = np.append(data.steps.astype(np.float64), self._end(data))
            for line, values in zip(lines, data.percentiles[:, j].T, strict=True):
                line.set_data(steps, np.append(values, values[-1:]))

    def _refine(self) -> None:
        axes = next(iter(self._ylabels))
        box = axes.bbox
        limits = axes.get_xlim(), axes.get_ylim()
        view = (*limits, round(box.width), round(box.height))
        if view == self._drawn:
            return
        self._drawn = view
        self._shade(axes)
        for image, colors, (_, edges), (i, _) in zip(
            self._images,
            self._shades,
            self._densities,
            self._arrangement.keys,
            strict=True,
        ):
            data = self._runs[i]
            image.set_visible(len(data.steps) > 0)
            if len(data.steps):
                steps = np.append(data.steps.astype(np.float64), self._end(data))
                paint(image, colors, x_edges=steps, y_edges=edges)

    def _shade(self, axes: Axes) -> None:
        """Finds the densities and their colours, unless these are as they were."""
        seen = axes.yaxis.get_transform().transform(np.array(axes.get_ylim()))
        # Moved along the steps, the limits of values change by a rounding error.
        if self._shaded is not None and (
            np.abs(seen - self._shaded).max() < 1e-6 * np.ptp(seen)
        ):
            return
        self._shaded = seen
        self._densities = [
            densities(sums, pooled, axes.get_ylim(), self._threshold)
            for sums, pooled in zip(self._sums, self._pooled, strict=True)
        ]
        top = max((float(of.max()) for of, _ in self._densities if of.size), default=1)
        # In steps, so that colours and their bar rarely change while zooming.
        top = 10 ** (
            np.ceil(STEPS_PER_DECADE * np.log10(top or 1.0)) / STEPS_PER_DECADE
        )
        if top != self._colors.norm.vmax:
            self._colors.set_norm(LogNorm(top / 10**DECADES, top))
        self._shades = []
        for heights, _ in self._densities:
            shown = np.maximum(heights, self._colors.get_clim()[0])
            colors = self._colors.to_rgba(shown, bytes=True)
            colors[heights <= 0] = 0
            self._shades.append(colors)

    def table(self) -> Table:
        """What is shown: a row for each interval with values, by layer and step."""
        self._refine()
        rows: list[dict[str, object]] = []
        for key, (heights, edges) in zip(
            self._arrangement.keys, self._densities, strict=True
        ):
            data = self._runs[key[0]]
            run = {"run": data.run} if self._arrangement.compares else {}
            for step, height in zip(data.steps, heights, strict=True):
                kept = height > 0
                rows.append(
                    run
                    | {
                        "layer": self._arrangement.layer(key),
                        "step": step,
                        "from": edges[:-1][kept],
                        "to": edges[1:][kept],
                        "density": height[kept],
                    }
                )
        return stack(rows)

    def _remarks(self) -> list[str]:
        runs, remarks = self._runs, []
        if not self._pooled or not any(len(one.steps) for one in runs):
            return []
        remarks.append("lines: 2nd, 50th and 98th percentile")
        read = sum(len(one.steps) for one in runs)
        records = sum(one.records for one in runs)
        if read < records:
            remarks.append(f"{read:,} of {records:,} records in view")
        every = [one.all_layers for one in runs]
        remarks += self._arrangement.remarks(every, self._all_runs)
        view = next(iter(self._ylabels)).get_ylim()
        return remarks + unseen(self._pooled, self._names, view)
