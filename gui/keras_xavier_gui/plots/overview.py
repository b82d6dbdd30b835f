"""Overview: one statistic of the whole model over the whole training."""

import numpy as np

from keras_xavier.figure_spec import FigureSpec
from keras_xavier.figures import Overview, OverviewData, overview_data
from keras_xavier.figures.explanations import explain
from keras_xavier.figures.loaders import why_absent
from keras_xavier.statistics import Statistic
from keras_xavier_gui.plots.controls import (
    QUANTITIES,
    add_choice,
    add_switch,
    grey_out,
    select,
)
from keras_xavier_gui.plots.plot_tab import PlotTab, number
from keras_xavier_gui.plots.read_request import (
    Request,
    nearest,
    readable,
    reading_each,
    visible,
    why_absent_in_all,
    why_nothing,
)

STATISTICS = {
    Statistic.STD: "std. deviation",
    Statistic.MEAN: "mean",
    Statistic.SATURATED: "% saturated",
    Statistic.ZERO: "% zero",
    Statistic.NONFINITE: "% NaN or ±Inf",
    Statistic.P2: "2nd percentile",
    Statistic.P25: "25th percentile",
    Statistic.P50: "median",
    Statistic.P75: "75th percentile",
    Statistic.P98: "98th percentile",
    Statistic.MAX: "maximum",
    Statistic.MIN: "minimum",
}
"""Short, as there is little room."""


class OverviewTab(PlotTab):
    """A map of colours, with a row for each layer."""

    title = "&Overview"
    names = ("overview",)
    help = explain(*names)
    plot_class = Overview

    def add_controls(self) -> None:
        self.quantity = add_choice(
            self.controls,
            "&Quantity:",
            list(QUANTITIES.values()),
            "What was measured",
        )
        self.statistic = add_choice(
            self.controls,
            "Su&mmary:",
            list(STATISTICS.values()),
            "What the colours tell of it",
        )
        self.log_steps = add_switch(
            self.controls, "Log st&eps", "Spread the early steps"
        )
        self.full_range = add_switch(
            self.controls,
            "F&ull range",
            "Let colours reach the farthest values, not only the 1st to 99th "
            "percentile",
        )
        self.quantity.currentIndexChanged.connect(self.reread)
        self.statistic.currentIndexChanged.connect(self.reread)
        self.log_steps.toggled.connect(self.redraw)
        self.full_range.toggled.connect(self.redraw)
        self.selection.layers_changed.connect(self.redraw)

    def show_spec(self, spec: FigureSpec) -> None:
        select(self.quantity, QUANTITIES, spec.quantity)
        select(self.statistic, STATISTICS, spec.statistic)

    def request(self) -> Request | str:
        grey_out(self.quantity, why_absent_in_all(self.selection, QUANTITIES))
        if reason := why_nothing(self.selection):
            return reason
        quantity = list(QUANTITIES)[self.quantity.currentIndex()]
        statistic = list(STATISTICS)[self.statistic.currentIndex()]
        runs = readable(self.selection, quantity)
        if not runs:
            return why_absent(self.selection.run.layers, quantity) or "No records yet"
        paths = tuple(run.path for run in runs)
        subject = (paths, quantity, statistic)
        before = {}
        if self._subject == subject and self.data is not None:
            before = dict(zip(self.read_paths, self.data, strict=True))
        return Request(
            subject=subject,
            paths=paths,
            reading=reading_each(
                self.selection,
                runs,
                lambda run, index: overview_data(
                    run, quantity, statistic, previous=before.get(run.path)
                ),
            ),
        )

    def update_plot(self, data: tuple[OverviewData, ...]) -> None:
        self.plot.update(
            data,
            visible=visible(data, self.selection.hidden),
            log_steps=self.log_steps.isChecked(),
            full_range=self.full_range.isChecked(),
        )

    def describe(self, data: tuple[OverviewData, ...]) -> str:
        recorded = [one for one in data if len(one.steps)]
        if not recorded:
            return "No records yet."
        name = data[0].quantity.label.lower()
        what = f"{data[0].statistic.label.capitalize()} of the {name}."
        return " ".join([what, *map(self._describe_one, recorded)])

    def _describe_one(self, data: OverviewData) -> str:
        record = nearest(data.steps, self.selection.step)
        layers = [
            f"{name}: {number(data.values[record, i])}"
            for i, name in enumerate(data.layers)
            if name not in self.selection.hidden
        ]
        return (
            f"{data.run}, steps {data.steps[0]:,} to {data.steps[-1]:,}; at step "
            f"{data.steps[record]:,} {'; '.join(layers)}."
        )

    def locate(self, x: float, y: float) -> str:
        shown = self.plot.layers
        if not 0 <= (row := round(y)) < len(shown):
            return ""
        found = {}
        for data in self.data:
            record = int(np.searchsorted(data.steps, x, side="right")) - 1
            if shown[row] in data.layers and 0 <= record < len(data.steps):
                value = number(data.values[record, data.layers.index(shown[row])])
                found[data.run] = int(data.steps[record]), value
        if not found:
            return ""
        step = max(step for step, _ in found.values())
        values = [
            f"{run} {value}" if len(self.data) > 1 else value
            for run, (_, value) in found.items()
        ]
        return f"step {step:,},  {shown[row]}: {',  '.join(values)}"
