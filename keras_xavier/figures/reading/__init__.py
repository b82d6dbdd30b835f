"""Reads the values at a place of a figure, or at the neighbors of a data point."""

# They register how their figures are read.
from keras_xavier.figures.reading import curves, histograms, maps, network
from keras_xavier.figures.reading.emphasis import (
    color_of,
    emphasis_artists,
    emphasized,
    mark_of,
)
from keras_xavier.figures.reading.groups import readable, run_names
from keras_xavier.figures.reading.legend import entry_at
from keras_xavier.figures.reading.moves import (
    first_spot,
    line_above,
    line_after,
    point_after,
)
from keras_xavier.figures.reading.points import (
    Cells,
    Group,
    Lines,
    Reading,
    Spot,
    find_nearest,
    layer_of,
    place_of,
    read,
)

__all__ = [
    "Cells",
    "Group",
    "Lines",
    "Reading",
    "Spot",
    "color_of",
    "curves",
    "emphasis_artists",
    "emphasized",
    "entry_at",
    "find_nearest",
    "first_spot",
    "histograms",
    "layer_of",
    "line_above",
    "line_after",
    "maps",
    "mark_of",
    "network",
    "place_of",
    "point_after",
    "read",
    "readable",
    "run_names",
]
