"""Single units of each layer at one step: means with their standard deviations."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.lines import Line2D
from matplotlib.text import Text
from numpy.typing import NDArray

from keras_xavier.figures.labels import at_steps, write
from keras_xavier.figures.legend import Entry
from keras_xavier.figures.limits import FAR, Limits, padded, reach
from keras_xavier.figures.style import NOTE_SIZE, Style
from keras_xavier.figures.table import Table, stack
from keras_xavier.figures.unit_figure import UnitFigure
from keras_xavier.figures.units import (
    MEAN,
    STD,
    LayerUnits,
    UnitsData,
    is_dead,
    is_saturated,
)
from keras_xavier.figures.view import View
from keras_xavier.statistics import UNIT_STATISTICS, Quantity

GAPS = (0.5, 0.75)
"""Inches between columns, and between rows: for tick labels, label and title."""
BAND_ALPHA = 0.3
PAD, ABOVE = 0.06, 0.09
"""Shares of the height below the lowest value and above the highest one, where the
number of stuck units is written."""


@dataclass(frozen=True)
class UnitArtists:
    """The artists of one layer of one run."""

    dots: Line2D
    band: FillBetweenPolyCollection
    saturated: Line2D
    dead: Line2D
    bounds: tuple[Line2D, ...]
    counts: Text


class UnitsAtStep(UnitFigure):
    """A dot for each unit, at its mean, with its standard deviation as a band.

    Each layer has a panel, and each of several runs a column of panels.
    """

    name = "units-at-step"
    reads_all_steps = False
    shared_axes = ""
    subject_options = ("full_range",)

    def _prepare(self) -> None:
        super()._prepare()
        self._orders = [order_of(layer) for _, layer in self._panels]

    def _make(self) -> None:
        facets, layout = self._facets, self.layout
        layout.columns, layout.headed = facets.columns, facets.headed
        layout.titles, layout.gaps = facets.titles if facets.compares else None, GAPS
        self._artists = []
        keys = iter(self._panels)
        quantity = Quantity.ACTIVATION
        label = f"{quantity.label.lower()} {quantity.formula}: mean ± std"
        panels = zip(facets.titles(), facets.panels or [[]], strict=False)
        for place, (title, filled) in enumerate(panels):
            axes = self._add_axes(title)
            if place % facets.columns == 0:
                layout.set_labels(axes, y=(label, f"{quantity.symbol}: mean ± std"))
            if not filled:
                continue
            data, layer = next(keys)
            layout.set_labels(axes, x=label_of(layer))
            color = self.style.run_color(data.index)
            self._artists.append(add_units(axes, color, self.style))

    def _name_artists(self) -> None:
        super()._name_artists()
        if self._artists:
            first = self._artists[0]
            entries = [
                Entry(first.dots, "mean of a unit"),
                Entry(first.band, "± std. deviation"),
                Entry(first.saturated, "saturated"),
                Entry(first.dead, "dead: all values 0"),
            ]
            self.layout.set_legend(entries, what="marks")

    def _label(self) -> None:
        steps = [int(one.steps[0]) for one in self._runs if len(one.steps)]
        headline = f"Units {at_steps(steps)}" if steps else self.definition().title
        self.layout.set_headline(headline, self._run_text)

    def _draw(self) -> None:
        for artists, (_, layer), order in zip(
            self._artists, self._panels, self._orders, strict=True
        ):
            draw_units(artists, layer, order)

    def _fit(self, *, seen: bool = False) -> list[View]:
        full_range, above = self.options.full_range, ABOVE * self._facets.rows
        views: dict[Axes, View] = dict.fromkeys(
            self.layout.axes, ((0.0, 1.0), (0.0, 1.0))
        )
        for axes, _, layer in self._filled:
            limits = fit_units(layer, full_range=full_range, above=above)
            views[axes] = (-0.6, len(layer.indices) - 0.4), limits
        return [*views.values()]

    def unit_at(
        self, axes: Axes, x: float, y: float
    ) -> tuple[UnitsData, LayerUnits, int] | None:
        for place, (one, data, layer) in enumerate(self._filled):
            order = self._orders[place]
            if one is axes and 0 <= round(x) < len(order):
                return data, layer, int(order[round(x)])
        return None

    def table(self) -> Table:
        """Returns the numbers shown: a row for each unit, in their order."""
        parts: list[dict[str, object]] = []
        for (data, layer), order in zip(self._panels, self._orders, strict=True):
            parts.append(
                {
                    "run": data.run,
                    "layer": layer.name,
                    "step": data.steps[0],
                    "unit": layer.indices[order],
                }
                | {
                    str(name): layer.values[0, order, i]
                    for i, name in enumerate(UNIT_STATISTICS)
                }
            )
        return stack(parts)

    def _remarks(self) -> list[str]:
        if not self._panels:
            return []
        remarks = self._common_remarks()
        other = [
            one for one in self._runs if len(one.steps) and one.steps[0] != one.wanted
        ]
        if other:
            remarks.append(f"the record of units nearest to step {other[0].wanted:,}")
        undefined = sum(
            int(np.isnan(layer.values[0, :, MEAN]).sum()) for _, layer in self._panels
        )
        if undefined:
            remarks.append(f"{undefined:,} units with NaN or ±Inf")
        beyond = 0
        for axes, _, layer in self._filled:
            low, high = sorted(axes.get_ylim())
            means = layer.values[0, :, MEAN]
            beyond += int(((means < low) | (means > high)).sum())
        if beyond:
            remarks.append(f"{beyond:,} units out of view")
        return remarks


def order_of(layer: LayerUnits) -> NDArray[np.intp]:
    """Returns the order of units by their mean; features of inputs keep their order."""
    means = layer.values[-1, :, MEAN]
    return np.arange(len(means)) if layer.is_input else np.argsort(means, kind="stable")


def label_of(layer: LayerUnits) -> tuple[str, str]:
    """Returns the label of the axis of units, and a short form."""
    if not layer.is_input:
        return "unit, sorted by mean", "unit"
    some = len(layer.indices) < layer.units
    return f"feature{' (evenly spaced)' if some else ''}", "feature"


def add_units(axes: Axes, color: str, style: Style) -> UnitArtists:
    """Adds the artists of a layer; `draw_units` sets their data."""

    def line(**look: Any) -> Line2D:
        (made,) = axes.plot([], [], **look)
        return made

    def across() -> Line2D:
        return axes.axhline(
            np.nan, color=style.muted, linewidth=1.0, linestyle=(0, (4, 2)), zorder=1
        )

    axes.axhline(0.0, color=style.muted, linewidth=0.8, zorder=0.9)
    counts = axes.text(
        *(0.02, 0.98, ""),
        transform=axes.transAxes,
        va="top",
        size=NOTE_SIZE,
        color=style.foreground,
        parse_math=False,
    )
    marks: dict[str, Any] = {"linestyle": "none", "zorder": 4}
    return UnitArtists(
        band=axes.fill_between(
            *([], [], []), facecolor=(color, BAND_ALPHA), linewidth=0, step="mid"
        ),
        dots=line(color=color, linestyle="none", marker="o", markersize=2.5, zorder=3),
        saturated=line(
            marker="s",
            markersize=4,
            markerfacecolor="none",
            color=style.mark,
            **marks,
        ),
        dead=line(marker="x", markersize=4, color=style.undefined, **marks),
        bounds=(across(), across()),
        counts=counts,
    )


def draw_units(
    artists: UnitArtists, layer: LayerUnits, order: NDArray[np.intp]
) -> None:
    """Draws the last record of a layer."""
    values = layer.values[-1, order].astype(np.float64)
    x, mean, std = np.arange(len(values)), values[:, MEAN], values[:, STD]
    artists.dots.set_data(x, mean)
    # Ends half a unit beyond the first and the last unit.
    ends = np.concatenate([[-0.5], x, [len(x) - 0.5]])
    # Infinite values have no band.
    with np.errstate(invalid="ignore"):
        low, high = (np.pad(of, 1, mode="edge") for of in (mean - std, mean + std))
    artists.band.set_data(ends, low, high)
    saturated, dead = is_saturated(values), is_dead(values)
    artists.saturated.set_data(x[saturated], mean[saturated])
    artists.dead.set_data(x[dead], mean[dead])
    for line, bound in zip(artists.bounds, layer.bounds, strict=True):
        at = bound if np.isfinite(bound) else np.nan
        line.set_ydata([at, at])
    counts = f"{int(saturated.sum()):,} saturated, {int(dead.sum()):,} dead"
    write(artists.counts, counts)


def fit_units(
    layer: LayerUnits, *, full_range: bool = False, above: float = ABOVE
) -> Limits:
    """Returns the limits of the values of a layer: its bounds, or typical values."""
    if np.isfinite(layer.bounds).all() and not full_range:
        low, high = layer.bounds
    else:
        values = layer.values[-1].astype(np.float64)
        mean, std = values[:, MEAN, None], values[:, STD, None]
        with np.errstate(invalid="ignore"):
            lows, highs = mean - std, mean + std
        low, high = reach(lows, highs, air=np.inf if full_range else FAR)
        if not np.isfinite([low, high]).all():
            return (0.0, 1.0)
        low, high = min(low, 0.0), max(high, 0.0)
    bottom, _ = padded(low, high, pad=PAD)
    _, top = padded(low, high, pad=above)
    return bottom, top
