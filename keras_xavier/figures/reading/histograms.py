"""Reads histograms: the share of the values in each interval."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import StepPatch

from keras_xavier.figures.binning import Histogram, between
from keras_xavier.figures.histogram_map import HistogramMap
from keras_xavier.figures.histograms import Histograms
from keras_xavier.figures.reading.groups import readable
from keras_xavier.figures.reading.numbers import interval_text, value_text
from keras_xavier.figures.reading.points import (
    Cells,
    Floats,
    Group,
    Lines,
    Reading,
    Values,
    panel_of,
    pixels_along,
    values_along,
)
from keras_xavier.figures.ridgelines import Ridgelines


def outline(patch: StepPatch, source: Histogram, run: int, reading: Reading) -> Lines:
    """Returns the intervals of an outline, each as a point in the middle of its top.

    Args:
        patch: The outline.
        source: The histogram that it shows.
        run: Index of the run.
        reading: What all intervals have in common.
    """
    axes = panel_of(patch)
    heights, edges, _ = patch.get_data()

    def read(_: int, point: int) -> Reading:
        values, share = interval(source, edges, point)
        return replace(reading, values=values, value=share)

    return Lines(
        axes=axes,
        run=run,
        x=middles(axes, np.asarray(edges, np.float64)),
        y=np.asarray(heights, np.float64)[:, np.newaxis],
        layers=(reading.layer,),
        artists=(patch,),
        read=read,
    )


def interval(source: Histogram, edges: Floats, place: int) -> tuple[Values, float]:
    """Returns an interval and its share of the values, as text and as a number."""
    ends = edges[place : place + 2]
    count = float(between(source, ends)[0])
    share = count / max(source.total, 1.0)
    values = (
        ("interval", interval_text(*ends)),
        ("share", value_text(share, is_share=True)),
        ("values", f"{count:,.0f} of {source.total:,.0f}"),
    )
    return values, share


def middles(axes: Axes, edges: Floats) -> Floats:
    """Returns the middles of the visible parts of intervals; NaN without such parts."""
    box = axes.bbox
    pixels = pixels_along(axes, "x", edges)
    seen = np.clip(pixels, box.x0, box.x1)
    middle = values_along(axes, (seen[:-1] + seen[1:]) / 2)
    return np.where(seen[1:] > seen[:-1], middle, np.nan)


@readable.register
def histograms(plot: Histograms) -> list[Group]:
    """Reads the intervals of each layer at one step."""
    groups: list[Group] = []
    for (i, j), patch in plot._patches.items():
        data = plot._runs[i]
        common = Reading(data.run, data.layers[j], data.step, (), np.nan)
        groups.append(outline(patch, plot._histograms[i, j], i, common))
    return groups


@readable.register
def ridgelines(plot: Ridgelines) -> list[Group]:
    """Reads the intervals of each layer at each step."""
    groups: list[Group] = []
    for (i, j), ridges in plot._ridges.items():
        data, sources = plot._runs[i], plot._histograms[i, j]
        for patch, source, record in zip(
            ridges, sources, plot._records[i], strict=True
        ):
            if source is not None and record is not None:
                step = int(data.steps[record])
                common = Reading(data.run, data.layers[j], step, (), np.nan)
                groups.append(outline(patch, source, i, common))
    return groups


@readable.register
def histogram_map(plot: HistogramMap) -> list[Group]:
    """Reads a cell for each interval at each step."""
    keys = plot._facets.keys
    return [
        Cells(
            axes=image.axes,
            run=i,
            x_edges=plot._edges_of_steps(plot._runs[i]),
            y_edges=plot._densities[place][1],
            layers=(plot._runs[i].layers[j],),
            read=_map_reader(plot, place),
        )
        for place, (image, (i, j)) in enumerate(zip(plot._images, keys, strict=True))
        if len(plot._runs[i].steps) and len(plot._densities) == len(keys)
    ]


def _map_reader(plot: HistogramMap, place: int) -> Callable[[int, int], Reading]:
    i, j = plot._facets.keys[place]

    def read(row: int, column: int) -> Reading:
        data = plot._runs[i]
        below, stored, totals = plot._sums[place]
        edges = plot._densities[place][1][row : row + 2]
        first, last = below[column, np.searchsorted(stored, edges)]
        share = float((last - first) / totals[column, 0])
        low, median, high = (float(one) for one in data.percentiles[column, j])
        values = (
            ("interval", interval_text(*edges)),
            ("share", value_text(share, is_share=True)),
            ("median", value_text(median)),
            ("2nd to 98th percentile", interval_text(low, high)),
        )
        step = int(data.steps[column])
        return Reading(data.run, data.layers[j], step, values, share)

    return read
