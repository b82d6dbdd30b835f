"""Names come from runs of anybody: they are drawn letter by letter."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from keras_xavier.figures import (
    CurvesData,
    HistogramMap,
    Histograms,
    OverTime,
    Overview,
    Profile,
    Ridgelines,
    TrainingCurves,
    curves_data,
    histogram_data,
    histograms_over_time_data,
    over_time_data,
    overview_data,
    profile_data,
)

NAMES = (
    *(r"a$\frac{$b", "$x", "$$", "100 %_{^", "line\nbreak", "<b>&amp;</b>", ""),
    "漢字⤀ u\u0308ber",
)


def renamed(data, name):
    """The data with a name that nobody would expect."""
    return replace(
        data, run=name, layers=tuple(f"{name}{i}" for i in range(len(data.layers)))
    )


def drawn(run, name):
    """Each kind of picture, with that name for the run and its layers."""
    over_time = renamed(over_time_data(run, "weight"), name)
    steps = renamed(histograms_over_time_data(run, "weight"), name)
    profile = renamed(profile_data(run, -1), name)
    curves = CurvesData(name, {f"{name}loss": (np.arange(3), np.arange(3.0))})
    for kind, data, options in (
        (Overview, renamed(overview_data(run, "weight", "std"), name), {}),
        (OverTime, over_time, {}),
        (OverTime, [over_time, over_time], {}),
        (OverTime, [over_time, over_time], {"panels": "layers"}),
        (OverTime, [over_time, over_time], {"panels": "runs"}),
        (Histograms, renamed(histogram_data(run, "weight", 0), name), {}),
        (HistogramMap, steps, {}),
        (HistogramMap, [steps, steps], {}),
        (Ridgelines, steps, {}),
        (Ridgelines, [steps, steps], {}),
        (Ridgelines, [steps, steps], {"panels": "layers"}),
        (Profile, [profile, profile], {}),
        (TrainingCurves, [curves, curves_data(run, index=1)], {}),
    ):
        picture = kind(Figure(figsize=(8, 5)))
        picture.update(data, **options)
        yield picture


@pytest.mark.parametrize("name", NAMES)
def test_no_name_keeps_a_picture_from_being_drawn(record, name):
    for picture in drawn(record(), name):
        picture.figure.draw_without_rendering()
        picture.export().draw_without_rendering()
        assert len(picture.table().to_csv()) > 10
