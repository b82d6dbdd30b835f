"""Images whose cells lie between edges, whatever the scales of the axes are."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def add_image(axes: Axes) -> AxesImage:
    """Adds an image that covers the axes pixel by pixel."""
    return axes.imshow(
        np.zeros((1, 1, 4), np.uint8),
        transform=axes.transAxes,
        extent=(0, 1, 0, 1),
        aspect="auto",
        interpolation="nearest",
        origin="lower",
        zorder=0,
    )


def cells_along(
    axis_transform: object, limits: tuple[float, float], pixels: int, edges: Floats
) -> NDArray[np.intp]:
    """Which cell is seen at each pixel along an axis.

    Args:
        axis_transform: Of the axis, as matplotlib has it.
        limits: Of the view.
        pixels: How many.
        edges: Of the cells, ascending.

    Returns:
        Indices of cells, -1 where there is none.
    """
    transform = axis_transform.transform  # type: ignore[attr-defined]
    left, right = transform(np.array(limits, np.float64))
    centres = left + (right - left) * (np.arange(pixels) + 0.5) / pixels
    places = transform(np.asarray(edges, np.float64))
    cells = np.searchsorted(places, centres, side="right") - 1
    return np.where(cells < len(edges) - 1, cells, -1)


def paint(
    image: AxesImage, colors: NDArray[np.uint8], x_edges: Floats, y_edges: Floats
) -> None:
    """Paints cells on an image of `add_image`, as the axes have them now.

    Args:
        image: The image.
        colors: Array `(x cell, y cell, 4)`.
        x_edges: Edges of the cells along x, one more than cells.
        y_edges: The same along y.
    """
    axes = image.axes
    box = axes.bbox
    columns = cells_along(
        axes.xaxis.get_transform(), axes.get_xlim(), max(round(box.width), 1), x_edges
    )
    rows = cells_along(
        axes.yaxis.get_transform(), axes.get_ylim(), max(round(box.height), 1), y_edges
    )
    pixels = colors[columns][:, rows]
    pixels[columns < 0] = 0
    pixels[:, rows < 0] = 0
    image.set_data(np.ascontiguousarray(np.swapaxes(pixels, 0, 1)))
