"""Histograms of the layers: at the chosen step, or over the whole training."""

from collections.abc import Callable
from typing import Any

from keras_xavier.figures import (
    HistogramData,
    HistogramMap,
    Histograms,
    HistogramsOverTimeData,
    Panels,
    Picture,
    Ridgelines,
    Scale,
    histogram_data,
    histograms_over_time_data,
)
from keras_xavier.figures.histogram_map import MOST_LAYERS as MAP_LAYERS
from keras_xavier.figures.histogram_map import chosen_layers
from keras_xavier.figures.reading import why_absent
from keras_xavier.figures.ridgelines import MOST_LAYERS as RIDGE_LAYERS
from keras_xavier.figures.vocabulary import NAMES, SYMBOLS
from keras_xavier.runs import Run
from keras_xavier.statistics import BIN_COUNT, NONFINITE_BINS, Quantity
from keras_xavier_gui.look import Look
from keras_xavier_gui.pictures.controls import (
    QUANTITIES,
    add_choice,
    add_switch,
    grey_out,
    select,
)
from keras_xavier_gui.pictures.over_time import PANELS
from keras_xavier_gui.pictures.requests import (
    Request,
    nearest,
    readable,
    reading_each,
    why_absent_in_all,
    why_nothing,
)
from keras_xavier_gui.pictures.view import PictureView, number

FORMS: dict[type[Picture], str] = {
    Histograms: "at one step",
    HistogramMap: "over steps, as map",
    Ridgelines: "over steps, as ridges",
}
NAMED = {
    "histograms": Histograms,
    "histogram-map": HistogramMap,
    "ridgelines": Ridgelines,
}
"""Forms by the names of their figures."""
SCALES = {
    Scale.AUTOMATIC: "automatic",
    Scale.LINEAR: "linear",
    Scale.LOG: "logarithmic",
}
MAPPED, RIDGES = 120, 20
"""Steps that are read at most."""
MOST_PANELS = {HistogramMap: MAP_LAYERS, Ridgelines: RIDGE_LAYERS}
FIRST = Quantity.PREACTIVATION_GRADIENT


class HistogramsView(PictureView):
    """At one step of all chosen runs; over the steps, of the first of them."""

    title = "H&istograms"
    names = tuple(NAMED)
    help = (
        "How the values of each layer are spread. At step 0 with the standard "
        "initialization, gradients are the smaller the nearer a layer is to the "
        "input, activations the deeper it is: on a linear axis they pile up in a "
        "higher peak at 0; on a logarithmic one, which shows each decade as wide, "
        "they are two humps, of negative and of positive values, that lie closer to "
        "0. With the normalized initialization all layers look alike (figures 6 to 8 "
        "and section 4.2 of Glorot & Bengio 2010). The axis is linear unless layers "
        "are so different that some would be a single bar; its label tells. "
        "Peaks at the bounds of an activation are saturated units (figure 4, section "
        "3.3). The map shows all steps at once: colours are shares of the values, the "
        "lines the 2nd, 50th and 98th percentile. Of several runs, maps and ridges "
        "show the one that was chosen first."
    )

    @property
    def picture_class(self) -> type[Picture]:  # type: ignore[override]
        return list(FORMS)[self.form.currentIndex()]

    def add_controls(self) -> None:
        self.quantity = add_choice(
            self.controls,
            "&Quantity:",
            list(QUANTITIES.values()),
            "What the histograms count",
        )
        self.quantity.setCurrentIndex(list(QUANTITIES).index(FIRST))
        self.form = add_choice(
            self.controls, "Sho&w:", list(FORMS.values()), "One step, or many"
        )
        self.panels = add_choice(
            self.more_controls,
            "Arrange&d:",
            list(PANELS.values()),
            "What shares a panel; automatically, each of several runs has its own",
        )
        self.scale = add_choice(
            self.more_controls,
            "A&xis:",
            list(SCALES.values()),
            "How values lie along it",
        )
        self.log_steps = add_switch(
            self.more_controls, "Log st&eps", "Spread the early steps"
        )
        self.full_range = add_switch(
            self.more_controls,
            "F&ull range",
            "Show the farthest values too, not only the 1st to 99th percentile",
        )
        self.quantity.currentIndexChanged.connect(self.reread)
        self.form.currentIndexChanged.connect(self._change_form)
        for box in (self.panels, self.scale):
            box.currentIndexChanged.connect(self.redraw)
        self.log_steps.toggled.connect(self._change_steps)
        self.full_range.toggled.connect(self.redraw)
        self.choice.step_changed.connect(self._change_step)
        self.choice.layers_changed.connect(self._change_layers)
        self._enable()

    def show_look(self, look: Look) -> None:
        select(self.form, FORMS, NAMED[look.picture])
        select(self.quantity, QUANTITIES, look.quantity)

    def is_map(self) -> bool:
        return self.picture_class is HistogramMap

    def is_at_one_step(self) -> bool:
        return self.picture_class is Histograms

    def _enable(self) -> None:
        """Leaves out what does not matter to this form."""
        self.panels.setEnabled(self.is_at_one_step())
        self.log_steps.setEnabled(not self.is_at_one_step())

    def _change_form(self) -> None:
        self._enable()
        self.data = self._subject = None
        self.make_picture()
        self.reread()

    def _change_step(self) -> None:
        if self.is_at_one_step():
            self.reread()

    def _change_layers(self) -> None:
        if self.is_at_one_step():
            self.redraw()
        else:
            # Other layers have a panel now.
            self.reread()

    def _change_steps(self) -> None:
        self.redraw()
        self.reread()

    def request(self) -> Request | str:
        grey_out(self.quantity, why_absent_in_all(self.choice, QUANTITIES))
        if reason := why_nothing(self.choice):
            return reason
        quantity = self.chosen_quantity()
        runs = readable(self.choice, quantity)
        if not runs:
            return why_absent(self.choice.run.layers, quantity) or "No records yet"
        if self.is_at_one_step():
            paths = tuple(run.path for run in runs)
            step = self.choice.step
            reading = reading_each(
                self.choice,
                runs,
                lambda run, index: histogram_data(
                    run, quantity, nearest(run.steps, step), index=index
                ),
            )
            return Request((paths, quantity), paths, reading)
        first = self.choice.run
        if reason := why_absent(first.layers, quantity):
            return reason
        if not self._layers(quantity):
            return "No layer is chosen."
        subject = (first.path, quantity, self.picture_class)
        previous = self.data if self._subject == subject else None
        between = None
        if previous is not None and self.is_map() and not self.picture.follow:
            between = self._seen()
        reading = self._reading_steps(quantity, previous, between)
        return Request(subject, (first.path,), reading, between, of_one=True)

    def _reading_steps(
        self,
        quantity: Quantity,
        previous: HistogramsOverTimeData | None,
        between: tuple[float, float] | None,
    ) -> Callable[[Run], HistogramsOverTimeData]:
        """Reads the records that are in view, no others."""
        log_steps = self.log_steps.isChecked()
        most = MAPPED if self.is_map() else RIDGES
        layers = self._layers(quantity)
        return lambda run: histograms_over_time_data(
            run,
            quantity,
            layers=layers,
            between=between,
            most=most,
            log_steps=log_steps,
            previous=previous,
        )

    def _layers(self, quantity: Quantity) -> list[str]:
        """Names of the layers that get a panel."""
        names = [
            layer.name
            for layer in self.choice.run.layers
            if quantity not in layer.absent and layer.name not in self.choice.hidden
        ]
        chosen = chosen_layers(names, None, MOST_PANELS[self.picture_class])
        return [names[i] for i in chosen]

    def _seen(self) -> tuple[float, float]:
        """The steps in view."""
        left, right = self.canvas.figure.axes[-1].get_xlim()
        return float(left), float(right)

    def view_changed(self) -> None:
        """Reads the histograms that have come into view."""
        if self.is_map() and self.data is not None:
            wanted = None if self.picture.follow else self._seen()
            if wanted != self.read_between:
                self.reread()

    def chosen_quantity(self) -> Quantity:
        return list(QUANTITIES)[self.quantity.currentIndex()]

    def update_picture(self, data: Any) -> None:
        options: dict[str, Any] = {
            "scale": list(SCALES)[self.scale.currentIndex()],
            "full_range": self.full_range.isChecked(),
        }
        several = data if isinstance(data, tuple) else (data,)
        names = dict.fromkeys(name for one in several for name in one.layers)
        options["visible"] = [name for name in names if name not in self.choice.hidden]
        if self.is_map():
            options["log_steps"] = self.log_steps.isChecked()
        elif self.is_at_one_step():
            panels = list(PANELS)[self.panels.currentIndex()]
            automatic = Panels.RUNS if len(several) > 1 else Panels.TOGETHER
            options["panels"] = panels or automatic
        self.picture.update(data, **options)

    def describe(self, data: Any) -> str:
        if isinstance(data, tuple):
            return " ".join(self._describe(one) for one in data)
        name = NAMES[data.quantity]
        if not len(data.steps):
            return "No records yet."
        record = nearest(data.steps, self.choice.step)
        percentiles = data.percentiles[record]
        layers = [
            f"{layer}: median {number(percentiles[i, 1])}, 2nd to 98th percentile "
            f"{number(percentiles[i, 0])} to {number(percentiles[i, 2])}"
            for i, layer in enumerate(data.layers)
            if layer not in self.choice.hidden
        ]
        return (
            f"{name}s of {data.run}, values at {len(data.steps)} of the steps "
            f"{data.steps[0]:,} to {data.steps[-1]:,}. At step "
            f"{data.steps[record]:,}: {'; '.join(layers)}."
        )

    def _describe(self, data: HistogramData) -> str:
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
        symbol = SYMBOLS[self.chosen_quantity()].partition(" ")[0]
        if self.is_map():
            return f"step {x:,.0f},  {symbol} = {number(y)}"
        return f"{symbol} = {number(x)}"
