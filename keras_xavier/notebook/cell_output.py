"""The output of the cell that is executing."""

import sys
from collections.abc import Callable
from typing import Any

from keras_xavier.notebook.figure_image import PngImage


def notebook_shell() -> Any:
    """Returns IPython's shell if it is the kernel of a notebook, else `None`."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    # IPython in a terminal formats objects as plain text only.
    if shell is None or "image/png" not in shell.display_formatter.active_types:
        return None
    return shell


def display_image(image: PngImage) -> Any:
    """Displays an image; returns IPython's `DisplayHandle`, which can replace it."""
    from IPython.display import display

    return display(image.bundle, raw=True, metadata=image.metadata, display_id=True)


def replace_image(handle: Any, image: PngImage) -> None:
    """Replaces an image wherever it is displayed."""
    handle.update(image.bundle, raw=True, metadata=image.metadata)


class CellOutput:
    """An image in the output of a cell, which is replaced until the cell ends."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._at_end: Callable[[], None] | None = None

    def open(self, image: PngImage, at_end: Callable[[], None]) -> None:
        """Displays an image, unless this cell displays one already.

        Args:
            image: `PngImage`.
            at_end: Function to call when the cell ends, in place of earlier ones.
        """
        self._at_end = at_end
        if self._handle is None:
            notebook_shell().events.register("post_run_cell", self._end_cell)
            self._handle = display_image(image)

    def show(self, image: PngImage) -> None:
        """Replaces the image."""
        if self._handle is not None:
            replace_image(self._handle, image)

    def _end_cell(self, _result: object) -> None:
        notebook_shell().events.unregister("post_run_cell", self._end_cell)
        if self._at_end is not None:
            self._at_end()
        self._handle = self._at_end = None
