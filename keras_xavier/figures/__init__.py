"""How runs are drawn: arrays in, matplotlib artists out.

The functions return a matplotlib `Figure`; `figure.savefig(path)` writes PNG,
SVG or PDF. The classes draw on a given figure and are updated in place: they are
what the functions and the desktop app draw with.
"""

try:
    import matplotlib as _matplotlib  # noqa: F401
except ImportError as error:
    raise ImportError(
        "Drawing needs matplotlib; install it with: pip install 'keras-xavier[figures]'"
    ) from error

from keras_xavier.figures.comparison import Panels
from keras_xavier.figures.contact_sheet import contact_sheet
from keras_xavier.figures.curves import TrainingCurves
from keras_xavier.figures.data import (
    CurvesData,
    HistogramData,
    HistogramsOverTimeData,
    OverTimeData,
    OverviewData,
    ProfileData,
)
from keras_xavier.figures.draw import (
    activation_histograms,
    activations_over_time,
    gradient_histograms,
    histogram_map,
    histograms,
    over_time,
    overview,
    profile,
    ridgelines,
    saturation_over_time,
    training_curves,
    update_ratio_over_time,
)
from keras_xavier.figures.histogram_map import HistogramMap
from keras_xavier.figures.histograms import Histograms
from keras_xavier.figures.over_time import OverTime
from keras_xavier.figures.overview import Overview
from keras_xavier.figures.picture import Live, Picture
from keras_xavier.figures.profile import Profile
from keras_xavier.figures.reading import (
    curves_data,
    histogram_data,
    over_time_data,
    overview_data,
    profile_data,
)
from keras_xavier.figures.reading_over_steps import histograms_over_time_data
from keras_xavier.figures.ridgelines import Ridgelines
from keras_xavier.figures.scales import ValueScale
from keras_xavier.figures.strips import Band
from keras_xavier.figures.style import DARK, LIGHT, Style
from keras_xavier.figures.table import Table
from keras_xavier.figures.value_axis import Scale

__all__ = [
    "DARK",
    "LIGHT",
    "Band",
    "CurvesData",
    "HistogramData",
    "HistogramMap",
    "Histograms",
    "HistogramsOverTimeData",
    "Live",
    "OverTime",
    "OverTimeData",
    "Overview",
    "OverviewData",
    "Panels",
    "Picture",
    "Profile",
    "ProfileData",
    "Ridgelines",
    "Scale",
    "Style",
    "Table",
    "TrainingCurves",
    "ValueScale",
    "activation_histograms",
    "activations_over_time",
    "contact_sheet",
    "curves_data",
    "gradient_histograms",
    "histogram_data",
    "histogram_map",
    "histograms",
    "histograms_over_time_data",
    "over_time",
    "over_time_data",
    "overview",
    "overview_data",
    "profile",
    "profile_data",
    "ridgelines",
    "saturation_over_time",
    "training_curves",
    "update_ratio_over_time",
]
