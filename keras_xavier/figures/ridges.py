"""Ridges: outlines of histograms one under the other."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import StepPatch

from keras_xavier.figures.binning import Outline
from keras_xavier.figures.style import LineStyle

TALLEST = 0.95
"""Height of the tallest ridge, in distances from one to the next: none overlap."""


def add_ridges(
    axes: Axes, colors: Sequence[str], alpha: float, look: LineStyle = "solid"
) -> list[StepPatch]:
    """Adds ridges of these colours, from top to bottom.

    Args:
        axes: Where; rows grow downwards.
        colors: Of each ridge.
        alpha: Of what is under its outline.
        look: Line style of the outline.
    """
    return [
        axes.stairs(
            [0.0],
            [0.0, 1.0],
            baseline=float(row),
            facecolor=(color, alpha),
            edgecolor=color,
            linewidth=1.2,
            linestyle=look,
            fill=True,
        )
        for row, color in enumerate(colors)
    ]


def draw_ridges(
    ridges: Sequence[StepPatch],
    outlines: Sequence[Outline | None],
    tallest: float,
    *,
    flat: bool,
) -> None:
    """Gives ridges their outlines.

    Args:
        ridges: Those of `add_ridges`.
        outlines: Of each; where there is `None`, there is no ridge.
        tallest: Height of the outline that is as high as a ridge can be.
        flat: Whether they are drawn where there is nothing, too.
    """
    for row, (ridge, one) in enumerate(zip(ridges, outlines, strict=True)):
        ridge.set_visible(one is not None)
        if one is not None:
            heights = row - TALLEST * one.heights / tallest
            if not flat:
                heights[one.heights == 0] = np.nan
            ridge.set_data(heights, one.edges, baseline=float(row))
