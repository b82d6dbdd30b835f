"""Training curves: loss, error and other metrics of runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from keras_xavier.figure_spec import AxisScale
from keras_xavier.figures.data import TrainingCurvesData
from keras_xavier.figures.downsampling import (
    Strip,
    downsample,
    marker_places,
    pixel_columns,
    smooth,
)
from keras_xavier.figures.labels import Shown
from keras_xavier.figures.legend import Entry
from keras_xavier.figures.limits import FAR, LARGEST, Limits, fit_steps
from keras_xavier.figures.loaders import training_curves_data
from keras_xavier.figures.paging import nearest_page, on_page, page_count
from keras_xavier.figures.plot import IndexedRuns, Options, Plot
from keras_xavier.figures.scales import (
    fit_values,
    pad_values,
    set_value_scale,
    threshold_of,
)
from keras_xavier.figures.style import LineStyle, marker
from keras_xavier.figures.table import Table, stack
from keras_xavier.figures.ticks import ShareFormatter, ValueFormatter
from keras_xavier.figures.view import View
from keras_xavier.step_quality import STEP_QUALITY
from keras_xavier.text import shorten, shorten_all


@dataclass(frozen=True)
class Kind:
    """Metrics whose names have the same prefix, and the style of their lines."""

    name: str
    line_style: LineStyle
    line_width: float = 1.5
    star: bool = False


KINDS = {
    "": Kind("training", "solid"),
    "val_": Kind("validation", (0, (5, 1.5))),
    # Usually a single value, at the end.
    "test_": Kind("test", (0, (1.2, 1)), star=True),
    "probe_": Kind("probe", (0, (3, 1, 1, 1)), line_width=0.8),
}
FIRST = ("loss", "error")
METRICS_ON_PAGE = 3
"""Maximum number of panels on a page: each is as wide as the figure."""
RAW_ALPHA = 0.4
Key = tuple[int, str]
"""Position of a run, and the name of a metric."""


class TrainingCurves(Plot):
    """One panel for each metric, the loss first.

    Runs differ in color; training, validation, test and probe in line style.
    """

    name = "training-curves"
    data_type = TrainingCurvesData
    shared_axes = "x"
    _runs: tuple[TrainingCurvesData, ...]

    @classmethod
    def read(cls, runs: IndexedRuns, options: Options) -> list[TrainingCurvesData]:
        return [training_curves_data(run, index=i) for i, run in runs]

    def _prepare(self) -> None:
        metrics = metrics_of(self._runs) or [FIRST[0]]
        most = max(METRICS_ON_PAGE, self.most_panels // 4)
        self.pages = page_count(len(metrics), most)
        self.page = nearest_page(self.page, self.pages)
        self._panels = tuple(metrics[i] for i in on_page(len(metrics), most, self.page))
        self._keys = [
            (i, metric)
            for i, one in enumerate(self._runs)
            for metric in one.metrics
            if split(metric)[1] in self._panels
        ]

    def _count_shown(self) -> Shown:
        runs = {i for i, _ in self._keys}
        shown = {split(metric)[1] for _, metric in self._keys}
        return Shown(len(runs), len(shown), len(metrics_of(self._runs)), "metrics")

    def _find_subject(self) -> object:
        if not any(one.metrics for one in self._runs):
            return None
        options = self.options
        return self._panels, options.log_steps, options.scale, options.full_range

    def _find_thresholds(self) -> tuple[float | None, ...]:
        return tuple(
            threshold_of(np.concatenate([np.zeros(1), *map(doubles, values)]))
            for values in (self._values_in(panel) for panel in self._panels)
        )

    def _key(self) -> object:
        runs = [(one.run, one.index, tuple(one.metrics)) for one in self._runs]
        options = self.options
        return self._panels, runs, options.log_steps, options.smoothing > 0

    def _values_in(self, panel: str) -> list[NDArray[Any]]:
        return [
            self._runs[i].metrics[metric][1]
            for i, metric in self._keys
            if split(metric)[1] == panel
        ]

    def _make(self) -> None:
        self.marks.panels_of = self._panels_of
        for panel in self._panels:
            axes = self._add_axes(steps=True)
            name = panel.replace("_", " ")
            self.layout.set_labels(axes, y=(name, shorten(name, 12)))
        for axes in self.layout.axes[:-1]:
            self.layout.set_labels(axes, x=("", ""))
            axes.tick_params(axis="x", which="both", labelbottom=False)
        self._lines = {key: self._make_line(key) for key in self._keys}
        self._raw: dict[Key, Line2D] = {}
        for key, line in self._lines.items() if self.options.smoothing > 0 else ():
            (self._raw[key],) = self._axes_of(key[1]).plot(
                [], [], color=line.get_color(), linewidth=0.8, alpha=RAW_ALPHA
            )

    def _panels_of(self, name: str) -> list[Axes]:
        pairs = zip(self._panels, self.layout.axes, strict=True)
        return [axes for panel, axes in pairs if name in ("", panel)]

    def _axes_of(self, metric: str) -> Axes:
        return self.layout.axes[self._panels.index(split(metric)[1])]

    def _make_line(self, key: Key) -> Line2D:
        i, metric = key
        # Beyond the safe colors, markers help to distinguish the runs.
        index = self._runs[i].index
        repetition = index // len(self.style.runs)
        color = self.style.run_color(index)
        line = kind_line(split(metric)[0], color, marker(repetition))
        self._axes_of(metric).add_line(line)
        return line

    def _name_artists(self) -> None:
        """Names the runs by color, and the kinds of metrics by line style."""
        runs: list[Entry] = []
        names = shorten_all([one.run for one in self._runs])
        several = len(names) > 1
        for one, name in zip(self._runs, names, strict=True) if several else ():
            repetition = one.index // len(self.style.runs)
            color = self.style.run_color(one.index)
            line = kind_line("", color, marker(repetition))
            runs.append(Entry(line, name, run=one.run))
        self.layout.set_legend(runs, what="runs", always=self._name_kinds())

    def _name_kinds(self) -> list[Entry]:
        color = self.style.muted
        if len(self._runs) == 1:
            color = self.style.run_color(self._runs[0].index)
        prefixes = {split(metric)[0] for _, metric in self._keys}
        return [
            Entry(kind_line(prefix, color, ""), kind.name)
            for prefix, kind in KINDS.items()
            if prefix in prefixes
        ]

    def _set_scale(self, axes: Axes, threshold: float | None) -> None:
        set_value_scale(axes, self.options.scale, threshold or 1.0)

    def _label(self) -> None:
        for panel, axes in zip(self._panels, self.layout.axes, strict=True):
            largest = max(
                (float(np.max(one, initial=0)) for one in self._values_in(panel)),
                default=0.0,
            )
            is_share = ("error" in panel or "accuracy" in panel) and largest <= 1
            axes.yaxis.set_major_formatter(
                ShareFormatter() if is_share else ValueFormatter()
            )
        smoothing = self.options.smoothing
        smoothed = f", mean over {smoothing:,.0f} steps" if smoothing > 0 else ""
        self.layout.set_headline(f"{self._headline()}{smoothed}", self._run_text)

    def _headline(self) -> str:
        return "Training curves"

    def _why_empty(self) -> str:
        if not self._runs:
            return "No runs selected"
        if not any(len(x) for one in self._runs for x, _ in one.metrics.values()):
            return "No metrics yet"
        return ""

    def _fit(self, *, seen: bool = False) -> list[View]:
        steps = [
            float(x[end])
            for i, metric in self._keys
            for end in (0, -1)
            if len(x := self._runs[i].metrics[metric][0])
        ]
        first = self.layout.axes[0]
        view = fit_steps(first, min(steps), max(steps)) if steps else (0.0, 1.0)
        between = first.get_xlim() if seen else (-np.inf, np.inf)
        pairs = zip(self._panels, self._thresholds, strict=True)
        return [
            (view, self._fit_values(panel, threshold or 1.0, between))
            for panel, threshold in pairs
        ]

    def _fit_values(self, panel: str, threshold: float, between: Limits) -> Limits:
        scale = self.options.scale
        air = np.inf if self.options.full_range else FAR
        each = []
        for i, metric in self._keys:
            if split(metric)[1] == panel:
                steps, values = self._runs[i].metrics[metric]
                seen = values[(steps >= between[0]) & (steps <= between[1]), None]
                if seen.size:
                    ends = np.clip(seen.astype(np.float64), -LARGEST, LARGEST)
                    each.append(fit_values(scale, ends, ends, air=air))
        lowest = min((low for low, _ in each), default=np.inf)
        highest = max((high for _, high in each), default=-np.inf)
        low, high = pad_values(scale, lowest, highest, threshold)
        # From 0 where that costs little of the height.
        from_zero = scale is AxisScale.LINEAR and 0 <= lowest < 0.5 * highest
        return (0.0 if from_zero else low), high

    def _refine(self) -> None:
        first = self.layout.axes[0]
        limits, columns = first.get_xlim(), pixel_columns(first, self.fine)
        transform = first.xaxis.get_transform().transform
        seen = transform(np.array(limits))
        for (i, metric), line in self._lines.items():
            steps, values = map(doubles, self._runs[i].metrics[metric])
            drawn = {line: smooth(steps, values, self.options.smoothing)}
            if (i, metric) in self._raw:
                drawn[self._raw[i, metric]] = values
            for one, y in drawn.items():
                strip = downsample(
                    Strip(steps, y, y, y),
                    limits=limits,
                    columns=columns,
                    transform=transform,
                )
                one.set_data(strip.x, strip.middle)
            line.set_markevery(marker_places(transform(line.get_xdata()), seen, i))

    def table(self) -> Table:
        """Returns the numbers in view: a row for each value of a metric of a run."""
        left, right = self.layout.axes[0].get_xlim()
        smoothing = self.options.smoothing
        rows: list[dict[str, object]] = []
        for i, metric in self._keys:
            steps, values = self._runs[i].metrics[metric]
            seen = (steps >= left) & (steps <= right)
            row: dict[str, object] = {
                "run": self._runs[i].run,
                "metric": metric,
                "step": steps[seen],
                "value": values[seen],
            }
            if smoothing > 0:
                mean = smooth(doubles(steps), doubles(values), smoothing)
                row[f"mean_over_{smoothing:.0f}_steps"] = mean[seen]
            rows.append(row)
        return stack(rows)

    def _remarks(self) -> list[str]:
        left, right = self.layout.axes[0].get_xlim()
        out = all_seen = 0
        for i, metric in self._keys:
            bottom, top = self._axes_of(metric).get_ylim()
            x, y = self._runs[i].metrics[metric]
            seen = (x >= left) & (x <= right)
            all_seen += int(np.count_nonzero(seen))
            out += int(np.count_nonzero(seen & ((y < bottom) | (y > top))))
        remarks = [f"{out:,} of {all_seen:,} points out of view"] if out else []
        return remarks


def split(metric: str) -> tuple[str, str]:
    """Splits the name of a metric into prefix and name.

    >>> split("val_loss"), split("loss")
    (('val_', 'loss'), ('', 'loss'))
    """
    for prefix in KINDS:
        if prefix and metric.startswith(prefix):
            return prefix, metric.removeprefix(prefix)
    return "", metric


def metrics_of(curves: Sequence[TrainingCurvesData]) -> list[str]:
    """Returns names of all metrics: loss and error first.

    The quality of steps has its own figure.
    """
    names = (name for one in curves for name in one.metrics)
    found = dict.fromkeys(split(n)[1] for n in names if n not in STEP_QUALITY)
    return sorted(found, key=lambda name: tuple(name != first for first in FIRST))


def doubles(values: NDArray[Any]) -> NDArray[np.float64]:
    return values.astype(np.float64)


def kind_line(prefix: str, color: str, mark: str) -> Line2D:
    """Returns a line without data in the style of a kind of metric."""
    kind = KINDS[prefix]
    return Line2D(
        [],
        [],
        color=color,
        linestyle=kind.line_style,
        linewidth=kind.line_width,
        marker="*" if kind.star else mark,
        markersize=9 if kind.star else 3.5,
    )
