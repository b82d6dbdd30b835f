"""Depth profile: locates layers by their depth."""

from matplotlib.axes import Axes

from keras_xavier_gui.plots.description import number
from keras_xavier_gui.plots.plot_tab import PlotTab


class DepthProfileTab(PlotTab):
    """One line for each run, of two quantities side by side."""

    def locate(self, axes: Axes, x: float, y: float) -> str:
        layers, depth = self.data[0].layers, round(x)
        name = f"{layers[depth - 1]},  " if 0 < depth <= len(layers) else ""
        return f"{name}{number(y)}"
