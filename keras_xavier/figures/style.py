"""Colours, line styles and numbers as they look in every picture.

Colours are safe for colour-blind readers and never the only sign: layers also
differ in marker or line style, metrics in line style.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

import matplotlib as mpl
import numpy as np
from matplotlib.colors import to_hex
from matplotlib.ticker import AutoLocator, EngFormatter, Formatter, Locator

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")
LineStyle = Literal["solid"] | tuple[float, tuple[float, ...]]
LINE_STYLES: tuple[LineStyle, ...] = (
    "solid",
    (0, (6, 1.5)),
    (0, (3, 1, 1, 1)),
    (0, (1.2, 1)),
    (0, (6, 1.5, 1, 1.5, 1, 1.5)),
)
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MOST_POWERS = 8
"""Powers of ten at most on an axis."""
LONGEST_NAME = 28
"""Characters of a name beyond which its middle is left out."""


@dataclass(frozen=True)
class Style:
    """The colours of a picture.

    Attributes:
        background: Behind everything.
        foreground: Text, axes and ticks.
        muted: Text of less weight.
        grid: Grid lines.
        layers: Name of a perceptually uniform colormap for layers in the order
            of depth, and the part of it that stands out from the background.
        runs: Colours of runs, by their index.
    """

    background: str
    foreground: str
    muted: str
    grid: str
    layers: tuple[str, float, float]
    runs: tuple[str, ...]

    def layer_colors(self, count: int) -> list[str]:
        """Colours for `count` layers, from the first to the last one."""
        name, first, last = self.layers
        colormap = mpl.colormaps[name]
        return [to_hex(colormap(x)) for x in np.linspace(first, last, max(count, 1))]

    def run_color(self, index: int) -> str:
        """Colour of the run with this index; they repeat after the last."""
        return self.runs[index % len(self.runs)]


# Okabe & Ito (2008), less the yellow that white swallows, so ordered that
# neighbours differ in lightness too.
LIGHT = Style(
    background="#ffffff",
    foreground="#222222",
    muted="#666666",
    grid="#e4e4e4",
    layers=("viridis", 0.0, 0.82),
    runs=(
        "#0072b2",
        "#d55e00",
        "#009e73",
        "#cc79a7",
        "#e69f00",
        "#56b4e9",
        "#000000",
    ),
)
DARK = Style(
    background="#1e1e1e",
    foreground="#e6e6e6",
    muted="#a6a6a6",
    grid="#383838",
    layers=("viridis", 0.35, 1.0),
    runs=(
        "#4aa3df",
        "#ff7f32",
        "#1fc498",
        "#e39bc3",
        "#f0b429",
        "#9ad5f5",
        "#ffffff",
    ),
)


def marker(index: int) -> str:
    """Marker of the layer or run with this index."""
    return MARKERS[index % len(MARKERS)]


def line_style(index: int) -> LineStyle:
    """Line style of the layer with this index."""
    return LINE_STYLES[index % len(LINE_STYLES)]


def shorten(name: str, longest: int = LONGEST_NAME) -> str:
    """Leaves out the middle of a name that is too long for a legend.

    >>> shorten("encoder/block_12/attention/query_projection", 21)
    'encoder/bl…projection'
    """
    if len(name) <= longest:
        return name
    tail = (longest - 1) // 2
    return f"{name[: longest - 1 - tail]}…{name[-tail:]}"


def shorten_all(names: Sequence[str]) -> list[str]:
    """Shortens names for a legend, around what tells them apart.

    >>> shorten_all([f"encoder/block_{i}/attention/projection" for i in (1, 2)])
    ['…coder/block_1/attention/pr…', '…coder/block_2/attention/pr…']
    """
    if max(map(len, names), default=0) <= LONGEST_NAME:
        return list(names)
    several = len(set(names)) > 1
    start = _shared(names) if several else 0
    end = _shared([name[start:][::-1] for name in names]) if several else 0
    cores = [name[start : len(name) - end] for name in names]
    spare = max(LONGEST_NAME - 2 - max(map(len, cores)), 0)
    short = []
    for name, core in zip(names, cores, strict=True):
        first = max(start - spare // 2, 0)
        last = len(name) - end + spare - (start - first)
        middle = name[first:start] + core + name[len(name) - end : last]
        left, right = "…" * (first > 0), "…" * (last < len(name))
        short.append(left + shorten(middle, LONGEST_NAME - 2) + right)
    if len(set(short)) < len(set(names)):
        return [f"{i}: {shorten(name)}" for i, name in enumerate(names, 1)]
    return short


def _shared(names: Sequence[str]) -> int:
    """How many characters all names begin with."""
    columns = zip(*names, strict=False)
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))


def evenly(count: int, most: int) -> list[int]:
    """At most `most` of `count` indices, evenly spread, with both ends."""
    return sorted({round(x) for x in np.linspace(0, count - 1, min(count, most))})


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
    """Writes 0.001 as 10⁻³."""
    if x == 0:
        return "0"
    exponent = f"{round(np.log10(abs(x)))}".translate(SUPERSCRIPTS)
    return f"{'−' if x < 0 else ''}10{exponent}"


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

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        low, high = sorted((vmin, vmax))
        smallest = round(np.log10(self._threshold)) + 1
        largest = np.floor(np.log10(max(abs(low), abs(high)) * (1 + 1e-9)))
        sides = int(low < -self._threshold) + int(high > self._threshold)
        count = max(sides * (largest - smallest + 1), 1)
        stride = int(np.ceil(count / MOST_POWERS))
        powers = 10.0 ** np.arange(largest, smallest - 1, -stride)
        ticks = np.concatenate([-powers, [0.0], powers[::-1]])
        ticks = ticks[(ticks >= low) & (ticks <= high)]
        # Within less than two decades, as on a linear axis.
        if len(ticks) < 3:
            ticks = np.asarray(AutoLocator().tick_values(low, high))
        return [float(x) for x in ticks]


def step_formatter() -> EngFormatter:
    """Steps as 500, 20k, 1.5M."""
    return EngFormatter(sep="")
