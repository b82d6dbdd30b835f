"""Names from untrusted runs are drawn literally."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from keras_xavier.figures import (
    DepthProfile,
    HistogramMap,
    Histograms,
    LayerCurves,
    Overview,
    Ridgelines,
    TrainingCurves,
    TrainingCurvesData,
    depth_profile_data,
    histogram_data,
    histograms_over_time_data,
    layer_curves_data,
    overview_data,
    training_curves_data,
)

NAMES = (
    *(r"a$\frac{$b", "$x", "$$", "100 %_{^", "line\nbreak", "<b>&amp;</b>", ""),
    "漢字⤀ u\u0308ber",
)


def renamed(data, name):
    """Data with an unusual name."""
    return replace(
        data, run=name, layers=tuple(f"{name}{i}" for i in range(len(data.layers)))
    )


def drawn(run, name):
    """Draws each kind of plot with a name for the run and its layers."""
    layer_curves = renamed(layer_curves_data(run, "weight"), name)
    steps = renamed(histograms_over_time_data(run, "weight"), name)
    depth_profile = renamed(depth_profile_data(run, -1), name)
    curves = TrainingCurvesData(name, {f"{name}loss": (np.arange(3), np.arange(3.0))})
    for kind, data, options in (
        (Overview, renamed(overview_data(run, "weight", "std"), name), {}),
        (LayerCurves, layer_curves, {}),
        (LayerCurves, [layer_curves, layer_curves], {}),
        (LayerCurves, [layer_curves, layer_curves], {"panels": "layers"}),
        (LayerCurves, [layer_curves, layer_curves], {"panels": "runs"}),
        (Histograms, renamed(histogram_data(run, "weight", 0), name), {}),
        (HistogramMap, steps, {}),
        (HistogramMap, [steps, steps], {}),
        (Ridgelines, steps, {}),
        (Ridgelines, [steps, steps], {}),
        (Ridgelines, [steps, steps], {"panels": "layers"}),
        (DepthProfile, [depth_profile, depth_profile], {}),
        (TrainingCurves, [curves, training_curves_data(run, index=1)], {}),
    ):
        plot = kind(Figure(figsize=(8, 5)))
        plot.update(data, **options)
        yield plot


@pytest.mark.parametrize("name", NAMES)
def test_every_name_can_be_drawn(record, name):
    for plot in drawn(record(), name):
        plot.figure.draw_without_rendering()
        plot.export().draw_without_rendering()
        assert len(plot.table().to_csv()) > 10
