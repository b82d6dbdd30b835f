"""Colors of single units, by their mean or another statistic."""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from numpy.typing import NDArray

from keras_xavier.figures.limits import Limits
from keras_xavier.figures.statistic_colors import of_magnitudes, reached
from keras_xavier.figures.style import Style
from keras_xavier.figures.units import MEAN, LayerUnits, is_dead
from keras_xavier.statistics import UNIT_STATISTICS, Statistic


@dataclass(frozen=True)
class UnitColors:
    """The colors of the units of some layers.

    Attributes:
        norm: matplotlib `Normalize`. The range of values with different colors.
        colormap: str. Name of the colormap.
        ranges: Mapping of layers to two float, or `None`. If layers have different
            ranges, values are relative to them: -1 and 1 are the ends.
    """

    norm: Normalize
    colormap: str
    ranges: tuple[Limits, ...] | None = None

    @property
    def ends(self) -> Limits:
        """The smallest and the largest value with its own color."""
        return float(self.norm.vmin or 0.0), float(self.norm.vmax or 1.0)


def choose_colors(
    statistic: Statistic,
    layers: Sequence[LayerUnits],
    style: Style,
    *,
    full_range: bool = False,
) -> UnitColors:
    """Returns the range of values with different colors, and the colormap.

    Means have diverging colors: from bound to bound of bounded activations, and
    otherwise the same distance on both sides of 0.

    Args:
        statistic: `Statistic`. One of `UNIT_STATISTICS`.
        layers: Sequence of `LayerUnits`. The layers to color.
        style: `Style`. The colors of the figure.
        full_range: bool. Whether outliers have different colors. Defaults to `False`.
    """
    place = UNIT_STATISTICS.index(statistic)
    known = finite(layers, place)
    sequential = str(style.layers[0])
    if statistic.is_share:
        return UnitColors(Normalize(0, 1), sequential)
    if place != MEAN:
        return UnitColors(of_magnitudes(known[known > 0], full_range), sequential)
    kinds = {one.bounds for one in layers}
    if len(kinds) == 1:
        limits = range_of(layers, full_range)
        return UnitColors(Normalize(*limits), style.diverging)
    ranges = tuple(
        range_of([one for one in layers if one.bounds == layer.bounds], full_range)
        for layer in layers
    )
    return UnitColors(Normalize(-1, 1), style.diverging, ranges)


def range_of(layers: Sequence[LayerUnits], full_range: bool) -> Limits:
    """Returns the range of the means of layers with the same bounds."""
    bounds = layers[0].bounds if layers else (-1.0, 1.0)
    if np.isfinite(bounds).all():
        return bounds
    farthest = reached(np.abs(finite(layers, MEAN)), full_range)
    return -farthest, farthest


def finite(layers: Sequence[LayerUnits], place: int) -> NDArray[np.float64]:
    """Returns the finite values of a statistic in all layers."""
    values = [one.values[..., place].ravel() for one in layers]
    known = np.concatenate([np.zeros(0), *values])
    return known[np.isfinite(known)]


def color_units(
    layer: LayerUnits,
    statistic: Statistic,
    colors: UnitColors,
    style: Style,
    index: int = 0,
) -> NDArray[np.uint8]:
    """Returns the colors of the units of a layer, of shape (record, unit, 4).

    Args:
        layer: `LayerUnits`.
        statistic: `Statistic`. One of `UNIT_STATISTICS`.
        colors: `UnitColors`.
        style: `Style`. The colors of the figure.
        index: int. Index of the layer in `colors`. Defaults to 0.
    """
    values = layer.values[..., UNIT_STATISTICS.index(statistic)].astype(np.float64)
    undefined = np.isnan(values)
    if colors.ranges is not None:
        low, high = colors.ranges[index]
        values = (2 * values - low - high) / ((high - low) or 1.0)
    # Zeros have the color of the smallest values.
    mapped = ScalarMappable(colors.norm, colors.colormap)
    shown = mapped.to_rgba(np.maximum(values, colors.ends[0]), bytes=True)
    found = np.array(shown, np.uint8)
    if statistic is Statistic.MEAN:
        found[is_dead(layer.values)] = rgba(style.muted)
    # Unknown saturation is not NaN.
    is_unknown = statistic is Statistic.SATURATED
    found[undefined] = rgba(style.grid if is_unknown else style.undefined)
    return found


def rgba(color: str) -> NDArray[np.uint8]:
    """Returns a color as four bytes."""
    return np.multiply(mpl.colors.to_rgba(color), 255).astype(np.uint8)
