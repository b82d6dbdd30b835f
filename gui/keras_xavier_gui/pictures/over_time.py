"""Layer curves: how signal and gradient fare in each layer during training."""

from keras_xavier.figures import (
    Band,
    OverTime,
    OverTimeData,
    Panels,
    ValueScale,
    over_time_data,
)
from keras_xavier.figures.reading import why_absent
from keras_xavier.figures.vocabulary import NAMES, SYMBOLS
from keras_xavier.look import Look
from keras_xavier.statistics import Quantity
from keras_xavier_gui.pictures.controls import (
    QUANTITIES,
    THEORY,
    add_choice,
    add_number,
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

BANDS = {
    Band.STD: "mean ± std. deviation",
    Band.PERCENTILES: "percentiles 2, 50, 98",
    Band.P98_AND_STD: "std. and 98th percentile",
}
SUBJECTS = {
    **{(quantity, None): name for quantity, name in QUANTITIES.items()},
    (Quantity.ACTIVATION, Band.SATURATED): "% saturated",
    (Quantity.WEIGHT_UPDATE, Band.UPDATE_RATIO): "update / weight",
}
"""What can be looked at: a quantity, or what is computed of it."""
COMPUTED = {"saturation": Band.SATURATED, "update-ratio": Band.UPDATE_RATIO}
"""What is computed, by the name of its figure."""
PANELS = {
    None: "automatic",
    Panels.TOGETHER: "together",
    Panels.LAYERS: "by layer",
    Panels.RUNS: "by run",
}
SCALES = {
    None: "automatic",
    ValueScale.LINEAR: "linear",
    ValueScale.LOG: "log",
    ValueScale.SYMLOG: "symlog",
}
WORDS = {
    Band.STD: {"mean": "mean", "std": "standard deviation"},
    Band.PERCENTILES: {
        "p2": "2nd percentile",
        "p50": "median",
        "p98": "98th percentile",
    },
    Band.P98_AND_STD: {"std": "standard deviation", "p98": "98th percentile"},
    Band.SATURATED: {"saturated": "share of saturated values"},
    Band.UPDATE_RATIO: {"ratio": "update over weight"},
}
"""What is told of each layer, by what is drawn of it."""
MOST_SMOOTHING = 10_000_000


class OverTimeView(PictureView):
    """One line with a band for each layer, of all chosen runs."""

    title = "Layer &curves"
    names = ("over-time", *COMPUTED)
    help = (
        "How each layer fares during training: the mean of its values with the "
        "standard deviation as a band, or percentiles. Look for a sigmoid layer whose "
        "mean falls to 0 (figure 2 and section 3.1 of Glorot & Bengio 2010), for tanh "
        "layers that reach ±1 one after another from the bottom (figure 3, section "
        "3.2), for gradients that are smaller the nearer a layer is to the input "
        "(section 4.2), and for updates of about a thousandth of the weights."
    )
    picture_class = OverTime

    def add_controls(self) -> None:
        self.quantity = add_choice(
            self.controls, "&Quantity:", list(SUBJECTS.values()), "What was measured"
        )
        self.band = add_choice(
            self.controls, "&Band:", list(BANDS.values()), "What is drawn of each layer"
        )
        self.panels = add_choice(
            self.more_controls,
            "Arrange&d:",
            list(PANELS.values()),
            "What shares a panel; automatically, each of several runs has its own",
        )
        self.scale = add_choice(
            self.more_controls, "A&xis:", list(SCALES.values()), "How values lie"
        )
        self.smoothing = add_number(
            self.more_controls,
            "S&moothed over:",
            MOST_SMOOTHING,
            "Steps over which lines are averaged; the lines as they are stay visible",
        )
        self.log_steps = add_switch(
            self.more_controls, "Log st&eps", "Spread the early steps"
        )
        self.full_range = add_switch(
            self.more_controls,
            "F&ull range",
            "Show the farthest outliers too, however flat the rest becomes",
        )
        self.theory = add_switch(self.more_controls, *THEORY)
        self.theory.toggled.connect(self.reread)
        self.quantity.currentIndexChanged.connect(self.reread)
        for box in (self.band, self.panels, self.scale):
            box.currentIndexChanged.connect(self.redraw)
        self.smoothing.valueChanged.connect(self.redraw)
        self.log_steps.toggled.connect(self.redraw)
        self.full_range.toggled.connect(self.redraw)
        self.choice.layers_changed.connect(self.redraw)

    def subject(self) -> tuple[Quantity, Band | None]:
        return list(SUBJECTS)[self.quantity.currentIndex()]

    def show_look(self, look: Look) -> None:
        if computed := COMPUTED.get(look.picture):
            subject = next(one for one in SUBJECTS if one[1] is computed)
            select(self.quantity, SUBJECTS, subject)
        elif look.quantity:
            select(self.quantity, SUBJECTS, (look.quantity, None))
        select(self.band, BANDS, look.band)
        if look.theory is not None:
            self.theory.setChecked(look.theory)

    def chosen_band(self) -> Band:
        _, computed = self.subject()
        return computed or list(BANDS)[self.band.currentIndex()]

    def request(self) -> Request | str:
        quantity, computed = self.subject()
        self.band.setEnabled(computed is None)
        measured = [subject[0] for subject in SUBJECTS]
        grey_out(self.quantity, why_absent_in_all(self.choice, measured))
        if reason := why_nothing(self.choice):
            return reason
        runs = readable(self.choice, quantity)
        if not runs:
            return why_absent(self.choice.run.layers, quantity) or "No records yet"
        paths = tuple(run.path for run in runs)
        theory = self.theory.isChecked()
        subject = (paths, quantity)
        before = {}
        if self._subject == subject and self.data is not None:
            before = dict(zip(self.read_paths, self.data, strict=True))
        return Request(
            subject=subject,
            paths=paths,
            reading=reading_each(
                self.choice,
                runs,
                lambda run, index: over_time_data(
                    run,
                    quantity,
                    index=index,
                    theory=theory,
                    previous=before.get(run.path),
                ),
            ),
        )

    def update_picture(self, data: tuple[OverTimeData, ...]) -> None:
        band = self.chosen_band()
        panels = list(PANELS)[self.panels.currentIndex()]
        scale = list(SCALES)[self.scale.currentIndex()]
        ratio = band is Band.UPDATE_RATIO
        self.picture.update(
            data,
            band=band,
            visible=visible(data, self.choice.hidden),
            panels=panels or (Panels.RUNS if len(data) > 1 else Panels.TOGETHER),
            scale=scale or (ValueScale.LOG if ratio else ValueScale.LINEAR),
            smoothing=self.smoothing.value(),
            log_steps=self.log_steps.isChecked(),
            full_range=self.full_range.isChecked(),
        )

    def describe(self, data: tuple[OverTimeData, ...]) -> str:
        words = WORDS[self.chosen_band()]
        runs = []
        for one in data:
            record = nearest(one.steps, self.choice.step)
            values = {words[part]: getattr(one, part) for part in words}
            layers = [
                f"{name}: "
                + ", ".join(
                    f"{word} {number(of[record, i])}" for word, of in values.items()
                )
                for i, name in enumerate(one.layers)
                if name not in self.choice.hidden
            ]
            runs.append(
                f"{NAMES[one.quantity]}s of {one.run}, steps {one.steps[0]:,} to "
                f"{one.steps[-1]:,}. At step {one.steps[record]:,}: "
                f"{'; '.join(layers)}."
            )
        return " ".join(runs)

    def locate(self, x: float, y: float) -> str:
        quantity, computed = self.subject()
        symbol = SYMBOLS[quantity].partition(" ")[0]
        where = "" if computed else f"{symbol} = "
        return f"step {x:,.0f},  {where}{number(y)}"
