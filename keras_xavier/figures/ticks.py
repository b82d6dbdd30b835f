"""Where the ticks of an axis are, and what stands at them."""

from collections.abc import Sequence

import numpy as np
from matplotlib.ticker import (
    EngFormatter,
    Formatter,
    Locator,
    MaxNLocator,
)

LABEL_WIDTH = 0.8
"""Inches from one label to the next on an axis of values."""
POWER_WIDTH = 0.5
"""Inches from one power of ten to the next on an axis of values."""
CLOSE, FEW_DECADES = 0.6, 1.7
"""Decades under which ticks are as on a linear axis, or stand between the powers."""
MOST_POWERS = 8
"""Powers of ten at most on an axis."""
MOST_DIGITS = 4
"""Digits after the point for which there is room beside an axis."""


class ValueFormatter(Formatter):
    """Numbers that stand alone: one exponent for all ticks, at each of them.

    An exponent in the corner of the axes is easily overlooked, and stands in
    the way of the title.
    """

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        ticks = np.asarray(values, float)
        sizes = np.abs(ticks[ticks != 0])
        if not sizes.size:
            return ["0"] * len(ticks)
        powers = np.log10(sizes)
        if np.ptp(powers) >= 1 and np.allclose(powers, np.round(powers)):
            return [power_of_ten(x) for x in ticks]
        exponent = int(np.floor(powers.max()))
        if -4 < exponent < 5:
            exponent = 0
        scaled = ticks / 10.0**exponent
        steps = np.diff(np.sort(scaled))
        step = steps[steps > 0].min(initial=np.abs(scaled).max())
        digits = max(0, -int(np.floor(np.log10(step) + 1e-6)))
        # A step such as 0.25 needs one digit more than its size tells.
        if not np.allclose(scaled, np.round(scaled, digits), atol=step / 100, rtol=0):
            digits += 1
        if not exponent and digits > MOST_DIGITS:
            return [with_power(x) for x in ticks]
        power = f"e{exponent}" if exponent else ""
        return [
            "0" if x == 0 and power else f"{x:.{digits}f}{power}".replace("-", "−")
            for x in scaled
        ]

    def __call__(self, x: float, pos: int | None = None) -> str:
        return self.format_ticks([x])[0]


class ShareFormatter(ValueFormatter):
    """Shares between 0 and 1, in percent."""

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        percents = [100 * float(value) for value in values]
        return [f"{text} %" for text in super().format_ticks(percents)]


def power_of_ten(x: float) -> str:
    """Writes 0.001 as 10 to the power of -3, for matplotlib to typeset."""
    if x == 0:
        return "0"
    exponent = round(np.log10(abs(x)))
    return rf"$\mathdefault{{{'-' if x < 0 else ''}10^{{{exponent}}}}}$"


def with_power(x: float) -> str:
    """Writes 0.00005 as 5e−5.

    >>> with_power(0.00005), with_power(0.00125), with_power(0.0)
    ('5e−5', '1.25e−3', '0')
    """
    if x == 0:
        return "0"
    digits, exponent = f"{x:.5e}".split("e")
    return f"{float(digits):g}e{int(exponent)}".replace("-", "−")


class RoomyLocator(MaxNLocator):
    """Round values as far apart as wide labels, such as −0.5e−12, need to be."""

    def __init__(self) -> None:
        super().__init__(steps=[1, 2, 5, 10])

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        axes = self.axis.axes  # type: ignore[union-attr]
        inches = axes.bbox.width / axes.figure.dpi
        self.set_params(nbins=int(np.clip(inches / LABEL_WIDTH, 2, 9)))
        return super().tick_values(vmin, vmax)


class LogTicks(Locator):
    """Powers of ten; values in between where there are few of them in view."""

    def __call__(self) -> Sequence[float]:
        low, high = self.axis.get_view_interval()  # type: ignore[union-attr]
        return self.tick_values(low, high)

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        low, high = sorted((vmin, vmax))
        if not 0 < low < high:
            return []
        decades = np.log10(high / low)
        if decades < CLOSE:
            return MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(low, high)
        stride = max(1, int(np.ceil(decades / MOST_POWERS)))
        first, last = np.floor(np.log10(low)), np.ceil(np.log10(high))
        powers = 10.0 ** np.arange(first, last + 1, stride)

        def within(between: tuple[int, ...]) -> list[float]:
            ticks = np.outer(powers, between).ravel()
            return [float(x) for x in ticks[(ticks >= low) & (ticks <= high)]]

        if decades >= FEW_DECADES:
            return within((1,))
        ticks = within((1, 2, 5))
        # One tick alone tells nothing of the scale.
        return ticks if len(ticks) > 2 else within((1, 2, 3, 5, 7))


class PowerLocator(Locator):
    """Powers of ten to both sides of 0, as many as there is room for.

    Args:
        threshold: Where the axis becomes logarithmic.
    """

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold

    def __call__(self) -> Sequence[float]:
        low, high = self.axis.get_view_interval()  # type: ignore[union-attr]
        return self.tick_values(low, high)

    def _most(self) -> int:
        """How many powers there is room for."""
        axis = self.axis
        if getattr(axis, "axis_name", "y") == "y":
            return MOST_POWERS
        inches = axis.axes.bbox.width / axis.axes.figure.dpi  # type: ignore[union-attr]
        return int(np.clip(inches / POWER_WIDTH, 2, MOST_POWERS))

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        low, high = sorted((vmin, vmax))
        smallest = round(np.log10(self._threshold)) + 1
        largest = np.floor(np.log10(max(abs(low), abs(high)) * (1 + 1e-9)))
        sides = int(low < -self._threshold) + int(high > self._threshold)
        count = max(sides * (largest - smallest + 1), 1)
        stride = int(np.ceil(count / self._most()))
        powers = 10.0 ** np.arange(largest, smallest - 1, -stride)
        ticks = np.concatenate([-powers, [0.0], powers[::-1]])
        ticks = ticks[(ticks >= low) & (ticks <= high)]
        # Within less than two decades, as on a linear axis.
        if len(ticks) < 3 and stride == 1:
            ticks = np.asarray(MaxNLocator(4).tick_values(low, high))
        return [float(x) for x in ticks]


def step_formatter() -> EngFormatter:
    """Steps as 500, 20k, 1.5M."""
    return EngFormatter(sep="")
