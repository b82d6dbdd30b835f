"""The pictures, one tab for each."""

from keras_xavier_gui.pictures.curves import CurvesView
from keras_xavier_gui.pictures.histograms import (
    ActivationHistogramsView,
    GradientHistogramsView,
)
from keras_xavier_gui.pictures.over_time import OverTimeView
from keras_xavier_gui.pictures.view import PictureView

VIEWS: tuple[type[PictureView], ...] = (
    OverTimeView,
    GradientHistogramsView,
    ActivationHistogramsView,
    CurvesView,
)
"""In the order of the tabs."""
