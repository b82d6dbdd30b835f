"""Layer curves, saturation and update ratio."""

from typing import Any

from keras_xavier.figure_spec import Band
from keras_xavier.figures import LayerCurves, LayerCurvesData, Plot, layer_curves_data
from keras_xavier.figures.bands import SINGLE
from keras_xavier.figures.plot import Options
from keras_xavier.runs import Run
from keras_xavier.statistics import Statistic
from keras_xavier_gui.plots.description import number
from keras_xavier_gui.plots.plot_tab import PlotTab
from keras_xavier_gui.plots.read_request import nearest

SPOKEN = {
    Band.STD: (Statistic.MEAN, Statistic.STD),
    Band.PERCENTILES: (Statistic.P2, Statistic.P50, Statistic.P98),
    Band.P98_AND_STD: (Statistic.STD, Statistic.P98),
    **{band: (statistic,) for band, statistic in SINGLE.items()},
}
"""The statistics that screen readers read of each layer."""


class LayerCurvesTab(PlotTab):
    """One line with a band for each layer."""

    @staticmethod
    def read_run(
        plot_class: type[Plot], run: Run, index: int, options: Options, previous: Any
    ) -> Any:
        """Reads only the records that are new, unless the figure reads other data."""
        if plot_class.read.__func__ is not LayerCurves.read.__func__:  # type: ignore[attr-defined]
            return plot_class.read([(index, run)], options)[0]
        return layer_curves_data(
            run,
            options.quantity,
            layers=options.layers,
            index=index,
            theory=options.theory,
            previous=previous,
        )

    def describe(self, data: tuple[Any, ...]) -> str:
        if not all(isinstance(one, LayerCurvesData) for one in data):
            return super().describe(data)
        return " ".join(map(self._describe_run, data))

    def _describe_run(self, data: LayerCurvesData) -> str:
        record = nearest(data.steps, self.selection.step)
        layers = [
            f"{name}: {self._describe_layer(data, record, i)}"
            for i, name in enumerate(data.layers)
            if name not in self.selection.hidden
        ]
        return (
            f"{data.quantity.label}s of {data.run}, steps {data.steps[0]:,} to "
            f"{data.steps[-1]:,}. At step {data.steps[record]:,}: {'; '.join(layers)}."
        )

    def _describe_layer(self, data: LayerCurvesData, record: int, layer: int) -> str:
        if self.figure.name == "update-ratio" and data.ratio is not None:
            return f"update ratio {number(data.ratio[record, layer])}"
        spoken = SPOKEN.get(self.values()["band"], (Statistic.SATURATED,))
        values = [
            (one.label, read[record, layer])
            for one in spoken
            if (read := getattr(data, one)) is not None
        ]
        return ", ".join(f"{label} {number(value)}" for label, value in values)
