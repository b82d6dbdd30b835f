"""Layer curves: how signal and gradient fare in each layer during training."""

from keras_xavier.figure_spec import AxisScale, Band, Facet, FigureSpec
from keras_xavier.figures import LayerCurves, LayerCurvesData, layer_curves_data
from keras_xavier.figures.explanations import explain
from keras_xavier.figures.loaders import why_absent
from keras_xavier.statistics import Quantity
from keras_xavier_gui.plots.controls import (
    QUANTITIES,
    THEORY,
    add_choice,
    add_number,
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
    Facet.TOGETHER: "together",
    Facet.LAYERS: "by layer",
    Facet.RUNS: "by run",
}
SCALES = {
    None: "automatic",
    AxisScale.LINEAR: "linear",
    AxisScale.LOG: "log",
    AxisScale.SYMLOG: "symlog",
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


class LayerCurvesTab(PlotTab):
    """One line with a band for each layer, of all chosen runs."""

    title = "Layer &curves"
    names = ("layer-curves", *COMPUTED)
    help = explain(*names)
    plot_class = LayerCurves

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
        self.selection.layers_changed.connect(self.redraw)

    def subject(self) -> tuple[Quantity, Band | None]:
        return list(SUBJECTS)[self.quantity.currentIndex()]

    def show_spec(self, spec: FigureSpec) -> None:
        if computed := COMPUTED.get(spec.figure):
            subject = next(one for one in SUBJECTS if one[1] is computed)
            select(self.quantity, SUBJECTS, subject)
        elif spec.quantity:
            select(self.quantity, SUBJECTS, (spec.quantity, None))
        select(self.band, BANDS, spec.band)
        if spec.theory is not None:
            self.theory.setChecked(spec.theory)

    def chosen_band(self) -> Band:
        _, computed = self.subject()
        return computed or list(BANDS)[self.band.currentIndex()]

    def request(self) -> Request | str:
        quantity, computed = self.subject()
        self.band.setEnabled(computed is None)
        measured = [subject[0] for subject in SUBJECTS]
        grey_out(self.quantity, why_absent_in_all(self.selection, measured))
        if reason := why_nothing(self.selection):
            return reason
        runs = readable(self.selection, quantity)
        if not runs:
            return why_absent(self.selection.run.layers, quantity) or "No records yet"
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
                self.selection,
                runs,
                lambda run, index: layer_curves_data(
                    run,
                    quantity,
                    index=index,
                    theory=theory,
                    previous=before.get(run.path),
                ),
            ),
        )

    def update_plot(self, data: tuple[LayerCurvesData, ...]) -> None:
        band = self.chosen_band()
        panels = list(PANELS)[self.panels.currentIndex()]
        scale = list(SCALES)[self.scale.currentIndex()]
        ratio = band is Band.UPDATE_RATIO
        self.plot.update(
            data,
            band=band,
            visible=visible(data, self.selection.hidden),
            panels=panels or (Facet.RUNS if len(data) > 1 else Facet.TOGETHER),
            scale=scale or (AxisScale.LOG if ratio else AxisScale.LINEAR),
            smoothing=self.smoothing.value(),
            log_steps=self.log_steps.isChecked(),
            full_range=self.full_range.isChecked(),
        )

    def describe(self, data: tuple[LayerCurvesData, ...]) -> str:
        words = WORDS[self.chosen_band()]
        runs = []
        for one in data:
            record = nearest(one.steps, self.selection.step)
            values = {words[part]: getattr(one, part) for part in words}
            layers = [
                f"{name}: "
                + ", ".join(
                    f"{word} {number(of[record, i])}" for word, of in values.items()
                )
                for i, name in enumerate(one.layers)
                if name not in self.selection.hidden
            ]
            runs.append(
                f"{one.quantity.label}s of {one.run}, steps {one.steps[0]:,} to "
                f"{one.steps[-1]:,}. At step {one.steps[record]:,}: "
                f"{'; '.join(layers)}."
            )
        return " ".join(runs)

    def locate(self, x: float, y: float) -> str:
        quantity, computed = self.subject()
        symbol = quantity.symbol
        where = "" if computed else f"{symbol} = "
        return f"step {x:,.0f},  {where}{number(y)}"
