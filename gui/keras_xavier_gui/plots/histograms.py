"""Histograms: at one step, or of many steps as a map or as ridgelines."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from keras_xavier.figure_spec import Facet
from keras_xavier.figures import (
    HistogramData,
    HistogramsOverTimeData,
    histograms_over_time_data,
)
from keras_xavier.figures.facet_layout import (
    FacetLayout,
    arrange_maps,
    arrange_ridges,
    most_ridges,
)
from keras_xavier.figures.records import common_steps
from keras_xavier.histogram_bins import BIN_COUNT, NONFINITE_BINS
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity
from keras_xavier_gui.plots.description import number
from keras_xavier_gui.plots.plot_tab import PlotTab
from keras_xavier_gui.plots.read_request import Request, nearest, readable
from keras_xavier_gui.sources.run_cache import Snapshot
from keras_xavier_gui.sources.selection import facts

MAPPED = 120
"""Largest number of records that a map reads of each run."""


class HistogramsTab(PlotTab):
    """Histograms of all selected runs.

    Histograms of many steps are large. Only histograms of layers that have a panel are
    read, and for a map only histograms of the steps in view.
    """

    def __init__(self, *args: Any) -> None:
        # Why a run in a certain state could not be read.
        self._damaged: dict[tuple[Any, ...], str] = {}
        super().__init__(*args)

    @property
    def is_map(self) -> bool:
        return self.figure.name == "histogram-map"

    @property
    def is_at_one_step(self) -> bool:
        return self.figure.name == "histograms"

    @property
    def shown_quantity(self) -> Quantity:
        return Quantity(self.values()["quantity"])

    def values(self) -> dict[str, Any]:
        values = super().values()
        # Runs that share a panel of histograms also share a panel of ridgelines.
        is_together = self.options.value("panels") is Facet.TOGETHER
        if is_together and self.figure.name == "ridgelines":
            values["panels"] = Facet.LAYERS
        return values

    # Changes

    def change_option(self, name: str) -> None:
        super().change_option(name)
        if name == "log_steps":
            self.redraw()
        elif name == "panels" and not self.is_at_one_step:
            # Other layers have a panel now.
            self.reread()

    def change_layers(self) -> None:
        if self.is_at_one_step:
            super().change_layers()
        else:
            # Other layers have a panel now.
            self.reread()

    def change_page(self) -> None:
        # Only histograms of this page are read.
        if self.is_at_one_step:
            super().change_page()
        else:
            self.reread()

    def shown_page(self) -> tuple[int, int]:
        if self.is_at_one_step:
            return super().shown_page()
        return self._facets.page, self._facets.pages

    def view_changed(self) -> None:
        """Reads the histograms that have come into view."""
        if self.is_map and self.has_current_data:
            wanted = None if self.plot.follow else self._steps_in_view()
            if wanted != self.read_between:
                self.reread()

    def _steps_in_view(self) -> tuple[float, float]:
        left, right = self.canvas.figure.axes[-1].get_xlim()
        return float(left), float(right)

    # Reading

    def request_of(self, runs: Sequence[Snapshot]) -> Request | str:
        if self.is_at_one_step:
            return super().request_of(runs)
        left_out = self.left_out()
        runs = [run for run in runs if run.path not in left_out] or runs
        self._facets = facets = self._arrange(runs)
        if not facets.shown:
            return "No layers selected"
        shown = [runs[i] for i in facets.shown]
        paths = tuple(run.path for run in shown)
        subject = (paths, self.shown_quantity, self.figure.name)
        before = self.read_before(subject)
        between = None
        if before and self.is_map and not self.plot.follow:
            between = self._steps_in_view()
        log_steps, near = bool(self.options.value("log_steps")), None
        if not self.is_map:
            most = most_ridges(facets)
            near = common_steps([run.steps for run in shown], most, log_steps=log_steps)
        layers = {runs[i].path: facets.chosen(i) for i in facets.shown}
        colors = {run.path: run.color for run in shown}
        quantity = self.shown_quantity

        def read(run: Run) -> HistogramsOverTimeData:
            return histograms_over_time_data(
                run,
                quantity,
                layers=layers[run.path],
                between=between,
                most=MAPPED,
                log_steps=log_steps,
                near=near,
                index=colors[run.path],
                previous=before.get(run.path),
            )

        return Request(subject, paths, read, between)

    def _arrange(self, runs: Sequence[Snapshot]) -> FacetLayout:
        layers = [
            [
                layer.name
                for layer in run.layers
                if self.shown_quantity not in layer.absent
                and self.selection.is_drawn(layer)
            ]
            for run in runs
        ]
        names = [run.name for run in runs]
        page = self.page_bar.value()
        if self.is_map:
            return arrange_maps(names, layers, page=page)
        panels = self.values()["panels"]
        return arrange_ridges(names, layers, panels=panels, page=page)

    def leave_out(self, reasons: Mapping[str, str]) -> bool:
        """Remembers unreadable runs, which would take room from the others."""
        if self.is_at_one_step or not reasons:
            return False
        known = {**self.left_out(), **reasons}
        runs = [run for run in self.selection.runs if run.path in known]
        self._damaged = {self._state_of(run): known[run.path] for run in runs}
        return True

    def left_out(self) -> dict[str, str]:
        states = {run.path: self._state_of(run) for run in self.selection.runs}
        return {
            path: self._damaged[state]
            for path, state in states.items()
            if state in self._damaged
        }

    def _state_of(self, run: Snapshot) -> tuple[Any, ...]:
        """The state of a run, and the histograms read from it."""
        return facts(run), self.shown_quantity, self.figure.name

    # Drawing

    def plot_options(self, data: Any) -> dict[str, Any]:
        options = super().plot_options(data)
        if not self.is_at_one_step:
            options["all_runs"] = len(
                readable(self.selection.runs, self.shown_quantity)
            )
        return options

    def describe(self, data: tuple[Any, ...]) -> str:
        hidden, step = self.selection.hidden, self.selection.step
        if self.is_at_one_step:
            return " ".join(describe_step(one, hidden) for one in data)
        return " ".join(describe_steps(one, hidden, step) for one in data)


def describe_step(data: HistogramData, hidden: Collection[str]) -> str:
    """Counts the values of each layer of a run at one step."""
    finite = BIN_COUNT - len(NONFINITE_BINS)
    layers = [
        f"{name}: {int(data.counts[i].sum()):,} values, "
        f"{int(data.counts[i, finite:].sum()):,} of them not finite"
        for i, name in enumerate(data.layers)
        if name not in hidden
    ]
    return (
        f"{data.quantity.label}s of {data.run} at step {data.step:,}. "
        f"{'; '.join(layers)}."
    )


def describe_steps(
    data: HistogramsOverTimeData, hidden: Collection[str], step: int | None
) -> str:
    """Lists percentiles of each layer of a run at a step, by default the last one."""
    if not len(data.steps):
        return "No records yet."
    record = nearest(data.steps, step)
    percentiles = data.percentiles[record]
    layers = [
        f"{layer}: median {number(percentiles[i, 1])}, 2nd to 98th percentile "
        f"{number(percentiles[i, 0])} to {number(percentiles[i, 2])}"
        for i, layer in enumerate(data.layers)
        if layer not in hidden
    ]
    return (
        f"{data.quantity.label}s of {data.run}, values at {len(data.steps)} of the "
        f"steps {data.steps[0]:,} to {data.steps[-1]:,}. At step "
        f"{data.steps[record]:,}: {'; '.join(layers)}."
    )
