"""Histograms over the steps of training: a map of colours for each layer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from keras_xavier.figures.binning import histogram, outline
from keras_xavier.figures.data import HistogramsOverTimeData
from keras_xavier.figures.heatmap import add_image, paint
from keras_xavier.figures.limits import Limits, fit_steps
from keras_xavier.figures.picture import (
    GAP,
    NOTHING,
    SHORT_STEPS,
    STEPS,
    TEXT_SIZE,
    Picture,
    View,
    set_steps_scale,
)
from keras_xavier.figures.style import LIGHT, Style
from keras_xavier.figures.table import Table, stack
from keras_xavier.figures.ticks import ValueFormatter
from keras_xavier.figures.value_axis import (
    Bounded,
    Scale,
    find_threshold,
    finite_bounds,
    fit_axis,
    set_axis_scale,
)
from keras_xavier.figures.vocabulary import NAMES, SYMBOLS
from keras_xavier.names import evenly, shorten_all

Floats = NDArray[np.float64]

MOST_LAYERS = 6
"""Panels that are still large enough to be read."""
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


class HistogramMap(Picture):
    """Values from bottom to top, steps from left to right; colours tell the density.

    A histogram is drawn from its step on to the next one. The lines are the 2nd, the
    50th and the 98th percentile. There is a panel for each layer, and all panels have
    the same axes and colours.
    """

    def __init__(self, figure: Figure, *, style: Style = LIGHT) -> None:
        super().__init__(figure, style=style)
        self._shared = True
        self._data: HistogramsOverTimeData | None = None
        self._layers: list[int] = []
        self._images: list[AxesImage] = []
        self._lines: list[list[Line2D]] = []
        self._sums: list[tuple[Floats, Floats, Floats]] = []
        self._pooled: list[Bounded] = []
        self._densities: dict[int, tuple[Floats, Floats]] = {}
        self._drawn: object = None
        self._made: object = None
        self._scale, self._log_steps = Scale.AUTOMATIC, False
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
        self._make([""])
        self._set_message(NOTHING)

    def update(
        self,
        data: HistogramsOverTimeData,
        *,
        visible: Collection[str] | None = None,
        scale: Scale | str = Scale.AUTOMATIC,
        log_steps: bool = False,
        full_range: bool = False,
    ) -> None:
        """Shows other histograms.

        Args:
            data: What to show.
            visible: Names of the layers to draw, or `None` for all; of more than
                six, some that are evenly spread have a panel.
            scale: Of the axis of values.
            log_steps: Whether the axis of steps is logarithmic beyond step 1.
            full_range: Whether the view reaches the farthest values.
        """
        scale, fitted = Scale(scale), self.follow
        visible = None if visible is None else frozenset(visible)
        self._repeat = lambda picture: picture.update(
            data,
            visible=visible,
            scale=scale,
            log_steps=log_steps,
            full_range=full_range,
        )
        before, self._data = self._data, data
        anew = (
            before is None
            or not len(before.steps)
            or before.quantity is not data.quantity
            or (scale, log_steps, full_range)
            != (self._scale, self._log_steps, self._full_range)
        )
        self._scale, self._log_steps, self._full_range = scale, log_steps, full_range
        self._layers = chosen_layers(data.layers, visible, MOST_LAYERS)
        made = (data.layers, tuple(self._layers), log_steps)
        if made != self._made:
            self._made = made
            self._make(shorten_all([data.layers[i] for i in self._layers]) or [""])
        self._sums = [accumulate(data, i) for i in self._layers]
        self._pooled = pool(data, self._layers)
        self._densities.clear()
        self._drawn = None
        name, symbol = NAMES[data.quantity], SYMBOLS[data.quantity]
        for axes in self._ylabels:
            self._set_ylabel(
                axes, f"{name.lower()} {symbol}", short=symbol.partition(" ")[0]
            )
        self._set_title(f"{name}s over training", data.run)
        self._set_message(self._why_empty(data))
        self._move_view(anew=anew, fitted=fitted)

    def _make(self, titles: list[str]) -> None:
        before = [(axes.get_xlim(), axes.get_ylim()) for axes in self._ylabels][:1]
        fitted = list(self._fitted.values())[:1]
        self._remove_axes()
        self._across = 1 if len(titles) <= 3 else 2
        panels = [self._add_axes(steps=True, title=title) for title in titles]
        self._images = [add_image(axes) for axes in panels]
        self._lines = []
        for axes in panels:
            axes.grid(visible=False)
            if axes is not panels[0]:
                axes.sharex(panels[0])
                axes.sharey(panels[0])
            set_steps_scale(axes, self._log_steps)
            self._set_xlabel(axes, STEPS, short=SHORT_STEPS)
            self._lines.append(
                [
                    axes.plot([], [], color=self.style.mark, linewidth=width,
                              linestyle=look, drawstyle="steps-post")[0]
                    for width, look in LINES
                ]
            )  # fmt: skip
        self._set_threshold(self._threshold)
        for x, y in before:
            panels[0].set_xlim(x)
            panels[0].set_ylim(y)
        self._fitted = {axes: view for axes in panels for view in fitted}

    def _set_threshold(self, threshold: float | None) -> None:
        self._threshold = threshold
        for axes in self._ylabels:
            set_axis_scale(axes, "y", threshold)
        unit = "per unit" if threshold is None else "per decade"
        self._bar.set_label(
            f"share of values {unit}", size=TEXT_SIZE, color=self.style.foreground
        )

    @property
    def still(self) -> tuple[object, list[Artist]]:
        """The colour bar, as long as the colours are the same."""
        mark = self._colors.get_clim(), self._threshold is None
        return (*mark, self._arranged), [self._bar_axes]

    def _why_empty(self, data: HistogramsOverTimeData) -> str:
        if not data.layers:
            return f"No layer of this run has the quantity {data.quantity}"
        if not len(data.steps):
            return "No records yet"
        if not self._layers:
            return "No layer is chosen"
        if not any(one.finite for one, _ in self._pooled):
            return "No finite values"
        return ""

    def _show_like(self, other: "HistogramMap") -> None:
        if other._threshold != self._threshold:
            self._set_threshold(other._threshold)
        super()._show_like(other)

    def _fit(self, *, seen: bool = False) -> Mapping[Axes, View]:
        data = self._data
        if data is None or not len(data.steps):
            return dict.fromkeys(self._ylabels, ((0.0, 1.0), (0.0, 1.0)))
        if (threshold := find_threshold(self._pooled, self._scale)) != self._threshold:
            self._set_threshold(threshold)
        axes = next(iter(self._ylabels))
        pooled = self._pooled
        if seen:
            left, right = axes.get_xlim()
            ends = np.append(data.steps[1:], np.inf)
            rows = (data.steps < right) & (ends > left)
            pooled = pool(replace(data, counts=data.counts[rows]), self._layers)
        y = fit_axis(pooled, threshold, full_range=self._full_range)
        # Perhaps not all of the run has been read.
        last = max(self._end(data), float(data.ends[1]))
        x = fit_steps(axes, float(data.ends[0]), last)
        return dict.fromkeys(self._ylabels, (x, y))

    @staticmethod
    def _end(data: HistogramsOverTimeData) -> float:
        """Up to where the last histogram is drawn."""
        last = float(data.steps[-1])
        width = (last - float(data.steps[0])) / max(len(data.steps) - 1, 1)
        return last + (min(width, last - float(data.steps[-2])) if width else 1.0)

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

    def _refine(self) -> None:
        data = self._data
        if data is None or not len(data.steps) or not self._layers:
            for image in self._images:
                image.set_visible(False)
            return
        axes = next(iter(self._ylabels))
        box = axes.bbox
        y = axes.get_ylim()
        view = (axes.get_xlim(), y, round(box.width), round(box.height))
        if view == self._drawn:
            return
        self._drawn = view
        self._find_densities(y)
        top = max((float(of.max()) for of, _ in self._densities.values()), default=1.0)
        # In steps, so that colours and their bar rarely change while zooming.
        top = 10 ** (
            np.ceil(STEPS_PER_DECADE * np.log10(top or 1.0)) / STEPS_PER_DECADE
        )
        if top != self._colors.norm.vmax:
            self._colors.set_norm(LogNorm(top / 10**DECADES, top))
        steps = np.append(data.steps.astype(np.float64), self._end(data))
        for k, image in enumerate(self._images):
            heights, edges = self._densities[k]
            shown = np.maximum(heights, self._colors.get_clim()[0])
            colors = self._colors.to_rgba(shown, bytes=True)
            colors[heights <= 0] = 0
            image.set_visible(True)
            paint(image, colors, x_edges=steps, y_edges=edges)
            for line, values in zip(
                self._lines[k], data.percentiles[:, self._layers[k]].T, strict=True
            ):
                line.set_data(steps, np.append(values, values[-1:]))

    def _find_densities(self, y: Limits) -> None:
        """The heights of all histograms of each layer, on the same edges."""
        low, high = sorted(y)
        self._densities = {}
        for k, (pooled, _) in enumerate(self._pooled):
            whole = outline(pooled, low, high, threshold=self._threshold)
            sums, edges, totals = self._sums[k]
            counts = np.diff(sums[:, np.searchsorted(edges, whole.edges)])
            heights = counts / totals / whole.widths
            self._densities[k] = heights, whole.edges

    def table(self) -> Table:
        """What is shown: a row for each interval with values, by layer and step."""
        self._refine()
        data = self._data
        rows: list[dict[str, object]] = []
        for k, (heights, edges) in self._densities.items() if data else ():
            for step, height in zip(data.steps, heights, strict=True):  # type: ignore[union-attr]
                kept = height > 0
                rows.append(
                    {
                        "layer": data.layers[self._layers[k]],  # type: ignore[union-attr]
                        "step": step,
                        "from": edges[:-1][kept],
                        "to": edges[1:][kept],
                        "density": height[kept],
                    }
                )
        return stack(rows)

    def _remarks(self) -> list[str]:
        data, remarks = self._data, []
        if data is None or not len(data.steps) or not self._layers:
            return []
        remarks.append("lines: 2nd, 50th and 98th percentile")
        if len(data.steps) < data.records:
            remarks.append(f"{len(data.steps):,} of {data.records:,} records in view")
        if data.all_layers > len(self._layers):
            remarks.append(f"{len(self._layers)} of {data.all_layers} layers")
        low, high = next(iter(self._ylabels)).get_ylim()
        outside, layer = max(
            (one.outside(low, high) / max(one.total, 1.0), data.layers[i])
            for i, (one, _) in zip(self._layers, self._pooled, strict=True)
        )
        if outside > 0:
            share = f"{100 * outside:.1f}" if outside >= 0.001 else "< 0.1"
            remarks.append(f"out of view: {share} % of {layer}")
        zeros = max(
            (
                (one.zeros / one.total, data.layers[i])
                for i, (one, _) in zip(self._layers, self._pooled, strict=True)
                if one.total and one.zeros > 0
            ),
            default=None,
        )
        if zeros:
            remarks.append(f"exactly 0: {100 * zeros[0]:.1f} % of {zeros[1]}")
        lost = sum(one.nonfinite for one, _ in self._pooled)
        if lost:
            remarks.append(f"NaN or ±Inf: {lost:,.0f} values")
        return remarks


def chosen_layers(
    layers: Sequence[str], visible: Collection[str] | None, most: int
) -> list[int]:
    """Which layers get a panel: evenly spread ones, if there are too many."""
    wanted = [i for i, name in enumerate(layers) if visible is None or name in visible]
    return [wanted[i] for i in evenly(len(wanted), most)] if wanted else []


def accumulate(
    data: HistogramsOverTimeData, layer: int
) -> tuple[Floats, Floats, Floats]:
    """Histograms of a layer as sums up to each edge, their edges, and totals."""
    each = [histogram(counts, data.edges[layer]) for counts in data.counts[:, layer]]
    edges = each[0].edges if each else np.zeros(1)
    counts = np.array([one.counts for one in each]).reshape(len(each), len(edges) - 1)
    sums = np.pad(np.cumsum(counts, axis=1), ((0, 0), (1, 0)))
    totals = np.array([[max(one.total, 1.0)] for one in each]).reshape(-1, 1)
    return sums, edges, totals


def pool(data: HistogramsOverTimeData, layers: Sequence[int]) -> list[Bounded]:
    """The histogram of all steps together of each layer, and its bounds."""
    pooled = data.counts.sum(axis=0, dtype=np.int64)
    return [
        (histogram(pooled[i], data.edges[i]), finite_bounds(data.bounds, i))
        for i in layers
    ]
