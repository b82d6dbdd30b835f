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

from keras_xavier.figures.contact_sheet import contact_sheet
from keras_xavier.figures.curves import TrainingCurves
from keras_xavier.figures.data import (
    CurvesData,
    HistogramData,
    OverTimeData,
    OverviewData,
    ProfileData,
)
from keras_xavier.figures.draw import (
    activation_histograms,
    activations_over_time,
    gradient_histograms,
    histograms,
    over_time,
    overview,
    profile,
    training_curves,
)
from keras_xavier.figures.histograms import Histograms, Scale
from keras_xavier.figures.over_time import Band, OverTime
from keras_xavier.figures.overview import Overview
from keras_xavier.figures.picture import Picture
from keras_xavier.figures.profile import Profile
from keras_xavier.figures.reading import (
    curves_data,
    histogram_data,
    over_time_data,
    overview_data,
    profile_data,
)
from keras_xavier.figures.style import DARK, LIGHT, Style

__all__ = [
    "DARK",
    "LIGHT",
    "Band",
    "CurvesData",
    "HistogramData",
    "Histograms",
    "OverTime",
    "OverTimeData",
    "Overview",
    "OverviewData",
    "Picture",
    "Profile",
    "ProfileData",
    "Scale",
    "Style",
    "TrainingCurves",
    "activation_histograms",
    "activations_over_time",
    "contact_sheet",
    "curves_data",
    "gradient_histograms",
    "histogram_data",
    "histograms",
    "over_time",
    "over_time_data",
    "overview",
    "overview_data",
    "profile",
    "profile_data",
    "training_curves",
]
