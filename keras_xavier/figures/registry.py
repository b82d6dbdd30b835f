"""The class that draws each figure."""

from collections.abc import Mapping

from keras_xavier.figures.depth_profile import DepthProfile
from keras_xavier.figures.histogram_map import HistogramMap
from keras_xavier.figures.histograms import Histograms
from keras_xavier.figures.layer_card import LayerCard
from keras_xavier.figures.layer_curves import LayerCurves
from keras_xavier.figures.network import Network
from keras_xavier.figures.overview import Overview
from keras_xavier.figures.plot import Plot
from keras_xavier.figures.ridgelines import Ridgelines
from keras_xavier.figures.saturation import Saturation
from keras_xavier.figures.step_quality import StepQuality
from keras_xavier.figures.training_curves import TrainingCurves
from keras_xavier.figures.unit_map import UnitMap
from keras_xavier.figures.units_at_step import UnitsAtStep
from keras_xavier.figures.update_ratio import UpdateRatio

_CLASSES: tuple[type[Plot], ...] = (
    Overview,
    LayerCurves,
    Saturation,
    UpdateRatio,
    Histograms,
    HistogramMap,
    Ridgelines,
    DepthProfile,
    UnitMap,
    UnitsAtStep,
    LayerCard,
    Network,
    TrainingCurves,
    StepQuality,
)
PLOTS: Mapping[str, type[Plot]] = {one.name: one for one in _CLASSES}
"""Classes by the name of their figure."""
