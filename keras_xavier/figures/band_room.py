"""Selects the lines with a band: bands of many lines are indistinguishable."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from keras_xavier.figure_spec import Band
from keras_xavier.figures.bands import WITH_BAND
from keras_xavier.figures.downsampling import Strip
from keras_xavier.figures.facets import Comparison, Key

MOST_BANDS = 20
"""Maximum number of lines with bands in a panel."""


def find_bands(compared: Comparison, band: Band | None) -> frozenset[Key]:
    """Returns the lines with a band, on all pages."""
    if band not in WITH_BAND:
        return frozenset()
    beside = compared.lines_beside.items()
    return frozenset(key for key, lines in beside if lines <= MOST_BANDS)


def why_without_band(
    compared: Comparison, band: Band | None, banded: Collection[Key]
) -> list[str]:
    """Returns why some lines of a page have no band, if they could have one."""
    without = {key for key in compared.places if key not in banded}
    if band not in WITH_BAND or not without:
        return []
    panels = {compared.places[key] for key in without}
    where = "" if len(panels) == len(compared.titles) else "in some panels "
    return [f"{where}no bands, as there are more than {MOST_BANDS} lines"]


def ends_of(
    strip: Strip, band: Band | None, banded: Sequence[bool]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns both ends of what is drawn of the lines of a run.

    Args:
        strip: Lines and bands.
        band: `Band`. The statistics.
        banded: Whether each line has a band.
    """
    low, high = np.fmin(strip.low, strip.middle), np.fmax(strip.high, strip.middle)
    if band not in WITH_BAND:
        return low, high
    return np.where(banded, low, strip.middle), np.where(banded, high, strip.middle)
