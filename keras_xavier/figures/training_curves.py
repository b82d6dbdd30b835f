"""Training curves: loss, error and the like of several runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from keras_xavier.figure_spec import AxisScale
from keras_xavier.figures.data import TrainingCurvesData
from keras_xavier.figures.downsampling import Strip, downsample, spread
from keras_xavier.figures.limits import FAR, Limits, fit_steps
from keras_xavier.figures.plot import (
    NOTHING,
    SHORT_STEPS,
    STEPS,
    Entry,
    Plot,
    View,
    set_steps_scale,
)
from keras_xavier.figures.smoothing import smooth
from keras_xavier.figures.style import LIGHT, LineStyle, Style, marker
from keras_xavier.figures.table import Table, stack
from keras_xavier.figures.ticks import ShareFormatter, ValueFormatter
from keras_xavier.figures.value_scale import (
    fit_values,
    pad_values,
    set_value_scale,
    threshold_of,
)
from keras_xavier.text import shorten, shorten_all


@dataclass(frozen=True)
class Kind:
    """What the beginning of a metric's name says, and how it is drawn."""

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
MOST_PANELS = 3
RAW_ALPHA = 0.4


def split(metric: str) -> tuple[str, str]:
    """Splits the name of a metric.

    >>> split("val_loss"), split("loss")
    (('val_', 'loss'), ('', 'loss'))
    """
    for prefix in KINDS:
        if prefix and metric.startswith(prefix):
            return prefix, metric.removeprefix(prefix)
    return "", metric


def metrics_of(curves: Sequence[TrainingCurvesData]) -> list[str]:
    """What was measured: loss and error, then as they come."""
    found = dict.fromkeys(split(metric)[1] for one in curves for metric in one.metrics)
    return sorted(found, key=lambda name: tuple(name != first for first in FIRST))


def panels_of(curves: Sequence[TrainingCurvesData]) -> tuple[str, ...]:
    """The metrics that get a panel."""
    return tuple(metrics_of(curves)[:MOST_PANELS]) or FIRST[:1]


class TrainingCurves(Plot):
    """One panel for each metric, the loss first.

    Runs differ in colour; training, validation, test and probe in line style.
    """

    def __init__(self, figure: Figure, *, style: Style = LIGHT) -> None:
        super().__init__(figure, style=style)
        self._panels: dict[str, Axes] = {}
        self._lines: dict[tuple[int, str], Line2D] = {}
        self._raw: dict[tuple[int, str], Line2D] = {}
        self._curves: tuple[TrainingCurvesData, ...] = ()
        self._shown: object = None
        self._drawn: object = None
        self._log_steps = False
        self._full_range = False
        self._scale, self._smoothing = AxisScale.LINEAR, 0.0
        self._thresholds: dict[str, float] = {}
        self._make_panels(panels_of(()))
        self._set_message(NOTHING)

    def update(
        self,
        curves: Sequence[TrainingCurvesData],
        *,
        log_steps: bool = False,
        scale: AxisScale | str = AxisScale.LINEAR,
        smoothing: float = 0.0,
        full_range: bool = False,
    ) -> None:
        """Shows other curves.

        Args:
            curves: Those of the runs to show.
            log_steps: Whether the axis of steps is logarithmic beyond step 1.
            scale: Of the axes of values.
            smoothing: Steps over which curves are averaged; 0 for not at all. The
                curves as they are stay visible.
            full_range: Whether the view reaches the farthest outliers.
        """
        curves, scale = tuple(curves), AxisScale(scale)
        self._repeat = lambda plot: plot.update(
            curves,
            log_steps=log_steps,
            scale=scale,
            smoothing=smoothing,
            full_range=full_range,
        )
        panels, fitted = panels_of(curves), self.follow
        anew = (
            panels != tuple(self._panels)
            or log_steps != self._log_steps
            or scale is not self._scale
        )
        refit = (
            anew
            or full_range != self._full_range
            or not any(one.metrics for one in self._curves)
        )
        self._curves, self._full_range, self._log_steps = curves, full_range, log_steps
        self._scale, self._smoothing = scale, smoothing
        if anew:
            self._make_panels(panels)
        if refit:
            self._thresholds = {panel: self._threshold(panel) for panel in panels}
            self._set_scales()
        shown = (
            tuple((one.run, one.index, tuple(one.metrics)) for one in curves),
            smoothing > 0,
        )
        if shown != self._shown:
            self._shown = shown
            self._make_lines()
        self._drawn = None
        for panel, axes in self._panels.items():
            share = ("error" in panel or "accuracy" in panel) and self._largest(
                panel
            ) <= 1
            axes.yaxis.set_major_formatter(
                ShareFormatter() if share else ValueFormatter()
            )
        several = f"{len(curves)} runs" if curves else ""
        title = curves[0].run if len(curves) == 1 else several
        smoothed = f", mean over {smoothing:,.0f} steps" if smoothing > 0 else ""
        self._set_title(f"Training curves{smoothed}", title)
        self._set_message(self._why_empty())
        self._move_view(anew=refit, fitted=fitted)

    def _make_panels(self, panels: tuple[str, ...]) -> None:
        self._remove_axes()
        self._lines.clear()
        self._raw.clear()
        self._shown = None
        self._panels = {panel: self._add_axes(steps=True) for panel in panels}
        first, *others = self._panels.values()
        for axes in others:
            axes.sharex(first)
        for panel, axes in self._panels.items():
            set_steps_scale(axes, self._log_steps)
            name = panel.replace("_", " ")
            self._set_ylabel(axes, name, short=shorten(name, 12))
        for axes in [first, *others][:-1]:
            axes.tick_params(axis="x", which="both", labelbottom=False)
        self._set_xlabel([first, *others][-1], STEPS, short=SHORT_STEPS)

    def _threshold(self, panel: str) -> float:
        values = [
            doubles(values)
            for one in self._curves
            for metric, (_, values) in one.metrics.items()
            if split(metric)[1] == panel
        ]
        return threshold_of(np.concatenate([np.zeros(1), *values]))

    def _set_scales(self) -> None:
        for panel, axes in self._panels.items():
            set_value_scale(axes, self._scale, self._thresholds.get(panel, 1.0))

    def _show_like(self, other: Self) -> None:
        if other._thresholds != self._thresholds:
            self._thresholds = other._thresholds
            self._set_scales()
        super()._show_like(other)

    def _make_lines(self) -> None:
        for line in (*self._lines.values(), *self._raw.values()):
            line.remove()
        self._lines = {
            (i, metric): self._make_line(one, *split(metric))
            for i, one in enumerate(self._curves)
            for metric in one.metrics
            if split(metric)[1] in self._panels
        }
        self._raw = {}
        for key, line in self._lines.items() if self._smoothing > 0 else ():
            (self._raw[key],) = self._panels[split(key[1])[1]].plot(
                [], [], color=line.get_color(), linewidth=0.8, alpha=RAW_ALPHA
            )
        self._name_lines()

    def _make_line(self, one: TrainingCurvesData, prefix: str, panel: str) -> Line2D:
        # Colours repeat: then markers tell the runs apart.
        repetition = one.index // len(self.style.runs)
        line = kind_line(prefix, self.style.run_color(one.index), marker(repetition))
        self._panels[panel].add_line(line)
        return line

    def _name_lines(self) -> None:
        """Names the runs by colour, and the kinds by line style."""
        several = len(self._curves) > 1
        runs: list[Entry] = []
        names = shorten_all([one.run for one in self._curves])
        for one, name in zip(self._curves, names, strict=True):
            if not several:
                break
            repetition = one.index // len(self.style.runs)
            color = self.style.run_color(one.index)
            runs.append((kind_line("", color, marker(repetition)), name))
        color = self.style.muted
        if len(self._curves) == 1:
            color = self.style.run_color(self._curves[0].index)
        prefixes = {split(metric)[0] for _, metric in self._lines}
        kinds = [
            (kind_line(prefix, color, ""), kind.name)
            for prefix, kind in KINDS.items()
            if prefix in prefixes
        ]
        self._set_legend(runs, what="runs", always=kinds)

    def _largest(self, panel: str) -> float:
        return max(
            (
                float(np.max(self._curves[i].metrics[metric][1], initial=0))
                for i, metric in self._lines
                if split(metric)[1] == panel
            ),
            default=0.0,
        )

    def _why_empty(self) -> str:
        if not self._curves:
            return "No run is chosen"
        if not any(len(x) for one in self._curves for x, _ in one.metrics.values()):
            return "No metrics yet"
        return ""

    def _fit(self, *, seen: bool = False) -> Mapping[Axes, View]:
        steps = [
            float(x[end])
            for i, metric in self._lines
            for end in (0, -1)
            if len(x := self._curves[i].metrics[metric][0])
        ]
        first = next(iter(self._panels.values()))
        view = fit_steps(first, min(steps), max(steps)) if steps else (0.0, 1.0)
        between = first.get_xlim() if seen else (-np.inf, np.inf)
        return {
            axes: (view, self._fit_y(panel, between))
            for panel, axes in self._panels.items()
        }

    def _fit_y(self, panel: str, between: Limits) -> Limits:
        air = np.inf if self._full_range else FAR
        each = []
        for i, metric in self._lines:
            if split(metric)[1] == panel:
                steps, values = self._curves[i].metrics[metric]
                seen = values[(steps >= between[0]) & (steps <= between[1]), None]
                if seen.size:
                    ends = seen.astype(np.float64)
                    each.append(fit_values(self._scale, ends, ends, air=air))
        lowest = min((low for low, _ in each), default=np.inf)
        highest = max((high for _, high in each), default=-np.inf)
        low, high = pad_values(
            self._scale, lowest, highest, self._thresholds.get(panel, 1.0)
        )
        # From 0 where that costs little of the height.
        from_zero = self._scale is AxisScale.LINEAR and 0 <= lowest < 0.5 * highest
        return (0.0 if from_zero else low), high

    def _refine(self) -> None:
        first = next(iter(self._panels.values()))
        limits, columns = first.get_xlim(), self._columns_of(first)
        if (limits, columns) == self._drawn:
            return
        self._drawn = limits, columns
        transform = first.xaxis.get_transform().transform
        seen = transform(np.array(limits))
        for (i, metric), line in self._lines.items():
            steps, values = map(doubles, self._curves[i].metrics[metric])
            drawn = {line: smooth(steps, values, self._smoothing)}
            if (i, metric) in self._raw:
                drawn[self._raw[i, metric]] = values
            for one, y in drawn.items():
                thinned = downsample(
                    Strip(steps, y, y, y),
                    limits=limits,
                    columns=columns,
                    transform=transform,
                )
                one.set_data(thinned.x, thinned.middle)
            line.set_markevery(spread(transform(line.get_xdata()), seen, i))

    def table(self) -> Table:
        """What is shown: a row for each value in view of each metric of each run."""
        left, right = next(iter(self._panels.values())).get_xlim()
        rows: list[dict[str, object]] = []
        for i, metric in self._lines:
            steps, values = self._curves[i].metrics[metric]
            seen = (steps >= left) & (steps <= right)
            row: dict[str, object] = {
                "run": self._curves[i].run,
                "metric": metric,
                "step": steps[seen],
                "value": values[seen],
            }
            if self._smoothing > 0:
                mean = smooth(doubles(steps), doubles(values), self._smoothing)
                row[f"mean_over_{self._smoothing:.0f}_steps"] = mean[seen]
            rows.append(row)
        return stack(rows)

    def _remarks(self) -> list[str]:
        left, right = next(iter(self._panels.values())).get_xlim()
        out = all_seen = 0
        for i, metric in self._lines:
            bottom, top = self._panels[split(metric)[1]].get_ylim()
            x, y = self._curves[i].metrics[metric]
            seen = (x >= left) & (x <= right)
            all_seen += int(np.count_nonzero(seen))
            out += int(np.count_nonzero(seen & ((y < bottom) | (y > top))))
        remarks = [f"{out:,} of {all_seen:,} points out of view"] if out else []
        if (count := len(metrics_of(self._curves))) > MOST_PANELS:
            remarks.append(f"{MOST_PANELS} of {count} metrics")
        return remarks


def doubles(values: NDArray[Any]) -> NDArray[np.float64]:
    return values.astype(np.float64)


def kind_line(prefix: str, color: str, mark: str) -> Line2D:
    """A line without data in the style of a kind of metric."""
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
