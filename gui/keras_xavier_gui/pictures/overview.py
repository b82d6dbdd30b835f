"""Overview: one statistic of the whole model over the whole training."""

import numpy as np

from keras_xavier.figures import Overview, OverviewData, overview_data
from keras_xavier.figures.reading import why_absent
from keras_xavier.figures.vocabulary import NAMES, STATISTIC_NAMES
from keras_xavier.look import Look
from keras_xavier.statistics import Statistic
from keras_xavier_gui.pictures.controls import (
    QUANTITIES,
    add_choice,
    add_switch,
    grey_out,
    select,
)
from keras_xavier_gui.pictures.requests import (
    Request,
    nearest,
    readable,
    reading_each,
    visible,
    why_absent_in_all,
    why_nothing,
)
from keras_xavier_gui.pictures.view import PictureView, number

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


class OverviewView(PictureView):
    """A map of colours, with a row for each layer."""

    title = "&Overview"
    names = ("overview",)
    help = (
        "The whole model at a glance: a row for each layer, the first one on top, and "
        "training from left to right. Colours tell the standard deviation of the "
        "activations, or another quantity and summary. Where colours fade from one "
        "row to the next, the signal or the gradient dies on its way (equations 5 and "
        "6 of Glorot & Bengio 2010); where they change along a row, training did it."
    )
    picture_class = Overview

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
        self.choice.layers_changed.connect(self.redraw)

    def show_look(self, look: Look) -> None:
        select(self.quantity, QUANTITIES, look.quantity)
        select(self.statistic, STATISTICS, look.statistic)

    def request(self) -> Request | str:
        grey_out(self.quantity, why_absent_in_all(self.choice, QUANTITIES))
        if reason := why_nothing(self.choice):
            return reason
        quantity = list(QUANTITIES)[self.quantity.currentIndex()]
        statistic = list(STATISTICS)[self.statistic.currentIndex()]
        runs = readable(self.choice, quantity)
        if not runs:
            return why_absent(self.choice.run.layers, quantity) or "No records yet"
        paths = tuple(run.path for run in runs)
        subject = (paths, quantity, statistic)
        before = {}
        if self._subject == subject and self.data is not None:
            before = dict(zip(self.read_paths, self.data, strict=True))
        return Request(
            subject=subject,
            paths=paths,
            reading=reading_each(
                self.choice,
                runs,
                lambda run, index: overview_data(
                    run, quantity, statistic, previous=before.get(run.path)
                ),
            ),
        )

    def update_picture(self, data: tuple[OverviewData, ...]) -> None:
        self.picture.update(
            data,
            visible=visible(data, self.choice.hidden),
            log_steps=self.log_steps.isChecked(),
            full_range=self.full_range.isChecked(),
        )

    def describe(self, data: tuple[OverviewData, ...]) -> str:
        recorded = [one for one in data if len(one.steps)]
        if not recorded:
            return "No records yet."
        name = NAMES[data[0].quantity].lower()
        what = f"{STATISTIC_NAMES[data[0].statistic].capitalize()} of the {name}."
        return " ".join([what, *map(self._describe_one, recorded)])

    def _describe_one(self, data: OverviewData) -> str:
        record = nearest(data.steps, self.choice.step)
        layers = [
            f"{name}: {number(data.values[record, i])}"
            for i, name in enumerate(data.layers)
            if name not in self.choice.hidden
        ]
        return (
            f"{data.run}, steps {data.steps[0]:,} to {data.steps[-1]:,}; at step "
            f"{data.steps[record]:,} {'; '.join(layers)}."
        )

    def locate(self, x: float, y: float) -> str:
        shown = self.picture.layers
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
