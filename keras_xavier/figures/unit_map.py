"""Single units over the steps, as a map of colors for each layer."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.colors import LogNorm, Normalize
from numpy.typing import NDArray

from keras_xavier.figures.heatmap import add_image, paint
from keras_xavier.figures.limits import Limits, end_of_last, fit_steps
from keras_xavier.figures.overview import of_magnitudes, reached
from keras_xavier.figures.style import Style
from keras_xavier.figures.table import Table, stack
from keras_xavier.figures.ticks import ShareFormatter, ValueFormatter
from keras_xavier.figures.unit_figure import UnitFigure
from keras_xavier.figures.units import (
    MEAN,
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
        statistic = self.options.statistic
        values = [layer.values[..., self._place] for _, layer in self._panels]
        norm, colormap = choose_colors(
            *(statistic, [layer for _, layer in self._panels], self.style),
            full_range=self.options.full_range,
        )
        self._colorbar.set_colors(norm, colormap)
        share = ShareFormatter() if statistic.is_share else ValueFormatter()
        self._colorbar.set_formatter(share)
        self._colors = []
        for (_, layer), order, of in zip(
            self._panels, self._orders, values, strict=True
        ):
            lowest = self._colorbar.colors.get_clim()[0]
            colors = self._colorbar.colors.to_rgba(np.maximum(of, lowest), bytes=True)
            colors = np.asarray(colors)
            if self._marks_dead:
                colors[is_dead(layer.values)] = rgba(self.style.muted)
            undefined = np.isnan(of)
            colors[undefined] = rgba(self.style.undefined)
            if statistic is Statistic.SATURATED:
                # Unknown saturation is not NaN.
                colors[undefined] = rgba(self.style.grid)
            self._colors.append(np.ascontiguousarray(colors[:, order]))

    @property
    def _place(self) -> int:
        return UNIT_STATISTICS.index(self.options.statistic)

    @property
    def _marks_dead(self) -> bool:
        return self.options.statistic is Statistic.MEAN

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

    def unit_at(self, panel: int, y: float) -> tuple[UnitsData, LayerUnits, int] | None:
        """Returns the run, the layer and the position of the unit at a height."""
        if not (0 <= panel < len(self._panels) and 0 <= y < 1):
            return None
        data, layer = self._panels[panel]
        return data, layer, int(self._orders[panel][int(y * len(layer.indices))])

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
        if dead and self._marks_dead:
            remarks.append("gray: all values 0")
        low, high = self._colorbar.colors.get_clim()
        values = [layer.values[..., self._place].ravel() for _, layer in self._panels]
        known = np.concatenate(values)
        if np.isnan(known).any() and self.options.statistic is Statistic.SATURATED:
            remarks.append("light gray: the saturation is not known")
        known = known[~np.isnan(known)]
        # Magnitudes below the lowest color have the color of the smallest values.
        beyond = np.count_nonzero(known > high) + (low < 0) * np.count_nonzero(
            known < low
        )
        if beyond:
            share = max(100 * beyond / known.size, 0.1)
            remarks.append(
                f"{share:.1f} % of the values are beyond the ends of the colors"
            )
        return remarks


def rgba(color: str) -> NDArray[np.uint8]:
    """Returns a color as four bytes."""
    return np.multiply(mpl.colors.to_rgba(color), 255).astype(np.uint8)


def choose_colors(
    statistic: Statistic,
    layers: Sequence[LayerUnits],
    style: Style,
    *,
    full_range: bool = False,
) -> tuple[Normalize, str]:
    """Returns the range of values with different colors, and the colormap.

    Means have diverging colors: from bound to bound if all layers have the same bounds,
    and otherwise the same distance on both sides of 0.

    Args:
        statistic: `Statistic`. One of `UNIT_STATISTICS`.
        layers: Sequence of `LayerUnits`. The layers to color.
        style: `Style`. The colors of the figure.
        full_range: bool. Whether outliers have different colors. Defaults to `False`.
    """
    place = UNIT_STATISTICS.index(statistic)
    values = [one.values[..., place].ravel() for one in layers]
    known = np.concatenate([np.zeros(0), *values])
    known = known[np.isfinite(known)]
    sequential = str(style.layers[0])
    if statistic.is_share:
        return Normalize(0, 1), sequential
    if place != MEAN:
        return of_magnitudes(known[known > 0], full_range), sequential
    bounds = {one.bounds for one in layers}
    if len(bounds) == 1 and np.isfinite(low_high := next(iter(bounds))).all():
        return Normalize(*low_high), style.diverging
    ends = [abs(end) for one in bounds if np.isfinite(one).all() for end in one]
    unbounded = [
        one.values[..., place].ravel()
        for one in layers
        if not np.isfinite(one.bounds).all()
    ]
    free = np.concatenate([np.zeros(0), *unbounded])
    free = np.abs(free[np.isfinite(free)])
    farthest = max([*ends, reached(free, full_range)] if free.size else ends, default=1)
    return Normalize(-farthest, farthest), style.diverging
