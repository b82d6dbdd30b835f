"""Layer curves: how signal and gradient fare in each layer during training."""

from keras_xavier.figures import Band, OverTime, OverTimeData, over_time_data
from keras_xavier.figures.reading import why_absent
from keras_xavier.figures.vocabulary import NAMES, SYMBOLS
from keras_xavier_gui.pictures.view import (
    QUANTITIES,
    PictureView,
    Request,
    add_choice,
    add_switch,
    number,
    why_nothing,
)

BANDS = {
    Band.STD: "mean ± std. deviation",
    Band.PERCENTILES: "percentiles 2, 50, 98",
}


class OverTimeView(PictureView):
    """One line with a band for each layer."""

    title = "Layer &curves"
    picture_class = OverTime

    def add_controls(self) -> None:
        self.quantity = add_choice(
            self.controls, "&Quantity:", list(QUANTITIES.values()), "What was measured"
        )
        self.quantity.currentIndexChanged.connect(self.reread)
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
        quantity = list(QUANTITIES)[self.quantity.currentIndex()]
        if reason := why_absent(self.choice.run.layers, quantity):
            return reason
        subject = (path, quantity)
        previous = self.data if self._subject == subject else None
        return Request(
            subject=subject,
            paths=(path,),
            reading=lambda run: over_time_data(run, quantity, previous=previous),
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
            f"{NAMES[data.quantity]}s of {data.run}, steps {data.steps[0]:,} to "
            f"{data.steps[-1]:,}. At the last step: {'; '.join(layers)}."
        )

    def locate(self, x: float, y: float) -> str:
        symbol = SYMBOLS[self.data.quantity].partition(" ")[0]
        return f"step {x:,.0f},  {symbol} = {number(y)}"
