"""Remarks on lines that leave the view."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from keras_xavier.figures.downsampling import Strip
from keras_xavier.text import shorten

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass
class OutOfView:
    """Names of layers whose lines are outside of the view, wholly or partly."""

    wholly: list[str] = field(default_factory=list)
    partly: list[str] = field(default_factory=list)

    def remarks(self, what: str, noun: str) -> list[str]:
        """Returns remarks.

        Args:
            what: Text before the layers, such as `"bands of "`.
            noun: Noun for the lines, in the plural.
        """
        return [
            f"{what}{count(names, noun)} {how} the axis range"
            for names, how in (
                (self.wholly, "outside"),
                (self.partly, "partly outside"),
            )
            if names
        ]


def count(names: Sequence[str], noun: str) -> str:
    """Returns the name of one layer, or the number of several.

    >>> count(["hidden_1"], "layers"), count(["hidden_1", "hidden_2"], "layers")
    ('hidden_1', '2 layers')
    """
    return shorten(names[0]) if len(names) == 1 else f"{len(names):,} {noun}"


def describe_out_of_view(
    axes: Axes,
    strips: Sequence[Strip],
    layers: Sequence[Sequence[tuple[int, str]]],
    ends: str,
    with_ends: Sequence[Collection[int]],
) -> list[str]:
    """Describes lines that leave the view, and bands or marks of lines in view.

    Args:
        axes: Axes with the view.
        strips: Lines and bands of each run, as they are drawn.
        layers: Columns and names of the layers that are drawn of each run.
        ends: Noun for the bands or marks.
        with_ends: Columns of the layers of each run that have bands or marks.
    """
    lines, others = OutOfView(), OutOfView()
    for strip, drawn, having in zip(strips, layers, with_ends, strict=True):
        middle = in_view(axes, strip.x, strip.middle)
        low = high = middle
        if having:
            low, high = (in_view(axes, strip.x, one) for one in (strip.low, strip.high))
        for column, name in drawn:
            is_seen, is_whole = middle[0][column], middle[1][column]
            if not is_seen:
                lines.wholly.append(name)
            elif not is_whole:
                lines.partly.append(name)
            elif column in having and not (low[1][column] and high[1][column]):
                others.partly.append(name)
    noun = "layers" if len(strips) == 1 else "lines"
    return [*lines.remarks("", noun), *others.remarks(f"{ends} of ", noun)]


def in_view(axes: Axes, x: Floats, values: Floats) -> tuple[Bools, Bools]:
    """Returns whether lines are in view somewhere, and whether they never leave it.

    Lines are straight between points on axes of any scale. A line without values
    within the limits of x is in view and never leaves it.

    Args:
        axes: Axes with the view.
        x: Array of shape (point,), ascending.
        values: Array of shape (point, line).

    Returns:
        Two arrays of bool, of shape (line,).
    """
    across, up = axes.xaxis.get_transform(), axes.yaxis.get_transform()
    left, right = across.transform(np.array(axes.get_xlim()))
    bottom, top = np.sort(up.transform(np.array(axes.get_ylim())))
    places = across.transform(x)
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = up.transform(values.ravel()).reshape(values.shape)
        # A logarithmic axis has no values up to 0.
        heights[np.isfinite(values) & ~np.isfinite(heights)] = -np.inf
        within = ((places >= left) & (places <= right))[:, np.newaxis]
        known = within & ~np.isnan(heights)
        inside = (heights >= bottom) & (heights <= top)
        seen, out = (known & inside).any(axis=0), (known & ~inside).any(axis=0)
        widths = np.diff(places)[:, np.newaxis]
        first, last = heights[:-1], heights[1:]
        for end in (left, right):
            share = (end - places[:-1, np.newaxis]) / widths
            at_end = first + share * (last - first)
            crosses = (share > 0) & (share < 1) & np.isfinite(at_end)
            inside = (at_end >= bottom) & (at_end <= top)
            seen |= (crosses & inside).any(axis=0)
            out |= (crosses & ~inside).any(axis=0)
        # Between two points on either side of the view, where no point is inside.
        from_left = np.clip((left - places[:-1, np.newaxis]) / widths, 0, 1)
        to_right = np.clip((right - places[:-1, np.newaxis]) / widths, 0, 1)
        low = first + from_left * (last - first)
        high = first + to_right * (last - first)
        overlaps = (from_left < to_right) & np.isfinite(first) & np.isfinite(last)
        overlaps &= (np.minimum(low, high) <= top) & (np.maximum(low, high) >= bottom)
    seen |= overlaps.any(axis=0)
    return seen | ~out, ~out
