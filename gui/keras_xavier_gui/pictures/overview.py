"""Overview: one statistic of the whole model over the whole training."""

import numpy as np

from keras_xavier.figures import Overview, OverviewData, overview_data
from keras_xavier.figures.reading import why_absent
from keras_xavier.figures.vocabulary import NAMES, STATISTIC_NAMES
from keras_xavier.statistics import Statistic
from keras_xavier_gui.pictures.controls import QUANTITIES, add_choice, add_switch
from keras_xavier_gui.pictures.requests import Request, why_nothing
from keras_xavier_gui.pictures.view import PictureView, number

STATISTICS = {
    Statistic.STD: "std. deviation",
    Statistic.MEAN: "mean",
    Statistic.SATURATED: "% saturated",
    Statistic.ZERO: "% zero",
    Statistic.NONFINITE: "% NaN or ±Inf",
    Statistic.P98: "98th percentile",
    Statistic.P2: "2nd percentile",
    Statistic.MAX: "maximum",
    Statistic.MIN: "minimum",
}
"""Short, as there is little room."""


class OverviewView(PictureView):
    """A map of colours, with a row for each layer."""

    title = "&Overview"
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

    def request(self) -> Request | str:
        if reason := why_nothing(self.choice):
            return reason
        path = self.choice.run.path
        quantity = list(QUANTITIES)[self.quantity.currentIndex()]
        statistic = list(STATISTICS)[self.statistic.currentIndex()]
        if reason := why_absent(self.choice.run.layers, quantity):
            return reason
        previous = self.data if self._subject and self._subject[0] == path else None
        return Request(
            subject=(path, quantity, statistic),
            paths=(path,),
            reading=lambda run: overview_data(
                run, quantity, statistic, previous=previous
            ),
        )

    def update_picture(self, data: OverviewData) -> None:
        self.picture.update(
            data,
            visible=[name for name in data.layers if name not in self.choice.hidden],
            log_steps=self.log_steps.isChecked(),
            full_range=self.full_range.isChecked(),
        )

    def describe(self, data: OverviewData) -> str:
        if not len(data.steps):
            return "No records yet."
        layers = [
            f"{name}: {number(data.values[-1, i])}"
            for i, name in enumerate(data.layers)
            if name not in self.choice.hidden
        ]
        return (
            f"{STATISTIC_NAMES[data.statistic].capitalize()} of the "
            f"{NAMES[data.quantity].lower()} of {data.run}, steps {data.steps[0]:,} "
            f"to {data.steps[-1]:,}. At the last step: {'; '.join(layers)}."
        )

    def locate(self, x: float, y: float) -> str:
        data = self.data
        shown = [i for i, n in enumerate(data.layers) if n not in self.choice.hidden]
        row, record = round(y), int(np.searchsorted(data.steps, x, side="right")) - 1
        if not (0 <= row < len(shown) and 0 <= record < len(data.steps)):
            return ""
        layer = shown[row]
        return (
            f"step {data.steps[record]:,},  {data.layers[layer]}: "
            f"{number(data.values[record, layer])}"
        )
