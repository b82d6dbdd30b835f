"""One statistic of all layers over the steps, as a map of colors."""

import math
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
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
from keras_xavier.figures.statistic_colors import choose_statistic_colors
from keras_xavier.figures.statistic_scales import MAYBE_UNDEFINED, OF_UNITS
from keras_xavier.figures.table import Table
from keras_xavier.figures.view import View
from keras_xavier.statistics import Statistic
from keras_xavier.text import LONGEST_NAME, shorten_all

RELATED = 0.5
"""Share of rows with values below which the runs have their own rows."""
MOST_NAMED, MOST_LETTERS = 6, 14
"""Maximum number of panels with own rows on a page, and letters of names of rows."""
ROW_NAME = 0.2
"""Inches from the name of a row to the name of the next row."""


class Overview(Plot):
    """A map of colors: layers from top to bottom, steps from left to right.

    A record is drawn from its step to the next one. Where there are more records than
    pixels, each column of pixels shows the mean of its records; if one of them is
    NaN, so is the column. Each of several runs has a panel, with the same colors, and
    with the same rows if the runs have most layers in common.
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
        """Names of the layers of all runs."""
        return tuple(self._compared.order)

    def rows_of(self, run: int) -> tuple[str, ...]:
        """Returns the names of the rows of a run, from top to bottom."""
        if not self._has_own_rows:
            return self.layers
        visible = {*self.layers}
        return tuple(name for name in self._runs[run].layers if name in visible)

    def _prepare(self) -> None:
        runs = [Compared(one.run, i, one.layers) for i, one in enumerate(self._runs)]
        every = compare(runs, self._visible, Facet.AUTO)
        self._has_own_rows = len(every.keys) < RELATED * len(runs) * len(every.order)
        # Names of rows between the panels take room.
        most = min(self.most_panels, MOST_NAMED) if self._has_own_rows else 0
        self._compared = compare(
            *(runs, self._visible, Facet.AUTO),
            page=self.page,
            most=most or self.most_panels,
        )
        self.page, self.pages = self._compared.page, self._compared.pages
        self._rows = [self.rows_of(i) for i in self._compared.panel_runs]
        self._values = [self._values_of(i) for i in range(len(runs))]
        self._most = 0
        self.shared_axes = "x" if self._has_own_rows else "xy"
        longest = MOST_LETTERS if self._has_own_rows else LONGEST_NAME
        names = shorten_all(self.layers, longest)
        self._names = dict(zip(self.layers, names, strict=True))
        self.layout.has_own_rows = self._has_own_rows
        self.layout.is_shared = not self._has_own_rows
        self.layout.row_names = max(map(len, names), default=1)
        self.layout.arranged = None

    def _count_shown(self) -> Shown:
        return self._compared.shown

    def _values_of(self, run: int) -> Floats:
        """Returns values of shape (step, row), NaN where not finite or absent."""
        data, rows = self._runs[run], self.rows_of(run)
        values = np.full((len(data.steps), len(rows)), np.nan)
        columns = {name: i for i, name in enumerate(data.layers)}
        for row, name in enumerate(rows):
            if name in columns:
                values[:, row] = data.values[:, columns[name]]
        values[~np.isfinite(values)] = np.nan
        return values

    def _find_subject(self) -> object:
        return (self.options.log_steps,) if self._runs else None

    def _key(self) -> object:
        return self._compared, self.options.log_steps, self._has_own_rows

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
        if reason := why_empty(self._runs, bool(self.layers)):
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
        values = np.concatenate([one.ravel() for one in self._values])
        chosen = choose_statistic_colors(
            statistic,
            values[~np.isnan(values)],
            self.style,
            full_range=self.options.full_range,
        )
        self._colorbar.set_colors(chosen.norm, chosen.colormap)
        self._colorbar.set_formatter(chosen.formatter)

    def _fit(self, *, seen: bool = False) -> list[View]:
        recorded = [one for one in self._runs if len(one.steps)]
        steps = (0.0, 1.0)
        if recorded:
            last = max(self._end(one) for one in recorded)
            # Nothing is painted where nothing was recorded.
            steps = fit_steps(self.layout.axes[0], self._span[0], last)[0], last
        numbers = [max(len(rows), 1) for rows in self._rows] or [1]
        return [(steps, (number - 0.5, -0.5)) for number in numbers]

    @property
    def _span(self) -> Limits:
        """The first and the last step of all runs."""
        steps = [one.steps for one in self._runs if len(one.steps)]
        return min(float(one[0]) for one in steps), max(float(one[-1]) for one in steps)

    def _end(self, data: OverviewData) -> float:
        """Returns the right end of the last record."""
        return end_of_last(self.layout.axes[0], data.steps, self._span)

    def _refine(self) -> None:
        limits = self.layout.axes[0].get_xlim()
        self._most = 0
        runs = self._compared.panel_runs
        panels = zip_longest(runs, self._rows, self._images, self.layout.axes)
        for i, rows, image, axes in panels:
            is_seen = i is not None and bool(len(self._runs[i].steps))
            image.set_visible(is_seen and not self._why_empty())
            if image.get_visible():
                edges = np.arange(len(rows) + 1, dtype=np.float64) - 0.5
                paint(image, self._colored(i, limits), y_edges=edges)
            if rows:
                self._name_rows(axes, rows)

    def _name_rows(self, axes: Axes, layers: Sequence[str]) -> None:
        """Names as many layers of a panel as fit."""
        low, high = sorted(axes.get_ylim())
        seen = [i for i in range(len(layers)) if low <= i <= high]
        height = axes.bbox.height / self.figure.dpi
        every = math.ceil(len(seen) / max(int(height / ROW_NAME), 1))
        rows = seen[:: max(every, 1)]
        short = [self._names[layers[i]] for i in rows]
        # A name with dollar signs is not a formula.
        names = [drawable(name)[0].replace("$", r"\$") for name in short]
        if families := drawable("".join(short))[1]:
            usual = mpl.rcParams["font.family"]
            axes.yaxis.set_tick_params(labelfontfamily=[*usual, *families])
        axes.yaxis.set_major_locator(FixedLocator(rows))
        axes.yaxis.set_major_formatter(FixedFormatter(names))

    def _colored(self, run: int, limits: Limits) -> NDArray[np.uint8]:
        """Returns colors, of shape (column of pixels, layer, 4)."""
        data = self._runs[run]
        values, covered, most = self._columns(data, self._values[run], limits)
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
        colors[:, ~self._measured(run), 3] = 0
        return colors

    def _measured(self, run: int) -> NDArray[np.bool_]:
        """Returns whether a run has the layer of each of its rows."""
        layers = {*self._runs[run].layers}
        return np.array([name in layers for name in self.rows_of(run)], bool)

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
        for i, (data, values) in enumerate(zip(self._runs, self._values, strict=True)):
            seen = (data.steps >= left) & (data.steps <= right)
            places = {name: place for place, name in enumerate(self.rows_of(i))}
            absent = np.full(int(seen.sum()), np.nan)
            columns: dict[str, Any] = {}
            if len(self._runs) > 1:
                columns["run"] = np.full(int(seen.sum()), data.run)
            columns["step"] = data.steps[seen]
            tables.append(
                columns
                | {
                    name: values[seen, places[name]] if name in places else absent
                    for name in self.layers
                }
            )
        if not tables:
            return Table({})
        return Table(
            {name: np.concatenate([one[name] for one in tables]) for name in tables[0]}
        )

    def _remarks(self) -> list[str]:
        remarks = []
        shown = [
            (data, self._values[i][:, self._measured(i)])
            for i, data in enumerate(self._runs)
        ]
        if not any(values.size for _, values in shown) or self._why_empty():
            return []
        lacking = [one.run for one in self._runs if one.statistic != self._statistic]
        if lacking or self._statistic != (self._runs[0].wanted or self._statistic):
            of = f"{', '.join(shorten_all(lacking))}: " if lacking else ""
            remarks.append(f"{of}std of all values, as units were not recorded")
        for i, (data, values) in enumerate(shown):
            undefined = np.isnan(values)
            if not undefined.any():
                continue
            record, row = np.argwhere(undefined)[0]
            rows = [name for name in self.rows_of(i) if name in data.layers]
            name = self._names[rows[row]]
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
            remarks.append(f"color scale clips {max(share, 0.1):.1f}% of values")
        if self._most > 1:
            remarks.append(f"each pixel is the mean of up to {self._most:,} records")
        return remarks or ["all values are within the color scale"]
