"""What is drawn of each layer over the steps: a line, a band around it, marks."""

import numpy as np
from numpy.typing import NDArray

from keras_xavier.figure_spec import Band
from keras_xavier.figures.data import Floats, LayerCurvesData
from keras_xavier.figures.downsampling import Strip

TITLES = {
    Band.STD: "mean ± standard deviation",
    Band.PERCENTILES: "median, 2nd to 98th percentile",
    Band.P98_AND_STD: "std (lines), 98th percentile (marks)",
    Band.SATURATED: "share of saturated values",
    Band.UPDATE_RATIO: "update-to-weight ratio √⟨ΔW²⟩ / √⟨W²⟩",
}
PARTS = {
    Band.STD: ("mean", "mean_minus_std", "mean_plus_std"),
    Band.PERCENTILES: ("p50", "p2", "p98"),
    Band.P98_AND_STD: ("std", "p98", "p98"),
    Band.SATURATED: ("saturated",),
    Band.UPDATE_RATIO: ("update_to_weight_ratio",),
}
"""What the line is, and the ends of the band if there is one."""


def strip_of(data: LayerCurvesData, band: Band, *, banded: bool = True) -> Strip:
    """The lines and bands to draw.

    Args:
        data: Statistics of the layers.
        band: What is drawn of them.
        banded: Without bands, these are as narrow as lines.

    Returns:
        Lines and bands; the upper end of a band is where marks are.
    """
    x = data.steps.astype(np.float64)

    def doubles(values: Floats) -> NDArray[np.float64]:
        return values.astype(np.float64)

    if band is Band.SATURATED:
        return Strip(x, *[doubles(data.saturated)] * 3)
    if band is Band.UPDATE_RATIO:
        ratio = np.full(data.mean.shape, np.nan) if data.ratio is None else data.ratio
        return Strip(x, *[doubles(ratio)] * 3)
    if band is Band.P98_AND_STD:
        return Strip(x, doubles(data.std), *[doubles(data.p98)] * 2)
    middle = doubles(data.mean if band is Band.STD else data.p50)
    if not banded:
        return Strip(x, middle, middle, middle)
    if band is Band.STD:
        std = doubles(data.std)
        return Strip(x, middle, middle - std, middle + std)
    return Strip(x, middle, doubles(data.p2), doubles(data.p98))
