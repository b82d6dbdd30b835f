"""Statistics of each layer over the steps, as lines with bands."""

from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes

from keras_xavier.figure_spec import AxisScale, Band
from keras_xavier.figures.bands import (
    PARTS,
    SINGLE,
    TITLES,
    WITH_BAND,
    lacking_remarks,
    limits_of,
    make_strip,
    predicted_statistic,
    prediction_of,
    theory_remarks,
    usual_scale,
)
from keras_xavier.figures.curve_artists import CurveArtists, CurveLook, make_artists
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
from keras_xavier.figures.layout import Label
from keras_xavier.figures.limits import FAR, NEAR, Limits, fit_steps
from keras_xavier.figures.loaders import layer_curves_data
from keras_xavier.figures.out_of_view import describe_out_of_view
from keras_xavier.figures.plot import IndexedRuns, Options, Plot
from keras_xavier.figures.rows import UNBOUNDED
from keras_xavier.figures.scales import (
    fit_values,
    pad_values,
    set_value_scale,
    threshold_of,
)
from keras_xavier.figures.style import THEORY_REMARK
from keras_xavier.figures.table import Table, stack
from keras_xavier.figures.ticks import ShareFormatter, ValueFormatter
from keras_xavier.figures.view import View
from keras_xavier.text import shorten

MANY_LINES = 40
"""Number of lines from which lines have half of the points and no markers, as they
cover each other."""
MOST_BANDS = 20
"""Maximum number of lines with bands; bands of more lines are indistinguishable."""


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
        lines = sum(int(shown.sum()) for shown in self._shown)
        self._has_bands = lines <= MOST_BANDS
        self._strips = [self._strip(one) for one in runs]
        self._smooth = [
            smooth(one.x, one.middle, options.smoothing) for one in self._strips
        ]
        compared = [Compared(one.run, one.index, one.layers) for one in runs]
        self._compared = compare(
            *(compared, self._visible, options.panels),
            page=self.page,
            most=self.most_panels,
        )
        self.page, self.pages = self._compared.page, self._compared.pages
        self._has_few = len(self._compared.places) <= MANY_LINES

    def _find_subject(self) -> object:
        subject = super()._find_subject()
        if subject is None:
            return None
        single = SINGLE.get(self.options.band)
        return subject, self._compared.panels, single, self._scale

    def _find_thresholds(self) -> tuple[float | None, ...]:
        values = [one.middle.ravel() for one in self._strips]
        return (threshold_of(np.concatenate([np.zeros(1), *values])),)

    def _key(self) -> object:
        options = self.options
        return (
            *(self._compared, options.log_steps, options.scale, self._thresholds),
            *(options.band, options.smoothing > 0),
            [self._shows_theory(one) for one in self._runs],
        )

    def _count_shown(self) -> Shown:
        return self._compared.shown

    # Content of a line

    def _strip(self, data: LayerCurvesData) -> Strip:
        return make_strip(data, self.options.band, has_bands=self._has_bands)

    def _columns(self) -> tuple[str, ...]:
        """Returns the columns of the table: the line, and the ends of the band."""
        return PARTS[self.options.band]

    def _headline(self) -> str:
        return f"{self._runs[0].quantity.label}: {TITLES[self.options.band]}"

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
        return usual_scale(self.options.scale, self.options.band)

    def _shows_theory(self, data: LayerCurvesData) -> bool:
        return prediction_of(data, self.options.band) is not None

    # Panels and artists

    def _make(self) -> None:
        compared = self._compared
        self.layout.columns = compared.columns
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
            width=1.6 if self._has_bands else 1.0,
            marker=compared.marker(key) if self._has_few else "",
            edge=self.style.background,
        )
        return make_artists(
            axes,
            look,
            has_band=self._has_bands and band in WITH_BAND,
            has_raw=self.options.smoothing > 0,
            has_marks=band is Band.P98_AND_STD,
            has_theory=self._shows_theory(self._runs[key[0]]),
        )

    def _set_scale(self, axes: Axes, threshold: float | None) -> None:
        set_value_scale(axes, self._scale, threshold or 1.0)

    def _name_artists(self) -> None:
        entries, always, what = self._compared.entries(
            self.style,
            lambda key: self._artists[key].line,
            has_markers=self._has_few,
        )
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
        for one, strip, shown in zip(
            self._runs, self._strips, self._shown, strict=True
        ):
            rows = (strip.x >= between[0]) & (strip.x <= between[1])
            low = np.fmin(strip.low, strip.middle)[rows][:, shown]
            high = np.fmax(strip.high, strip.middle)[rows][:, shown]
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
        # With very many lines, single pixels are not distinguishable.
        each = 1 if self._has_bands else 2 if self._has_few else 6
        columns = pixel_columns(axes, self.fine) // each
        transform = axes.xaxis.get_transform().transform
        seen = transform(np.array(limits))

        def downsampled(strip: Strip) -> Strip:
            return downsample(
                strip, limits=limits, columns=columns, transform=transform
            )

        found = []
        for strip, middle in zip(self._strips, self._smooth, strict=True):
            raw = downsampled(strip)
            is_raw = middle is strip.middle
            found.append((raw, raw if is_raw else downsampled(strip.line(middle))))
        for (i, j), drawn in self._artists.items():
            raw, line = found[i]
            drawn.line.set_data(line.x, line.middle[:, j])
            places = (
                marker_places(transform(raw.x), seen, j + i) if self._has_few else None
            )
            drawn.line.set_markevery(places)
            if drawn.raw is not None:
                drawn.raw.set_data(raw.x, raw.middle[:, j])
            if drawn.theory is not None:
                predicted = prediction_of(self._runs[i], self.options.band)
                if predicted is not None:
                    drawn.theory.set_data(*self._theory(self._runs[i], j, predicted[j]))
            if drawn.band is not None:
                drawn.band.set_data(raw.x, raw.low[:, j], raw.high[:, j])
            if drawn.marks is not None:
                drawn.marks.set_data(raw.x, raw.high[:, j])
                drawn.marks.set_markevery(places)

    def _theory(
        self, data: LayerCurvesData, layer: int, std: float
    ) -> tuple[Floats, Floats]:
        """Returns the prediction, of a std around the first mean or from 0."""
        if self.options.band is not Band.STD:
            return np.array([0.0, 1.0]), np.array([std, std])
        low, high = data.mean[0, layer] - std, data.mean[0, layer] + std
        ends = np.array([0.0, 1.0, np.nan, 0.0, 1.0])
        return ends, np.array([low, low, np.nan, high, high])

    # Remarks and numbers

    def _remarks(self) -> list[str]:
        if not self._artists or not any(len(one.steps) for one in self._runs):
            return []
        remarks = self._remarks_on_values()
        remarks += lacking_remarks(self._runs, self.options.band)
        if any(self._shows_theory(one) for one in self._runs):
            remarks.append(THEORY_REMARK)
            remarks += theory_remarks(self._runs, self.options.band)
        if not self._has_bands and self.options.band in WITH_BAND:
            remarks.append(f"no bands, as there are more than {MOST_BANDS} lines")
        ends = "marks" if self.options.band is Band.P98_AND_STD else "bands"
        layers = [
            [(j, one.layers[j]) for run, j in self._artists if run == i]
            for i, one in enumerate(self._runs)
        ]
        return remarks + describe_out_of_view(
            self.layout.axes[0], self._strips, layers, ends
        )

    def _remarks_on_values(self) -> list[str]:
        first = []
        for i, j in self._artists:
            undefined = np.isnan(self._strips[i].middle[:, j])
            if undefined.any():
                step = int(self._runs[i].steps[undefined.argmax()])
                first.append((step, shorten(self._runs[i].layers[j])))
        if not first:
            return []
        step, name = min(first, key=lambda one: one[0])
        return [f"NaN or ±Inf first at step {step:,} in {name}"]

    def table(self) -> Table:
        """Returns the numbers in view: a row for each layer at each recorded step."""
        return stack(list(self._table_parts()))

    def _table_parts(self) -> Iterator[dict[str, object]]:
        left, right = self.layout.axes[0].get_xlim()
        smoothed = f"mean_over_{self.options.smoothing:.0f}_steps"
        for i, j in self._artists:
            strip, one = self._strips[i], self._runs[i]
            seen = (strip.x >= left) & (strip.x <= right)
            part: dict[str, object] = {
                "run": one.run,
                "layer": one.layers[j],
                "step": one.steps[seen],
            }
            values = (strip.middle, strip.low, strip.high)
            part |= {
                name: of[seen, j].astype(np.float32)
                for name, of in zip(self._columns(), values, strict=False)
            }
            predicted = prediction_of(one, self.options.band)
            if predicted is not None:
                statistic = predicted_statistic(one, self.options.band)
                part[f"theory_{statistic}"] = float(predicted[j])
            if self.options.smoothing > 0:
                part[smoothed] = self._smooth[i][seen, j].astype(np.float32)
            yield part
