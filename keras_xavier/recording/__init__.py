"""Records statistics while a model trains, in `fit` or in a custom loop."""

from keras_xavier.recording.custom_loop import LoopRecorder, measuring
from keras_xavier.recording.layer_statistics import LayerStatistics

__all__ = ["LayerStatistics", "LoopRecorder", "measuring"]
