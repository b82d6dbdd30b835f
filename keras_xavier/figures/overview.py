"""One statistic of all layers over the steps: where in the model, and when."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator
from numpy.typing import NDArray

from keras_xavier.figure_spec import Facet
from keras_xavier.figures.data import Floats, OverviewData
from keras_xavier.figures.facets import Compared, compare
from keras_xavier.figures.fonts import drawable
from keras_xavier.figures.heatmap import PixelImage, add_image, paint
from keras_xavier.figures.limits import Limits, end_of_last, fit_steps
from keras_xavier.figures.plot import (
    GAP,
    NOTHING,
    SHORT_STEPS,
    STEPS,
    TEXT_LETTER,
    TEXT_SIZE,
    Plot,
    View,
    set_steps_scale,
)
from keras_xavier.figures.style import LIGHT, Style
from keras_xavier.figures.table import Table
from keras_xavier.figures.ticks import ShareFormatter, ValueFormatter
from keras_xavier.statistics import Statistic
from keras_xavier.text import shorten_all

BAR_WIDTH, BAR_LABELS = 0.16, 0.7
"""Inches of the colour bar, and of the numbers and words beside it."""
TICK_ROOM = 0.2
"""Inches from the name of a layer to the next."""
NAMES_SHARE = 0.35
"""Most of the width that names of layers take."""
FAR_APART = 20.0
"""Ratio of the largest value to the smallest that asks for logarithmic colours."""
ROBUST = (1.0, 99.0)
"""Percentiles of the values that colours tell apart."""
SHARES = (Statistic.SATURATED, Statistic.ZERO, Statistic.NONFINITE)


@dataclass(frozen=True)
class Panel:
    """What is drawn of one run.

    Attributes:
        axes: Where.
        image: A row of cells for each layer, a column of cells for each pixel.
    """

    axes: Axes
    image: PixelImage


class Overview(Plot):
    """A map of colours: layers from top to bottom, steps from left to right.

    A record is drawn from its step on to the next one. Where there are more records
    than pixels, each column of pixels shows the mean of its records; if one of them
    is NaN, so is the column. Each of several runs has a panel, with the same rows and
    the same colours.
    """

    def __init__(self, figure: Figure, *, style: Style = LIGHT) -> None:
        super().__init__(figure, style=style)
        self._shared = True
        self._colors = ScalarMappable(Normalize(0, 1), style.layers[0])
        self._bar_axes = figure.add_axes((0.9, 0.1, 0.02, 0.8))
        self._bar_axes.set_navigate(False)
        self._bar = figure.colorbar(self._colors, cax=self._bar_axes)
        self._bar.outline.set_visible(False)
        self._bar_axes.tick_params(
            which="both",
            color=style.foreground,
            labelcolor=style.foreground,
            labelsize=TEXT_SIZE,
        )
        self._beside = BAR_WIDTH + BAR_LABELS
        self._runs: tuple[OverviewData, ...] = ()
        self._values: list[Floats] = []
        self._rows: list[str] = []
        self._names: list[str] = []
        self._drawn: object = None
        self._full_range = False
        self._most = 0
        self._log_steps = False
        self._compared = compare((), None, Facet.TOGETHER)
        self._panels: list[Panel] = []
        self._make()
        self._set_message(NOTHING)

    @property
    def _axes(self) -> Axes:
        """The first panel; all have the same limits."""
        return self._panels[0].axes

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers, from top to bottom."""
        return tuple(self._rows)

    def update(
        self,
        data: OverviewData | Sequence[OverviewData],
        *,
        visible: Collection[str] | None = None,
        log_steps: bool = False,
        full_range: bool = False,
    ) -> None:
        """Shows other data.

        Args:
            data: What to show, of one run or of several: the same statistic of the
                same quantity.
            visible: Names of the layers to draw, or `None` for all.
            log_steps: Whether the axis of steps is logarithmic beyond step 1.
            full_range: Whether colours reach the farthest values, and not only the
                1st to the 99th percentile.
        """
        runs = (data,) if isinstance(data, OverviewData) else tuple(data)
        visible = None if visible is None else frozenset(visible)
        self._repeat = lambda plot: plot.update(
            runs, visible=visible, log_steps=log_steps, full_range=full_range
        )
        compared = compare(
            [Compared(one.run, i, one.layers) for i, one in enumerate(runs)],
            visible,
            Facet.RUNS if len(runs) > 1 else Facet.TOGETHER,
        )
        anew = not self._runs or log_steps != self._log_steps
        others = (self._compared, self._log_steps) != (compared, log_steps)
        rows_before, fitted = self._rows, self.follow
        self._compared, self._log_steps = compared, log_steps
        self._runs, self._full_range = runs, full_range
        self._rows = compared.order
        self._names = shorten_all(self._rows)
        self._values = [self._values_of(one) for one in runs]
        if others:
            self._make()
        self._drawn = self._arranged = None
        if runs:
            self._choose_colors(runs[0].statistic)
            statistic = runs[0].statistic.label
            self._label_bar(statistic)
            name = runs[0].quantity.label.lower()
            symbol = runs[0].quantity.symbol
            title = runs[0].run if len(runs) == 1 else f"{len(runs)} runs"
            self._set_title(f"Overview: {statistic} of the {name} {symbol}", title)
        self._set_message(self._why_empty())
        if self._rows != rows_before and not fitted:
            self._axes.set_ylim(self._fit()[self._axes][1])
        self._move_view(anew=anew, fitted=fitted)

    def _values_of(self, data: OverviewData) -> Floats:
        """Array `(step, row)`, NaN where a value is not finite or not there."""
        values = np.full((len(data.steps), len(self._rows)), np.nan)
        columns = {name: i for i, name in enumerate(data.layers)}
        for row, name in enumerate(self._rows):
            if name in columns:
                values[:, row] = data.values[:, columns[name]]
        values[~np.isfinite(values)] = np.nan
        return values

    def _make(self) -> None:
        """Makes the panels anew; what the user has zoomed into stays."""
        before = [(one.axes.get_xlim(), one.axes.get_ylim()) for one in self._panels]
        fitted = list(self._fitted.values())[:1]
        self._remove_axes()
        self._across = self._compared.columns
        self._panels = [self._make_panel(title) for title in self._compared.titles]
        for panel in self._panels[1:]:
            panel.axes.sharex(self._axes)
            panel.axes.sharey(self._axes)
        for panel in self._panels:
            set_steps_scale(panel.axes, self._log_steps)
            short = SHORT_STEPS if len(self._panels) > 1 else STEPS
            self._set_xlabel(panel.axes, STEPS, short=short)
        for x, y in before[:1]:
            self._axes.set_xlim(x)
            self._axes.set_ylim(y)
        self._fitted = {one.axes: view for one in self._panels for view in fitted}

    def _make_panel(self, title: str) -> Panel:
        axes = self._add_axes(steps=True, title=title)
        axes.grid(visible=False)
        return Panel(axes, add_image(axes))

    def _make_cursor(self, axes: Axes) -> Line2D:
        cursor = super()._make_cursor(axes)
        # To be seen on the darkest colours and on the lightest.
        cursor.set_color(self.style.mark)
        return cursor

    @property
    def static_artists(self) -> tuple[object, list[Artist]]:
        """The colour bar, as long as the colours are the same."""
        colors = self._colors
        mark = type(colors.norm), colors.get_clim(), colors.get_cmap().name
        label = self._bar_axes.get_ylabel()
        return (*mark, label, self._arranged), [self._bar_axes]

    def _why_empty(self) -> str:
        if not self._runs:
            return NOTHING
        if not any(one.layers for one in self._runs):
            return f"No layer of this run has the quantity {self._runs[0].quantity}"
        if not any(len(one.steps) for one in self._runs):
            return "No records yet"
        return "" if self._rows else "No layer is chosen"

    def _choose_colors(self, statistic: Statistic) -> None:
        """Colours of even steps for magnitudes, and from 0 to both sides else."""
        colormap = self.style.layers[0]
        formatter = ValueFormatter()
        values = np.concatenate([one.ravel() for one in self._values])
        known = values[~np.isnan(values)]
        if statistic in SHARES:
            norm: Normalize = Normalize(0, 1)
            formatter = ShareFormatter()
        elif statistic is Statistic.STD:
            norm = of_magnitudes(known[known > 0], self._full_range)
        else:
            colormap = self.style.diverging
            farthest = reached(np.abs(known), self._full_range)
            norm = Normalize(-farthest, farthest)
        before = self._colors.norm
        # Each change makes the colour bar anew.
        if (wanted := mpl.colormaps.get_cmap(colormap)) != self._colors.get_cmap():
            self._colors.set_cmap(wanted)
        if (type(norm), norm.vmin, norm.vmax) != (
            type(before),
            before.vmin,
            before.vmax,
        ):
            self._colors.set_norm(norm)
        if type(formatter) is not type(self._bar.formatter):
            self._bar.formatter = formatter
            self._bar.update_ticks()

    def _label_bar(self, statistic: str) -> None:
        """Says what colours are, and whether they are logarithmic."""
        is_log = isinstance(self._colors.norm, LogNorm)
        text = f"{statistic} (log)" if is_log else statistic
        self._bar.set_label(text, size=TEXT_SIZE, color=self.style.foreground)

    def _fit(self, *, seen: bool = False) -> Mapping[Axes, View]:
        rows = (max(len(self._rows), 1) - 0.5, -0.5)
        recorded = [one for one in self._runs if len(one.steps)]
        steps = (0.0, 1.0)
        if recorded:
            last = max(self._end(one) for one in recorded)
            # Nothing is painted where nothing was recorded.
            steps = fit_steps(self._axes, self._span[0], last)[0], last
        return {panel.axes: (steps, rows) for panel in self._panels}

    @property
    def _span(self) -> Limits:
        """The first and the last step of all runs."""
        steps = [one.steps for one in self._runs if len(one.steps)]
        return min(float(one[0]) for one in steps), max(float(one[-1]) for one in steps)

    def _end(self, data: OverviewData) -> float:
        """Up to where the last record is drawn."""
        return end_of_last(self._axes, data.steps, self._span)

    def _arrange(self) -> None:
        width = float(self.figure.get_size_inches()[0])
        longest = max((len(name) for name in self._names), default=0)
        self._left = min(0.3 + TEXT_LETTER * longest, NAMES_SHARE * width)
        super()._arrange()
        boxes = [panel.axes.get_position() for panel in self._panels]
        left = max(box.x1 for box in boxes) + GAP / width
        low, high = min(box.y0 for box in boxes), max(box.y1 for box in boxes)
        self._bar_axes.set_position((left, low, BAR_WIDTH / width, high - low))

    def _refine(self) -> None:
        x, y, box = self._axes.get_xlim(), self._axes.get_ylim(), self._axes.bbox
        view = (x, y, round(box.width), round(box.height), self.figure.dpi)
        if view == self._drawn:
            return
        self._drawn, self._most = view, 0
        edges = np.arange(len(self._rows) + 1, dtype=np.float64) - 0.5
        for i, panel in enumerate(self._panels):
            is_seen = i < len(self._runs) and bool(len(self._runs[i].steps))
            panel.image.set_visible(is_seen and bool(self._rows))
            if not panel.image.get_visible():
                continue
            colors = self._colored(self._runs[i], self._values[i], x)
            paint(panel.image, colors, y_edges=edges)
        if self._rows:
            self._name_rows(y, box.height / self.figure.dpi)

    def _name_rows(self, limits: Limits, height: float) -> None:
        """Names as many layers as there is room for."""
        low, high = sorted(limits)
        seen = [i for i in range(len(self._names)) if low <= i <= high]
        every = math.ceil(len(seen) / max(int(height / TICK_ROOM), 1))
        rows = seen[:: max(every, 1)]
        # A name is no formula, whatever it has for letters.
        names = [drawable(self._names[i])[0].replace("$", r"\$") for i in rows]
        families = drawable("".join(self._names[i] for i in rows))[1]
        for panel in self._panels:
            if families:
                usual = mpl.rcParams["font.family"]
                panel.axes.yaxis.set_tick_params(labelfontfamily=[*usual, *families])
            panel.axes.yaxis.set_major_locator(FixedLocator(rows))
            panel.axes.yaxis.set_major_formatter(FixedFormatter(names))

    def _colored(
        self, data: OverviewData, values: Floats, limits: Limits
    ) -> NDArray[np.uint8]:
        """Colours of each column of pixels, of each layer."""
        values, covered, most = self._columns(data, values, limits)
        self._most = max(self._most, most)
        # Zeros have the colour of the smallest sizes.
        shown = np.maximum(values, self._colors.get_clim()[0])
        colors = self._colors.to_rgba(shown, bytes=True)
        undefined = self.style.undefined
        if data.statistic is Statistic.SATURATED:
            # Of a function that is not known, not of NaN.
            undefined = self.style.grid
        colors[np.isnan(values)] = np.multiply(mpl.colors.to_rgba(undefined), 255)
        colors[~covered, :, 3] = 0
        colors[:, [name not in data.layers for name in self._rows], 3] = 0
        return colors

    def _columns(
        self, data: OverviewData, values: Floats, limits: Limits
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_], int]:
        """Means of the records in each column, and which columns have any."""
        transform = self._axes.xaxis.get_transform()
        left, right = transform.transform(np.array(limits))
        # As many columns as pixels: of more, some would not be seen.
        columns = max(round(self._axes.bbox.width), 1)
        ends = np.linspace(left, right, columns + 1)
        steps = transform.inverted().transform(ends)
        steps[[0, -1]] = limits
        # Records that begin within the column; if there are none, the one before.
        first, last = np.searchsorted(data.steps, [steps[:-1], steps[1:]])
        covered = (last > 0) & (steps[:-1] < self._end(data))
        first = np.maximum(np.minimum(first, last - 1), 0)
        last = np.maximum(last, 1)
        ends_in_turn = np.stack([first, last], axis=1).ravel()
        # A last row, as the end of what is summed may be the end of all.
        values = np.append(values, np.zeros_like(values[:1]), axis=0)
        number = last - first
        sums = np.add.reduceat(values, ends_in_turn)[::2]
        most = int(number[covered].max(initial=0))
        return sums / number[:, np.newaxis], covered, most

    def table(self) -> Table:
        """What is shown: a row for each recorded step in view, a column a layer."""
        left, right = self._axes.get_xlim()
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
        if not any(values.size for _, values in shown):
            return []
        for data, values in shown:
            undefined = np.isnan(values)
            if not undefined.any():
                continue
            record, row = np.argwhere(undefined)[0]
            rows = [name for name in self._rows if name in data.layers]
            name = self._names[self._rows.index(rows[row])]
            step = f"{data.steps[record]:,}"
            remarks.append(
                f"grey: it is not known what saturates {name}"
                if data.statistic is Statistic.SATURATED
                else f"NaN or ±Inf first at step {step} in {name}"
            )
            break
        low, high = self._colors.get_clim()
        known = np.concatenate([values[~np.isnan(values)] for _, values in shown])
        beyond = np.count_nonzero((known < low) | (known > high))
        if beyond:
            share = 100 * beyond / known.size
            told = f"{max(share, 0.1):.1f} % of the values"
            remarks.append(f"{told} are beyond the ends of the colours")
        if self._most > 1:
            told = f"the mean of up to {self._most:,}"
            remarks.append(f"where records are denser than pixels: {told}")
        return remarks or ["all values are within the colours"]


def reached(sizes: NDArray[np.float64], full_range: bool) -> float:
    """The largest size that colours tell apart; 1 if there is none."""
    if not sizes.size:
        return 1.0
    return float(sizes.max() if full_range else np.percentile(sizes, ROBUST[1])) or 1.0


def of_magnitudes(sizes: NDArray[np.float64], full_range: bool) -> Normalize:
    """Colours of positive sizes: logarithmic if these are far apart."""
    if not sizes.size:
        return Normalize(0, 1)
    low, high = np.percentile(sizes, (0.0, 100.0) if full_range else ROBUST)
    if high <= FAR_APART * low:
        return Normalize(0, float(high))
    return LogNorm(float(low), float(high))
