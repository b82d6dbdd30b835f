"""Draws polygons as bit masks: one uint32 for each row of a 32 × 32 image.

A mask has 32 numbers instead of 1024 pixels, its area is a bit count, and the overlap
of two shapes is a bitwise and. Only operations that IEEE 754 defines exactly are used,
so that pixels are the same on every machine.
"""

import numpy as np
from numpy.typing import NDArray

SIZE = 32
"""Width and height of an image in pixels."""

Floats = NDArray[np.float32]
Masks = NDArray[np.uint32]

FAR = np.float32(1e9)
FLATTEST = np.float32(1e-6)
ROW_CENTERS = np.arange(SIZE, dtype=np.float32)[:, np.newaxis] + np.float32(0.5)


def extents(corners: int, matrix: Floats) -> tuple[Floats, Floats]:
    """Computes the bounding boxes of polygons around the origin.

    Args:
        corners: int. Number of corners of the regular polygon on the unit circle.
        matrix: Array of shape `(2, 2, n)`. Linear maps that are applied to the regular
            polygon, in pixels.

    Returns:
        Tuple of two arrays of shape `(2, n)`: lowest and highest x and y.
    """
    x, y = _directions(corners, first=0.0)
    points = np.multiply.outer(x, matrix[:, 0]) + np.multiply.outer(y, matrix[:, 1])
    return points.min(axis=0), points.max(axis=0)


def draw(corners: int, matrix: Floats, center: Floats) -> Masks:
    """Draws polygons, each into its own image.

    A pixel belongs to a polygon if its center does. An edge with the normal (a, b) at
    distance d from the center (p, q) bounds the columns of row y at
    x = p + (d − b (y − q)) / a: from the right if a > 0, otherwise from the left.

    Args:
        corners: int. Number of corners of the regular polygon on the unit circle.
        matrix: Array of shape `(2, 2, n)`. Linear maps that are applied to the regular
            polygon, in pixels, with positive determinants.
        center: Array of shape `(2, n)`. Centers of the polygons, x and y in pixels.

    Returns:
        Array of uint32, of shape `(n, 32)`: bit c of row r is pixel (r, c).
    """
    (xx, xy), (yx, yy) = matrix
    distance = (xx * yy - xy * yx) * np.float32(np.cos(np.pi / corners))
    shape = SIZE, distance.size
    left, right = np.zeros(shape, np.float32), np.full(shape, SIZE, np.float32)
    line, bound = np.empty(shape, np.float32), np.empty(shape, np.float32)
    # Opposite edges of an even polygon are parallel: each pair is handled at once.
    even = corners % 2 == 0
    normals = zip(*_directions(corners, first=0.5), strict=True)
    for normal_x, normal_y in list(normals)[: corners // 2 if even else corners]:
        a = yy * normal_x - yx * normal_y
        b = xx * normal_y - xy * normal_x
        # A horizontal edge is rotated by a millionth, to avoid a division by 0.
        a = np.where(np.abs(a) < FLATTEST, FLATTEST, a)
        slope, reach = b / a, distance / np.abs(a)
        middle = center[0] + slope * center[1]
        np.multiply(slope, ROW_CENTERS, out=line)
        to_right = reach if even else np.where(a > 0, reach, FAR)
        np.subtract(middle + to_right, line, out=bound)
        np.minimum(right, bound, out=right)
        to_left = reach if even else np.where(a < 0, reach, FAR)
        np.subtract(middle - to_left, line, out=bound)
        np.maximum(left, bound, out=left)
    return (_columns_from(left) & ~_columns_from(right)).T


def area(masks: Masks) -> NDArray[np.uint16]:
    """Counts the pixels of masks of shape `(n, 32)`."""
    return np.add.reduce(np.bitwise_count(masks), axis=1, dtype=np.uint16)


def paint(masks: Masks, gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Paints masks of shape `(n, 32)` as images of shape `(n, 1024)`, on black."""
    rows = masks.astype("<u4", copy=False).view(np.uint8)
    images = np.unpackbits(rows, axis=1, bitorder="little")
    images *= gray[:, np.newaxis]
    return images


def _directions(corners: int, *, first: float) -> tuple[Floats, Floats]:
    """Returns points at equal angles on the unit circle, from `first` angles on."""
    angles = 2 * np.pi * (np.arange(corners) + first) / corners
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def _columns_from(border: Floats) -> Masks:
    """Returns bits of the pixels whose centers lie right of `border`; overwrites it."""
    border += np.float32(0.5)
    np.clip(border, 0, SIZE, out=border)
    # NumPy defines a shift by all 32 bits as 0.
    return np.left_shift(np.uint32(0xFFFFFFFF), border.astype(np.int32).view(np.uint32))
