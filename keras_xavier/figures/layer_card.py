"""All quantities of one layer at one step, as small histograms with statistics."""

import textwrap
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch
from matplotlib.text import Text
from numpy.typing import NDArray

from keras_xavier.figures.binning import Bounded, histogram, outline
from keras_xavier.figures.card_text import break_lines, describe, number
from keras_xavier.figures.heatmap import add_image, paint
from keras_xavier.figures.labels import at_steps, step_notes, write
from keras_xavier.figures.layer_card_data import LayerCardData, layer_card_data
from keras_xavier.figures.layout import NOTE_LETTER
from keras_xavier.figures.legend import Entry
from keras_xavier.figures.limits import end_of_last, fit_steps
from keras_xavier.figures.plot import IndexedRuns, Options, Plot
from keras_xavier.figures.records import record_of
from keras_xavier.figures.scales import find_threshold, fit_axis, set_axis_scale
from keras_xavier.figures.style import NOTE_SIZE, line_style
from keras_xavier.figures.table import Table, stack
from keras_xavier.figures.ticks import ShareFormatter
from keras_xavier.figures.unit_colors import choose_colors, color_units
from keras_xavier.figures.units import LayerUnits, UnitsData, sort_units
from keras_xavier.figures.units_at_step import (
    add_units,
    draw_units,
    fit_units,
    label_of,
    order_of,
)
from keras_xavier.figures.view import View
from keras_xavier.statistics import Quantity, Statistic
from keras_xavier.text import shorten_all

COLUMNS = 3
GAPS = (0.42, 0.78)
"""Inches between columns, and between rows: for tick labels, label and title."""
ABOVE = 0.3
"""Share of the height above the units, for the number of stuck units."""
UNIT_GAPS = (0.55, 0.78)
"""Gaps if the lowest row has tick labels beside the y axis."""
NO_TICK_LABELS, TICK_LABELS = 4, 7
"""Maximum number of letters beside the y axis, without and with units."""
LINE = 0.135
"""Height of a line of text in inches."""
MAX_TEXT_SHARE = 0.7
"""Share of the height of a panel that statistics may take; further lines are left
out."""
MOST_TEXTS = 3
"""Maximum number of runs whose statistics fit in a panel."""
REASON_LETTERS = 28
"""Maximum number of letters in a line of the reason why a quantity is absent."""


class LayerCard(Plot):
    """One panel for each quantity: its histogram, and its statistics above it.

    Runs overlap and differ in color and line style. Each panel has its own axis of
    values, and the tallest interval in it is as high as the panel. If units were
    recorded, two more panels show them: at the step, and as a map of the first run.
    """

    name = "layer-card"
    data_type = LayerCardData
    needs_records = True
    shared_axes = ""
    fixed: ClassVar[Mapping[str, Any]] = {"log_steps": False}
    _runs: tuple[LayerCardData, ...]

    @classmethod
    def read(cls, runs: IndexedRuns, options: Options) -> list[LayerCardData]:
        return [
            layer_card_data(run, record_of(run, options.step), options.layer, index=i)
            for i, run in runs
            if len(run.steps)
        ]

    def _prepare(self) -> None:
        self._histograms = {
            quantity: [
                histogram(one.counts[quantity], one.edges[quantity])
                if quantity in one.counts
                else None
                for one in self._runs
            ]
            for quantity in Quantity
        }
        self._notes = step_notes([(one.step, one.is_last) for one in self._runs])
        self._units = [(one, one.units) for one in self._runs if one.units is not None]

    def _find_subject(self) -> object:
        options, layers = self.options, [one.layer for one in self._runs]
        return (layers, options.scale, options.full_range) if layers else None

    def _key(self) -> object:
        runs = [(one.run, one.index, one.units is None) for one in self._runs]
        return runs, [one.units[0].is_input for _, one in self._units]

    def _find_thresholds(self) -> tuple[float | None, ...]:
        scale = self.options.scale
        return tuple(
            None if one is None else find_threshold(self._bounded(one), scale)
            for one in self._places
        )

    @property
    def _places(self) -> list[Quantity | None]:
        """The quantity of each panel; `None` for the panels of units."""
        if not self._units:
            return list(Quantity)
        first, second = list(Quantity)[:COLUMNS], list(Quantity)[COLUMNS:]
        return [*first, None, *second, None]

    def _bounded(self, quantity: Quantity) -> list[Bounded]:
        """Returns the histograms of a quantity, with the bounds of activations."""
        pairs = zip(self._histograms[quantity], self._runs, strict=True)
        is_bounded = quantity is Quantity.ACTIVATION
        return [
            (
                one,
                data.bounds if is_bounded and np.isfinite(data.bounds).all() else None,
            )
            for one, data in pairs
            if one is not None
        ]

    def _make(self) -> None:
        self.layout.columns = COLUMNS + bool(self._units)
        self.layout.gaps = UNIT_GAPS if self._units else GAPS
        self.layout.row_names = TICK_LABELS if self._units else NO_TICK_LABELS
        self._patches: dict[Quantity, list[StepPatch]] = {}
        self._texts: dict[Quantity, list[Text]] = {}
        for place, quantity in enumerate(self._places):
            if quantity is None:
                self._make_units(is_first=place == COLUMNS)
                continue
            axes = self._add_axes()
            self.layout.set_panel_title(axes, quantity.label, short=quantity.symbol)
            axes.grid(visible=False)
            axes.set_yticks([])
            is_left = place % self.layout.columns == 0
            label = ("density", "density") if is_left else ("", "")
            x = (quantity.formula, quantity.symbol)
            self.layout.set_labels(axes, x=x, y=label)
            self._patches[quantity] = [self._outline(axes, one) for one in self._runs]
            self._texts[quantity] = [
                self._text(axes, self._color(one)) for one in self._runs[:MOST_TEXTS]
            ] or [self._text(axes, self.style.muted)]

    def _make_units(self, *, is_first: bool) -> None:
        """Adds the panel of the units at the step, or the panel of their map."""
        if not is_first:
            over_steps = self._add_axes("Units over training", steps=True, grid=False)
            over_steps.yaxis.set_major_formatter(ShareFormatter())
            self._image = add_image(over_steps)
            return
        at_step = self._add_axes("Units")
        at_step.grid(visible=False)
        # A label at the left would be on the panel beside it.
        self.layout.set_labels(at_step, x=label_of(self._units[0][1].units[0]))
        self._unit_artists = [
            add_units(at_step, self._color(one), self.style) for one, _ in self._units
        ]

    def _color(self, data: LayerCardData) -> str:
        return self.style.run_color(data.index)

    def _outline(self, axes: Axes, data: LayerCardData) -> StepPatch:
        color = self._color(data)
        return axes.stairs(
            [0.0],
            [0.0, 1.0],
            facecolor=(color, 0.25 if len(self._runs) == 1 else 0.0),
            edgecolor=color,
            linestyle=line_style(data.index),
            linewidth=1.4,
            fill=True,
        )

    def _text(self, axes: Axes, color: str) -> Text:
        return axes.text(
            *(0.02, 1.0, ""),
            transform=axes.transAxes,
            va="top",
            size=NOTE_SIZE,
            color=color,
            parse_math=False,
        )

    def _set_scale(self, axes: Axes, threshold: float | None) -> None:
        if self._places[self.layout.axes.index(axes)] is not None:
            set_axis_scale(axes, "x", threshold)

    def _name_artists(self) -> None:
        names = shorten_all([one.run for one in self._runs])
        entries = []
        for one, name, note in zip(self._runs, names, self._notes, strict=True):
            style = line_style(one.index)
            line = Line2D([], [], color=self._color(one), linestyle=style)
            entries.append(Entry(line, name, run=one.run, note=note))
        self.layout.set_legend(entries if len(names) > 1 else [], what="runs")

    def _draw(self) -> None:
        if self._units:
            self._draw_units()

    def _draw_units(self) -> None:
        at_step, over_steps = self.layout.axes[COLUMNS], self.layout.axes[-1]
        for artists, (data, units) in zip(self._unit_artists, self._units, strict=True):
            layer = nearest_units(units, data.step)
            draw_units(artists, layer, order_of(layer))
            artists.counts.set_visible(len(self._units) == 1)
        data, units = self._units[0]
        layer = units.units[0]
        name = f" of {data.run}" if len(self._runs) > 1 else ""
        note = f", {layer.count}" if len(self._units) == 1 else ""
        title = f"Units: mean ± std of {Quantity.ACTIVATION.symbol}"
        self.layout.set_panel_title(at_step, title, note, short="Units")
        self.layout.set_panel_title(
            over_steps, f"Units{name} over training", short="Over training"
        )
        self._colors = choose_colors(Statistic.MEAN, [layer], self.style)
        order = sort_units(layer.values)
        self._shades = color_units(layer, Statistic.MEAN, self._colors, self.style)
        self._shades = np.ascontiguousarray(self._shades[:, order])

    def _lines(self, quantity: Quantity, width: float) -> list[list[str]]:
        """Returns the lines of text of each run: statistics, or why they are absent.

        Args:
            quantity: Quantity of a panel.
            width: Width of the panel in inches.
        """
        found = []
        letters = int(width / NOTE_LETTER)
        for one in self._runs[:MOST_TEXTS]:
            if quantity in one.statistics:
                several, statistics = len(self._runs) > 1, one.statistics[quantity]
                lines = describe(statistics, is_short=several)
                if max(map(len, lines), default=0) > letters:
                    lines = describe(statistics, is_short=True)
                found.append(break_lines(lines, letters))
            else:
                reason = f"not recorded: {one.absent[quantity]}"
                reason = reason.replace("not recorded: not recorded", "not recorded")
                found.append(textwrap.wrap(reason, REASON_LETTERS))
        # All runs may lack it for the same reason.
        same = len(found) > 1 and all(lines == found[0] for lines in found)
        return [found[0], *[[]] * (len(found) - 1)] if same else found

    def _label(self) -> None:
        if self._runs:
            layer = " / ".join(dict.fromkeys(one.layer for one in self._runs))
            steps = at_steps(one.step for one in self._runs)
            self.layout.set_headline(f"Layer {layer} {steps}", self._run_text)

    def _why_empty(self) -> str:
        return "" if self._runs else "No runs selected"

    def _fit(self, *, seen: bool = False) -> list[View]:
        full_range = self.options.full_range
        self._set_thresholds(self._find_thresholds())
        views = self._fit_units() if self._units else []
        units = iter(views)
        pairs = zip(self._places, self._thresholds, strict=True)
        return [
            next(units)
            if one is None
            else (fit_axis(self._bounded(one), of, full_range=full_range), (0.0, 1.0))
            for one, of in pairs
        ]

    def _fit_units(self) -> list[View]:
        full_range = self.options.full_range
        each = [nearest_units(units, data.step) for data, units in self._units]
        limits = [fit_units(one, full_range=full_range, above=ABOVE) for one in each]
        widest = max(len(one.indices) for one in each) - 0.4
        values = min(low for low, _ in limits), max(high for _, high in limits)
        steps = self._edges()
        axes = self.layout.axes[-1]
        first = fit_steps(axes, float(steps[0]), float(steps[-1]))[0]
        return [((-0.6, widest), values), ((first, float(steps[-1])), (1.0, 0.0))]

    def _edges(self) -> NDArray[np.float64]:
        """Returns the ends of the records of the map along the axis of steps."""
        steps = self._units[0][1].steps
        span = float(steps[0]), float(steps[-1])
        return np.append(
            steps.astype(float), end_of_last(self.layout.axes[-1], steps, span)
        )

    def _refine(self) -> None:
        panels = zip(self._places, self.layout.axes, self._thresholds, strict=True)
        for quantity, axes, threshold in panels:
            if quantity is None:
                continue
            height = axes.bbox.height / self.figure.dpi
            lines = self._lines(quantity, axes.bbox.width / self.figure.dpi)
            most = max(int(MAX_TEXT_SHARE * height / LINE / max(len(lines), 1)), 1)
            for text, one_run in zip(self._texts[quantity], lines, strict=False):
                write(text, "\n".join(one_run[:most]).rstrip(","))
            used = self._place_texts(quantity, height)
            view = axes.get_xlim()
            drawn = [
                None if one is None else outline(one, *view, threshold=threshold)
                for one in self._histograms[quantity]
            ]
            tallest = max((one.peak(*view) for one in drawn if one), default=0.0)
            for patch, one in zip(self._patches[quantity], drawn, strict=True):
                patch.set_visible(one is not None)
                if one is not None:
                    # The statistics are above the tallest interval.
                    unit = max(1.0 - used / height, 0.3) / (tallest or 1.0)
                    patch.set_data(unit * one.heights, one.edges)
            axes.xaxis.set_tick_params(
                which="both", bottom=any(drawn), labelbottom=any(drawn)
            )
        if self._units:
            rows = np.linspace(0.0, 1.0, self._shades.shape[1] + 1)
            paint(self._image, self._shades, x_edges=self._edges(), y_edges=rows)

    def _place_texts(self, quantity: Quantity, height: float) -> float:
        """Places the texts one below the other; returns their height in inches."""
        used = 0.03
        for text in self._texts[quantity]:
            text.set_y(1.0 - used / height)
            used += LINE * (1 + text.get_text().count("\n")) * bool(text.get_text())
        return used + 0.05

    def table(self) -> Table:
        """Returns all statistics: a row for each quantity of each run."""
        rows: list[dict[str, object]] = []
        for one in self._runs:
            for quantity in Quantity:
                statistics = one.statistics.get(quantity, {})
                row: dict[str, object] = {
                    "run": one.run,
                    "step": np.array([one.step]),
                    "layer": one.layer,
                    "quantity": str(quantity),
                }
                row |= {str(of): statistics.get(of, np.nan) for of in Statistic}
                row["absent"] = one.absent.get(quantity, "")
                rows.append(row)
        return stack(rows)

    def _remarks(self) -> list[str]:
        remarks = []
        if len(self._runs) > MOST_TEXTS:
            remarks.append(f"statistics of {MOST_TEXTS} of {len(self._runs)} runs")
        outside = [
            (one.outside(*axes.get_xlim()) / max(one.total, 1.0), quantity.symbol)
            for quantity, axes in zip(self._places, self.layout.axes, strict=True)
            if quantity is not None
            for one in self._histograms[quantity]
            if one is not None
        ]
        share, symbol = max(outside, default=(0.0, ""))
        if share > 0:
            text = f"{100 * share:.1f}" if share >= 0.001 else "< 0.1"
            remarks.append(f"out of view: up to {text}% of {symbol}")
        if outside:
            remarks.append("heights are relative to the tallest interval of a panel")
        if self._units:
            low, high = (number(end, 3) for end in self._colors.ends)
            remarks.append(
                f"colors of units: mean from {low} (orange) to {high} (violet)"
            )
        return remarks


def nearest_units(units: UnitsData, step: int) -> LayerUnits:
    """Returns the units of the only layer at the record nearest to a step."""
    (layer,) = units.units
    record = int(np.argmin(np.abs(units.steps - step)))
    return replace(layer, values=layer.values[record : record + 1])
