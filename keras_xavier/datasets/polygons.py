"""Polygons as bit masks: one uint32 for each row of a 32 × 32 image.

A mask takes 32 numbers instead of 1024 pixels, its area is a count of bits, and
what one shape hides of another is one bitwise and. Nothing is computed here but
by operations that IEEE 754 defines to the last bit, so that the pixels are the
same on every machine.
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
        corners: Number of corners of the regular polygon on the unit circle.
        matrix: The linear maps that make the polygons of it, in pixels; array
            of shape `(2, 2, n)`.

    Returns:
        Lowest and highest x and y, two arrays of shape `(2, n)`.
    """
    x, y = _directions(corners, first=0.0)
    points = np.multiply.outer(x, matrix[:, 0]) + np.multiply.outer(y, matrix[:, 1])
    return points.min(axis=0), points.max(axis=0)


def draw(corners: int, matrix: Floats, center: Floats) -> Masks:
    """Draws polygons, each into an image of its own.

    A pixel belongs to a polygon when its center does. An edge with the normal
    (a, b) at distance d from the center (p, q) bounds the columns of row y at
    x = p + (d − b (y − q)) / a: from the right where a > 0, else from the left.

    Args:
        corners: Number of corners of the regular polygon on the unit circle.
        matrix: The linear maps that make the polygons of it, in pixels, with
            positive determinants; array of shape `(2, 2, n)`.
        center: Where the polygons lie, x and y in pixels; array of shape
            `(2, n)`.

    Returns:
        Array of uint32, `(n, 32)`: bit c of row r is pixel (r, c).
    """
    (xx, xy), (yx, yy) = matrix
    distance = (xx * yy - xy * yx) * np.float32(np.cos(np.pi / corners))
    shape = SIZE, distance.size
    left, right = np.zeros(shape, np.float32), np.full(shape, SIZE, np.float32)
    line, bound = np.empty(shape, np.float32), np.empty(shape, np.float32)
    # Opposite edges of an even polygon are parallel: each pair is done at once.
    even = corners % 2 == 0
    normals = zip(*_directions(corners, first=0.5), strict=True)
    for normal_x, normal_y in list(normals)[: corners // 2 if even else corners]:
        a = yy * normal_x - yx * normal_y
        b = xx * normal_y - xy * normal_x
        # So as not to divide by 0, a horizontal edge is turned by a millionth.
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


def paint(masks: Masks, grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Turns masks of shape `(n, 32)` into images, `(n, 1024)`, black around."""
    rows = masks.astype("<u4", copy=False).view(np.uint8)
    images = np.unpackbits(rows, axis=1, bitorder="little")
    images *= grey[:, np.newaxis]
    return images


def _directions(corners: int, *, first: float) -> tuple[Floats, Floats]:
    """Equal angles on the unit circle, from `first` of one onwards."""
    angles = 2 * np.pi * (np.arange(corners) + first) / corners
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def _columns_from(border: Floats) -> Masks:
    """Bits of the pixels whose centers lie right of `border`, which is spent."""
    border += np.float32(0.5)
    np.clip(border, 0, SIZE, out=border)
    # Shifting by all 32 bits gives 0, by NumPy's definition.
    return np.left_shift(np.uint32(0xFFFFFFFF), border.astype(np.int32).view(np.uint32))
