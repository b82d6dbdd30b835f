"""Moves between lines and points, as the keyboard does."""

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes

from keras_xavier.figures.reading.points import (
    Cells,
    Group,
    Lines,
    Spot,
    find_nearest,
    place_of,
    read,
)


def point_after(groups: Sequence[Group], spot: Spot, by: int) -> Spot:
    """Returns the next point to the right of a spot, or to the left of it.

    Points out of view and empty cells are skipped. The last point has none after it.

    Args:
        groups: What can be read in the figure.
        spot: A point or a cell.
        by: 1 for the right, -1 for the left.
    """
    group = groups[spot.group]
    _, points = group.shape
    if isinstance(group, Cells):
        left, right = group.axes.bbox.x0, group.axes.bbox.x1
        point = spot.point + by
        if not 0 <= point < points:
            return spot
        start, _, end, _ = group.box(spot.line, point)
        is_seen = end > left and start < right
        return spot._replace(point=point) if is_seen else spot
    across, up = group.drawn(spot.line)
    (seen,) = np.nonzero(np.isfinite(across) & np.isfinite(up))
    after = seen[seen > spot.point] if by > 0 else seen[seen < spot.point]
    if not after.size:
        return spot
    return spot._replace(point=int(after[0] if by > 0 else after[-1]))


def line_above(groups: Sequence[Group], spot: Spot, by: int) -> Spot:
    """Returns the point or cell above a spot in its panel, or the one below it.

    Args:
        groups: What can be read in the figure.
        spot: A point or a cell.
        by: 1 for above, -1 for below.
    """
    group = groups[spot.group]
    x, _ = place_of(groups, spot)
    if isinstance(group, Cells):
        return _row_above(groups, spot, by)
    # Lines at the same height are in the order of the figure.
    found = sorted(
        (place_of(groups, one)[1], one[:2], one)
        for one in _beside(groups, group.axes, x, spot)
    )
    here = [one for _, _, one in found].index(spot)
    there = here + by
    return found[there][2] if 0 <= there < len(found) else spot


def line_after(groups: Sequence[Group], spot: Spot, by: int) -> Spot | None:
    """Returns the nearest point of the next line, in the order of the figure.

    Args:
        groups: What can be read in the figure.
        spot: A point or a cell.
        by: 1 for the next line, -1 for the line before it.

    Returns:
        `Spot`, or `None` after the last line.
    """
    x, y = place_of(groups, spot)
    order = [
        (i, line)
        for i, group in enumerate(groups)
        for line in range(group.shape[0] if isinstance(group, Lines) else 1)
    ]
    here = (spot.group, spot.line if isinstance(groups[spot.group], Lines) else 0)
    place = order.index(here) + by
    box = groups[spot.group].axes.bbox
    shares = (x - box.x0) / box.width, (y - box.y0) / box.height
    while 0 <= place < len(order):
        i, line = order[place]
        there = groups[i].axes.bbox
        at = there.x0 + shares[0] * there.width, there.y0 + shares[1] * there.height
        if found := _nearest_on(groups, i, line, *at):
            return found
        place += by
    return None


def first_spot(groups: Sequence[Group], axes: Axes, x: float, y: float) -> Spot | None:
    """Returns the spot nearest to a place in a panel, or else in any other panel."""
    if (spot := find_nearest(groups, axes, x, y)) is not None:
        return spot
    for i, group in enumerate(groups):
        for line in range(group.shape[0]):
            box = group.axes.bbox
            at = box.x1 - 1, (box.y0 + box.y1) / 2
            if spot := _nearest_on(groups, i, line, *at):
                return spot
    return None


def _row_above(groups: Sequence[Group], spot: Spot, by: int) -> Spot:
    group = groups[spot.group]
    bottom, top = group.axes.get_ylim()
    up = by if top > bottom else -by
    row = spot.line + up
    while 0 <= row < group.shape[0]:
        there = spot._replace(line=row)
        low, high = group.axes.bbox.y0, group.axes.bbox.y1
        if not low <= place_of(groups, there)[1] <= high:
            return spot
        if read(groups, there):
            return there
        row += up
    return spot


def _beside(
    groups: Sequence[Group], axes: Axes, x: float, spot: Spot
) -> Iterator[Spot]:
    """Yields the points of each line of a panel nearest to a place along x."""
    for i, group in enumerate(groups):
        if group.axes is not axes or isinstance(group, Cells):
            continue
        for line in range(group.shape[0]):
            if (i, line) == spot[:2]:
                yield spot
            elif found := _nearest_on(groups, i, line, x, None):
                yield found


def _nearest_on(
    groups: Sequence[Group], i: int, line: int, x: float, y: float | None
) -> Spot | None:
    """Returns the point of a line, or the cell of a map, nearest to a place."""
    group = groups[i]
    if isinstance(group, Cells):
        cell = group.at(x, y or 0.0)
        return Spot(i, *cell) if cell and group.read(*cell) else None
    across, up = group.drawn(line)
    distances = np.abs(across - x)
    distances[np.isnan(up) | np.isnan(across)] = np.inf
    if not distances.size or not np.isfinite(distances.min()):
        return None
    return Spot(i, line, int(distances.argmin()))
