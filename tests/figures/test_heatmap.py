import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.scale import SymmetricalLogTransform
from matplotlib.transforms import IdentityTransform

from keras_xavier.figures.heatmap import add_image, cells_along, paint

TRANSFORMS = [IdentityTransform(), SymmetricalLogTransform(10, 1, 0.5)]


@given(
    st.sampled_from(TRANSFORMS),
    st.lists(st.integers(-500, 500), min_size=2, max_size=30, unique=True),
    st.integers(-600, 600),
    st.integers(1, 900),
    st.integers(1, 80),
    st.booleans(),
)
@example(IdentityTransform(), [0, 1, 2], -1, 4, 4, False)
@example(IdentityTransform(), [0, 5], -1, 2, 1, False)
def test_each_pixel_shows_the_cell_at_its_middle(
    transform, edges, left, width, pixels, turned
):
    edges = np.sort(np.array(edges, float))
    limits = (float(left), float(left + width))
    limits = limits[::-1] if turned else limits
    found = cells_along(transform, limits, pixels, edges)
    first, last = transform.transform(np.array(limits))
    places = transform.transform(edges)
    for pixel, cell in enumerate(found):
        middle = first + (last - first) * (pixel + 0.5) / pixels
        expected = -1
        for i in range(len(edges) - 1):
            if places[i] <= middle < places[i + 1]:
                expected = i
        assert cell == expected


@pytest.fixture
def axes():
    figure = Figure(figsize=(4, 4), dpi=100)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    return axes


def color_at(axes, x, y):
    """Color drawn at a point in data coordinates."""
    axes.figure.canvas.draw()
    pixels = np.asarray(axes.figure.canvas.buffer_rgba())
    column, row = axes.transData.transform((x, y))
    return tuple(int(c) for c in pixels[len(pixels) - 1 - int(row), int(column)][:3])


CELLS = np.array(
    [[[255, 0, 0, 255], [0, 255, 0, 255]], [[0, 0, 255, 255], [0, 0, 0, 255]]], np.uint8
)


@pytest.mark.parametrize("scale", ["linear", "symlog"])
def test_cells_are_drawn_at_their_coordinates(axes, scale):
    image = add_image(axes)
    axes.set_xscale(scale)
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 3)
    paint(
        image,
        CELLS,
        x_edges=np.array([0.0, 4, 60]),
        y_edges=np.array([1.0, 2, 3]),
    )
    assert color_at(axes, 2, 1.5) == (255, 0, 0)
    assert color_at(axes, 2, 2.5) == (0, 255, 0)
    assert color_at(axes, 30, 1.5) == (0, 0, 255)
    assert color_at(axes, 30, 2.5) == (0, 0, 0)
    # Beside and below all cells.
    assert color_at(axes, 80, 1.5) == (255, 255, 255)
    assert color_at(axes, 2, 0.5) == (255, 255, 255)


def test_an_axis_that_points_down(axes):
    image = add_image(axes)
    axes.set_xlim(0, 2)
    axes.set_ylim(3, 1)
    paint(image, CELLS, x_edges=np.array([0.0, 1, 2]), y_edges=np.array([1.0, 2, 3]))
    assert color_at(axes, 0.5, 1.5) == (255, 0, 0)
    assert color_at(axes, 0.5, 2.5) == (0, 255, 0)


@pytest.mark.parametrize("place", [(0.1, 0.1, 0.8, 0.8), (0.123, 0.21, 0.456, 0.7)])
def test_pixels_match_an_image_drawn_by_matplotlib(axes, place):
    axes.set_position(place)
    axes.set_xlim(0, 2)
    axes.set_ylim(1, 3)
    image = add_image(axes)
    paint(image, CELLS, x_edges=np.array([0.0, 1, 2]), y_edges=np.array([1.0, 2, 3]))
    drawn = rendered(axes)
    image.remove()
    axes.imshow(
        CELLS.swapaxes(0, 1), extent=(0, 2, 1, 3), origin="lower", aspect="auto"
    )
    axes.set_xlim(0, 2)
    axes.set_ylim(1, 3)
    different = (drawn != rendered(axes)).any(axis=-1)
    # Boundaries of cells and the border may be off by one pixel.
    height, width = (round(size) for size in axes.bbox.size[::-1])
    assert different.sum() <= 2 * height + 3 * width


def rendered(axes):
    axes.figure.canvas.draw()
    return np.array(axes.figure.canvas.buffer_rgba())
