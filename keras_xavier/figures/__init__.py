"""Figures of runs, drawn with matplotlib.

There is one function for each figure, made from its definition in
`keras_xavier.figure_spec`. It returns a matplotlib `Figure`; `figure.savefig(path)`
writes PNG, SVG or PDF. The classes draw on a given figure and update it in place: the
functions and the desktop app draw with them.
"""

from keras_xavier.extras import require

try:
    import matplotlib as _matplotlib  # noqa: F401
except ImportError:
    require("Drawing", figures="matplotlib")
    raise

from keras_xavier.figure_spec import AxisScale, Band, Facet, QuantityPair
from keras_xavier.figures.contact_sheet import contact_sheet
from keras_xavier.figures.data import DepthProfileData as DepthProfileData
from keras_xavier.figures.data import HistogramData as HistogramData
from keras_xavier.figures.data import HistogramsOverTimeData as HistogramsOverTimeData
from keras_xavier.figures.data import LayerCurvesData as LayerCurvesData
from keras_xavier.figures.data import OverviewData as OverviewData
from keras_xavier.figures.data import TrainingCurvesData as TrainingCurvesData
from keras_xavier.figures.depth_profile import DepthProfile as DepthProfile
from keras_xavier.figures.functions import FUNCTIONS
from keras_xavier.figures.histogram_loaders import (
    histogram_data,
    histograms_over_time_data,
)
from keras_xavier.figures.histogram_map import HistogramMap as HistogramMap
from keras_xavier.figures.histograms import Histograms as Histograms
from keras_xavier.figures.layer_curves import LayerCurves as LayerCurves
from keras_xavier.figures.loaders import (
    depth_profile_data,
    layer_curves_data,
    overview_data,
    training_curves_data,
)
from keras_xavier.figures.overview import Overview as Overview
from keras_xavier.figures.plot import Plot
from keras_xavier.figures.registry import PLOTS
from keras_xavier.figures.ridgelines import Ridgelines as Ridgelines
from keras_xavier.figures.saturation import Saturation as Saturation
from keras_xavier.figures.style import DARK, LIGHT, Style
from keras_xavier.figures.table import Table
from keras_xavier.figures.training_curves import TrainingCurves as TrainingCurves
from keras_xavier.figures.update_ratio import UpdateRatio as UpdateRatio
from keras_xavier.figures.view import Live

# After all imports: some functions have the names of modules.
globals().update(FUNCTIONS)
globals().update({one.__name__: one for one in PLOTS.values()})
_DATA = {one.data_type.__name__: one.data_type for one in PLOTS.values()}
globals().update(_DATA)

__all__ = [
    "DARK",
    "LIGHT",
    "AxisScale",
    "Band",
    "Facet",
    "Live",
    "Plot",
    "QuantityPair",
    "Style",
    "Table",
    "contact_sheet",
    "depth_profile_data",
    "histogram_data",
    "histograms_over_time_data",
    "layer_curves_data",
    "overview_data",
    "training_curves_data",
    *(one.__name__ for one in PLOTS.values()),
    *_DATA,
    *FUNCTIONS,
]
