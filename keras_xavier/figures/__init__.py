"""How runs are drawn: arrays in, matplotlib artists out.

The functions return a matplotlib `Figure`; `figure.savefig(path)` writes PNG,
SVG or PDF. The classes draw on a given figure and are updated in place: they are
what the functions and the desktop app draw with.
"""

from keras_xavier.extras import require

try:
    import matplotlib as _matplotlib  # noqa: F401
except ImportError:
    require("Drawing", figures="matplotlib")
    raise

from keras_xavier.figure_spec import AxisScale, Band, Facet
from keras_xavier.figures.contact_sheet import contact_sheet
from keras_xavier.figures.data import (
    DepthProfileData,
    HistogramData,
    HistogramsOverTimeData,
    LayerCurvesData,
    OverviewData,
    TrainingCurvesData,
)
from keras_xavier.figures.depth_profile import DepthProfile
from keras_xavier.figures.functions import (
    activation_histograms,
    activations_over_time,
    depth_profile,
    gradient_histograms,
    histogram_map,
    histograms,
    layer_curves,
    overview,
    ridgelines,
    saturation,
    training_curves,
    update_ratio,
)
from keras_xavier.figures.histogram_map import HistogramMap
from keras_xavier.figures.histograms import Histograms
from keras_xavier.figures.layer_curves import LayerCurves
from keras_xavier.figures.loaders import (
    depth_profile_data,
    histogram_data,
    layer_curves_data,
    overview_data,
    training_curves_data,
)
from keras_xavier.figures.overview import Overview
from keras_xavier.figures.plot import Live, Plot
from keras_xavier.figures.reading_over_steps import histograms_over_time_data
from keras_xavier.figures.ridgelines import Ridgelines
from keras_xavier.figures.style import DARK, LIGHT, Style
from keras_xavier.figures.table import Table
from keras_xavier.figures.training_curves import TrainingCurves

__all__ = [
    "DARK",
    "LIGHT",
    "AxisScale",
    "Band",
    "DepthProfile",
    "DepthProfileData",
    "Facet",
    "HistogramData",
    "HistogramMap",
    "Histograms",
    "HistogramsOverTimeData",
    "LayerCurves",
    "LayerCurvesData",
    "Live",
    "Overview",
    "OverviewData",
    "Plot",
    "Ridgelines",
    "Style",
    "Table",
    "TrainingCurves",
    "TrainingCurvesData",
    "activation_histograms",
    "activations_over_time",
    "contact_sheet",
    "depth-profile",
    "depth_profile",
    "depth_profile_data",
    "gradient_histograms",
    "histogram_data",
    "histogram_map",
    "histograms",
    "histograms_over_time_data",
    "layer_curves",
    "layer_curves_data",
    "overview",
    "overview_data",
    "ridgelines",
    "saturation",
    "training_curves",
    "training_curves_data",
    "update_ratio",
]
