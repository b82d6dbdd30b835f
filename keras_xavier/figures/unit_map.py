"""Single units over the steps, as a map of colors for each layer."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from numpy.typing import NDArray

from keras_xavier.figures.heatmap import add_image, paint
from keras_xavier.figures.limits import Limits, end_of_last, fit_steps
from keras_xavier.figures.table import Table, stack
from keras_xavier.figures.ticks import ShareFormatter, ValueFormatter
from keras_xavier.figures.unit_colors import choose_colors, color_units
from keras_xavier.figures.unit_figure import UnitFigure
from keras_xavier.figures.units import (
    LayerUnits,
    UnitsData,
    is_dead,
    is_saturated,
    sort_units,
)
from keras_xavier.figures.view import View
from keras_xavier.statistics import UNIT_STATISTICS, Statistic

Floats = NDArray[np.float64]


class UnitMap(UnitFigure):
    """A row for each unit, steps from left to right; colors show the mean activation.

    A record is drawn from its step to the next one. Each layer has a panel, each of
    several runs a column of panels, and all panels have the same colors.
    """

    name = "unit-map"
    has_colorbar = True
    reads_all_steps = True
    cursor_color = "mark"
    subject_options = ("log_steps",)

    def _prepare(self) -> None:
        super()._prepare()
        self._orders = [sort_units(layer.values) for _, layer in self._panels]
        self._colors: list[NDArray[np.uint8]] = []

    def _make(self) -> None:
        facets, layout = self._facets, self.layout
        layout.columns, layout.headed = facets.columns, facets.headed
        layout.titles = facets.titles if facets.compares else None
        self._images = []
        for title, keys in zip(facets.titles(), facets.panels or [[]], strict=False):
            axes = self._add_axes(title, steps=True, grid=False)
            axes.yaxis.set_major_formatter(ShareFormatter())
            layout.set_labels(axes, y=("units, sorted", "units"))
            if keys:
                self._images.append(add_image(axes))

    def _label(self) -> None:
        statistic = self.options.statistic
        is_log = isinstance(self._colorbar.colors.norm, LogNorm)
        text = f"{statistic.label} of a unit"
        if self._panels and self._chosen.ranges is not None:
            text = f"{text}, relative to the range of its layer"
        self._colorbar.set_label(f"{text} (log)" if is_log else text)
        recorded = [one for one in self._runs if len(one.steps)]
        if not recorded:
            self.layout.set_headline(self.definition().title, self._run_text)
            return
        first, last = (int(one) for one in self._span)
        records = max(len(one.steps) for one in recorded)
        headline = f"Units over training: {statistic.label}"
        when = f"at {records:,} steps from {first:,} to {last:,}"
        if records == 1:
            when = f"at step {first:,}"
        self.layout.set_headline(f"{headline} {when}", self._run_text)

    def _draw(self) -> None:
        statistic, layers = self.options.statistic, [one for _, one in self._panels]
        chosen = choose_colors(
            *(statistic, layers, self.style), full_range=self.options.full_range
        )
        self._chosen = chosen
        self._colorbar.set_colors(chosen.norm, chosen.colormap)
        is_share = statistic.is_share
        self._colorbar.set_formatter(ShareFormatter() if is_share else ValueFormatter())
        self._colors = []
        for i, (layer, order) in enumerate(zip(layers, self._orders, strict=True)):
            colors = color_units(layer, statistic, chosen, self.style, i)
            self._colors.append(np.ascontiguousarray(colors[:, order]))

    @property
    def _place(self) -> int:
        return UNIT_STATISTICS.index(self.options.statistic)

    def _fit(self, *, seen: bool = False) -> list[View]:
        recorded = [one for one in self._runs if len(one.steps)]
        if not recorded:
            return [((0.0, 1.0), (1.0, 0.0))]
        last = max(map(self._end, recorded))
        # Nothing is painted where nothing was recorded.
        steps = fit_steps(self.layout.axes[0], self._span[0], last)[0], last
        return [(steps, (1.0, 0.0))]

    @property
    def _span(self) -> Limits:
        """The first and the last step at which units of a run were recorded."""
        steps = [one.steps for one in self._runs if len(one.steps)]
        return min(float(one[0]) for one in steps), max(float(one[-1]) for one in steps)

    def _end(self, data: UnitsData) -> float:
        """Returns the right end of the last record."""
        return end_of_last(self.layout.axes[0], data.steps, self._span)

    def _refine(self) -> None:
        for image, (data, _), colors in zip(
            self._images, self._panels, self._colors, strict=True
        ):
            steps = np.append(data.steps.astype(np.float64), self._end(data))
            rows = np.linspace(0.0, 1.0, colors.shape[1] + 1)
            paint(image, colors, x_edges=steps, y_edges=rows)

    def unit_at(
        self, axes: Axes, x: float, y: float
    ) -> tuple[UnitsData, LayerUnits, int] | None:
        for place, (one, data, layer) in enumerate(self._filled):
            if one is axes and 0 <= y < 1:
                order = self._orders[place]
                return data, layer, int(order[int(y * len(order))])
        return None

    def table(self) -> Table:
        """Returns the numbers in view: a row for each unit at each recorded step."""
        left, right = self.layout.axes[0].get_xlim()
        parts: list[dict[str, object]] = []
        for (data, layer), order in zip(self._panels, self._orders, strict=True):
            for step, of in zip(data.steps, layer.values, strict=True):
                if left <= step <= right:
                    parts.append(
                        {
                            "run": data.run,
                            "layer": layer.name,
                            "step": step,
                            "unit": layer.indices[order],
                        }
                        | {
                            str(name): of[order, i]
                            for i, name in enumerate(UNIT_STATISTICS)
                        }
                    )
        return stack(parts)

    def _remarks(self) -> list[str]:
        if not self._panels:
            return []
        remarks = self._common_remarks()
        every = sorted({one.records for one in self._runs})
        records = max(len(one.steps) for one in self._runs)
        remarks.append(f"units in {records:,} of {every[-1]:,} records")
        stuck = [
            (int(is_saturated(last).sum()), int(is_dead(last).sum()))
            for _, layer in self._panels
            for last in [layer.values[-1]]
        ]
        saturated, dead = (sum(counts) for counts in zip(*stuck, strict=True))
        remarks.append(f"at the last step {saturated:,} saturated and {dead:,} dead")
        if dead and self.options.statistic is Statistic.MEAN:
            remarks.append("gray: all values 0")
        values = [layer.values[..., self._place] for _, layer in self._panels]
        unknown = any(np.isnan(one).any() for one in values)
        if unknown and self.options.statistic is Statistic.SATURATED:
            remarks.append("light gray: the saturation is not known")
        elif unknown:
            remarks.append("red: NaN or ±Inf")
        ends = self._chosen.ranges or [self._chosen.ends] * len(values)
        beyond = sum(
            # Magnitudes below the lowest color have the color of the smallest values.
            int((one > high).sum() + (low < 0) * (one < low).sum())
            for one, (low, high) in zip(values, ends, strict=True)
        )
        if beyond:
            share = max(100 * beyond / sum(one.size for one in values), 0.1)
            remarks.append(f"color scale clips {share:.1f}% of values")
        return remarks
