"""Histograms over the steps, as a map of colors for each layer."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from numpy.typing import NDArray

from keras_xavier.figures.data import HistogramsOverTimeData
from keras_xavier.figures.facet_layout import FacetLayout, arrange_maps
from keras_xavier.figures.heatmap import add_image, paint
from keras_xavier.figures.histograms_over_steps import HistogramsOverSteps
from keras_xavier.figures.limits import Limits, end_of_last, fit_steps
from keras_xavier.figures.plot import Options
from keras_xavier.figures.pooling import accumulate, densities, pool, unseen
from keras_xavier.figures.scales import fit_axis, set_axis_scale
from keras_xavier.figures.table import Table, stack
from keras_xavier.figures.view import View
from keras_xavier.runs import Run
from keras_xavier.text import shorten_all

Floats = NDArray[np.float64]

DECADES = 3.0
"""Decades of density over which colors differ."""
STEPS_PER_DECADE = 5
"""Values in each decade that the largest density with a color may have."""
LINES: tuple[tuple[float, str | tuple[float, tuple[float, ...]]], ...] = (
    (1.0, (0, (4, 2))),
    (1.4, "solid"),
    (1.0, (0, (4, 2))),
)
"""Width and style of the lines of the 2nd, 50th and 98th percentile."""


class HistogramMap(HistogramsOverSteps):
    """Values from bottom to top, steps from left to right; colors show the density.

    A histogram is drawn from its step to the next one. The lines are the 2nd, 50th
    and 98th percentile. Each layer has a panel, each of several runs a column of
    panels, and all panels have the same axes and colors.
    """

    name = "histogram-map"
    has_colorbar = True
    subject_options = ("scale", "log_steps", "full_range")

    @staticmethod
    def arrange(
        names: Sequence[str],
        layers: Sequence[Sequence[str]],
        visible: Collection[str] | None,
        options: Options,
    ) -> FacetLayout:
        return arrange_maps(names, layers, visible, whole=True)

    @staticmethod
    def which_steps(
        facets: FacetLayout, runs: Sequence[Run], options: Options
    ) -> dict[str, Any]:
        return {"log_steps": options.log_steps}

    def _prepare(self) -> None:
        super()._prepare()
        keys = self._facets.keys
        names = [self._facets.name(key) for key in keys]
        self._names = names if len(self._runs) == 1 else shorten_all(names)
        self._sums = [accumulate(self._runs[i], j) for i, j in keys]
        self._densities: list[tuple[Floats, Floats]] = []
        self._shades: list[NDArray[np.uint8]] = []
        self._shaded: Floats | None = None

    def _key(self) -> object:
        return super()._key(), self.options.log_steps

    def _make(self) -> None:
        panels = self._add_panels(steps=True, grid=False)
        filled = [axes for axes, keys in panels if keys]
        self._images = [add_image(axes) for axes in filled]
        look: dict[str, Any] = {"color": self.style.mark, "drawstyle": "steps-post"}
        self._lines = [
            [
                axes.plot([], [], linewidth=width, linestyle=style, **look)[0]
                for width, style in LINES
            ]
            for axes in filled
        ]

    def _label(self) -> None:
        if self._runs:
            quantity = self._runs[0].quantity
            text = f"{quantity.label.lower()} {quantity.formula}"
            for axes in self.layout.axes:
                self.layout.set_labels(axes, y=(text, quantity.symbol))
            self.layout.set_headline(f"{quantity.label}s over training", self._run_text)

    def _set_scale(self, axes: Axes, threshold: float | None) -> None:
        set_axis_scale(axes, "y", threshold)
        self._shaded = None
        unit = "per unit" if threshold is None else "per decade"
        self._colorbar.set_label(f"share of values {unit} (log)")

    def _fit(self, *, seen: bool = False) -> list[View]:
        runs = [one for one in self._runs if len(one.steps)]
        if not runs:
            return [((0.0, 1.0), (0.0, 1.0))]
        self._set_thresholds(self._find_thresholds())
        axes, pooled = self.layout.axes[0], self._pooled
        if seen:
            pooled = pool(self._runs, self._facets.keys, axes.get_xlim())
        y = fit_axis(pooled, self._thresholds[0], full_range=self.options.full_range)
        # Perhaps only a part of a run was read.
        last = max(self._span[1], *map(self._end, runs))
        # Nothing is painted where nothing was recorded.
        steps = fit_steps(axes, self._span[0], last)[0], last
        return [(steps, y)]

    @property
    def _span(self) -> Limits:
        """The first and the last step of all runs."""
        ends = [one.ends for one in self._runs if len(one.steps)]
        return min(float(one[0]) for one in ends), max(float(one[1]) for one in ends)

    def _end(self, data: HistogramsOverTimeData) -> float:
        """Returns the right end of the last histogram."""
        return end_of_last(self.layout.axes[0], data.steps, self._span)

    def _edges_of_steps(self, data: HistogramsOverTimeData) -> Floats:
        return np.append(data.steps.astype(np.float64), self._end(data))

    def _draw(self) -> None:
        for lines, (i, j) in zip(self._lines, self._facets.keys, strict=True):
            data = self._runs[i]
            if len(data.steps):
                steps = self._edges_of_steps(data)
                for line, values in zip(lines, data.percentiles[:, j].T, strict=True):
                    line.set_data(steps, np.append(values, values[-1:]))

    def _refine(self) -> None:
        self._shade(self.layout.axes[0])
        keys = self._facets.keys
        parts = zip(self._images, self._shades, self._densities, keys, strict=True)
        for image, colors, (_, edges), (i, _) in parts:
            data = self._runs[i]
            image.set_visible(len(data.steps) > 0)
            if len(data.steps):
                x_edges = self._edges_of_steps(data)
                paint(image, colors, x_edges=x_edges, y_edges=edges)

    def _shade(self, axes: Axes) -> None:
        """Computes densities and their colors, unless the limits of y are the same."""
        seen = axes.yaxis.get_transform().transform(np.array(axes.get_ylim()))
        # Panning along the steps changes the limits of y by a rounding error.
        if self._shaded is not None and (
            np.abs(seen - self._shaded).max() < 1e-6 * np.ptp(seen)
        ):
            return
        self._shaded = seen
        self._densities = [
            densities(sums, pooled, axes.get_ylim(), self._thresholds[0])
            for sums, pooled in zip(self._sums, self._pooled, strict=True)
        ]
        top = max((float(of.max()) for of, _ in self._densities if of.size), default=1)
        # Rounded, so that colors and color bar rarely change while zooming.
        top = 10 ** (
            np.ceil(STEPS_PER_DECADE * np.log10(top or 1.0)) / STEPS_PER_DECADE
        )
        self._colorbar.set_colors(LogNorm(top / 10**DECADES, top))
        self._shades = []
        for heights, _ in self._densities:
            shown = np.maximum(heights, self._colorbar.colors.get_clim()[0])
            colors = self._colorbar.colors.to_rgba(shown, bytes=True)
            colors[heights <= 0] = 0
            self._shades.append(colors)

    def table(self) -> Table:
        """Returns the numbers in view: a row for each interval that has values."""
        self._refine_if_needed()
        rows: list[dict[str, object]] = []
        for key, (heights, edges) in zip(
            self._facets.keys, self._densities, strict=True
        ):
            data = self._runs[key[0]]
            run = {"run": data.run} if self._facets.compares else {}
            for step, height in zip(data.steps, heights, strict=True):
                kept = height > 0
                rows.append(
                    run
                    | {
                        "layer": self._facets.layer(key),
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
        view = self.layout.axes[0].get_ylim()
        return remarks + unseen(self._pooled, self._names, view)
