"""How quantities and statistics are called in pictures."""

from collections.abc import Iterable, Sequence

from keras_xavier.statistics import Quantity, Statistic

MOST_STEPS = 3
"""Named one by one."""

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
NOT_ON_A_PROBE = (
    "Runs measured on a probe have no weight updates: only LayerStatistics without "
    "probe records them."
)
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


def at_steps(steps: Iterable[int]) -> str:
    """When something was recorded, of one run or of several.

    >>> at_steps([800, 800]), at_steps([3000, 800])
    ('at step 800', 'at steps 800 and 3,000')
    """
    found = [f"{step:,}" for step in sorted({*steps})]
    if len(found) == 1:
        return f"at step {found[0]}"
    if len(found) <= MOST_STEPS:
        return f"at steps {', '.join(found[:-1])} and {found[-1]}"
    return f"at {len(found)} steps from {found[0]} to {found[-1]}"


def step_notes(moments: Sequence[tuple[int, bool]]) -> list[str]:
    """What is to be told beside the names of runs whose steps differ.

    Args:
        moments: Of each run, its step and whether that is the last one.

    >>> step_notes([(3000, False), (800, True)]), step_notes([(0, False), (0, False)])
    ([', step 3,000', ', last step 800'], ['', ''])
    """
    if len({step for step, _ in moments}) < 2:
        return [""] * len(moments)
    return [
        f", {'last step' if is_last else 'step'} {step:,}" for step, is_last in moments
    ]
