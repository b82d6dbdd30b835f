"""What can be read in each figure: a function for each class of plots.

`readable` finds it by the class of the plot. A figure without such a function is read
by the lines that it has drawn.
"""

from functools import singledispatch

import numpy as np
from matplotlib.lines import Line2D

from keras_xavier.figures.plot import Plot
from keras_xavier.figures.reading.numbers import value_text
from keras_xavier.figures.reading.points import Group, Lines, Reading, panel_of


@singledispatch
def readable(plot: Plot) -> list[Group]:
    """Returns what can be read in each panel of a plot, in its present view."""
    return [
        group
        for axes in plot.layout.axes
        for line in axes.get_lines()
        if (group := drawn_line(plot, line)) is not None
    ]


def drawn_line(plot: Plot, line: Line2D) -> Lines | None:
    """Returns the points of a line, unless it marks places of the axes."""
    axes = panel_of(line)
    if not line.get_transform().contains_branch(axes.transData):
        return None
    x, y = (np.asarray(one, np.float64) for one in line.get_data(orig=False))
    steps = plot.has_steps(axes)

    def read(_: int, point: int) -> Reading:
        place = () if steps else (("x", value_text(x[point])),)
        values = *place, ("" if steps else "y", value_text(y[point]))
        step = int(x[point]) if steps else None
        return Reading("", "", step, values, float(y[point]))

    # Points in any order.
    rows = x[:, np.newaxis], y[:, np.newaxis]
    return Lines(axes, 0, *rows, layers=("",), artists=(line,), read=read)


def run_names(plot: Plot) -> list[str]:
    """Returns the names of the runs of a plot, by the index that groups have."""
    return [str(one.run) for one in plot._runs]
