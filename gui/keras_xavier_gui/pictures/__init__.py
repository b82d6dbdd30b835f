"""The pictures, one tab for each."""

from keras_xavier_gui.pictures.curves import CurvesView
from keras_xavier_gui.pictures.histograms import HistogramsView
from keras_xavier_gui.pictures.over_time import OverTimeView
from keras_xavier_gui.pictures.overview import OverviewView
from keras_xavier_gui.pictures.profile import ProfileView
from keras_xavier_gui.pictures.view import PictureView

VIEWS: tuple[type[PictureView], ...] = (
    OverviewView,
    OverTimeView,
    HistogramsView,
    ProfileView,
    CurvesView,
)
"""In the order of the tabs."""
