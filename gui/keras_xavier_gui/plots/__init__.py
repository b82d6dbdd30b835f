"""The pictures, one tab for each."""

from keras_xavier_gui.plots.depth_profile import DepthProfileTab
from keras_xavier_gui.plots.histograms import HistogramsTab
from keras_xavier_gui.plots.layer_curves import LayerCurvesTab
from keras_xavier_gui.plots.overview import OverviewTab
from keras_xavier_gui.plots.plot_tab import PlotTab
from keras_xavier_gui.plots.training_curves import TrainingCurvesTab

VIEWS: tuple[type[PlotTab], ...] = (
    OverviewTab,
    LayerCurvesTab,
    HistogramsTab,
    DepthProfileTab,
    TrainingCurvesTab,
)
"""In the order of the tabs."""
