"""Overview: describes the values of single layers."""

from typing import Any

from keras_xavier.figures import Overview, OverviewData, Plot, overview_data
from keras_xavier.figures.plot import Options
from keras_xavier.runs import Run
from keras_xavier_gui.plots.description import number
from keras_xavier_gui.plots.plot_tab import PlotTab
from keras_xavier_gui.plots.read_request import nearest


class OverviewTab(PlotTab):
    """A color map with a row for each layer."""

    plot: Overview

    @staticmethod
    def read_run(
        plot_class: type[Plot], run: Run, index: int, options: Options, previous: Any
    ) -> OverviewData:
        """Reads only the records that are new."""
        quantity, statistic = options.quantity, options.statistic
        return overview_data(
            *(run, quantity, statistic), layers=options.layers, previous=previous
        )

    def describe(self, data: tuple[OverviewData, ...]) -> str:
        recorded = [one for one in data if len(one.steps)]
        if not recorded:
            return "No records yet."
        name = data[0].quantity.label.lower()
        what = f"{data[0].statistic.label.capitalize()} of the {name}."
        return " ".join([what, *map(self._describe_run, recorded)])

    def _describe_run(self, data: OverviewData) -> str:
        record = nearest(data.steps, self.selection.step)
        shown = self.plot.layers
        layers = [
            f"{name}: {number(data.values[record, i])}"
            for i, name in enumerate(data.layers)
            if name in shown
        ]
        return (
            f"{data.run}, steps {data.steps[0]:,} to {data.steps[-1]:,}; at step "
            f"{data.steps[record]:,} {'; '.join(layers)}."
        )
