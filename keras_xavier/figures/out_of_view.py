"""Remarks on lines that leave the view."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from keras_xavier.figures.downsampling import Strip
from keras_xavier.text import shorten


@dataclass
class OutOfView:
    """Layers that are out of view at some of the records."""

    names: list[str] = field(default_factory=list)
    records: int = 0
    all_records: int = 0

    def add(self, names: Sequence[str], out: NDArray[np.bool_]) -> None:
        """Adds the layers of a run, which are out of view where `out` is true."""
        self.names += [names[int(k)] for k in np.flatnonzero(out.any(axis=0))]
        self.records += int(out.any(axis=1).sum())
        self.all_records += len(out)

    def __str__(self) -> str:
        more = f" and {len(self.names) - 1} more" if len(self.names) > 1 else ""
        return (
            f"{shorten(self.names[0])}{more} out of view at {self.records:,} of "
            f"{self.all_records:,} records"
        )


def describe_out_of_view(
    axes: Axes,
    strips: Sequence[Strip],
    layers: Sequence[Sequence[tuple[int, str]]],
    ends: str,
) -> list[str]:
    """Describes lines that leave the view, and bands of other lines.

    Args:
        axes: Axes with the view.
        strips: Lines and bands of each run.
        layers: Columns and names of the layers that are drawn of each run.
        ends: Noun for the bands.
    """
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    lines, bands = OutOfView(), OutOfView()
    for strip, drawn in zip(strips, layers, strict=True):
        columns, names = [j for j, _ in drawn], [name for _, name in drawn]
        first, last = np.searchsorted(strip.x, [left, np.nextafter(right, np.inf)])
        low, high, middle = (
            part[first:last] for part in (strip.low, strip.high, strip.middle)
        )
        beyond = ((low < bottom) | (high > top))[:, columns]
        out = beyond
        if strip.middle is not strip.low:
            out = ((middle < bottom) | (middle > top))[:, columns]
        lines.add(names, out)
        bands.add(names, beyond & ~out.any(axis=0))
    found = {"": lines, f"{ends} of ": bands}
    return [f"{what}{one}" for what, one in found.items() if one.names]
