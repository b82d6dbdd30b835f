"""Colors, markers and line styles, the same in all plots.

Colors are safe for color-blind readers and never the only difference: layers also
differ in marker or line style, metrics in line style.
"""

from collections.abc import Mapping
from colorsys import hls_to_rgb
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.colors import to_hex, to_rgb

TITLE_SIZE, TEXT_SIZE, NOTE_SIZE = 11, 9, 8
"""Sizes of text in points."""
TEXT_LETTER = 0.075
"""Width of an average letter of `TEXT_SIZE` in inches."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")
LineStyle = Literal["solid"] | tuple[float, tuple[float, ...]]
LINE_STYLES: tuple[LineStyle, ...] = (
    "solid",
    (0, (6, 1.5)),
    (0, (3, 1, 1, 1)),
    (0, (2, 1.2)),
    (0, (6, 1.5, 1, 1.5, 1, 1.5)),
    (0, (12, 2)),
    (0, (12, 2, 2.5, 2)),
    (0, (2, 1.2, 2, 3)),
)
"""Line styles of layers and runs: none is as dotted as `THEORY_LOOK`."""

GOLDEN = (5**0.5 - 1) / 2
"""Multiples of the golden ratio, modulo 1, fill the interval evenly."""

THEORY_LOOK: Mapping[str, Any] = {
    "linestyle": (0, (0.01, 3.5)),
    "dash_capstyle": "round",
    "linewidth": 2.2,
    "zorder": 4,
}
"""Line style of theory: widely spaced round dots, unlike any run or layer."""


@dataclass(frozen=True)
class Style:
    """The colors of a plot.

    Attributes:
        background: str. Color of the background.
        foreground: str. Color of text, axes and ticks.
        muted: str. Color of less important text.
        grid: str. Color of grid lines.
        layers: Tuple of str and two float. Name of a perceptually uniform colormap for
            layers in the order of depth, and the ends of the part that contrasts with
            the background, between 0 and 1.
        diverging: str. Name of a colormap for values on both sides of 0.
        undefined: str. Color of NaN.
        mark: str. Color of lines on top of maps.
        runs: Tuple of str. Colors of runs, by index.
    """

    background: str
    foreground: str
    muted: str
    grid: str
    layers: tuple[str, float, float]
    diverging: str
    undefined: str
    mark: str
    runs: tuple[str, ...]

    def layer_colors(self, count: int) -> list[str]:
        """Returns colors for `count` layers, from the first to the last."""
        return [*colors_along(*self.layers, count)]

    def layer_color(self, index: int, count: int) -> str:
        """Returns the color of one of `count` layers."""
        return colors_along(*self.layers, count)[index]

    def run_color(self, index: int) -> str:
        """Returns the color of the run with this index.

        After the safe colors follow others, which all differ.
        """
        if index < len(self.runs):
            return self.runs[index]
        return further_color(index, is_light=sum(to_rgb(self.background)) > 1.5)


@lru_cache(maxsize=64)
def colors_along(
    colormap: str, first: float, last: float, count: int
) -> tuple[str, ...]:
    """Returns evenly spaced colors of a part of a colormap."""
    colors = mpl.colormaps[colormap](np.linspace(first, last, count))
    return tuple(map(to_hex, colors))


@lru_cache(maxsize=1024)
def further_color(index: int, *, is_light: bool) -> str:
    """Returns a color that contrasts with the background; neighbors differ most."""
    lightness = (0.3, 0.4) if is_light else (0.62, 0.76)
    hue = index * GOLDEN % 1
    return to_hex(hls_to_rgb(hue, lightness[index % 2], 0.75))


# Okabe & Ito (2008) without yellow, which is invisible on white; neighbors differ in
# lightness too.
LIGHT = Style(
    background="#ffffff",
    foreground="#222222",
    muted="#666666",
    grid="#e4e4e4",
    layers=("viridis", 0.0, 0.82),
    diverging="PuOr",
    undefined="#d62728",
    mark="#e0218a",
    runs=("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"),
)
DARK = Style(
    background="#1e1e1e",
    foreground="#e6e6e6",
    muted="#a6a6a6",
    grid="#383838",
    layers=("viridis", 0.35, 1.0),
    diverging="berlin",
    undefined="#ff4d4d",
    mark="#ff66b3",
    runs=("#4aa3df", "#ff7f32", "#1fc498", "#e39bc3", "#f0b429", "#9ad5f5", "#ffffff"),
)


def marker(index: int) -> str:
    """Returns the marker of the layer or run with this index."""
    return MARKERS[index % len(MARKERS)]


def line_style(index: int) -> LineStyle:
    """Returns the line style of the layer with this index."""
    return LINE_STYLES[index % len(LINE_STYLES)]
