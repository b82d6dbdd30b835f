"""How each figure is read from a run, and which class draws it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from keras_xavier.figure_spec import Band, QuantityPair
from keras_xavier.figures import (
    DepthProfile,
    DepthProfileData,
    HistogramMap,
    Histograms,
    LayerCurves,
    Overview,
    Plot,
    Ridgelines,
    TrainingCurves,
    depth_profile_data,
    histogram_data,
    histograms_over_time_data,
    layer_curves_data,
    overview_data,
    training_curves_data,
)
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity


@dataclass(frozen=True)
class Drawing:
    """How a figure is read and drawn.

    Attributes:
        plot: Draws it.
        load: Reads its data from a run.
        fixed: Options that it sets, by name.
    """

    plot: type[Plot]
    load: Callable[..., Any]
    fixed: Mapping[str, Any] = field(default_factory=dict)


PAIRS = {
    QuantityPair.SIGNALS: (Quantity.ACTIVATION, Quantity.PREACTIVATION_GRADIENT),
    QuantityPair.WEIGHTS: (Quantity.WEIGHT, Quantity.WEIGHT_GRADIENT),
}


def load_depth_profile(
    run: Run,
    record: int,
    *,
    quantities: QuantityPair,
    index: int = 0,
    theory: bool = False,
) -> DepthProfileData:
    return depth_profile_data(
        run, record, quantities=PAIRS[quantities], index=index, theory=theory
    )


DRAWINGS = {
    "overview": Drawing(Overview, overview_data),
    "layer-curves": Drawing(LayerCurves, layer_curves_data),
    "saturation": Drawing(
        LayerCurves,
        layer_curves_data,
        {"quantity": Quantity.ACTIVATION, "band": Band.SATURATED},
    ),
    "update-ratio": Drawing(
        LayerCurves,
        layer_curves_data,
        {"quantity": Quantity.WEIGHT_UPDATE, "band": Band.UPDATE_RATIO},
    ),
    "histograms": Drawing(Histograms, histogram_data),
    "histogram-map": Drawing(HistogramMap, histograms_over_time_data),
    "ridgelines": Drawing(Ridgelines, histograms_over_time_data),
    "depth-profile": Drawing(DepthProfile, load_depth_profile),
    "training-curves": Drawing(TrainingCurves, training_curves_data),
}
