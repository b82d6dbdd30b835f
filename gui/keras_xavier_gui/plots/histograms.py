"""Histograms of the layers: at the chosen step, or over the whole training."""

from collections.abc import Mapping, Sequence
from typing import Any

from keras_xavier.figure_spec import AxisScale, Facet, FigureSpec
from keras_xavier.figures import (
    HistogramMap,
    Histograms,
    HistogramsOverTimeData,
    Plot,
    Ridgelines,
    histogram_data,
    histograms_over_time_data,
)
from keras_xavier.figures.explanations import explain
from keras_xavier.figures.facet_layout import (
    FacetLayout,
    arrange_maps,
    arrange_ridges,
    most_ridges,
)
from keras_xavier.figures.loaders import why_absent
from keras_xavier.figures.records import common_steps
from keras_xavier.statistics import Quantity
from keras_xavier_gui.plots.controls import (
    QUANTITIES,
    add_choice,
    add_switch,
    grey_out,
    select,
)
from keras_xavier_gui.plots.histogram_words import at_one_step, over_steps
from keras_xavier_gui.plots.layer_curves import PANELS
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
from keras_xavier_gui.sources.run_cache import Snapshot
from keras_xavier_gui.sources.selection import facts

FORMS: dict[type[Plot], str] = {
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
    AxisScale.AUTO: "automatic",
    AxisScale.LINEAR: "linear",
    AxisScale.SYMLOG: "logarithmic",
}
MAPPED = 120
"""Steps that a map reads of each run at most."""
FIRST = Quantity.PREACTIVATION_GRADIENT


class HistogramsTab(PlotTab):
    """At one step or over the steps, of all chosen runs."""

    title = "H&istograms"
    names = tuple(NAMED)
    help = explain(*names)

    @property
    def plot_class(self) -> type[Plot]:  # type: ignore[override]
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
        # Why something cannot be read of a run as it was then.
        self._damaged: dict[tuple[Any, ...], str] = {}
        self.quantity.currentIndexChanged.connect(self.reread)
        self.form.currentIndexChanged.connect(self._change_form)
        self.panels.currentIndexChanged.connect(self._change_panels)
        self.scale.currentIndexChanged.connect(self.redraw)
        self.log_steps.toggled.connect(self._change_steps)
        self.full_range.toggled.connect(self.redraw)
        self.selection.step_changed.connect(self._change_step)
        self.selection.layers_changed.connect(self._change_layers)
        self._enable()

    def show_spec(self, spec: FigureSpec) -> None:
        select(self.form, FORMS, NAMED[spec.figure])
        select(self.quantity, QUANTITIES, spec.quantity)

    def is_map(self) -> bool:
        return self.plot_class is HistogramMap

    def is_at_one_step(self) -> bool:
        return self.plot_class is Histograms

    def _enable(self) -> None:
        """Leaves out what does not matter to this form."""
        self.panels.setEnabled(not self.is_map())
        self.log_steps.setEnabled(not self.is_at_one_step())

    def _change_form(self) -> None:
        self._enable()
        self.data = self._subject = None
        self.make_plot()
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

    def _change_panels(self) -> None:
        self.redraw()
        if not self.is_at_one_step():
            # There is room for other layers.
            self.reread()

    def request(self) -> Request | str:
        grey_out(self.quantity, why_absent_in_all(self.selection, QUANTITIES))
        if reason := why_nothing(self.selection):
            return reason
        quantity = self.chosen_quantity()
        runs = readable(self.selection, quantity)
        if not runs:
            return why_absent(self.selection.run.layers, quantity) or "No records yet"
        if self.is_at_one_step():
            paths = tuple(run.path for run in runs)
            step = self.selection.step
            reading = reading_each(
                self.selection,
                runs,
                lambda run, index: histogram_data(
                    run, quantity, nearest(run.steps, step), index=index
                ),
            )
            return Request((paths, quantity), paths, reading)
        return self._request_over_steps(runs, quantity)

    def _request_over_steps(
        self, runs: Sequence[Snapshot], quantity: Quantity
    ) -> Request | str:
        """Asks for the layers that have a panel and for the steps in view."""
        left_out = self.left_out()
        runs = [run for run in runs if run.path not in left_out] or runs
        arrangement = self._arrange(runs, quantity)
        if not arrangement.shown:
            return "No layer is chosen."
        shown = [runs[i] for i in arrangement.shown]
        paths = tuple(run.path for run in shown)
        subject = (paths, quantity, self.plot_class)
        before: dict[str, HistogramsOverTimeData] = {}
        if self._subject == subject and self.data is not None:
            before = dict(zip(self.read_paths, self.data, strict=True))
        between = None
        if before and self.is_map() and not self.plot.follow:
            between = self._seen()
        log_steps, near = self.log_steps.isChecked(), None
        if not self.is_map():
            most = most_ridges(arrangement)
            near = common_steps([run.steps for run in shown], most, log_steps=log_steps)
        layers = {runs[i].path: arrangement.chosen(i) for i in arrangement.shown}
        reading = reading_each(
            self.selection,
            shown,
            lambda run, index: histograms_over_time_data(
                run,
                quantity,
                layers=layers[run.path],
                between=between,
                most=MAPPED,
                log_steps=log_steps,
                near=near,
                index=index,
                previous=before.get(run.path),
            ),
        )
        return Request(subject, paths, reading, between)

    def _arrange(self, runs: Sequence[Snapshot], quantity: Quantity) -> FacetLayout:
        names = [
            [
                layer.name
                for layer in run.layers
                if quantity not in layer.absent
                and layer.name not in self.selection.hidden
            ]
            for run in runs
        ]
        of = [run.name for run in runs], names
        if self.is_map():
            return arrange_maps(*of)
        return arrange_ridges(*of, panels=self._ridge_panels())

    def _ridge_panels(self) -> Facet:
        """Ridges of several layers are in several panels in any case."""
        chosen = list(PANELS)[self.panels.currentIndex()]
        overlaid = chosen in (Facet.TOGETHER, Facet.LAYERS)
        return Facet.LAYERS if overlaid else Facet.RUNS

    def leave_out(self, reasons: Mapping[str, str]) -> bool:
        if self.is_at_one_step() or not reasons:
            return False
        known = {**self.left_out(), **reasons}
        runs = [run for run in self.selection.runs if run.path in known]
        self._damaged = {self._asked(run): known[run.path] for run in runs}
        return True

    def left_out(self) -> dict[str, str]:
        """Over the steps, what cannot be read would take room from the others."""
        asked = {run.path: self._asked(run) for run in self.selection.runs}
        return {
            path: self._damaged[one]
            for path, one in asked.items()
            if one in self._damaged
        }

    def _asked(self, run: Snapshot) -> tuple[Any, ...]:
        """What a run is like, and what is to be read of it."""
        return facts(run), self.chosen_quantity(), self.plot_class

    def _seen(self) -> tuple[float, float]:
        """The steps in view."""
        left, right = self.canvas.figure.axes[-1].get_xlim()
        return float(left), float(right)

    def view_changed(self) -> None:
        """Reads the histograms that have come into view."""
        if self.is_map() and self.data is not None:
            wanted = None if self.plot.follow else self._seen()
            if wanted != self.read_between:
                self.reread()

    def chosen_quantity(self) -> Quantity:
        return list(QUANTITIES)[self.quantity.currentIndex()]

    def update_plot(self, data: Any) -> None:
        options: dict[str, Any] = {
            "scale": list(SCALES)[self.scale.currentIndex()],
            "full_range": self.full_range.isChecked(),
        }
        options["visible"] = visible(data, self.selection.hidden)
        if self.is_at_one_step():
            panels = list(PANELS)[self.panels.currentIndex()]
            automatic = Facet.RUNS if len(data) > 1 else Facet.TOGETHER
            options["panels"] = panels or automatic
        else:
            options["all_runs"] = len(readable(self.selection, self.chosen_quantity()))
        if self.is_map():
            options["log_steps"] = self.log_steps.isChecked()
        elif not self.is_at_one_step():
            options["panels"] = self._ridge_panels()
        self.plot.update(data, **options)

    def describe(self, data: tuple[Any, ...]) -> str:
        hidden, step = self.selection.hidden, self.selection.step
        if self.is_at_one_step():
            return " ".join(at_one_step(one, hidden) for one in data)
        return " ".join(over_steps(one, hidden, step) for one in data)

    def locate(self, x: float, y: float) -> str:
        symbol = self.chosen_quantity().symbol
        if self.is_map():
            return f"step {x:,.0f},  {symbol} = {number(y)}"
        return f"{symbol} = {number(x)}"
