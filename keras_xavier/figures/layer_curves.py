"""Statistics of each layer over the steps, as lines with bands."""

from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from keras_xavier.figure_spec import AxisScale, Band
from keras_xavier.figures.axis_labels import Label
from keras_xavier.figures.band_room import (
    MOST_BANDS,
    ends_of,
    find_bands,
    why_without_band,
)
from keras_xavier.figures.bands import (
    MIDDLES,
    PARTS,
    SINGLE,
    TITLES,
    lacking_remarks,
    limits_of,
    make_strip,
    predicted_statistic,
    prediction_of,
    theory_line,
)
from keras_xavier.figures.curve_artists import CurveArtists, CurveLook, make_artists
from keras_xavier.figures.curve_remarks import first_undefined, remarks_on_theory
from keras_xavier.figures.curve_table import curve_columns
from keras_xavier.figures.data import Floats, LayerCurvesData, why_empty
from keras_xavier.figures.downsampling import (
    Strip,
    downsample,
    marker_places,
    pixel_columns,
    smooth,
)
from keras_xavier.figures.facets import Compared, Key, compare, select
from keras_xavier.figures.labels import Shown
from keras_xavier.figures.limits import FAR, NEAR, Limits, fit_steps
from keras_xavier.figures.loaders import layer_curves_data
from keras_xavier.figures.out_of_view import describe_out_of_view
from keras_xavier.figures.plot import IndexedRuns, Options, Plot
from keras_xavier.figures.rows import UNBOUNDED
from keras_xavier.figures.scales import (
    choose_curve_scale,
    fit_values,
    pad_values,
    set_value_scale,
    threshold_of,
)
from keras_xavier.figures.table import Table, stack
from keras_xavier.figures.theory_lines import theory_entry
from keras_xavier.figures.ticks import ShareFormatter, ValueFormatter
from keras_xavier.figures.view import View

MANY_LINES = 20
"""Maximum number of lines with markers in a panel."""
MOST_POINTS, COARSEST = 40_000, 6
"""Number of points up to which each column of pixels has its own points; the largest
number of pixels in a column."""


Doubles = NDArray[np.float64]


class LayerCurves(Plot):
    """One line with a band for each layer, over the steps.

    Where there are more steps than pixels, each column of pixels shows the extremes of
    its steps, of lines and bands alike. Lines are smoothed only on request, and the
    raw lines stay visible.
    """

    name = "layer-curves"
    data_type = LayerCurvesData
    subject_options = ("log_steps", "scale", "full_range")
    _runs: tuple[LayerCurvesData, ...]

    @classmethod
    def read(cls, runs: IndexedRuns, options: Options) -> list[LayerCurvesData]:
        quantity, layers, theory = options.quantity, options.layers, options.theory
        return [
            layer_curves_data(run, quantity, layers=layers, index=i, theory=theory)
            for i, run in runs
        ]

    def _prepare(self) -> None:
        runs, options = self._runs, self.options
        self._shown = [select(one.layers, self._visible) for one in runs]
        self._strips = [self._strip(one) for one in runs]
        self._smooth = [
            smooth(one.x, one.middle, options.smoothing) for one in self._strips
        ]
        compared = [Compared(one.run, one.index, one.layers) for one in runs]
        self._compared = compare(
            *(compared, self._visible, options.panels),
            page=self.page,
            most=self.most_panels,
            line_limit=self.line_limit,
        )
        self.page, self.pages = self._compared.page, self._compared.pages
        beside = self._compared.lines_beside.values()
        self._has_few = max(beside, default=0) <= MANY_LINES
        self._with_bands = find_bands(self._compared, options.band)

    def _find_subject(self) -> object:
        subject = super()._find_subject()
        if subject is None:
            return None
        return subject, self._compared.panels, SINGLE.get(self.options.band)

    def _find_thresholds(self) -> tuple[float | None, ...]:
        """Chooses the scale: `None` is linear, 0 logarithmic, others symlog."""
        scale, band = self.options.scale, self.options.band
        if scale is AxisScale.AUTO and band is Band.UNIT_STD:
            scale = AxisScale.LOG
        elif scale is AxisScale.AUTO:
            scale = choose_curve_scale(self._free_ends())
        if scale is AxisScale.LINEAR:
            return (None,)
        if scale is AxisScale.LOG:
            return (0.0,)
        values = [one.middle.ravel() for one in self._strips]
        return (threshold_of(np.concatenate([np.zeros(1), *values])),)

    def _free_ends(self) -> list[tuple[Doubles, Doubles]]:
        """Returns both ends of what is drawn of the layers of runs without bounds."""
        found = []
        for i, (data, shown) in enumerate(zip(self._runs, self._shown, strict=True)):
            free = shown & ~np.isfinite(self._bounds(data)).all(axis=1)
            low, high = self._ends(i)
            found.append((low[:, free], high[:, free]))
        return found

    def _ends(self, run: int) -> tuple[Doubles, Doubles]:
        """Returns both ends of the lines of a run, and of their bands if drawn."""
        strip = self._strips[run]
        layers = range(strip.middle.shape[1])
        banded = [(run, j) in self._with_bands for j in layers]
        return ends_of(strip, self.options.band, banded)

    def _key(self) -> object:
        options = self.options
        return (
            *(self._compared, options.log_steps, self._thresholds),
            *(options.band, options.smoothing > 0, self._with_bands),
            [self._shows_theory(key) for key in self._compared.places],
        )

    def _count_shown(self) -> Shown:
        return self._compared.shown

    # Content of a line

    def _strip(self, data: LayerCurvesData) -> Strip:
        return make_strip(data, self.options.band)

    def _columns(self) -> tuple[str, ...]:
        """Returns the columns of the table: the line, and the ends of the band."""
        return PARTS[self.options.band]

    def _headline(self) -> str:
        band = self.options.band
        has_bands = not self._with_bands.isdisjoint(self._compared.places)
        title = TITLES[band] if has_bands else MIDDLES.get(band, TITLES[band])
        return f"{self._runs[0].quantity.label}: {title}"

    def _value_label(self) -> Label:
        quantity = self._runs[0].quantity
        text = f"{quantity.label.lower()} {quantity.formula}"
        if self.options.band is Band.P98_AND_STD:
            text = f"{text}: std, 98th percentile"
        if statistic := SINGLE.get(self.options.band):
            return f"{statistic.label} of {quantity.symbol}", statistic.short_label
        return text, quantity.formula

    def _bounds(self, data: LayerCurvesData) -> Floats:
        """Returns the bounds of the values of each layer, of shape (layer, 2)."""
        return limits_of(data, self.options.band)

    def _formatter(self) -> ValueFormatter:
        statistic = SINGLE.get(self.options.band)
        is_share = statistic is not None and statistic.is_share
        return ShareFormatter() if is_share else ValueFormatter()

    @property
    def _scale(self) -> AxisScale:
        (threshold,) = self._thresholds
        if threshold is None:
            return AxisScale.LINEAR
        return AxisScale.SYMLOG if threshold else AxisScale.LOG

    def _predicted(self, key: Key) -> float:
        """Returns the prediction of theory for a layer; NaN if there is none."""
        predicted = prediction_of(self._runs[key[0]], self.options.band)
        return np.nan if predicted is None else float(predicted[key[1]])

    def _shows_theory(self, key: Key) -> bool:
        return bool(np.isfinite(self._predicted(key)))

    # Panels and artists

    def _make(self) -> None:
        compared = self._compared
        self.layout.columns = compared.columns
        self.marks.panels_of = self._panels_of
        panels = [self._add_axes(title, steps=True) for title in compared.titles]
        for axes in panels:
            axes.yaxis.set_major_formatter(self._formatter())
        self._artists = {
            key: self._make_artists(panels[panel], key)
            for key, panel in compared.places.items()
        }

    def _make_artists(self, axes: Axes, key: Key) -> CurveArtists:
        compared, band = self._compared, self.options.band
        look = CurveLook(
            color=compared.color(key, self.style),
            style=compared.line_style(key) if compared.is_by_run else "solid",
            width=1.6 if compared.lines_beside[key] <= MOST_BANDS else 1.0,
            marker=compared.marker(key) if self._has_few else "",
            mark=compared.marker(key),
            edge=self.style.background,
        )
        return make_artists(
            axes,
            look,
            has_band=key in self._with_bands,
            has_raw=self.options.smoothing > 0,
            has_marks=band is Band.P98_AND_STD,
            has_theory=self._shows_theory(key),
        )

    def _set_scale(self, axes: Axes, threshold: float | None) -> None:
        set_value_scale(axes, self._scale, threshold or 1.0)

    def _name_artists(self) -> None:
        entries, always, what = self._compared.entries(
            self.style,
            lambda key: self._artists[key].line,
            has_markers=self._has_few,
        )
        if any(map(self._shows_theory, self._artists)):
            always = [*always, theory_entry(self.style)]
        self.layout.set_legend(entries, what=what, always=always)

    def _label(self) -> None:
        if not self._runs:
            self.layout.set_headline(self.definition().title, "")
            return
        for axes in self.layout.axes:
            self.layout.set_labels(axes, y=self._value_label())
        headline = self._headline()
        if self.options.smoothing > 0:
            headline += f", mean over {self.options.smoothing:,.0f} steps"
        self.layout.set_headline(headline, self._run_text)

    def _why_empty(self) -> str:
        reason = why_empty(self._runs, any(one.any() for one in self._shown))
        if reason or self._has_values():
            return reason
        statistic = SINGLE.get(self.options.band)
        if statistic is None:
            return "No finite values"
        return f"{statistic.label.capitalize()}: not defined or not recorded"

    def _has_values(self) -> bool:
        pairs = zip(self._strips, self._shown, strict=True)
        return any(np.isfinite(one.middle[:, shown]).any() for one, shown in pairs)

    def _panels_of(self, name: str) -> list[Axes]:
        evidence = self.marks.evidence
        marked = None if evidence is None else evidence.runs
        keys = (
            key
            for key in self._artists
            if marked is None or self._runs[key[0]].index in marked
        )
        return [*dict.fromkeys(self._artists[key].axes for key in keys)]

    # The view

    def _fit(self, *, seen: bool = False) -> list[View]:
        axes = self.layout.axes[0]
        steps = [one.steps for one in self._runs if len(one.steps)]
        if not steps:
            return [((0.0, 1.0), self._pad(np.inf, -np.inf))]
        first, last = min(one[0] for one in steps), max(one[-1] for one in steps)
        y = self._fit_values(axes.get_xlim() if seen else UNBOUNDED)
        return [(fit_steps(axes, float(first), float(last)), y)]

    def _pad(self, low: float, high: float) -> Limits:
        return pad_values(self._scale, low, high, self._thresholds[0] or 1.0)

    def _fit_values(self, between: Limits) -> Limits:
        options = self.options
        # The few early records take much of a logarithmic axis.
        air = np.inf if options.full_range else FAR if options.log_steps else NEAR
        lows, highs = [np.inf], [-np.inf]
        for i, (one, shown) in enumerate(zip(self._runs, self._shown, strict=True)):
            x = self._strips[i].x
            rows = (x >= between[0]) & (x <= between[1])
            low, high = (end[rows][:, shown] for end in self._ends(i))
            bounds = self._bounds(one)[shown]
            is_log = self._scale is AxisScale.LOG
            bounded = np.isfinite(bounds).all(axis=1) & (not is_log)
            # A band of mean ± std exceeds the bounds of skewed values.
            free = ~bounded | options.full_range
            bottom, top = fit_values(self._scale, low[:, free], high[:, free], air=air)
            # A bounded activation is shown within its bounds: saturation is visible.
            lows += [bottom, *bounds[bounded, 0]]
            highs += [top, *bounds[bounded, 1]]
        return self._pad(min(lows), max(highs))

    def _refine(self) -> None:
        axes = self.layout.axes[0]
        limits = axes.get_xlim()
        columns = pixel_columns(axes, self.fine)
        if not self.fine:
            # Very many lines are drawn in columns of several pixels.
            fastest = MOST_POINTS // (4 * max(len(self._artists), 1))
            columns = max(min(columns, fastest), columns // COARSEST)
        transform = axes.xaxis.get_transform().transform
        seen = transform(np.array(limits))

        def downsampled(strip: Strip) -> Strip:
            return downsample(
                strip, limits=limits, columns=columns, transform=transform
            )

        self._drawn: list[tuple[Strip, Strip]] = []
        for strip, middle in zip(self._strips, self._smooth, strict=True):
            raw = line = downsampled(strip)
            if middle is not strip.middle:
                line = downsampled(strip.line(middle))
            self._drawn.append((raw, line))
        for (i, j), drawn in self._artists.items():
            raw, line = self._drawn[i]
            places = (
                marker_places(transform(raw.x), seen, j + i) if self._has_few else None
            )
            drawn.set_data(raw, line, j, places)
            if drawn.theory is not None:
                drawn.theory.set_data(*self._theory_line((i, j)))

    def _theory_line(self, key: Key) -> tuple[Floats, Floats]:
        data, band = self._runs[key[0]], self.options.band
        return theory_line(data, band, key[1], self._predicted(key))

    # Remarks and numbers

    def _remarks(self) -> list[str]:
        if not self._artists or not any(len(one.steps) for one in self._runs):
            return []
        remarks = self._remarks_on_values()
        remarks += lacking_remarks(self._runs, self.options.band)
        predicted = {key: self._predicted(key) for key in self._artists}
        remarks += remarks_on_theory(self._runs, predicted, self.options.band)
        remarks += self._compared.look_remarks(has_markers=self._has_few)
        remarks += why_without_band(self._compared, self.options.band, self._with_bands)
        ends = "marks" if self.options.band is Band.P98_AND_STD else "bands"
        layers = [
            [(j, one.layers[j]) for run, j in self._artists if run == i]
            for i, one in enumerate(self._runs)
        ]
        with_ends = [
            {j for j, _ in of if (i, j) in self._with_bands or ends == "marks"}
            for i, of in enumerate(layers)
        ]
        drawn = [raw for raw, _ in self._drawn]
        return remarks + describe_out_of_view(
            self.layout.axes[0], drawn, layers, ends, with_ends
        )

    def _remarks_on_values(self) -> list[str]:
        return first_undefined(self._runs, self._strips, self._artists)

    def table(self) -> Table:
        """Returns the numbers in view: a row for each layer at each recorded step."""
        return stack(list(self._table_parts()))

    def _table_parts(self) -> Iterator[dict[str, object]]:
        left, right = self.layout.axes[0].get_xlim()
        smoothed = f"mean_over_{self.options.smoothing:.0f}_steps"
        for i, j in self._artists:
            strip, one = self._strips[i], self._runs[i]
            seen = (strip.x >= left) & (strip.x <= right)
            part = curve_columns(one, strip, j, seen, self._columns())
            if prediction_of(one, self.options.band) is not None:
                statistic = predicted_statistic(one, self.options.band)
                part[f"theory_{statistic}"] = self._predicted((i, j))
            if self.options.smoothing > 0:
                part[smoothed] = self._smooth[i][seen, j].astype(np.float32)
            yield part
