"""Colours, markers and line styles, the same in every picture.

Colours are safe for colour-blind readers and never the only sign: layers also
differ in marker or line style, metrics in line style.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.colors import to_hex

TITLE_SIZE, TEXT_SIZE, NOTE_SIZE = 11, 9, 8
"""Sizes of text in points."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")
LineStyle = Literal["solid"] | tuple[float, tuple[float, ...]]
LINE_STYLES: tuple[LineStyle, ...] = (
    "solid",
    (0, (6, 1.5)),
    (0, (3, 1, 1, 1)),
    (0, (1.2, 1)),
    (0, (6, 1.5, 1, 1.5, 1, 1.5)),
)


THEORY_LOOK: Mapping[str, Any] = {
    "linestyle": (0, (0.01, 3.5)),
    "dash_capstyle": "round",
    "linewidth": 2.2,
    "zorder": 4,
}
"""Of lines that show what theory expects: dots, round and far apart,
which no run and no layer has."""
THEORY_REMARK = "dots far apart: theory, before training"


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
        diverging: Name of a colormap for values to both sides of 0.
        undefined: Where there is no number.
        mark: Lines that are drawn over colours.
        runs: Colours of runs, by their index.
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
        """Colours for `count` layers, from the first to the last one."""
        name, first, last = self.layers
        colormap = mpl.colormaps[name]
        return [to_hex(colormap(x)) for x in np.linspace(first, last, count)]

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
    diverging="PuOr",
    undefined="#d62728",
    mark="#e0218a",
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
    diverging="berlin",
    undefined="#ff4d4d",
    mark="#ff66b3",
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
