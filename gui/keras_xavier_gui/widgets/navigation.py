"""Zooming into a rectangle and panning with the mouse."""

from enum import StrEnum
from typing import Any

from matplotlib.backend_bases import LocationEvent, NavigationToolbar2

from keras_xavier_gui.widgets.canvas import Canvas


class Tool(StrEnum):
    """The effect of dragging the mouse over a figure."""

    NONE = ""
    """None: a click selects."""
    ZOOM = "zoom"
    """Zooms into the rectangle."""
    PAN = "pan"
    """Moves the view."""


class Navigation(NavigationToolbar2):
    """matplotlib's zoom and pan on a canvas, without buttons.

    The buttons are in the toolbar of the window.
    """

    canvas: Canvas

    def __init__(self, canvas: Canvas) -> None:
        self.tool = Tool.NONE
        super().__init__(canvas)

    def use(self, tool: Tool) -> None:
        """Sets the effect of dragging the mouse."""
        if tool is self.tool:
            return
        # Each method switches its tool on, and off again.
        toggle = {Tool.ZOOM: self.zoom, Tool.PAN: self.pan}
        if other := toggle.get(tool) or toggle.get(self.tool):
            other()
        self.tool = tool

    def mouse_move(self, event: LocationEvent) -> None:
        # matplotlib would also search all artists for the values under the mouse.
        self._update_cursor(event)  # type: ignore[attr-defined]

    def draw_rubberband(
        self, event: Any, x0: float, y0: float, x1: float, y1: float
    ) -> None:
        height = self.canvas.get_width_height(physical=True)[1]
        # The y axis of Qt points down.
        self.canvas.drawRectangle([x0, height - y1, x1 - x0, y1 - y0])

    def remove_rubberband(self) -> None:
        self.canvas.drawRectangle(None)
