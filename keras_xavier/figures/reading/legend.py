"""Finds the entry of the legend at a place."""

from keras_xavier.figures.layout import Layout
from keras_xavier.figures.legend import Entry

BETWEEN = 2.0
"""Pixels above and below a text that belong to its entry."""


def entry_at(layout: Layout, x: float, y: float) -> Entry | None:
    """Returns the entry of a run or a layer at a place, or `None`.

    Args:
        layout: Layout of the plot.
        x: Pixels from the left.
        y: Pixels from the bottom.
    """
    legend = layout.legend
    if legend is None or not legend.get_window_extent().contains(x, y):
        return None
    for entry, text in zip(layout.listed, legend.get_texts(), strict=True):
        box = text.get_window_extent()
        if box.y0 - BETWEEN <= y <= box.y1 + BETWEEN and (entry.run or entry.layer):
            return entry
    return None
