"""Remarks on the values of depth profiles."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from keras_xavier.figures.data import DepthProfileData, Floats
from keras_xavier.figures.statistic_scales import MAYBE_UNDEFINED
from keras_xavier.statistics import Quantity, Statistic
from keras_xavier.text import shorten_all

SPREADS = (Statistic.UNIT_STD, Statistic.STD)
"""Statistics with a logarithmic axis."""


def remarks_on_values(
    runs: Sequence[DepthProfileData],
    shown: Sequence[NDArray[np.bool_]],
    statistics: Mapping[Quantity, Statistic],
) -> list[str]:
    """Returns remarks on values that a logarithmic axis lacks, or that are not finite.

    Args:
        runs: The runs.
        shown: Whether each layer of each run is visible.
        statistics: The statistic of each quantity.
    """
    remarks = []
    for quantity, statistic in statistics.items():
        zeros = nans = 0
        for one, on in zip(runs, shown, strict=True):
            values, on = one.values[quantity], on & one.measured[quantity]
            zeros += int(np.count_nonzero(on & (values == 0)))
            nans += int(np.count_nonzero(on & ~np.isfinite(values)))
        if zeros and statistic in SPREADS:
            remarks.append(
                f"{quantity.symbol}: {layers_text(zeros)} with a spread of exactly 0"
            )
        if nans:
            is_undefined = statistic in MAYBE_UNDEFINED
            why = "not defined" if is_undefined else "with NaN or ±Inf"
            remarks.append(f"{quantity.symbol}: {layers_text(nans)} {why}")
    return remarks


def depth_remarks(runs: Sequence[DepthProfileData]) -> list[str]:
    """Returns a remark on the depth scales of theory, if a single run has them."""
    scales = runs[0].depth_scales if len(runs) == 1 else None
    if scales is None:
        return []
    return [
        f"theory: ξ_q {depth_text(scales.variance)} (variance), "
        f"ξ_c {depth_text(scales.correlation)} (correlation of examples)"
    ]


def depth_text(scale: float) -> str:
    """Returns a depth scale in layers.

    >>> depth_text(2.345), depth_text(123.4), depth_text(float("inf"))
    ('2.3 layers', '123 layers', '∞ layers')
    """
    if not np.isfinite(scale):
        return "∞ layers"
    return f"{scale:.1f} layers" if scale < 100 else f"{scale:,.0f} layers"


def layers_text(number: int) -> str:
    """Returns a number of layers.

    >>> layers_text(1), layers_text(2)
    ('1 layer', '2 layers')
    """
    return f"{number:,} layer{'s' * (number > 1)}"


def fallback_remarks(runs: Sequence[DepthProfileData]) -> list[str]:
    """Returns a remark on quantities that lack the statistic asked for, if any."""
    lacking = {
        quantity: [one for one in runs if one.statistics[quantity] != one.wanted]
        for quantity in (runs[0].values if runs else ())
    }
    symbols = [one.symbol for one, of in lacking.items() if of]
    if not symbols:
        return []
    some = any(0 < len(of) < len(runs) for of in lacking.values())
    found = dict.fromkeys(one.run for of in lacking.values() for one in of)
    names = f" of {', '.join(shorten_all([*found]))}" if some else ""
    return [f"{', '.join(symbols)}{names}: standard deviation of all values"]


def last_over_first(values: Floats) -> float | None:
    """Returns the ratio of the last to the first positive value."""
    known = values[np.isfinite(values) & (values > 0)]
    return float(known[-1] / known[0]) if known.size > 1 else None
