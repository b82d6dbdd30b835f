"""The data point nearest to a place, and its neighbors."""

from functools import lru_cache

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from keras_xavier.figures.reading import (
    Cells,
    Lines,
    Reading,
    Spot,
    find_nearest,
    line_above,
    line_after,
    place_of,
    point_after,
)

VALUES = st.one_of(st.just(np.nan), st.floats(-3, 8), st.floats(0.1, 1))
SCALES = st.sampled_from(["linear", "log", "symlog"])


@lru_cache
def make_axes(
    x_scale="linear", y_scale="linear", *, x=(0.0, 10.0), y=(-2.0, 5.0), place=0
):
    figure = Figure(figsize=(4, 3))
    axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    axes.set_xscale(x_scale)
    axes.set_yscale(y_scale)
    axes.set_xlim(0.1 if x_scale == "log" else x[0], x[1])
    axes.set_ylim(0.1 if y_scale == "log" else y[0], y[1])
    return axes


def lines(axes, x, y):
    def read(line, point):
        return Reading("run", f"layer_{line}", point, (), float(y[point, line]))

    layers = [f"layer_{i}" for i in range(y.shape[1])]
    artists = [Line2D([], []) for _ in layers]
    return Lines(axes, 0, x, y, layers, artists, read)


@st.composite
def drawn_lines(draw):
    """Lines on axes of any scale, some points of which are out of view."""
    axes = make_axes(draw(SCALES), draw(SCALES))
    points, count = draw(st.integers(1, 40)), draw(st.integers(1, 4))
    steps = arrays(float, points, elements=st.floats(-1, 12, width=32))
    x = np.sort(draw(steps))
    return lines(axes, x, draw(arrays(float, (points, count), elements=VALUES)))


@settings(max_examples=60)
@given(drawn_lines(), st.floats(0, 1), st.floats(0, 1))
def test_the_nearest_point_in_view_is_found_whatever_the_scales(group, across, up):
    axes = group.axes
    x, y = axes.transAxes.transform((across, up))
    found = find_nearest([group], axes, x, y)
    points = np.stack([np.broadcast_to(group.x[:, None], group.y.shape), group.y], -1)
    places = axes.transData.transform(points.reshape(-1, 2))
    (left, bottom), (right, top) = axes.bbox.get_points()
    seen = (places >= (left - 0.5, bottom - 0.5)).all(1)
    seen &= (places <= (right + 0.5, top + 0.5)).all(1)
    distances = np.hypot(*(places[seen] - (x, y)).T)
    if not distances.size:
        assert found is None
        return
    assert np.hypot(*(np.array(place_of([group], found)) - (x, y))) == pytest.approx(
        distances.min(), abs=1e-6
    )


@settings(max_examples=40)
@given(drawn_lines(), st.integers(0, 3), st.integers(0, 39))
def test_moving_visits_the_points_in_view_in_order(group, line, point):
    count, points = group.shape
    start = Spot(0, line % count, point % points)
    visited = [start]
    while (after := point_after([group], visited[-1], 1)) != visited[-1]:
        visited.append(after)
    across, up = group.drawn(start.line)
    seen = np.flatnonzero(np.isfinite(across) & np.isfinite(up))
    expected = [one for one in seen if one > start.point]
    assert [one.point for one in visited[1:]] == expected
    assert {one.line for one in visited} == {start.line}


def test_a_million_points_are_read_within_a_frame():
    axes = make_axes(x=(0, 1e6), y=(-4, 4))
    values = np.random.default_rng(0).normal(size=(1_000_000, 3))
    group = lines(axes, np.arange(1e6), values)
    x, y = axes.transData.transform((500_000, 0.0))
    found = find_nearest([group], axes, x, y)
    across, up = place_of([group], found)
    assert np.hypot(across - x, up - y) < 1


def test_up_and_down_move_between_lines_and_tab_to_other_panels():
    first, second = make_axes(), make_axes(place=1)
    x = np.arange(5.0)
    y = np.stack([np.full(5, 1.0), np.full(5, 3.0), np.full(5, np.nan)], 1)
    groups = [lines(first, x, y), lines(second, x, y[:, :1])]
    below = Spot(0, 0, 2)
    assert line_above(groups, below, 1) == Spot(0, 1, 2)
    assert line_above(groups, Spot(0, 1, 2), 1) == Spot(0, 1, 2)
    assert line_above(groups, Spot(0, 1, 2), -1) == below
    # The third line has no points.
    assert line_after(groups, Spot(0, 1, 2), 1) == Spot(1, 0, 2)
    assert line_after(groups, Spot(1, 0, 2), -1) == Spot(0, 1, 2)
    assert line_after(groups, Spot(1, 0, 2), 1) is None


def make_cells():
    """Cells of 3 rows and 4 columns, whose first row is at the top; one is empty."""
    axes = make_axes(x=(0, 40), y=(2.5, -0.5))

    def read(row, column):
        if (row, column) == (1, 1):
            return None
        return Reading("run", f"layer_{row}", column, (), 0.0)

    edges = np.array([0, 10, 20, 30, 40.0])
    layers = ("layer_0", "layer_1", "layer_2")
    return Cells(axes, 0, edges, np.arange(4) - 0.5, layers, read)


@settings(max_examples=40)
@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.integers(0, 11))
def test_the_cell_at_a_place_is_found(across, up, place):
    cells, (row, column) = make_cells(), divmod(place, 4)
    at = 10 * (column + across), row - 0.5 + up
    found = find_nearest([cells], cells.axes, *cells.axes.transData.transform(at))
    assert found == (None if (row, column) == (1, 1) else Spot(0, row, column))


def test_moving_between_cells_skips_empty_cells():
    groups = [make_cells()]
    assert point_after(groups, Spot(0, 0, 3), 1) == Spot(0, 0, 3)
    assert point_after(groups, Spot(0, 0, 1), -1) == Spot(0, 0, 0)
    # The first row is at the top.
    assert line_above(groups, Spot(0, 0, 1), -1) == Spot(0, 2, 1)
    assert line_above(groups, Spot(0, 0, 0), -1) == Spot(0, 1, 0)
    assert line_above(groups, Spot(0, 0, 0), 1) == Spot(0, 0, 0)
