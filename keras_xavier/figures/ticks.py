"""Ticks of linear, logarithmic and symlog axes, and their labels."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axis import Axis
from matplotlib.ticker import Formatter, FuncFormatter, Locator, MaxNLocator
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LABEL_WIDTH = 0.8
"""Inches between labels on an axis of values."""
CLOSE, FEW_DECADES = 0.6, 1.7
"""Decades below which ticks are linear, or also between the powers of ten."""
MOST_POWERS = 8
"""Largest number of powers of ten on an axis."""
BETWEEN_STEPS, MOST_STEPS = 0.22, 9
"""Inches between the labels of steps, and the largest number of labels."""
MOST_DIGITS = 4
"""Digits after the point that fit beside an axis."""
LOGARITHMIC = ("log", "symlog")
"""Scales that are named in labels."""
LETTER, LINE = 0.075, 0.13
"""Width of a letter and height of a line of labels, in inches."""
APART = 0.05
"""Smallest distance of labels in inches."""
MOST_BETWEEN = 24
"""Largest number of ticks without labels: each takes 0.1 ms to draw."""
MULTIPLES: tuple[Sequence[int], ...] = (range(1, 10), (1, 2, 5), (1,))
"""Multiples of powers of ten that have ticks: the first that are not too many."""
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class ValueFormatter(Formatter):
    """Complete numbers: the exponent of all ticks is part of each label.

    An exponent in the corner of the axes is easily overlooked, and overlaps the title.
    """

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        ticks = np.asarray(values, float)
        sizes = np.abs(ticks[ticks != 0])
        if not sizes.size:
            return ["0"] * len(ticks)
        powers = np.log10(sizes)
        apart = np.ptp(powers) >= 1 or self._is_logarithmic()
        if apart and np.allclose(powers, np.round(powers)):
            return [power_of_ten(x) for x in ticks]
        exponent = int(np.floor(powers.max()))
        if -4 < exponent < 5:
            exponent = 0
        scaled = ticks / 10.0**exponent
        steps = np.diff(np.sort(scaled))
        step = steps[steps > 0].min(initial=np.abs(scaled).max())
        digits = max(0, -int(np.floor(np.log10(step) + 1e-6)))
        # A step such as 0.25 needs one more digit than its size suggests.
        if not np.allclose(scaled, np.round(scaled, digits), atol=step / 100, rtol=0):
            digits += 1
        if not exponent and digits > MOST_DIGITS:
            return [with_power(x) for x in ticks]
        power = f"e{exponent}" if exponent else ""
        return [
            "0" if x == 0 and power else f"{x:,.{digits}f}{power}".replace("-", "−")
            for x in scaled
        ]

    def _is_logarithmic(self) -> bool:
        scale = getattr(self.axis, "get_scale", None)
        return scale is not None and scale() in LOGARITHMIC

    def __call__(self, x: float, pos: int | None = None) -> str:
        return self.format_ticks([x])[0]


class ShareFormatter(ValueFormatter):
    """Shares between 0 and 1 in percent."""

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        percents = [100 * float(value) for value in values]
        return [f"{text}%" for text in super().format_ticks(percents)]


def power_of_ten(x: float) -> str:
    """Writes 0.001 as 10⁻³; mathtext would take many times as long.

    >>> power_of_ten(0.001), power_of_ten(-1e12), power_of_ten(0.0)
    ('10⁻³', '−10¹²', '0')
    """
    if x == 0:
        return "0"
    exponent = str(round(np.log10(abs(x)))).translate(SUPERSCRIPTS)
    return f"{'−' if x < 0 else ''}10{exponent}"


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
    """Round values with room for wide labels such as −0.5e−12."""

    def __init__(self) -> None:
        super().__init__(steps=[1, 2, 5, 10])

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        axes = self.axis.axes  # type: ignore[union-attr]
        inches = axes.bbox.width / axes.figure.dpi
        self.set_params(nbins=int(np.clip(inches / LABEL_WIDTH, 2, 9)))
        low, high = sorted((vmin, vmax))
        every = np.asarray(super().tick_values(vmin, vmax))
        ticks = every[(every >= low) & (every <= high)]
        if len(ticks) < 2:
            return [*every]
        # matplotlib adds ticks where there would be only one.
        labels = self.axis.get_major_formatter().format_ticks([*ticks])  # type: ignore[union-attr]
        room = LETTER * max(map(len, labels)) + APART
        step = ticks[1] - ticks[0]
        stride = int(np.ceil(room * (high - low) / (inches * step)))
        kept = ticks[np.round(ticks / step) % stride == 0]
        return [*(kept if len(kept) > 1 else ends(low, high))]


def ends(low: float, high: float) -> Floats:
    """Returns two round values near the ends of an axis without room for others."""
    ticks = np.asarray(MaxNLocator(20, steps=[1, 2, 5, 10]).tick_values(low, high))
    return ticks[(ticks >= low) & (ticks <= high)][[0, -1]]


class LogTicks(Locator):
    """Powers of ten, and values between them if few powers are in view.

    Args:
        most: int. Largest number of powers.
    """

    def __init__(self, most: int = MOST_POWERS) -> None:
        self._most = most

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
        stride = max(1, int(np.ceil(decades / self._most)))
        first, last = np.floor(np.log10(low)), np.ceil(np.log10(high))
        powers = 10.0 ** np.arange(first, last + 1, stride)

        def within(between: tuple[int, ...]) -> list[float]:
            ticks = np.outer(powers, between).ravel()
            return [float(x) for x in ticks[(ticks >= low) & (ticks <= high)]]

        # A single tick does not show the scale.
        if decades >= FEW_DECADES and len(ticks := within((1,))) > 1:
            return ticks
        ticks = within((1, 2, 5))
        return ticks if len(ticks) > 2 else within((1, 2, 3, 5, 7))


class StepTicks(Locator):
    """Round steps with room for their labels.

    Args:
        is_logarithmic: bool. Whether the axis is linear up to step 1 and logarithmic
            from there.
    """

    def __init__(self, *, is_logarithmic: bool) -> None:
        self._is_logarithmic = is_logarithmic

    def __call__(self) -> Sequence[float]:
        low, high = self.axis.get_view_interval()  # type: ignore[union-attr]
        return self.tick_values(low, high)

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        low, high = sorted((vmin, vmax))
        axes = self.axis.axes  # type: ignore[union-attr]
        inches = axes.bbox.width / axes.figure.dpi
        width = LETTER * len(step_text(high)) + BETWEEN_STEPS
        most = int(np.clip(inches / width, 1, MOST_STEPS))
        if self._is_logarithmic and high >= 10 * max(low, 1):
            last = int(np.floor(np.log10(high)))
            powers = [0.0, *(10.0**i for i in range(last + 1))]
            seen = [x for x in powers if low <= x <= high]
            # From the right end, where labels are widest.
            return seen[::-1][:: math.ceil(len(seen) / most)][::-1]
        locator = MaxNLocator(most, integer=True, steps=[1, 2, 5, 10])
        ticks = [x for x in locator.tick_values(low, high) if low <= x <= high]
        apart = inches / max(len(ticks) - 1, 1)
        return ticks[:: max(math.ceil((width - BETWEEN_STEPS + APART) / apart), 1)]


def step_text(step: float) -> str:
    """Writes a step.

    >>> step_text(4000.0)
    '4,000'
    """
    return f"{step:,.0f}".replace("-", "−")


def step_formatter() -> Formatter:
    """Formats steps as 500, 20,000, 1,500,000."""
    return FuncFormatter(lambda step, _: step_text(step))


class PowerLocator(Locator):
    """Powers of ten on both sides of 0, as many as fit.

    Powers whose labels would overlap the label of 0 are left out.

    Args:
        threshold: Where the axis becomes logarithmic.
    """

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold

    def __call__(self) -> Sequence[float]:
        low, high = self.axis.get_view_interval()  # type: ignore[union-attr]
        return self.tick_values(low, high)

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        low, high = sorted((vmin, vmax))
        if low > self._threshold or high < -self._threshold:
            ticks = np.array(self._at_one_side(low, high))
        else:
            exponents = exponents_within(low, high, self._threshold)
            stride = self.stride(low, high)
            if stride > 1 and min(-low, high) > self._threshold:
                # A label on one side only would be of little use.
                both = min(-low, high) * (1 + 1e-9)
                exponents = exponents[10.0**exponents <= both]
            powers = 10.0 ** exponents[::-stride]
            powers = powers[self._clear_of_zero(powers, low, high)]
            ticks = np.concatenate([-powers, [0.0], powers[::-1]])
            ticks = ticks[(ticks >= low) & (ticks <= high)]
        if not np.any(ticks):
            return self._evenly(low, high)
        return [float(x) for x in ticks]

    def stride(self, low: float, high: float) -> int:
        """Decades between labels."""
        sides = int(low < -self._threshold) + int(high > self._threshold)
        exponents = exponents_within(low, high, self._threshold)
        stride = int(np.ceil(max(sides * len(exponents), 1) / MOST_POWERS))
        places = self._places(10.0**exponents, low, high)
        if places is not None and len(places) > 1:
            # The smallest and the largest powers have the longest labels.
            longest = max(self._room(-(10.0**one)) for one in exponents[[0, -1]])
            room = longest + APART
            stride = max(stride, int(np.ceil(room / abs(places[-1] - places[-2]))))
        return stride

    def _at_one_side(self, low: float, high: float) -> list[float]:
        """Returns the ticks if 0 is out of view."""
        inches = self._length()
        most = MOST_POWERS
        if inches is not None and self._is_across():
            most = int(np.clip(inches / (self._room(low) + APART), 2, MOST_POWERS))
        ticks = LogTicks(most).tick_values(*sorted((abs(low), abs(high))))
        return [float(np.copysign(x, low)) for x in ticks][:most]

    def _evenly(self, low: float, high: float) -> Sequence[float]:
        """Round values: close up, the axis looks linear."""
        inches = self._length()
        most = 4 if inches is None else int(np.clip(inches / LABEL_WIDTH, 2, 4))
        ticks = np.asarray(MaxNLocator(most).tick_values(low, high))
        ticks = ticks[(ticks >= low) & (ticks <= high)]
        places = self._places(ticks, low, high) if self._is_across() else None
        if places is not None and np.any(np.diff(places) < LABEL_WIDTH):
            # Near 0 the axis is denser: only the outermost labels have room.
            ends = [0, -1] if places[-1] - places[0] >= LABEL_WIDTH else [-1]
            ticks = ticks[ends]
        return [float(x) for x in ticks]

    def _clear_of_zero(
        self, powers: Floats, low: float, high: float
    ) -> NDArray[np.bool_]:
        places = self._places(np.append(powers, 0.0), low, high)
        if places is None or not low <= 0 <= high:
            return np.ones(len(powers), bool)
        room = [(self._room(-x) + self._room(0.0)) / 2 + APART for x in powers]
        return np.abs(places[:-1] - places[-1]) >= room

    def _length(self) -> float | None:
        """Returns the length of the axis in inches; `None` if unknown."""
        if (axes := getattr(self.axis, "axes", None)) is None:
            return None
        box = axes.bbox
        return float((box.width if self._is_across() else box.height) / axes.figure.dpi)

    def _is_across(self) -> bool:
        return getattr(self.axis, "axis_name", "y") == "x"

    def _room(self, power: float) -> float:
        """Returns the inches that the label of a power of ten takes along the axis.

        An estimate: measuring takes longer than drawing.
        """
        return LETTER * len(power_of_ten(power)) if self._is_across() else LINE

    def _places(self, values: Floats, low: float, high: float) -> Floats | None:
        """Returns the inches along the axis, from 0; `None` if unknown."""
        inches = self._length()
        if inches is None:
            return None
        transform = self.axis.get_transform().transform  # type: ignore[union-attr]
        first, last = transform(np.array([low, high]))
        places: Floats = transform(values) * inches / (last - first)
        return places


class BetweenPowers(Locator):
    """Minor ticks between the labels of a `PowerLocator`.

    Args:
        powers: Locator of the labels.
        threshold: Where the axis becomes logarithmic.
    """

    def __init__(self, powers: PowerLocator, threshold: float) -> None:
        self._powers = powers
        self._threshold = threshold

    def __call__(self) -> Sequence[float]:
        low, high = self.axis.get_view_interval()  # type: ignore[union-attr]
        return self.tick_values(low, high)

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        low, high = sorted((vmin, vmax))
        powers = 10.0 ** exponents_within(low, high, self._threshold, beyond=True)
        # If some powers have no label, other ticks could be mistaken for them.
        choices = MULTIPLES[-1:] if self._powers.stride(low, high) > 1 else MULTIPLES
        for multiples in choices:
            values = np.outer(powers, multiples).ravel()
            ticks = np.concatenate([-values[::-1], values])
            ticks = ticks[(ticks >= low) & (ticks <= high)]
            if len(ticks) <= MOST_BETWEEN:
                return [float(x) for x in ticks]
        return []


def set_power_ticks(axis: Axis, threshold: float) -> None:
    """Sets the ticks of a symlog axis."""
    powers = PowerLocator(threshold)
    axis.set_major_locator(powers)
    axis.set_minor_locator(BetweenPowers(powers, threshold))


def exponents_within(
    low: float, high: float, threshold: float, *, beyond: bool = False
) -> Floats:
    """Exponents of the powers of ten that can have a tick, ascending.

    Args:
        low: Lower limit of the view.
        high: Upper limit of the view.
        threshold: Where the axis becomes logarithmic.
        beyond: Whether the threshold itself is always included.
    """
    first = round(np.log10(threshold))
    last = np.floor(np.log10(max(abs(low), abs(high), threshold) * (1 + 1e-9)))
    # The threshold is close to 0: it has a tick if there are few others.
    smallest = first if beyond else max(first, min(first + 1, last - 1))
    return np.arange(smallest, last + 1)
