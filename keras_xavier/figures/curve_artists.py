"""The artists of one layer of one run in layer curves."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D

from keras_xavier.figures.data import Floats
from keras_xavier.figures.downsampling import Strip
from keras_xavier.figures.style import THEORY_LOOK, LineStyle

BAND_ALPHA, EDGE_ALPHA, RAW_ALPHA = 0.12, 0.55, 0.35


@dataclass(frozen=True)
class CurveLook:
    """The appearance of one layer of one run.

    Attributes:
        color: str. Color.
        style: Line style.
        width: float. Width of the line.
        marker: str. Marker of the line, or an empty string.
        mark: str. Marker of marks.
        edge: str. Color of the edge of markers.
    """

    color: str
    style: LineStyle
    width: float
    marker: str
    mark: str
    edge: str


@dataclass(frozen=True)
class CurveArtists:
    """The artists of one layer of one run; `None` if there is no such artist.

    Attributes:
        axes: The axes.
        line: The line.
        raw: The line before smoothing.
        marks: Marks of the 98th percentile.
        band: The band.
        theory: The prediction of theory.
    """

    axes: Axes
    line: Line2D
    raw: Line2D | None
    marks: Line2D | None
    band: PolyCollection | None
    theory: Line2D | None

    def set_data(
        self, raw: Strip, line: Strip, layer: int, places: list[int] | None
    ) -> None:
        """Sets the data of all artists except theory.

        Args:
            raw: Lines and bands of a run, before smoothing.
            line: Smoothed lines, or the same lines.
            layer: Column of the layer.
            places: Indices of the points with markers.
        """
        self.line.set_data(line.x, line.middle[:, layer])
        self.line.set_markevery(places)
        if self.raw is not None:
            self.raw.set_data(raw.x, raw.middle[:, layer])
        if self.band is not None:
            self.band.set_verts(outlines(raw.x, raw.low[:, layer], raw.high[:, layer]))
        if self.marks is not None:
            self.marks.set_data(raw.x, raw.high[:, layer])
            self.marks.set_markevery(places)


def make_artists(
    axes: Axes,
    look: CurveLook,
    *,
    has_band: bool,
    has_raw: bool,
    has_marks: bool,
    has_theory: bool,
) -> CurveArtists:
    """Adds the artists of one layer of one run to axes, without data."""

    def line(**how: Any) -> Line2D:
        (made,) = axes.plot([], [], color=look.color, **how)
        return made

    dots: dict[str, Any] = {
        "marker": look.marker,
        "markersize": 5,
        "markeredgecolor": look.edge,
        "markeredgewidth": 0.5,
    }
    return CurveArtists(
        axes=axes,
        band=make_band(axes, look.color) if has_band else None,
        line=line(linewidth=look.width, linestyle=look.style, zorder=3, **dots),
        # From the left to the right end of the axes, in every view.
        theory=line(transform=axes.get_yaxis_transform(), **THEORY_LOOK)
        if has_theory
        else None,
        raw=line(linewidth=0.8, linestyle=look.style, alpha=RAW_ALPHA, zorder=2)
        if has_raw
        else None,
        marks=line(linestyle="none", zorder=3, **dots | {"marker": look.mark})
        if has_marks
        else None,
    )


def make_band(axes: Axes, color: str) -> PolyCollection:
    """Adds a band to axes, without data."""
    band = PolyCollection(
        [],
        facecolor=(color, BAND_ALPHA),
        # The band of a single record is only an edge.
        edgecolor=(color, EDGE_ALPHA),
        linewidth=0.8,
        zorder=1,
    )
    axes.add_collection(band, autolim=False)
    return band


def outlines(x: Floats, low: Floats, high: Floats) -> list[Floats]:
    """Returns the outline of each stretch of a band without gaps.

    `FillBetweenPolyCollection` does the same for any units, in several times the time.

    Args:
        x: Array of shape (point,).
        low: Array of shape (point,). Lower ends of the band.
        high: Array of shape (point,). Upper ends of the band.
    """
    known = np.isfinite(x) & np.isfinite(low) & np.isfinite(high)
    changes = np.diff(known, prepend=False, append=False).nonzero()[0].reshape(-1, 2)
    return [
        np.column_stack(
            [
                np.concatenate([x[start:end], x[start:end][::-1]]),
                np.concatenate([low[start:end], high[start:end][::-1]]),
            ]
        )
        for start, end in changes
    ]
