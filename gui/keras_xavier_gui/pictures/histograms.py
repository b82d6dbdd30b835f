"""Histograms of the layers at the chosen step."""

from keras_xavier.figures import HistogramData, Histograms, Scale, histogram_data
from keras_xavier.figures.reading import why_absent
from keras_xavier.figures.vocabulary import NAMES, SYMBOLS
from keras_xavier.statistics import BIN_COUNT, NONFINITE_BINS, Quantity
from keras_xavier_gui.pictures.view import (
    PictureView,
    Request,
    add_choice,
    add_switch,
    number,
    why_nothing,
)

SCALES = {
    Scale.AUTOMATIC: "automatic",
    Scale.LINEAR: "linear",
    Scale.LOG: "logarithmic",
}


class HistogramsView(PictureView):
    """The layers, one over the other.

    Attributes:
        quantities: Those to choose from.
    """

    picture_class = Histograms
    quantities: tuple[Quantity, ...]

    def add_controls(self) -> None:
        if len(self.quantities) > 1:
            self.quantity = add_choice(
                self.controls,
                "&Quantity:",
                [f"{NAMES[one].lower()} {SYMBOLS[one]}" for one in self.quantities],
                "What the histograms count",
            )
            self.quantity.currentIndexChanged.connect(self.reread)
        self.scale = add_choice(
            self.controls, "A&xis:", list(SCALES.values()), "How values lie along it"
        )
        self.full_range = add_switch(
            self.controls,
            "F&ull range",
            "Show the farthest values too, not only the 1st to 99th percentile",
        )
        self.scale.currentIndexChanged.connect(self.redraw)
        self.full_range.toggled.connect(self.redraw)
        self.choice.step_changed.connect(self.reread)
        self.choice.layers_changed.connect(self.redraw)

    def request(self) -> Request | str:
        if reason := why_nothing(self.choice):
            return reason
        path, quantity = self.choice.run.path, self.chosen_quantity()
        if reason := why_absent(self.choice.run.layers, quantity):
            return reason
        record = self.choice.record
        return Request(
            subject=(path, quantity),
            paths=(path,),
            reading=lambda run: histogram_data(run, quantity, record),
        )

    def chosen_quantity(self) -> Quantity:
        if len(self.quantities) == 1:
            return self.quantities[0]
        return self.quantities[self.quantity.currentIndex()]

    def update_picture(self, data: HistogramData) -> None:
        self.picture.update(
            data,
            visible=[name for name in data.layers if name not in self.choice.hidden],
            scale=list(SCALES)[self.scale.currentIndex()],
            full_range=self.full_range.isChecked(),
        )

    def describe(self, data: HistogramData) -> str:
        finite = BIN_COUNT - len(NONFINITE_BINS)
        layers = [
            f"{name}: {int(data.counts[i].sum()):,} values, "
            f"{int(data.counts[i, finite:].sum()):,} of them not finite"
            for i, name in enumerate(data.layers)
            if name not in self.choice.hidden
        ]
        return (
            f"{NAMES[data.quantity]}s of {data.run} at step {data.step:,}. "
            f"{'; '.join(layers)}."
        )

    def locate(self, x: float, y: float) -> str:
        return f"{SYMBOLS[self.chosen_quantity()].partition(' ')[0]} = {number(x)}"


class GradientHistogramsView(HistogramsView):
    """Of what flows back: by unit, as in the paper's figure 7, or by weight, and what
    the optimizer makes of it.
    """

    title = "&Gradient histograms"
    quantities = (
        Quantity.PREACTIVATION_GRADIENT,
        Quantity.WEIGHT_GRADIENT,
        Quantity.WEIGHT_UPDATE,
    )


class ActivationHistogramsView(HistogramsView):
    """Of what flows forward, as in the paper's figure 6."""

    title = "Activation h&istograms"
    quantities = (Quantity.ACTIVATION,)
