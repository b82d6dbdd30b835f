"""How quantities and statistics are called in pictures."""

from keras_xavier.statistics import Quantity, Statistic

NAMES = {
    Quantity.PREACTIVATION: "Preactivation",
    Quantity.ACTIVATION: "Activation",
    Quantity.PREACTIVATION_GRADIENT: "Back-propagated gradient",
    Quantity.WEIGHT: "Weight",
    Quantity.WEIGHT_GRADIENT: "Weight gradient",
    Quantity.WEIGHT_UPDATE: "Weight update",
}
"""Names of the quantities in titles."""
SYMBOLS = {
    Quantity.PREACTIVATION: "s = zW + b",
    Quantity.ACTIVATION: "z = φ(s)",
    Quantity.PREACTIVATION_GRADIENT: "∂C/∂s",
    Quantity.WEIGHT: "W",
    Quantity.WEIGHT_GRADIENT: "∂C/∂W",
    Quantity.WEIGHT_UPDATE: "ΔW",
}


STATISTIC_NAMES = {
    Statistic.MEAN: "mean",
    Statistic.STD: "standard deviation",
    Statistic.MIN: "minimum",
    Statistic.MAX: "maximum",
    Statistic.P2: "2nd percentile",
    Statistic.P25: "25th percentile",
    Statistic.P50: "median",
    Statistic.P75: "75th percentile",
    Statistic.P98: "98th percentile",
    Statistic.SATURATED: "share of saturated values",
    Statistic.ZERO: "share of zeros",
    Statistic.NONFINITE: "share of NaN and ±Inf",
}
"""Names of the statistics in titles."""
