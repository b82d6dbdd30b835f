"""All quantities of one layer at one step, as small histograms with statistics."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch
from matplotlib.text import Text
from numpy.typing import NDArray

from keras_xavier.figures.binning import Bounded, histogram, outline
from keras_xavier.figures.data import Integers
from keras_xavier.figures.labels import at_steps, step_notes, write
from keras_xavier.figures.plot import IndexedRuns, Options, Plot
from keras_xavier.figures.records import record_of
from keras_xavier.figures.rows import drawn_bounds
from keras_xavier.figures.scales import find_threshold, fit_axis, set_axis_scale
from keras_xavier.figures.style import NOTE_SIZE, line_style
from keras_xavier.figures.table import Table, stack
from keras_xavier.figures.view import View
from keras_xavier.runs import Run
from keras_xavier.statistics import Layer, Quantity, Statistic
from keras_xavier.text import shorten_all

COLUMNS = 3
GAPS = (0.42, 0.78)
"""Inches between columns, and between rows: for tick labels, label and title."""
NO_TICK_LABELS = 4
"""Maximum number of letters beside the y axis."""
LINE = 0.135
"""Height of a line of text in inches."""
MOST_TEXTS = 3
"""Maximum number of runs whose statistics fit in a panel."""
REASON_LETTERS = 28
"""Maximum number of letters in a line of the reason why a quantity is absent."""


@dataclass(frozen=True)
class LayerCardData:
    """All quantities of one layer of a run, at one step.

    Attributes:
        run: str. Name of the run.
        layer: str. Name of the layer.
        layers: Tuple of str. Names of all layers of the run.
        step: int. The recorded step.
        counts: dict of `Quantity` to array of int, of shape (BIN_COUNT,). Histograms.
        edges: dict of `Quantity` to array of float, of shape (EDGE_COUNT,). Edges of
            the bins.
        statistics: dict of `Quantity` to dict of `Statistic` to float.
        absent: dict of `Quantity` to str. The reason why each missing quantity of this
            layer is absent from the run.
        bounds: Tuple of two float. Infimum and supremum of the activation.
        index: int. Determines the color of the run. Defaults to 0.
        is_last: bool. Whether `step` is the last recorded step. Defaults to `False`.
        counted: Tuple of pairs of int. For each quantity that was counted in part, the
            number of counted values and of all values. Defaults to an empty tuple.
    """

    run: str
    layer: str
    layers: tuple[str, ...]
    step: int
    counts: Mapping[Quantity, Integers]
    edges: Mapping[Quantity, NDArray[np.float64]]
    statistics: Mapping[Quantity, Mapping[Statistic, float]]
    absent: Mapping[Quantity, str]
    bounds: tuple[float, float]
    index: int = 0
    is_last: bool = False
    counted: tuple[tuple[int, int], ...] = ()


def layer_card_data(
    run: Run, record: int, layer: str | None = None, *, index: int = 0
) -> LayerCardData:
    """Reads all quantities of one layer at one record.

    Args:
        run: `Run`.
        record: int. Index into `run.steps`; -1 is the last record.
        layer: str. Name of the layer. Defaults to None: the first layer with the most
            quantities.
        index: int. Determines the color of the run. Defaults to 0.

    Returns:
        `LayerCardData`. If the run does not have the layer, all quantities are absent.
    """
    record = range(len(run.steps))[record]
    layers = {one.name: i for i, one in enumerate(run.layers)}
    if layer is None:
        layer = min(run.layers, key=lambda one: len(one.absent)).name
    column = layers.get(layer, 0)
    found = run.layers[column]
    absent = why_absent(run, found if layer in layers else None, layer)
    present = [one for one in Quantity if one not in absent]
    names = run.statistic_names

    def statistics(quantity: Quantity) -> dict[Statistic, float]:
        values = run.read_several(quantity, names, start=record, stop=record + 1)
        return dict(zip(names, map(float, values[0, column]), strict=True))

    return LayerCardData(
        run=run.name,
        layer=layer,
        layers=tuple(layers),
        step=int(run.steps[record]),
        counts={one: run.read_histogram(one, record)[column] for one in present},
        edges={one: run.edges(one)[column] for one in present},
        statistics={one: statistics(one) for one in present},
        absent=absent,
        bounds=drawn_bounds(found),
        index=index,
        is_last=record == len(run.steps) - 1,
        counted=tuple(found.counted.values()) if layer in layers else (),
    )


def why_absent(run: Run, layer: Layer | None, name: str) -> dict[Quantity, str]:
    """Returns the quantities that a layer of a run lacks, each with the reason."""
    if layer is None:
        return dict.fromkeys(Quantity, f"{run.name} has no layer {name}")
    missing = {one: "not recorded" for one in Quantity if one not in run.quantities}
    return {**missing, **layer.absent}


class LayerCard(Plot):
    """One panel for each quantity: its histogram, and its statistics above it.

    Runs overlap and differ in color and line style. Each panel has its own axis of
    values, and the tallest interval in it is as high as the panel.
    """

    name = "layer-card"
    data_type = LayerCardData
    needs_records = True
    shared_axes = ""
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

    def _find_subject(self) -> object:
        options, layers = self.options, [one.layer for one in self._runs]
        return (layers, options.scale, options.full_range) if layers else None

    def _key(self) -> object:
        return [(one.run, one.index) for one in self._runs]

    def _find_thresholds(self) -> tuple[float | None, ...]:
        scale = self.options.scale
        return tuple(find_threshold(self._bounded(one), scale) for one in Quantity)

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
        self.layout.columns, self.layout.gaps = COLUMNS, GAPS
        self.layout.row_names = NO_TICK_LABELS
        self._patches: dict[Quantity, list[StepPatch]] = {}
        self._texts: dict[Quantity, list[Text]] = {}
        for place, quantity in enumerate(Quantity):
            axes = self._add_axes(quantity.label)
            axes.grid(visible=False)
            axes.set_yticks([])
            label = ("density", "density") if place % COLUMNS == 0 else ("", "")
            x = (quantity.formula, quantity.symbol)
            self.layout.set_labels(axes, x=x, y=label)
            self._patches[quantity] = [self._outline(axes, one) for one in self._runs]
            self._texts[quantity] = [
                self._text(axes, self._color(one)) for one in self._runs[:MOST_TEXTS]
            ] or [self._text(axes, self.style.muted)]

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
        set_axis_scale(axes, "x", threshold)

    def _name_artists(self) -> None:
        names = shorten_all([one.run for one in self._runs])
        entries = []
        for one, name, note in zip(self._runs, names, self._notes, strict=True):
            style = line_style(one.index)
            line = Line2D([], [], color=self._color(one), linestyle=style)
            entries.append((line, name + note))
        self.layout.set_legend(entries if len(names) > 1 else [], what="runs")

    def _draw(self) -> None:
        for quantity, texts in self._texts.items():
            for text, lines in zip(texts, self._lines(quantity), strict=False):
                write(text, "\n".join(lines))

    def _lines(self, quantity: Quantity) -> list[list[str]]:
        """Returns the lines of text of each run: statistics, or why they are absent."""
        found = []
        for one in self._runs[:MOST_TEXTS]:
            if quantity in one.statistics:
                several = len(self._runs) > 1
                found.append(describe(one.statistics[quantity], is_short=several))
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
        pairs = zip(Quantity, self._thresholds, strict=True)
        return [
            (fit_axis(self._bounded(one), of, full_range=full_range), (0.0, 1.0))
            for one, of in pairs
        ]

    def _refine(self) -> None:
        panels = zip(Quantity, self.layout.axes, self._thresholds, strict=True)
        for quantity, axes, threshold in panels:
            height = axes.bbox.height / self.figure.dpi
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
            for quantity, axes in zip(Quantity, self.layout.axes, strict=True)
            for one in self._histograms[quantity]
            if one is not None
        ]
        share, symbol = max(outside, default=(0.0, ""))
        if share > 0:
            text = f"{100 * share:.1f}" if share >= 0.001 else "< 0.1"
            remarks.append(f"out of view: up to {text} % of {symbol}")
        if outside:
            remarks.append("heights are relative to the tallest interval of a panel")
        return remarks


def describe(statistics: Mapping[Statistic, float], *, is_short: bool) -> list[str]:
    """Formats the statistics of a quantity as lines of text.

    Args:
        statistics: dict of `Statistic` to float. Unknown values are left out.
        is_short: bool. Whether numbers have two digits and shares of 0 are left out.

    >>> numbers = {Statistic.MEAN: 0.0, Statistic.STD: 0.513, Statistic.ZERO: 0.25}
    >>> describe(numbers, is_short=False)
    ['mean 0, std 0.513', 'zero 25 %']
    """
    digits = 2 if is_short else 3
    known = {one: value for one, value in statistics.items() if np.isfinite(value)}

    def numbers(*wanted: Statistic) -> str:
        pairs = [(one, known[one]) for one in wanted if one in known]
        return ", ".join(f"{one} {number(value, digits)}" for one, value in pairs)

    def shares(*wanted: Statistic) -> str:
        pairs = [
            (one.short_label.removeprefix("% "), 100 * known.get(one, np.nan))
            for one in wanted
        ]
        return ", ".join(
            f"{name} {share:.2g} %"
            for name, share in pairs
            if share > 0 or (share == 0 and not is_short)
        )

    lines = [
        numbers(Statistic.MEAN, Statistic.STD),
        numbers(Statistic.P2, Statistic.P98),
        shares(Statistic.SATURATED, Statistic.ZERO),
        shares(Statistic.NONFINITE),
    ]
    return [line for line in lines if line]


def number(value: float, digits: int) -> str:
    """Formats a number as on an axis.

    >>> number(0.0123456, 3), number(-1.54e-7, 2)
    ('0.0123', '−1.5e−7')
    """
    mantissa, _, exponent = f"{value:.{digits}g}".partition("e")
    text = f"{mantissa}e{int(exponent)}" if exponent else mantissa
    return text.replace("-", "−")
