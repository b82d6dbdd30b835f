"""Statistics of the layers over the steps of training, of one run or several."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from numpy.typing import NDArray

from keras_xavier.figure_spec import AxisScale, Band, Facet
from keras_xavier.figures import layers as layers_
from keras_xavier.figures.data import Floats, LayerCurvesData
from keras_xavier.figures.downsampling import Strip, downsample, spread
from keras_xavier.figures.facets import Compared, Key, compare
from keras_xavier.figures.fonts import write
from keras_xavier.figures.limits import FAR, NEAR, Limits, fit_steps
from keras_xavier.figures.plot import (
    NOTHING,
    SHORT_STEPS,
    STEPS,
    TEXT_SIZE,
    Plot,
    View,
    set_steps_scale,
)
from keras_xavier.figures.smoothing import smooth
from keras_xavier.figures.strips import PARTS, TITLES, strip_of
from keras_xavier.figures.style import LIGHT, THEORY_LOOK, THEORY_REMARK, Style
from keras_xavier.figures.table import Table, stack
from keras_xavier.figures.ticks import ShareFormatter, ValueFormatter
from keras_xavier.figures.value_scale import (
    fit_values,
    pad_values,
    set_value_scale,
    threshold_of,
)
from keras_xavier.text import shorten

MANY_LINES = 40
"""Lines of which more have half of the points, and no marks: they cover each other."""
MOST_BANDS = 20
"""Lines whose bands can still be told apart; of more, only lines are drawn."""
OF_THEIR_OWN = (Band.SATURATED, Band.UPDATE_RATIO)
"""Not in the units of the quantity."""
BAND_ALPHA, EDGE_ALPHA, RAW_ALPHA = 0.12, 0.55, 0.35


@dataclass(frozen=True)
class Drawn:
    """The artists of one layer of one run."""

    axes: Axes
    line: Line2D
    raw: Line2D | None
    marks: Line2D | None
    band: FillBetweenPolyCollection
    theory: Line2D | None


@dataclass(frozen=True)
class Options:
    """How it is drawn; see `LayerCurves.update`."""

    band: Band = Band.STD
    visible: frozenset[str] | None = None
    panels: Facet = Facet.TOGETHER
    log_steps: bool = False
    scale: AxisScale = AxisScale.LINEAR
    smoothing: float = 0.0
    full_range: bool = False


@dataclass
class Leaving:
    """Layers that are out of view at some of the records."""

    names: list[str] = field(default_factory=list)
    records: int = 0
    all_records: int = 0

    def add(self, names: Sequence[str], out: NDArray[np.bool_]) -> None:
        """Adds the layers of a run, which are out of view where `out` is true."""
        self.names += [names[int(k)] for k in np.flatnonzero(out.any(axis=0))]
        self.records += int(out.any(axis=1).sum())
        self.all_records += len(out)

    def told(self) -> str:
        more = f" and {len(self.names) - 1} more" if len(self.names) > 1 else ""
        return (
            f"{shorten(self.names[0])}{more} out of view at {self.records:,} of "
            f"{self.all_records:,} records"
        )


class LayerCurves(Plot):
    """One line with a band for each layer, over the steps.

    Where there are more steps than pixels, each column of pixels shows the
    extremes of its steps, of line and band alike. Nothing is smoothed unless it is
    asked for, and then the line as it is stays visible.
    """

    def __init__(self, figure: Figure, *, style: Style = LIGHT) -> None:
        super().__init__(figure, style=style)
        self._shared = True
        self._runs: tuple[LayerCurvesData, ...] = ()
        self._options = Options()
        self._strips: list[Strip] = []
        self._smooth: list[NDArray[np.float64]] = []
        self._shown: list[NDArray[np.bool_]] = []
        self._drawn: dict[Key, Drawn] = {}
        self._compared = compare((), None, Facet.TOGETHER)
        self._made: object = None
        self._refined: object = None
        self._threshold = 1.0
        self._banded = True
        self._reasons: list[Text] = []
        self._make(keep_view=False)
        self._set_message(NOTHING)

    def update(
        self,
        data: LayerCurvesData | Sequence[LayerCurvesData],
        *,
        band: Band | str = Band.STD,
        visible: Collection[str] | None = None,
        panels: Facet | str = Facet.TOGETHER,
        log_steps: bool = False,
        scale: AxisScale | str = AxisScale.LINEAR,
        smoothing: float = 0.0,
        full_range: bool = False,
    ) -> None:
        """Shows other data.

        Args:
            data: What to show, of one run or of several. Of several, runs differ in
                colour and layers in line style.
            band: What to draw of each layer.
            visible: Names of the layers to draw, or `None` for all.
            panels: What shares a panel.
            log_steps: Whether the axis of steps is logarithmic beyond step 1.
            scale: Of the axis of values.
            smoothing: Steps over which lines are averaged; 0 for not at all.
            full_range: Whether the view reaches the farthest outliers.
        """
        runs = (data,) if isinstance(data, LayerCurvesData) else tuple(data)
        options = Options(
            band=Band(band),
            visible=None if visible is None else frozenset(visible),
            panels=Facet(panels),
            log_steps=log_steps,
            scale=AxisScale(scale),
            smoothing=smoothing,
            full_range=full_range,
        )
        self._repeat = lambda plot: plot.update(runs, **vars(options))
        before, fitted = (self._runs, self._options), self.follow
        self._runs, self._options = runs, options
        self._shown = [layers_.select(one.layers, options.visible) for one in runs]
        lines = sum(int(shown.sum()) for shown in self._shown)
        self._banded = lines <= MOST_BANDS
        self._strips = [
            strip_of(one, options.band, banded=self._banded) for one in runs
        ]
        self._smooth = [
            smooth(strip.x, strip.middle, options.smoothing) for strip in self._strips
        ]
        self._refined = None
        compared = [Compared(one.run, one.index, one.layers) for one in runs]
        self._compared = compare(compared, options.visible, options.panels)
        anew = self._is_new(*before)
        if anew:
            found = [strip.middle.ravel() for strip in self._strips]
            self._threshold = threshold_of(np.concatenate([np.zeros(1), *found]))
        made = (
            self._compared,
            options.log_steps,
            (options.scale, self._threshold),
            options.band,
            options.smoothing > 0,
            [self._shows_theory(one) for one in runs],
        )
        if made != self._made:
            self._made = made
            self._make(keep_view=not anew)
        self._label()
        self._move_view(anew=anew, fitted=fitted)

    def _is_new(self, runs: Sequence[LayerCurvesData], options: Options) -> bool:
        """Whether the view of these has no meaning for what is shown now."""

        def subject(runs: Sequence[LayerCurvesData], of: Options) -> tuple[object, ...]:
            quantity = runs[0].quantity if runs else None
            axis = PARTS[of.band] if of.band in OF_THEIR_OWN else ()
            return quantity, axis, of.log_steps, of.scale, of.full_range, of.panels

        nothing = not any(len(one.steps) for one in runs)
        return nothing or subject(runs, options) != subject(self._runs, self._options)

    # Panels and artists

    def _make(self, *, keep_view: bool) -> None:
        """Makes panels and artists anew."""
        options, compared = self._options, self._compared
        before = [(axes.get_xlim(), axes.get_ylim()) for axes in self._ylabels][:1]
        fitted = list(self._fitted.values())[:1]
        self._remove_axes()
        self._across = compared.columns
        panels = [self._add_axes(steps=True, title=title) for title in compared.titles]
        for axes in panels[1:]:
            axes.sharex(panels[0])
            axes.sharey(panels[0])
        share = options.band is Band.SATURATED
        for axes in panels:
            set_steps_scale(axes, options.log_steps)
            axes.yaxis.set_major_formatter(
                ShareFormatter() if share else ValueFormatter()
            )
            self._set_xlabel(axes, STEPS, short=SHORT_STEPS)
        self._set_scale()
        self._drawn = {
            key: self._make_artists(panels[panel], key)
            for key, panel in compared.places.items()
        }
        # What the user has zoomed into stays in view.
        for x, y in before if keep_view else ():
            panels[0].set_xlim(x)
            panels[0].set_ylim(y)
        self._fitted = {axes: view for axes in panels for view in fitted}
        entries, always, what = compared.entries(
            self.style, lambda key: self._drawn[key].line
        )
        self._set_legend(entries, what=what, always=always)

    @property
    def _are_few(self) -> bool:
        return len(self._compared.places) <= MANY_LINES

    def _make_artists(self, axes: Axes, key: Key) -> Drawn:
        options, compared = self._options, self._compared
        color = compared.color(key, self.style)
        style = compared.line_style(key) if compared.is_by_run else "solid"

        def line(**look: Any) -> Line2D:
            (made,) = axes.plot([], [], color=color, **look)
            return made

        dots: dict[str, Any] = {
            "marker": compared.marker(key) if self._are_few else "",
            "markersize": 5,
            "markeredgecolor": self.style.background,
            "markeredgewidth": 0.5,
        }
        return Drawn(
            axes=axes,
            band=axes.fill_between(
                [],
                [],
                [],
                facecolor=(color, BAND_ALPHA),
                # A band of one record is an edge only.
                edgecolor=(color, EDGE_ALPHA),
                linewidth=0.8,
                zorder=1,
                visible=self._banded and options.band in (Band.STD, Band.PERCENTILES),
            ),
            line=line(
                linewidth=1.6 if self._banded else 1.0,
                linestyle=style,
                zorder=3,
                **dots,
            ),
            # From the left to the right end of the axes, wherever these are.
            theory=line(transform=axes.get_yaxis_transform(), **THEORY_LOOK)
            if self._shows_theory(self._runs[key[0]])
            else None,
            raw=line(linewidth=0.8, linestyle=style, alpha=RAW_ALPHA, zorder=2)
            if options.smoothing > 0
            else None,
            marks=line(linestyle="none", zorder=3, **dots)
            if options.band is Band.P98_AND_STD
            else None,
        )

    def _set_scale(self) -> None:
        for axes in self._ylabels:
            set_value_scale(axes, self._options.scale, self._threshold)

    def _show_like(self, other: Self) -> None:
        if other._threshold != self._threshold:
            self._threshold = other._threshold
            self._set_scale()
        super()._show_like(other)

    def _label(self) -> None:
        runs, band = self._runs, self._options.band
        if not runs:
            self._set_title("Layer curves", "")
            self._set_message("No run is chosen")
            return
        name, symbol = runs[0].quantity.label, runs[0].quantity.formula
        text, short = f"{name.lower()} {symbol}", symbol
        if band is Band.SATURATED:
            text, short = "share of saturated values", "saturated"
        elif band is Band.UPDATE_RATIO:
            text, short = "update-to-weight ratio √⟨ΔW²⟩ / √⟨W²⟩", "|ΔW| / |W|"
        elif band is Band.P98_AND_STD:
            text = f"{text}: std, 98th percentile"
        for axes in self._ylabels:
            self._set_ylabel(axes, text, short=short)
        title = TITLES[band]
        if band is Band.UPDATE_RATIO:
            headline = title[0].upper() + title[1:]
        else:
            headline = f"{name}: {title}"
        if self._options.smoothing > 0:
            headline += f", mean over {self._options.smoothing:,.0f} steps"
        several = f"{len(runs)} runs"
        self._set_title(headline, runs[0].run if len(runs) == 1 else several)
        self._set_message(self._why_empty())
        self._explain_empty_panels()

    def _explain_empty_panels(self) -> None:
        """Says in a panel without lines that there are none to draw, and why."""
        for text in self._reasons:
            text.remove()
        self._reasons = []
        if self._options.band is not Band.SATURATED or self._why_empty():
            return
        panels: dict[Axes, list[Key]] = {}
        for key, drawn in self._drawn.items():
            panels.setdefault(drawn.axes, []).append(key)
        for axes, keys in panels.items():
            if all(self._is_unknown(key) for key in keys):
                text = axes.text(
                    *(0.5, 0.5, ""),
                    transform=axes.transAxes,
                    ha="center",
                    va="center",
                    size=TEXT_SIZE,
                    color=self.style.muted,
                    parse_math=False,
                )
                write(text, f"not known of {self._activation(keys[0])}")
                self._reasons.append(text)

    def _is_unknown(self, key: Key) -> bool:
        """Whether there are records, and still no line to draw."""
        values = self._strips[key[0]].middle[:, key[1]]
        return bool(values.size and np.isnan(values).all())

    def _activation(self, key: Key) -> str:
        """The function that a layer applies, or else its name."""
        one = self._runs[key[0]]
        names = one.activations or ("",) * len(one.layers)
        return names[key[1]] or one.layers[key[1]]

    def _why_empty(self) -> str:
        runs = self._runs
        if not any(one.layers for one in runs):
            return f"No layer of this run has the quantity {runs[0].quantity}"
        if not any(len(one.steps) for one in runs):
            return "No records yet"
        if not any(shown.any() for shown in self._shown):
            return "No layer is chosen"
        seen = [
            s.middle[:, on] for s, on in zip(self._strips, self._shown, strict=True)
        ]
        if not any(np.isfinite(values).any() for values in seen):
            if self._options.band is Band.SATURATED:
                return "Of these layers it is not known what saturates them"
            return "No finite values"
        return ""

    # The view

    def _fit(self, *, seen: bool = False) -> Mapping[Axes, View]:
        axes = next(iter(self._ylabels))
        steps = [one.steps for one in self._runs if len(one.steps)]
        scale = self._options.scale
        if not steps:
            empty = pad_values(scale, np.inf, -np.inf, self._threshold)
            return dict.fromkeys(self._ylabels, ((0.0, 1.0), empty))
        x = fit_steps(
            axes, min(float(one[0]) for one in steps), max(float(s[-1]) for s in steps)
        )
        y = self._fit_values(axes.get_xlim() if seen else (-np.inf, np.inf))
        return dict.fromkeys(self._ylabels, (x, y))

    def _fit_values(self, between: Limits) -> Limits:
        options = self._options
        # The few early records take much of a logarithmic axis.
        air = np.inf if options.full_range else FAR if options.log_steps else NEAR
        lows, highs = [np.inf], [-np.inf]
        for one, strip, shown in zip(
            self._runs, self._strips, self._shown, strict=True
        ):
            rows = (strip.x >= between[0]) & (strip.x <= between[1])
            low = np.fmin(strip.low, strip.middle)[rows][:, shown]
            high = np.fmax(strip.high, strip.middle)[rows][:, shown]
            bounds = self._bounds(one)[shown]
            is_log = options.scale is AxisScale.LOG
            bounded = np.isfinite(bounds).all(axis=1) & (not is_log)
            # A band of mean ± std goes beyond the bounds of skewed values.
            free = ~bounded | options.full_range
            bottom, top = fit_values(
                options.scale, low[:, free], high[:, free], air=air
            )
            # A bounded activation is seen against its bounds: saturation shows.
            lows += [bottom, *bounds[bounded, 0]]
            highs += [top, *bounds[bounded, 1]]
        return pad_values(
            options.scale,
            min(lows),
            max(highs),
            self._threshold,
        )

    def _bounds(self, one: LayerCurvesData) -> Floats:
        band = self._options.band
        unbounded = ((-np.inf, np.inf),) * len(one.layers)
        if band is Band.SATURATED:
            return np.reshape(((0.0, 1.0),) * len(one.layers), (-1, 2))
        bounds = unbounded if band is Band.UPDATE_RATIO else one.bounds or unbounded
        found = np.array(bounds, np.float64).reshape(-1, 2)
        if band is Band.P98_AND_STD:
            # Neither falls under 0 far enough to matter.
            found[:, 0] = np.where(np.isfinite(found[:, 0]), 0.0, found[:, 0])
        return found

    def _refine(self) -> None:
        axes = next(iter(self._ylabels))
        columns = self._columns_of(axes)
        # Of very many lines no one looks at each pixel.
        each = 1 if self._banded else 2 if self._are_few else 6
        view = (axes.get_xlim(), columns // each)
        if view != self._refined:
            self._refined = view
            self._draw(axes, *view)

    def _draw(self, axes: Axes, limits: Limits, columns: int) -> None:
        transform = axes.xaxis.get_transform().transform
        seen = transform(np.array(limits))

        def thinned(strip: Strip) -> Strip:
            return downsample(
                strip, limits=limits, columns=columns, transform=transform
            )

        found = []
        for strip, middle in zip(self._strips, self._smooth, strict=True):
            raw = thinned(strip)
            is_raw = middle is strip.middle
            line = raw if is_raw else thinned(Strip(strip.x, *[middle] * 3))
            found.append((raw, line))
        for (i, j), drawn in self._drawn.items():
            raw, line = found[i]
            drawn.line.set_data(line.x, line.middle[:, j])
            if self._are_few:
                places = spread(transform(raw.x), seen, j + i)
                drawn.line.set_markevery(places)
            if drawn.raw is not None:
                drawn.raw.set_data(raw.x, raw.middle[:, j])
            if drawn.theory is not None:
                std = self._runs[i].predicted[j]  # type: ignore[index]
                drawn.theory.set_data(*self._theory(self._runs[i], j, std))
            if drawn.band.get_visible():
                drawn.band.set_data(raw.x, raw.low[:, j], raw.high[:, j])
            if drawn.marks is not None:
                drawn.marks.set_data(raw.x, raw.high[:, j])
                if self._are_few:
                    drawn.marks.set_markevery(places)

    def _theory(
        self, one: LayerCurvesData, layer: int, std: float
    ) -> tuple[Floats, Floats]:
        """Where theory expects the spread: around the first mean, or from 0."""
        if self._options.band is Band.P98_AND_STD:
            return np.array([0.0, 1.0]), np.array([std, std])
        low, high = one.mean[0, layer] - std, one.mean[0, layer] + std
        ends = np.array([0.0, 1.0, np.nan, 0.0, 1.0])
        return ends, np.array([low, low, np.nan, high, high])

    def _shows_theory(self, one: LayerCurvesData) -> bool:
        of_std = self._options.band in (Band.STD, Band.P98_AND_STD)
        return of_std and one.predicted is not None and len(one.steps) > 0

    # In words and numbers

    def _remarks(self) -> list[str]:
        remarks = []
        if not self._drawn or not any(len(one.steps) for one in self._runs):
            return []
        if undefined := self._first_undefined():
            remarks.append(undefined)
        if self._options.band is Band.SATURATED and not self._reasons:
            unknown = [key for key in self._drawn if self._is_unknown(key)]
            if unknown and not self._why_empty():
                remarks.append(f"not known of {self._activation(unknown[0])}")
        if any(self._shows_theory(one) for one in self._runs):
            remarks.append(THEORY_REMARK)
        if not self._banded and self._options.band in (Band.STD, Band.PERCENTILES):
            remarks.append(f"no bands, as there are more than {MOST_BANDS} lines")
        hidden = sum(int(shown.sum()) for shown in self._shown) - len(self._drawn)
        if hidden:
            remarks.append(f"{len(self._ylabels)} panels; {hidden} lines are not shown")
        return remarks + self._out_of_view()

    def _first_undefined(self) -> str:
        if self._options.band in OF_THEIR_OWN:
            return ""
        first = []
        for i, j in self._drawn:
            undefined = np.isnan(self._strips[i].middle[:, j])
            if undefined.any():
                step = int(self._runs[i].steps[undefined.argmax()])
                first.append((step, shorten(self._runs[i].layers[j])))
        if not first:
            return ""
        step, name = min(first, key=lambda one: one[0])
        return f"NaN or ±Inf first at step {step:,} in {name}"

    def _out_of_view(self) -> list[str]:
        """What leaves the view: lines, and bands or marks of others."""
        axes = next(iter(self._ylabels))
        (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
        lines, bands = Leaving(), Leaving()
        for i, strip in enumerate(self._strips):
            layers = [j for run, j in self._drawn if run == i]
            names = [self._runs[i].layers[j] for j in layers]
            first, last = np.searchsorted(strip.x, [left, np.nextafter(right, np.inf)])
            low, high, middle = (
                part[first:last] for part in (strip.low, strip.high, strip.middle)
            )
            beyond = ((low < bottom) | (high > top))[:, layers]
            out = beyond
            if strip.middle is not strip.low:
                out = ((middle < bottom) | (middle > top))[:, layers]
            lines.add(names, out)
            bands.add(names, beyond & ~out.any(axis=0))
        part = "marks" if self._options.band is Band.P98_AND_STD else "bands"
        told = {"": lines, f"{part} of ": bands}
        return [f"{what}{one.told()}" for what, one in told.items() if one.names]

    def table(self) -> Table:
        """What is shown: a row for each layer at each recorded step in view."""
        return stack(list(self._rows()))

    def _rows(self) -> Iterator[dict[str, object]]:
        left, right = next(iter(self._ylabels)).get_xlim()
        names = PARTS[self._options.band]
        for i, j in self._drawn:
            strip, one = self._strips[i], self._runs[i]
            seen = (strip.x >= left) & (strip.x <= right)
            parts = (strip.middle, strip.low, strip.high)
            row: dict[str, object] = {
                "run": one.run,
                "layer": one.layers[j],
                "step": one.steps[seen],
            }
            row |= {
                name: part[seen, j].astype(np.float32)
                for name, part in zip(names, parts, strict=False)
            }
            if one.predicted is not None and self._shows_theory(one):
                row["theory_std"] = float(one.predicted[j])
            if self._options.smoothing > 0:
                row[f"mean_over_{self._options.smoothing:.0f}_steps"] = self._smooth[i][
                    seen, j
                ].astype(np.float32)
            yield row
