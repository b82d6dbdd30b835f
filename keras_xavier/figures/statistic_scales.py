"""Which axes and colors fit each statistic."""

from collections.abc import Mapping

from keras_xavier.statistics import STATISTICS, Statistic

OF_UNITS = (
    *(Statistic.UNIT_STD, Statistic.COSINE, Statistic.DEAD, Statistic.CONSTANT),
    Statistic.SATURATED_UNITS,
)
"""Statistics of units and examples, which quantities of weights lack."""
MAYBE_UNDEFINED = (*OF_UNITS[1:], Statistic.SATURATED)
"""Statistics that may be NaN although all values are finite."""
FIXED_LIMITS: Mapping[Statistic, tuple[float, float]] = {
    Statistic.COSINE: (-1.0, 1.0),
    **{one: (0.0, 1.0) for one in STATISTICS if one.is_share},
}
"""Limits of statistics that are the same in all figures."""
