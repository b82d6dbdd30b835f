"""Images of cells between edges, on axes of any scale."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.image import AxesImage
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class PixelImage(AxesImage):
    """An image with one pixel for each pixel of its axes.

    It is drawn without resampling, which matplotlib would do in each frame.
    """

    def make_image(
        self,
        renderer: RendererBase,
        magnification: float = 1.0,
        unsampled: bool = False,
    ) -> tuple[Any, float, float, Any]:
        pixels = np.asarray(self.get_array())
        box = self.axes.bbox
        wanted = max(round(box.height), 1), max(round(box.width), 1)
        if unsampled or magnification != 1 or pixels.shape[:2] != wanted:
            return super().make_image(renderer, magnification, unsampled)
        return pixels, round(box.x0), round(box.y0), None


def add_image(axes: Axes) -> PixelImage:
    """Adds an image that covers the axes pixel by pixel."""
    image = PixelImage(
        axes,
        interpolation="nearest",
        origin="lower",
        extent=(0, 1, 0, 1),
        transform=axes.transAxes,
        zorder=0,
    )
    image.set_data(np.zeros((1, 1, 4), np.uint8))
    image.set_clip_path(axes.patch)
    axes.add_artist(image)
    return image


def cells_along(
    axis_transform: object, limits: tuple[float, float], pixels: int, edges: Floats
) -> NDArray[np.intp]:
    """Returns the cell at each pixel along an axis.

    Args:
        axis_transform: Transform of the axis.
        limits: Limits of the view.
        pixels: Number of pixels.
        edges: Edges of the cells, ascending.

    Returns:
        Indices of cells; -1 where there is no cell.
    """
    transform = axis_transform.transform  # type: ignore[attr-defined]
    left, right = transform(np.array(limits, np.float64))
    centers = left + (right - left) * (np.arange(pixels) + 0.5) / pixels
    places = transform(np.asarray(edges, np.float64))
    cells = np.searchsorted(places, centers, side="right") - 1
    return np.where(cells < len(edges) - 1, cells, -1)


def paint(
    image: AxesImage,
    colors: NDArray[np.uint8],
    *,
    x_edges: Floats | None = None,
    y_edges: Floats,
) -> None:
    """Paints cells on an image of `add_image`, in the current view of its axes.

    Args:
        image: The image.
        colors: Array of shape (x cell, y cell, 4).
        x_edges: Edges of the cells along x, or `None` if there is a cell for each
            pixel.
        y_edges: Edges of the cells along y.
    """
    axes = image.axes
    box = axes.bbox
    rows = cells_along(
        axes.yaxis.get_transform(), axes.get_ylim(), max(round(box.height), 1), y_edges
    )
    # The four bytes of a color as one number, which is copied at once.
    pixels = np.ascontiguousarray(colors).view(np.uint32)[..., 0].T[rows]
    pixels[rows < 0] = 0
    if x_edges is not None:
        columns = cells_along(
            axes.xaxis.get_transform(),
            axes.get_xlim(),
            max(round(box.width), 1),
            x_edges,
        )
        pixels = pixels[:, columns]
        pixels[:, columns < 0] = 0
    image.set_data(np.ascontiguousarray(pixels)[..., np.newaxis].view(np.uint8))
