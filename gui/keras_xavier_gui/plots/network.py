"""Network: a click on a layer selects it in all tabs."""

from collections.abc import Sequence
from dataclasses import replace

from matplotlib.backend_bases import MouseEvent

from keras_xavier.figures import Plot
from keras_xavier.figures.network import Network
from keras_xavier.figures.network_data import NetworkData, network_data
from keras_xavier.figures.network_labels import value_text
from keras_xavier.figures.plot import Options
from keras_xavier.figures.reading import find_nearest, read, readable
from keras_xavier.runs import Run
from keras_xavier_gui.layers.view import FIRST_FIGURE
from keras_xavier_gui.plots.plot_tab import PlotTab
from keras_xavier_gui.plots.read_request import Request
from keras_xavier_gui.sources.run_cache import Snapshot
from keras_xavier_gui.sources.selection import Emphasis


class NetworkTab(PlotTab):
    """The network as a graph with the colors of a statistic."""

    plot: Network

    def start(self) -> None:
        super().start()
        self.canvas.mpl_connect("button_press_event", self._press)

    def request_of(self, runs: Sequence[Snapshot]) -> Request | str:
        request = super().request_of(runs)
        if isinstance(request, str):
            return request
        # The graph stays where it is if its colors show another statistic.
        return replace(request, subject=(request.paths, self.plot_class()))

    @staticmethod
    def read_run(
        plot_class: type[Plot], run: Run, index: int, options: Options, previous: object
    ) -> NetworkData:
        """Reads only the records that are new."""
        return network_data(
            *(run, options.quantity, options.statistic),
            step=options.step,
            index=index,
            previous=previous if isinstance(previous, NetworkData) else None,
        )

    # Mouse

    def layer_at(self, event: MouseEvent) -> str:
        """Returns the name of the layer under the mouse; empty if there is none."""
        if not self.has_current_data or event.inaxes is None:
            return ""
        groups = readable(self.plot)
        spot = find_nearest(groups, event.inaxes, event.x, event.y)
        found = None if spot is None else read(groups, spot)
        return "" if found is None else found.layer

    def _click(self, event: MouseEvent) -> None:
        """Selects the clicked layer in all tabs."""
        layer = self.layer_at(event)
        marked = Emphasis(layers=frozenset({layer})) if layer else None
        self.selection.mark(marked)

    def _unclick(self) -> None:
        """The first half of a double click selects a layer, too."""

    def _press(self, event: MouseEvent) -> None:
        if event.dblclick and (layer := self.layer_at(event)):
            self.layer_asked.emit(FIRST_FIGURE, layer)

    # Description

    def describe(self, data: tuple[NetworkData, ...]) -> str:
        name = f"{data[0].statistic.label} of the {data[0].quantity.label.lower()}"
        return " ".join([f"{name.capitalize()}.", *map(describe_run, data)])


def describe_run(data: NetworkData) -> str:
    """Describes the layers of a run and their values in text."""
    layers = [f"{name}: {value_text(of, data)}" for name, of in data.values.items()]
    return f"{data.run} at step {data.step:,}: {'; '.join(layers)}."
