"""Samples of a data set, with a row for each class."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from keras_xavier.figures.notebook_figure import NotebookFigure
from keras_xavier.figures.style import LIGHT, TEXT_LETTER, TEXT_SIZE
from keras_xavier.text import shorten

COLUMNS = 16
"""Largest number of samples of a class."""
CELL = 0.5
"""Size of a sample in inches."""
MARGIN = 0.12


def contact_sheet(
    images: ArrayLike, labels: ArrayLike, class_names: Sequence[str]
) -> Figure:
    """Draws samples of each class of a data set.

    Args:
        images: Array of shape (n, height, width), or with 1 or 3 channels last:
            integers from 0 to 255, or floats from 0 to 1, or from -1 to 1 if any is
            negative.
        labels: Array of int, of shape (n,). Indices into `class_names`.
        class_names: Sequence of str. Names of the classes, in the order of the rows.

    Returns:
        A matplotlib `Figure`. A class without images has an empty row.

    Raises:
        ValueError: If an array has the wrong shape, or a label is out of range.

    Example:

    ```python
    dataset = datasets.load("shapeset3x2")
    figure = contact_sheet(*dataset.validation, dataset.class_names)
    figure.savefig("samples.png", dpi=150)
    ```
    """
    pixels, classes = np.asarray(images), np.asarray(labels, np.intp).reshape(-1)
    if pixels.ndim == 3:
        pixels = pixels[..., np.newaxis]
    if pixels.ndim != 4 or pixels.shape[-1] not in (1, 3):
        raise ValueError(
            "images must have the shape (n, height, width), (n, height, width, 1) or "
            f"(n, height, width, 3). Received: {pixels.shape}"
        )
    if len(pixels) != len(classes):
        raise ValueError(
            "There must be one label for each image. "
            f"Received: {len(pixels)} images, {len(classes)} labels"
        )
    rows = len(class_names)
    if classes.size and not (classes.min() >= 0 and classes.max() < rows):
        raise ValueError(
            f"labels must be from 0 to {rows - 1}, indices of class_names. "
            f"Received: {classes.min()} to {classes.max()}"
        )
    firsts = [np.flatnonzero(classes == row)[:COLUMNS] for row in range(rows)]
    chosen = np.sort(np.concatenate([np.zeros(0, np.intp), *firsts]))
    sheet = mosaic(_brightness(pixels[chosen]), classes[chosen], rows)
    return _draw(sheet, pixels.shape[1:3], class_names)


def mosaic(
    pixels: NDArray[np.float32], classes: NDArray[np.integer], rows: int
) -> NDArray[np.float32]:
    """Places the first images of each class side by side, with white between.

    Args:
        pixels: Array of shape (n, height, width, channels), from 0 to 1.
        classes: Array of shape (n,).
        rows: Number of classes.

    Returns:
        Array of shape (height, width, channels).
    """
    _, height, width, channels = pixels.shape
    most = int(np.bincount(classes, minlength=rows).max(initial=0))
    columns = min(COLUMNS, max(most, 1))
    gap = max(1, height // 16)
    sheet = np.ones((rows, height + gap, columns, width + gap, channels), np.float32)
    for row in range(rows):
        chosen = pixels[classes == row][:columns]
        sheet[row, :height, : len(chosen), :width] = chosen.swapaxes(0, 1)
    whole = sheet.reshape(rows * (height + gap), columns * (width + gap), channels)
    return whole[:-gap, :-gap]


def _brightness(pixels: NDArray[np.generic]) -> NDArray[np.float32]:
    values: NDArray[np.floating] = pixels.astype(np.float32)
    if np.issubdtype(pixels.dtype, np.integer):
        values = values / 255
    elif values.min(initial=0.0) < 0:
        values = (values + 1) / 2
    return np.clip(values, 0, 1).astype(np.float32)


def _draw(
    sheet: NDArray[np.float32], size: tuple[int, int], class_names: Sequence[str]
) -> Figure:
    height, width = size
    names = [shorten(name) for name in class_names]
    label = TEXT_LETTER * max(map(len, names), default=0) + MARGIN
    sheet_width = CELL * sheet.shape[1] / width
    sheet_height = CELL * sheet.shape[0] / height
    whole = sheet_width + label + MARGIN, sheet_height + 2 * MARGIN
    figure = NotebookFigure(figsize=whole, facecolor=LIGHT.background)
    axes = figure.add_axes(
        (
            label / whole[0],
            MARGIN / whole[1],
            sheet_width / whole[0],
            sheet_height / whole[1],
        )
    )
    rgb = np.broadcast_to(sheet, (*sheet.shape[:2], 3))
    axes.imshow(rgb, interpolation="nearest", aspect="auto")
    pitch = sheet.shape[0] / len(class_names)
    axes.set_yticks(
        (np.arange(len(class_names)) + 0.5) * pitch,
        names,
        size=TEXT_SIZE,
        color=LIGHT.foreground,
    )
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return figure
