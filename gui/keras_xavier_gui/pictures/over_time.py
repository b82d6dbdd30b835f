"""Activations over time: how the signal fares in each layer during training."""

from keras_xavier.figures import Band, OverTime, OverTimeData, over_time_data
from keras_xavier.statistics import Quantity
from keras_xavier_gui.pictures.view import (
    PictureView,
    Request,
    add_choice,
    add_switch,
    number,
    why_nothing,
)

BANDS = {
    Band.STD: "mean ± standard deviation",
    Band.PERCENTILES: "2nd, 50th and 98th percentiles",
}


class OverTimeView(PictureView):
    """One line with a band for each layer."""

    title = "A&ctivations over time"
    picture_class = OverTime

    def add_controls(self) -> None:
        self.band = add_choice(
            self.controls, "&Band:", list(BANDS.values()), "What is drawn of each layer"
        )
        self.log_steps = add_switch(
            self.controls, "Log st&eps", "Spread the early steps"
        )
        self.full_range = add_switch(
            self.controls,
            "F&ull range",
            "Show the farthest outliers too, however flat the rest becomes",
        )
        self.band.currentIndexChanged.connect(self.redraw)
        self.log_steps.toggled.connect(self.redraw)
        self.full_range.toggled.connect(self.redraw)
        self.choice.layers_changed.connect(self.redraw)

    def request(self) -> Request | str:
        if reason := why_nothing(self.choice):
            return reason
        path = self.choice.run.path
        previous = self.data if self._subject == (path,) else None
        return Request(
            subject=(path,),
            paths=(path,),
            reading=lambda run: over_time_data(
                run, Quantity.ACTIVATION, previous=previous
            ),
        )

    def update_picture(self, data: OverTimeData) -> None:
        self.picture.update(
            data,
            band=list(BANDS)[self.band.currentIndex()],
            visible=[name for name in data.layers if name not in self.choice.hidden],
            log_steps=self.log_steps.isChecked(),
            full_range=self.full_range.isChecked(),
        )

    def describe(self, data: OverTimeData) -> str:
        if not len(data.steps):
            return "No records yet."
        layers = [
            f"{name}: mean {number(data.mean[-1, i])}, "
            f"standard deviation {number(data.std[-1, i])}"
            for i, name in enumerate(data.layers)
            if name not in self.choice.hidden
        ]
        return (
            f"Activations of {data.run}, steps {data.steps[0]:,} to "
            f"{data.steps[-1]:,}. At the last step: {'; '.join(layers)}."
        )

    def locate(self, x: float, y: float) -> str:
        return f"step {x:,.0f},  activation {number(y)}"
