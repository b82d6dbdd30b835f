"""Histograms of some steps one under the other: ridgelines, for each layer."""

from collections.abc import Collection, Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from matplotlib.ticker import FixedFormatter, FixedLocator

from keras_xavier.figures.binning import Histogram, Outline, histogram, outline
from keras_xavier.figures.data import HistogramsOverTimeData
from keras_xavier.figures.histogram_map import chosen_layers, pool
from keras_xavier.figures.limits import Limits
from keras_xavier.figures.picture import NOTHING, Picture, View
from keras_xavier.figures.style import LIGHT, Style
from keras_xavier.figures.table import Table, stack
from keras_xavier.figures.ticks import step_formatter
from keras_xavier.figures.value_axis import (
    Bounded,
    Scale,
    find_threshold,
    fit_axis,
    set_axis_scale,
)
from keras_xavier.figures.vocabulary import NAMES, SYMBOLS
from keras_xavier.names import evenly, shorten_all

MOST_RIDGES, MOST_LAYERS = 20, 4
"""Ridges and panels that can still be told apart."""
FILL_ALPHA = 0.35
TALLEST = 0.95
"""Height of the tallest ridge, in distances from one to the next: none overlap."""


class Ridgelines(Picture):
    """An outline for each of up to 20 steps, the first one on top.

    All ridges of a panel have the same scale: where one is twice as high as another
    there are twice as many values. Colours tell early steps from late ones.
    """

    def __init__(self, figure: Figure, *, style: Style = LIGHT) -> None:
        super().__init__(figure, style=style)
        self._shared = True
        self._data: HistogramsOverTimeData | None = None
        self._layers: list[int] = []
        self._records: list[int] = []
        self._ridges: list[list[StepPatch]] = []
        self._histograms: list[list[Histogram]] = []
        self._pooled: list[Bounded] = []
        self._drawn: object = None
        self._made: object = None
        self._scale, self._full_range = Scale.AUTOMATIC, False
        self._threshold: float | None = None
        self._make([""])
        self._set_message(NOTHING)

    def update(
        self,
        data: HistogramsOverTimeData,
        *,
        visible: Collection[str] | None = None,
        scale: Scale | str = Scale.AUTOMATIC,
        full_range: bool = False,
    ) -> None:
        """Shows other histograms.

        Args:
            data: What to show; of more than 20 steps, some that are evenly spread.
            visible: Names of the layers to draw, or `None` for all; of more than
                four, some that are evenly spread have a panel.
            scale: Of the axis of values.
            full_range: Whether the view reaches the farthest values.
        """
        scale, fitted = Scale(scale), self.follow
        visible = None if visible is None else frozenset(visible)
        self._repeat = lambda picture: picture.update(
            data, visible=visible, scale=scale, full_range=full_range
        )
        before, self._data = self._data, data
        anew = (
            before is None
            or not len(before.steps)
            or before.quantity is not data.quantity
            or (scale, full_range) != (self._scale, self._full_range)
        )
        self._scale, self._full_range = scale, full_range
        self._layers = chosen_layers(data.layers, visible, MOST_LAYERS)
        self._records = evenly(len(data.steps), MOST_RIDGES) if len(data.steps) else []
        self._histograms = [
            [histogram(data.counts[r, i], data.edges[i]) for r in self._records]
            for i in self._layers
        ]
        self._pooled = pool(data, self._layers)
        made = (data.layers, tuple(self._layers), len(self._records))
        if made != self._made:
            self._made = made
            self._make(shorten_all([data.layers[i] for i in self._layers]) or [""])
        formatter = step_formatter()
        names = [formatter.format_eng(int(data.steps[r])) for r in self._records]
        for axes in self._ylabels:
            axes.yaxis.set_major_locator(FixedLocator(range(len(names))))
            axes.yaxis.set_major_formatter(FixedFormatter(names))
            self._set_ylabel(axes, "step (updates of the weights)", short="step")
            symbol = SYMBOLS[data.quantity]
            name = NAMES[data.quantity].lower()
            short = symbol.partition(" ")[0]
            self._set_xlabel(axes, f"{name} {symbol}", short=short)
        self._drawn = None
        self._set_title(
            f"{NAMES[data.quantity]}s over training, step by step", data.run
        )
        self._set_message(self._why_empty(data))
        self._move_view(anew=anew, fitted=fitted)

    def _make(self, titles: list[str]) -> None:
        before = [(axes.get_xlim(), axes.get_ylim()) for axes in self._ylabels][:1]
        fitted = list(self._fitted.values())[:1]
        rows = [len(ridges) for ridges in self._ridges][:1]
        self._remove_axes()
        self._across = len(titles)
        panels = [self._add_axes(title=title) for title in titles]
        colors = self.style.layer_colors(max(len(self._records), 1))
        self._ridges = []
        for axes in panels:
            if axes is not panels[0]:
                axes.sharex(panels[0])
                axes.sharey(panels[0])
            self._ridges.append(
                [
                    axes.stairs(
                        [0.0],
                        [0.0, 1.0],
                        baseline=float(row),
                        facecolor=(color, FILL_ALPHA),
                        edgecolor=color,
                        linewidth=1.2,
                        fill=True,
                    )
                    for row, color in enumerate(colors[: len(self._records)])
                ]
            )
        self._set_threshold(self._threshold)
        for x, y in before:
            panels[0].set_xlim(x)
            # All ridges are seen when there are more of them.
            panels[0].set_ylim(y if rows == [len(self._records)] else self._fit_rows())
        self._fitted = {axes: view for axes in panels for view in fitted}

    def _set_threshold(self, threshold: float | None) -> None:
        self._threshold = threshold
        for axes in self._ylabels:
            set_axis_scale(axes, "x", threshold)

    def _show_like(self, other: "Ridgelines") -> None:
        if other._threshold != self._threshold:
            self._set_threshold(other._threshold)
        super()._show_like(other)

    def _why_empty(self, data: HistogramsOverTimeData) -> str:
        if not data.layers:
            return f"No layer of this run has the quantity {data.quantity}"
        if not len(data.steps):
            return "No records yet"
        if not self._layers:
            return "No layer is chosen"
        return "" if any(one.finite for one, _ in self._pooled) else "No finite values"

    def _fit(self, *, seen: bool = False) -> Mapping[Axes, View]:
        if (threshold := find_threshold(self._pooled, self._scale)) != self._threshold:
            self._set_threshold(threshold)
        x = fit_axis(self._pooled, threshold, full_range=self._full_range)
        return dict.fromkeys(self._ylabels, (x, self._fit_rows()))

    def _fit_rows(self) -> Limits:
        return max(len(self._records), 1) - 0.8, -1.1

    def _outlines(self, panel: int, x: Limits) -> list[Outline]:
        whole = outline(self._pooled[panel][0], *x, threshold=self._threshold)
        return [
            outline(one, *x, threshold=self._threshold, edges=whole.edges)
            for one in self._histograms[panel]
        ]

    def _refine(self) -> None:
        x = next(iter(self._ylabels)).get_xlim()
        if x == self._drawn:
            return
        self._drawn = x
        for panel, ridges in enumerate(self._ridges):
            if panel >= len(self._histograms):
                continue
            outlines = self._outlines(panel, x)
            tallest = max((one.peak(*x) for one in outlines), default=0.0) or 1.0
            for row, (ridge, one) in enumerate(zip(ridges, outlines, strict=True)):
                # Rows grow downwards.
                heights = row - TALLEST * one.heights / tallest
                ridge.set_data(heights, one.edges, baseline=float(row))

    def table(self) -> Table:
        """What is shown: a row for each interval with values, by layer and step."""
        data = self._data
        if data is None or not self._histograms:
            return Table({})
        x = next(iter(self._ylabels)).get_xlim()
        return stack(
            [
                {
                    "layer": data.layers[i],
                    "step": data.steps[record],
                    "from": one.edges[:-1][one.heights > 0],
                    "to": one.edges[1:][one.heights > 0],
                    "density": one.heights[one.heights > 0],
                }
                for panel, i in enumerate(self._layers)
                for record, one in zip(
                    self._records, self._outlines(panel, x), strict=True
                )
            ]
        )

    def _remarks(self) -> list[str]:
        data, remarks = self._data, []
        if data is None or not self._records or not self._layers:
            return []
        if len(self._records) < data.records:
            remarks.append(f"{len(self._records)} of {data.records:,} records")
        if data.all_layers > len(self._layers):
            remarks.append(f"{len(self._layers)} of {data.all_layers} layers")
        remarks.append("heights are comparable within a panel")
        return remarks
