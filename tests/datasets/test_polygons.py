import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.datasets import polygons
from keras_xavier.datasets.polygons import SIZE

angles = st.floats(0, 2 * np.pi)
lengths = st.floats(2.5, 14)
positions = st.floats(-5, 37)


def rotation(angle: float) -> np.ndarray:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def affine(first: float, a: float, b: float, second: float) -> np.ndarray:
    matrix = rotation(second) @ np.diag([a, b]) @ rotation(first)
    return matrix.astype(np.float32)[..., np.newaxis]


def vertices(corners: int, matrix: np.ndarray) -> np.ndarray:
    turn = 2 * np.pi * np.arange(corners) / corners
    return matrix[..., 0].astype(float) @ [np.cos(turn), np.sin(turn)]


def distances(corners: int, matrix: np.ndarray, center: np.ndarray) -> np.ndarray:
    """Returns how far the center of each pixel lies within the polygon, in pixels."""
    x, y = vertices(corners, matrix) + center.astype(float)
    rows, columns = np.mgrid[:SIZE, :SIZE] + 0.5
    edge_x, edge_y = np.roll(x, -1) - x, np.roll(y, -1) - y
    cross = [
        (dx * (rows - y0) - dy * (columns - x0)) / np.hypot(dx, dy)
        for dx, dy, x0, y0 in zip(edge_x, edge_y, x, y, strict=True)
    ]
    return np.min(cross, axis=0)


def pixels(masks: np.ndarray) -> np.ndarray:
    white = np.full(len(masks), 1, np.uint8)
    return polygons.paint(masks, white).reshape(-1, SIZE, SIZE).astype(bool)


@pytest.mark.parametrize("corners", [3, 4, 5, 20])
@given(angles, lengths, lengths, angles, positions, positions)
def test_pixels_with_centers_inside_are_drawn(corners, first, a, b, second, x, y):
    matrix = affine(first, a, b, second)
    center = np.array([[x], [y]], np.float32)
    drawn = pixels(polygons.draw(corners, matrix, center))[0]
    within = distances(corners, matrix, center)
    assert drawn[within > 1e-3].all()
    assert not drawn[within < -1e-3].any()


def test_horizontal_and_vertical_edges():
    diagonal = affine(np.pi / 4, 4 * np.sqrt(2), 6 * np.sqrt(2), 0.0)
    mask = polygons.draw(4, diagonal, np.array([[10.2], [20.3]], np.float32))
    expected = np.zeros((SIZE, SIZE), bool)
    expected[14:26, 6:14] = True
    np.testing.assert_array_equal(pixels(mask)[0], expected)


@pytest.mark.parametrize("corners", [3, 4, 20])
@given(angles, lengths, lengths, angles)
def test_extents_match_the_corners(corners, first, a, b, second):
    matrix = affine(first, a, b, second)
    low, high = polygons.extents(corners, matrix)
    points = vertices(corners, matrix)
    np.testing.assert_allclose(low[:, 0], points.min(axis=1), atol=1e-4)
    np.testing.assert_allclose(high[:, 0], points.max(axis=1), atol=1e-4)


def test_polygons_are_drawn_independently():
    matrices = np.concatenate([affine(i, 3 + i, 9 - i, 2 * i) for i in range(6)], 2)
    centers = np.linspace([8, 9], [22, 20], 6, dtype=np.float32).T
    together = polygons.draw(3, matrices, centers)
    alone = [polygons.draw(3, matrices[..., [i]], centers[:, [i]])[0] for i in range(6)]
    np.testing.assert_array_equal(together, alone)


def test_area_and_paint():
    masks = np.zeros((2, SIZE), np.uint32)
    masks[0, 3], masks[1] = 0b101, 0xFFFFFFFF
    assert polygons.area(masks).tolist() == [2, 1024]
    images = polygons.paint(masks, np.array([200, 7], np.uint8)).reshape(2, SIZE, SIZE)
    assert np.argwhere(images[0]).tolist() == [[3, 0], [3, 2]]
    assert images[0, 3, 2] == 200
    assert (images[1] == 7).all()
