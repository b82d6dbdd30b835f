"""One statistic of all layers over the steps: where in the model, and when."""

import math
from collections.abc import Collection, Mapping

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator
from numpy.typing import NDArray

from keras_xavier.figures import layers as layers_
from keras_xavier.figures.data import OverviewData
from keras_xavier.figures.limits import Limits, fit_steps
from keras_xavier.figures.picture import (
    GAP,
    NOTHING,
    STEPS,
    TEXT_LETTER,
    TEXT_SIZE,
    Picture,
    View,
    set_steps_scale,
)
from keras_xavier.figures.style import LIGHT, Style
from keras_xavier.figures.table import Table
from keras_xavier.figures.ticks import ShareFormatter, ValueFormatter
from keras_xavier.figures.vocabulary import NAMES, STATISTIC_NAMES, SYMBOLS
from keras_xavier.names import shorten_all
from keras_xavier.statistics import Statistic

BAR_WIDTH, BAR_LABELS = 0.16, 0.62
"""Inches of the colour bar, and of the numbers beside it."""
TICK_ROOM = 0.2
"""Inches from the name of a layer to the next."""
NAMES_SHARE = 0.35
"""Most of the width that names of layers take."""
FAR_APART = 20.0
"""Ratio of the largest value to the smallest that asks for logarithmic colours."""
ROBUST = (1.0, 99.0)
"""Percentiles of the values that colours tell apart."""
SHARES = (Statistic.SATURATED, Statistic.ZERO, Statistic.NONFINITE)


class Overview(Picture):
    """A map of colours: layers from top to bottom, steps from left to right.

    A record is drawn from its step on to the next one. Where there are more records
    than pixels, each column of pixels shows the mean of its records; if one of them
    is NaN, so is the column.
    """

    def __init__(self, figure: Figure, *, style: Style = LIGHT) -> None:
        super().__init__(figure, style=style)
        self._axes = self._add_axes(steps=True)
        self._axes.set_xlabel(STEPS)
        self._axes.grid(visible=False)
        self._image = self._axes.imshow(
            np.zeros((1, 1, 4), np.uint8),
            # Along the steps in pixels, whatever their scale is.
            transform=self._axes.get_yaxis_transform(),
            aspect="auto",
            interpolation="nearest",
            zorder=0,
        )
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
        self._data: OverviewData | None = None
        self._visible: NDArray[np.intp] = np.empty(0, np.intp)
        self._names: list[str] = []
        self._drawn: object = None
        self._full_range = False
        self._most = 0
        self._log_steps = False
        set_steps_scale(self._axes, False)
        self._set_message(NOTHING)

    def update(
        self,
        data: OverviewData,
        *,
        visible: Collection[str] | None = None,
        log_steps: bool = False,
        full_range: bool = False,
    ) -> None:
        """Shows other data.

        Args:
            data: What to show.
            visible: Names of the layers to draw, or `None` for all.
            log_steps: Whether the axis of steps is logarithmic beyond step 1.
            full_range: Whether colours reach the farthest values, and not only the
                1st to the 99th percentile.
        """
        visible = None if visible is None else frozenset(visible)
        self._repeat = lambda picture: picture.update(
            data, visible=visible, log_steps=log_steps, full_range=full_range
        )
        rows = np.flatnonzero(layers_.select(data.layers, visible))
        before = self._data
        anew = before is None or log_steps != self._log_steps
        fitted = self.follow
        others = before is None or (before.layers, [*self._visible]) != (
            data.layers,
            [*rows],
        )
        if log_steps != self._log_steps:
            self._log_steps = log_steps
            set_steps_scale(self._axes, log_steps)
        self._data, self._visible, self._full_range = data, rows, full_range
        self._names = shorten_all([data.layers[i] for i in rows])
        values = data.values[:, rows].astype(np.float64)
        self._values = np.where(np.isfinite(values), values, np.nan)
        self._choose_colors(data.statistic)
        self._drawn = self._arranged = None
        statistic, name = STATISTIC_NAMES[data.statistic], NAMES[data.quantity].lower()
        symbol = SYMBOLS[data.quantity].partition(" ")[0]
        self._set_title(f"Overview: {statistic} of the {name} {symbol}", data.run)
        self._set_message(self._why_empty(data))
        if others and not fitted:
            self._axes.set_ylim(self._fit()[self._axes][1])
        self._move_view(anew=anew, fitted=fitted)

    @property
    def still(self) -> tuple[object, list[Artist]]:
        """The colour bar, as long as the colours are the same."""
        colors = self._colors
        mark = type(colors.norm), colors.get_clim(), colors.get_cmap().name
        return (*mark, self._arranged), [self._bar_axes]

    def _why_empty(self, data: OverviewData) -> str:
        if not data.layers:
            return f"No layer of this run has the quantity {data.quantity}"
        if not len(data.steps):
            return "No records yet"
        return "" if len(self._visible) else "No layer is chosen"

    def _choose_colors(self, statistic: Statistic) -> None:
        """Colours of even steps for magnitudes, and from 0 to both sides else."""
        colormap = self.style.layers[0]
        formatter = ValueFormatter()
        known = self._values[~np.isnan(self._values)]
        if statistic in SHARES:
            norm: Normalize = Normalize(0, 1)
            formatter = ShareFormatter()
        elif statistic is Statistic.STD:
            norm = of_magnitudes(known[known > 0], self._full_range)
        else:
            colormap = self.style.diverging
            farthest = reached(np.abs(known), self._full_range)
            norm = Normalize(-farthest, farthest)
        self._colors.set_cmap(colormap)
        self._colors.set_norm(norm)
        self._bar.formatter = formatter
        self._bar.update_ticks()

    def _fit(self, *, seen: bool = False) -> Mapping[Axes, View]:
        data = self._data
        rows = (max(len(self._visible), 1) - 0.5, -0.5)
        if data is None or not len(data.steps):
            return {self._axes: ((0.0, 1.0), rows)}
        ends = (float(data.steps[0]), self._end(data))
        return {self._axes: (fit_steps(self._axes, *ends), rows)}

    @staticmethod
    def _end(data: OverviewData) -> float:
        """Up to where the last record is drawn."""
        last = float(data.steps[-1])
        return last + (last - float(data.steps[-2]) if len(data.steps) > 1 else 1.0)

    def _arrange(self) -> None:
        width = float(self.figure.get_size_inches()[0])
        longest = max((len(name) for name in self._names), default=0)
        self._left = min(0.3 + TEXT_LETTER * longest, NAMES_SHARE * width)
        super()._arrange()
        box = self._axes.get_position()
        left = box.x1 + GAP / width
        self._bar_axes.set_position((left, box.y0, BAR_WIDTH / width, box.height))

    def _refine(self) -> None:
        data = self._data
        if data is None or not len(data.steps) or not len(self._visible):
            self._image.set_visible(False)
            return
        x, y, box = self._axes.get_xlim(), self._axes.get_ylim(), self._axes.bbox
        view = (x, y, round(box.width), round(box.height), self.figure.dpi)
        if view == self._drawn:
            return
        self._drawn = view
        self._name_rows(y, box.height / self.figure.dpi)
        self._image.set_visible(True)
        self._image.set_data(self._colored(data, x))
        self._image.set_extent((0, 1, len(self._visible) - 0.5, -0.5))
        # Images widen the view when their extent is set.
        self._axes.set_xlim(x)
        self._axes.set_ylim(y)

    def _name_rows(self, limits: Limits, height: float) -> None:
        """Names as many layers as there is room for."""
        low, high = sorted(limits)
        seen = [i for i in range(len(self._names)) if low <= i <= high]
        every = math.ceil(len(seen) / max(int(height / TICK_ROOM), 1))
        rows = seen[:: max(every, 1)]
        self._axes.yaxis.set_major_locator(FixedLocator(rows))
        # A name is no formula, whatever it has for letters.
        names = FixedFormatter([self._names[i].replace("$", r"\$") for i in rows])
        self._axes.yaxis.set_major_formatter(names)

    def _colored(self, data: OverviewData, limits: Limits) -> NDArray[np.uint8]:
        """The image: a row for each layer, a column for each pixel."""
        values, covered, self._most = self._columns(data, limits)
        # Zeros have the colour of the smallest sizes.
        shown = np.maximum(values, self._colors.get_clim()[0])
        colors = self._colors.to_rgba(shown, bytes=True)
        undefined = self.style.undefined
        if data.statistic is Statistic.SATURATED:
            # Of a function that is not known, not of NaN.
            undefined = self.style.grid
        colors[np.isnan(values)] = np.multiply(mpl.colors.to_rgba(undefined), 255)
        colors[~covered, :, 3] = 0
        return np.ascontiguousarray(np.swapaxes(colors, 0, 1))

    def _columns(
        self, data: OverviewData, limits: Limits
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
        values = np.append(self._values, np.zeros_like(self._values[:1]), axis=0)
        number = last - first
        sums = np.add.reduceat(values, ends_in_turn)[::2]
        most = int(number[covered].max(initial=0))
        return sums / number[:, np.newaxis], covered, most

    def table(self) -> Table:
        """What is shown: a row for each recorded step in view, a column a layer."""
        data = self._data
        if data is None:
            return Table({})
        left, right = self._axes.get_xlim()
        seen = (data.steps >= left) & (data.steps <= right)
        columns = {"step": data.steps[seen]}
        for i in self._visible:
            columns[data.layers[i]] = data.values[seen, i]
        return Table(columns)

    def _remarks(self) -> list[str]:
        data, remarks = self._data, []
        if data is None or not len(data.steps) or not len(self._visible):
            return []
        undefined = np.isnan(self._values)
        if undefined.any():
            record, row = np.argwhere(undefined)[0]
            name, step = self._names[row], f"{data.steps[record]:,}"
            remarks.append(
                f"not known of {name}: what saturates it"
                if data.statistic is Statistic.SATURATED
                else f"NaN or ±Inf first at step {step} in {name}"
            )
        low, high = self._colors.get_clim()
        known = self._values[~undefined]
        beyond = np.count_nonzero((known < low) | (known > high))
        if beyond:
            share = 100 * beyond / known.size
            remarks.append(f"beyond the colours: {max(share, 0.1):.1f} % of the values")
        if self._most > 1:
            remarks.append(f"a column is the mean of up to {self._most:,} records")
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
