"""Units: reads the layers that have a panel, and describes units."""

from collections.abc import Sequence
from typing import Any

from keras_xavier.figure_spec.options import LAYER
from keras_xavier.figures.facet_layout import arrange_maps
from keras_xavier.figures.plot import Options
from keras_xavier.figures.unit_figure import UnitFigure
from keras_xavier.figures.units import (
    UnitsData,
    is_dead,
    is_saturated,
    unit_layers,
)
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity
from keras_xavier_gui.plots.plot_tab import PlotTab
from keras_xavier_gui.plots.read_request import (
    Request,
    nearest,
    nearest_step,
    readable,
)
from keras_xavier_gui.sources.run_cache import Snapshot


class UnitsTab(PlotTab):
    """Single units, over the steps or at one step.

    Only units of layers that have a panel are read.
    """

    plot: UnitFigure
    extra_options = (LAYER,)

    def enabled_options(self) -> set[str]:
        return {*super().enabled_options(), LAYER.name}

    def change_option(self, name: str) -> None:
        super().change_option(name)
        if name == LAYER.name:
            self.reread()

    def change_layers(self) -> None:
        # Other layers have a panel now.
        self.reread()

    def change_page(self) -> None:
        # Only units of this page are read.
        self.reread()

    def shown_page(self) -> tuple[int, int]:
        return self._facets.page, self._facets.pages

    # Reading

    def request_of(self, runs: Sequence[Snapshot]) -> Request | str:
        layers = [self._layers_of(run) for run in runs]
        names, page = [run.name for run in runs], self.page_bar.value()
        self._facets = facets = arrange_maps(names, layers, page=page)
        if not facets.shown:
            return self._why_no_layers(runs)
        shown = [runs[i] for i in facets.shown]
        paths = tuple(run.path for run in shown)
        chosen = {runs[i].path: facets.chosen(i) for i in facets.shown}
        every = {run.path: of for run, of in zip(runs, layers, strict=True)}
        colors = {run.path: run.color for run in shown}
        values, step = self.values(), self.selection.step
        plot_class = self.plot_class()

        def read(run: Run) -> UnitsData:
            options = Options(**{**values, "step": nearest_step(run.steps, step)})
            path = run.path
            return plot_class.read_layers(  # type: ignore[attr-defined]
                run, chosen[path], options, every[path], colors[path]
            )

        subject = paths, plot_class, self.options.value(LAYER.name)
        return Request(subject, paths, read)

    def _why_no_layers(self, runs: Sequence[Snapshot]) -> str:
        if not (name := self.options.value(LAYER.name)):
            return "No layers selected"
        found = [one for run in runs for one in run.layers if one.name == name]
        if not found:
            return f"No selected run has a layer {name}."
        reason = found[0].absent.get(Quantity.ACTIVATION, "no activations")
        return f"{name} has no units: {reason}."

    def _layers_of(self, run: Snapshot) -> list[str]:
        """Returns the names of the layers of a run that have units and are shown."""
        if layer := self.options.value(LAYER.name):
            rows = unit_layers(run.layers, [layer])
            return [run.layers[i].name for i in rows if run.layers[i].name == layer]
        names = self.selection.drawn_names(run.layers, run.outputs)
        without = () if self.values()["with_output"] else run.outputs
        rows = unit_layers(run.layers, names, without=without)
        layers = [run.layers[i] for i in rows]
        return [one.name for one in layers if self.selection.is_drawn(one)]

    # Drawing

    def plot_options(self, data: Any) -> dict[str, Any]:
        options = super().plot_options(data)
        options["all_runs"] = len(readable(self.selection.runs))
        if layer := self.options.value(LAYER.name):
            # Even if it is hidden in the other tabs.
            options["visible"] = [layer]
        return options

    def describe(self, data: tuple[UnitsData, ...]) -> str:
        step = self.selection.step
        return " ".join(describe_units(one, step) for one in data)


def describe_units(data: UnitsData, step: int | None) -> str:
    """Counts the saturated and the dead units of each layer of a run at a step."""
    if not len(data.steps):
        return f"{data.run} has no statistics of units."
    record = nearest(data.steps, step)
    layers = [
        f"{layer.name}: {layer.count}, {int(is_saturated(of).sum()):,} saturated, "
        f"{int(is_dead(of).sum()):,} dead"
        for layer in data.units
        for of in [layer.values[record]]
    ]
    return f"Units of {data.run} at step {data.steps[record]:,}: {'; '.join(layers)}."
