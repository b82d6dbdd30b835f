"""The statistics that layer curves show: a line, with or without a band."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from keras_xavier.figure_spec import Band
from keras_xavier.figures.data import Floats, LayerCurvesData
from keras_xavier.figures.downsampling import Strip
from keras_xavier.figures.rows import UNBOUNDED
from keras_xavier.figures.statistic_scales import FIXED_LIMITS
from keras_xavier.figures.theory_lines import reasons_of
from keras_xavier.statistics import Statistic
from keras_xavier.text import shorten_all

WITH_BAND = (Band.STD, Band.PERCENTILES)
SINGLE: Mapping[Band, Statistic] = {
    Band.UNIT_STD: Statistic.UNIT_STD,
    Band.COSINE: Statistic.COSINE,
    Band.DEAD: Statistic.DEAD,
    Band.CONSTANT: Statistic.CONSTANT,
    Band.SATURATED_UNITS: Statistic.SATURATED_UNITS,
}
"""The statistic of lines without bands."""
TITLES: Mapping[Band, str] = {
    Band.STD: "mean ± standard deviation",
    Band.PERCENTILES: "median, 2nd to 98th percentile",
    Band.P98_AND_STD: "std (lines), 98th percentile (marks)",
    **{band: statistic.label for band, statistic in SINGLE.items()},
}
MIDDLES: Mapping[Band, str] = {Band.STD: "mean", Band.PERCENTILES: "median"}
"""Titles without bands."""
PARTS: Mapping[Band, tuple[str, ...]] = {
    Band.STD: ("mean", "mean_minus_std", "mean_plus_std"),
    Band.PERCENTILES: ("p50", "p2", "p98"),
    Band.P98_AND_STD: ("std", "p98", "p98"),
    **{band: (str(statistic),) for band, statistic in SINGLE.items()},
}
"""Columns of the table: the line, and the ends of the band."""


def make_strip(data: LayerCurvesData, band: Band) -> Strip:
    """Returns lines and bands; marks are drawn at the upper end of a band."""
    x = data.steps.astype(np.float64)
    if band in SINGLE:
        values = getattr(data, SINGLE[band])
        if band is Band.UNIT_STD and lacks_units(data):
            values = data.std
        elif values is None:
            values = np.full_like(data.std, np.nan)
        return Strip(x, *[doubles(values)] * 3)
    if band is Band.P98_AND_STD:
        return Strip(x, doubles(data.std), *[doubles(data.p98)] * 2)
    middle = doubles(data.mean if band is Band.STD else data.p50)
    if band is Band.STD:
        std = doubles(data.std)
        return Strip(x, middle, middle - std, middle + std)
    return Strip(x, middle, doubles(data.p2), doubles(data.p98))


def lacks_units(data: LayerCurvesData) -> bool:
    """Returns whether the standard deviation of all values stands for `unit_std`."""
    values = data.unit_std
    is_unknown = values is None or bool(np.isnan(values).all())
    return is_unknown and not np.isnan(data.std).all()


def lacking_remarks(runs: Sequence[LayerCurvesData], band: Band) -> list[str]:
    """Returns a remark on runs that do not have the standard deviation within units."""
    lacking = [one.run for one in runs if lacks_units(one)]
    if not lacking or band is not Band.UNIT_STD:
        return []
    names = ", ".join(shorten_all(lacking))
    return [f"{names}: std of all values, as units were not recorded"]


def predicted_statistic(data: LayerCurvesData, band: Band) -> Statistic | None:
    """Returns the statistic of a band that theory predicts; `None` if there is none."""
    if band in (Band.STD, Band.P98_AND_STD):
        return Statistic.STD
    if band is Band.UNIT_STD and lacks_units(data):
        return Statistic.STD
    statistic = SINGLE.get(band)
    return statistic if statistic in data.predicted else None


def prediction_of(data: LayerCurvesData, band: Band) -> Floats | None:
    """Returns the prediction of theory of each layer, if it is to be drawn."""
    if not len(data.steps) or not data.predicted:
        return None
    statistic = predicted_statistic(data, band)
    return None if statistic is None else data.predicted[statistic]


def theory_line(
    data: LayerCurvesData, band: Band, layer: int, predicted: float
) -> tuple[Floats, Floats]:
    """Returns x, as shares of the axes, and y of the line of a prediction.

    A standard deviation is drawn on both sides of the first mean if it is a band.
    """
    if band is not Band.STD:
        return np.array([0.0, 1.0]), np.array([predicted, predicted])
    mean = data.mean[0, layer]
    low, high = mean - predicted, mean + predicted
    ends = np.array([0.0, 1.0, np.nan, 0.0, 1.0])
    return ends, np.array([low, low, np.nan, high, high])


def theory_reasons(runs: Sequence[LayerCurvesData], band: Band) -> list[str]:
    """Returns where and why theory does not describe the runs."""
    found = []
    for one in runs:
        statistic = predicted_statistic(one, band)
        if statistic is None and one.predicted:
            found.append((one.run, f"theory: it does not predict the {TITLES[band]}"))
        elif statistic is not None:
            found.append((one.run, one.theory_remarks.get(statistic, "")))
    return reasons_of(found, len(runs))


def limits_of(data: LayerCurvesData, band: Band) -> Floats:
    """Returns the bounds of the values drawn of each layer, of shape (layer, 2)."""
    if band in SINGLE:
        each = FIXED_LIMITS.get(SINGLE[band], UNBOUNDED)
        return np.array([each] * len(data.layers), np.float64).reshape(-1, 2)
    bounds = data.bounds or (UNBOUNDED,) * len(data.layers)
    found = np.array(bounds, np.float64).reshape(-1, 2)
    if band is Band.P98_AND_STD:
        # Neither falls below 0 far enough to matter.
        found[:, 0] = np.where(np.isfinite(found[:, 0]), 0.0, found[:, 0])
    return found


def doubles(values: Floats) -> NDArray[np.float64]:
    return values.astype(np.float64)
