"""One statistic of all layers over the steps, as a map of colors."""

import math
from itertools import zip_longest
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.ticker import FixedFormatter, FixedLocator
from numpy.typing import NDArray

from keras_xavier.figure_spec import Facet
from keras_xavier.figures.data import Floats, OverviewData, why_empty
from keras_xavier.figures.facets import Compared, compare
from keras_xavier.figures.heatmap import add_image, paint
from keras_xavier.figures.labels import Shown, drawable
from keras_xavier.figures.limits import Limits, end_of_last, fit_steps
from keras_xavier.figures.loaders import overview_data
from keras_xavier.figures.plot import NOTHING, IndexedRuns, Options, Plot
from keras_xavier.figures.statistic_scales import (
    FIXED_LIMITS,
    MAYBE_UNDEFINED,
    OF_UNITS,
)
from keras_xavier.figures.table import Table
from keras_xavier.figures.ticks import ShareFormatter, ValueFormatter
from keras_xavier.figures.view import View
from keras_xavier.statistics import Statistic
from keras_xavier.text import shorten_all

ROW_NAME = 0.2
"""Inches from the name of a row to the name of the next row."""
FAR_APART = 20.0
"""Ratio of the largest to the smallest value from which colors are logarithmic."""
ROBUST = (1.0, 99.0)
"""Percentiles of the values between which colors differ."""


class Overview(Plot):
    """A map of colors: layers from top to bottom, steps from left to right.

    A record is drawn from its step to the next one. Where there are more records than
    pixels, each column of pixels shows the mean of its records; if one of them is
    NaN, so is the column. Each of several runs has a panel, with the same rows and
    the same colors.
    """

    name = "overview"
    data_type = OverviewData
    has_colorbar = True
    # Visible on the darkest and on the lightest colors.
    cursor_color = "mark"
    _runs: tuple[OverviewData, ...]

    @classmethod
    def read(cls, runs: IndexedRuns, options: Options) -> list[OverviewData]:
        found = options.quantity, options.statistic
        layers = options.layers
        return [overview_data(run, *found, layers=layers) for _, run in runs]

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers, from top to bottom."""
        return tuple(self._rows)

    def _prepare(self) -> None:
        runs = [Compared(one.run, i, one.layers) for i, one in enumerate(self._runs)]
        self._compared = compare(
            runs, self._visible, Facet.AUTO, page=self.page, most=self.most_panels
        )
        self.page, self.pages = self._compared.page, self._compared.pages
        self._rows = self._compared.order
        self._names = shorten_all(self._rows)
        self._values = [self._values_of(one) for one in self._runs]
        self._most = 0
        self.layout.row_names = max((len(name) for name in self._names), default=1)
        self.layout.arranged = None

    def _count_shown(self) -> Shown:
        return self._compared.shown

    def _values_of(self, data: OverviewData) -> Floats:
        """Returns values of shape (step, row), NaN where not finite or absent."""
        values = np.full((len(data.steps), len(self._rows)), np.nan)
        columns = {name: i for i, name in enumerate(data.layers)}
        for row, name in enumerate(self._rows):
            if name in columns:
                values[:, row] = data.values[:, columns[name]]
        values[~np.isfinite(values)] = np.nan
        return values

    def _find_subject(self) -> object:
        return (self.options.log_steps,) if self._runs else None

    def _key(self) -> object:
        return self._compared, self.options.log_steps

    def _make(self) -> None:
        self.layout.columns = self._compared.columns
        self._images = [
            add_image(self._add_axes(title, steps=True, grid=False))
            for title in self._compared.titles
        ]

    def _draw(self) -> None:
        if self._runs:
            self._choose_colors(self._statistic)

    def _label(self) -> None:
        if self._runs:
            statistic = self._statistic.label
            quantity = self._runs[0].quantity
            is_log = isinstance(self._colorbar.colors.norm, LogNorm)
            self._colorbar.set_label(f"{statistic} (log)" if is_log else statistic)
            self.layout.set_headline(
                f"Overview: {statistic} of the {quantity.label.lower()} "
                f"{quantity.symbol}",
                self._run_text,
            )

    def _why_empty(self) -> str:
        if not self._runs:
            return NOTHING
        if reason := why_empty(self._runs, bool(self._rows)):
            return reason
        if self._statistic in OF_UNITS and all(
            np.isnan(one).all() for one in self._values
        ):
            name = self._runs[0].quantity.label.lower()
            return f"{self._statistic.label.capitalize()}: not defined for the {name}"
        return ""

    @property
    def _statistic(self) -> Statistic:
        """The statistic of the colors; the one asked for if a run has it."""
        found = [one.statistic for one in self._runs]
        wanted = self._runs[0].wanted or found[0]
        return wanted if wanted in found else found[0]

    def _choose_colors(self, statistic: Statistic) -> None:
        """Sequential colors for magnitudes, and diverging colors from 0 otherwise."""
        colormap = self.style.layers[0]
        formatter = ValueFormatter()
        values = np.concatenate([one.ravel() for one in self._values])
        known = values[~np.isnan(values)]
        full_range = self.options.full_range
        if statistic.is_share:
            norm: Normalize = Normalize(0, 1)
            formatter = ShareFormatter()
        elif statistic in FIXED_LIMITS:
            colormap = self.style.diverging
            norm = Normalize(*FIXED_LIMITS[statistic])
        elif statistic in (Statistic.STD, Statistic.UNIT_STD):
            norm = of_magnitudes(known[known > 0], full_range)
        else:
            colormap = self.style.diverging
            farthest = reached(np.abs(known), full_range)
            norm = Normalize(-farthest, farthest)
        self._colorbar.set_colors(norm, colormap)
        self._colorbar.set_formatter(formatter)

    def _fit(self, *, seen: bool = False) -> list[View]:
        rows = (max(len(self._rows), 1) - 0.5, -0.5)
        recorded = [one for one in self._runs if len(one.steps)]
        steps = (0.0, 1.0)
        if recorded:
            last = max(self._end(one) for one in recorded)
            # Nothing is painted where nothing was recorded.
            steps = fit_steps(self.layout.axes[0], self._span[0], last)[0], last
        return [(steps, rows)]

    @property
    def _span(self) -> Limits:
        """The first and the last step of all runs."""
        steps = [one.steps for one in self._runs if len(one.steps)]
        return min(float(one[0]) for one in steps), max(float(one[-1]) for one in steps)

    def _end(self, data: OverviewData) -> float:
        """Returns the right end of the last record."""
        return end_of_last(self.layout.axes[0], data.steps, self._span)

    def _refine(self) -> None:
        axes = self.layout.axes[0]
        self._most = 0
        edges = np.arange(len(self._rows) + 1, dtype=np.float64) - 0.5
        runs = self._compared.panel_runs
        for i, image in zip_longest(runs, self._images):
            is_seen = i is not None and bool(len(self._runs[i].steps))
            image.set_visible(is_seen and not self._why_empty())
            if image.get_visible():
                colors = self._colored(self._runs[i], self._values[i], axes.get_xlim())
                paint(image, colors, y_edges=edges)
        if self._rows:
            self._name_rows(axes.get_ylim(), axes.bbox.height / self.figure.dpi)

    def _name_rows(self, limits: Limits, height: float) -> None:
        """Names as many layers as fit."""
        low, high = sorted(limits)
        seen = [i for i in range(len(self._names)) if low <= i <= high]
        every = math.ceil(len(seen) / max(int(height / ROW_NAME), 1))
        rows = seen[:: max(every, 1)]
        # A name with dollar signs is not a formula.
        names = [drawable(self._names[i])[0].replace("$", r"\$") for i in rows]
        families = drawable("".join(self._names[i] for i in rows))[1]
        for axes in self.layout.axes:
            if families:
                usual = mpl.rcParams["font.family"]
                axes.yaxis.set_tick_params(labelfontfamily=[*usual, *families])
            axes.yaxis.set_major_locator(FixedLocator(rows))
            axes.yaxis.set_major_formatter(FixedFormatter(names))

    def _colored(
        self, data: OverviewData, values: Floats, limits: Limits
    ) -> NDArray[np.uint8]:
        """Returns colors, of shape (column of pixels, layer, 4)."""
        values, covered, most = self._columns(data, values, limits)
        self._most = max(self._most, most)
        # Zeros have the color of the smallest values.
        shown = np.maximum(values, self._colorbar.colors.get_clim()[0])
        colors = self._colorbar.colors.to_rgba(shown, bytes=True)
        undefined = self.style.undefined
        if data.statistic in MAYBE_UNDEFINED:
            # A value that is not defined is not NaN.
            undefined = self.style.grid
        colors[np.isnan(values)] = np.multiply(mpl.colors.to_rgba(undefined), 255)
        colors[~covered, :, 3] = 0
        colors[:, [name not in data.layers for name in self._rows], 3] = 0
        return colors

    def _columns(
        self, data: OverviewData, values: Floats, limits: Limits
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_], int]:
        """Returns means by column, whether each has records, and the most records."""
        transform = self.layout.axes[0].xaxis.get_transform()
        left, right = transform.transform(np.array(limits))
        # One column for each pixel.
        columns = max(round(self.layout.axes[0].bbox.width), 1)
        ends = np.linspace(left, right, columns + 1)
        steps = transform.inverted().transform(ends)
        steps[[0, -1]] = limits
        # Records that start within the column, or else the record before it.
        first, last = np.searchsorted(data.steps, [steps[:-1], steps[1:]])
        covered = (last > 0) & (steps[:-1] < self._end(data))
        first = np.maximum(np.minimum(first, last - 1), 0)
        last = np.maximum(last, 1)
        ends_in_turn = np.stack([first, last], axis=1).ravel()
        # A last row, as the end of a sum may be the end of the values.
        values = np.append(values, np.zeros_like(values[:1]), axis=0)
        number = last - first
        sums = np.add.reduceat(values, ends_in_turn)[::2]
        most = int(number[covered].max(initial=0))
        return sums / number[:, np.newaxis], covered, most

    def table(self) -> Table:
        """Returns the numbers in view: a row for each step, a column for each layer."""
        left, right = self.layout.axes[0].get_xlim()
        tables = []
        for data, values in zip(self._runs, self._values, strict=True):
            seen = (data.steps >= left) & (data.steps <= right)
            columns: dict[str, Any] = {}
            if len(self._runs) > 1:
                columns["run"] = np.full(int(seen.sum()), data.run)
            columns["step"] = data.steps[seen]
            tables.append(
                columns | {name: values[seen, i] for i, name in enumerate(self._rows)}
            )
        if not tables:
            return Table({})
        return Table(
            {name: np.concatenate([one[name] for one in tables]) for name in tables[0]}
        )

    def _remarks(self) -> list[str]:
        remarks = []
        shown = [
            (data, values[:, [name in data.layers for name in self._rows]])
            for data, values in zip(self._runs, self._values, strict=True)
        ]
        if not any(values.size for _, values in shown) or self._why_empty():
            return []
        lacking = [one.run for one in self._runs if one.statistic != self._statistic]
        if lacking or self._statistic != (self._runs[0].wanted or self._statistic):
            of = f"{', '.join(shorten_all(lacking))}: " if lacking else ""
            remarks.append(f"{of}std of all values, as units were not recorded")
        for data, values in shown:
            undefined = np.isnan(values)
            if not undefined.any():
                continue
            record, row = np.argwhere(undefined)[0]
            rows = [name for name in self._rows if name in data.layers]
            name = self._names[self._rows.index(rows[row])]
            step = f"{data.steps[record]:,}"
            remarks.append(
                f"gray: the saturation of {name} is not known"
                if data.statistic is Statistic.SATURATED
                else f"gray: not defined in {name}"
                if data.statistic in MAYBE_UNDEFINED
                else f"NaN or ±Inf first at step {step} in {name}"
            )
            break
        low, high = self._colorbar.colors.get_clim()
        known = np.concatenate([values[~np.isnan(values)] for _, values in shown])
        beyond = np.count_nonzero((known < low) | (known > high))
        if beyond:
            share = 100 * beyond / known.size
            text = f"{max(share, 0.1):.1f} % of the values"
            remarks.append(f"{text} are beyond the ends of the colors")
        if self._most > 1:
            remarks.append(f"each pixel is the mean of up to {self._most:,} records")
        return remarks or ["all values are within the colors"]


def reached(sizes: NDArray[np.float64], full_range: bool) -> float:
    """Returns the largest size with its own color; 1 without sizes."""
    if not sizes.size:
        return 1.0
    return float(sizes.max() if full_range else np.percentile(sizes, ROBUST[1])) or 1.0


def of_magnitudes(sizes: NDArray[np.float64], full_range: bool) -> Normalize:
    """Returns the range of colors for positive sizes, logarithmic if it is wide."""
    if not sizes.size:
        return Normalize(0, 1)
    low, high = np.percentile(sizes, (0.0, 100.0) if full_range else ROBUST)
    if high <= FAR_APART * low:
        return Normalize(0, float(high))
    return LogNorm(float(low), float(high))
