"""Texts of pictures, rendered once: they are a third of the cost of a frame."""

import math
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from numpy.typing import NDArray

MOST_TEXTS = 1000
"""Kept at a time: all numbers of several views."""
AIR = 4
"""Pixels around a text, for what letters have beyond their box."""


class CachingRenderer(RendererAgg):
    """Draws a text that it has drawn before from its pixels.

    Texts are at whole pixels then. Those that are clipped or transparent are drawn
    as matplotlib does it.
    """

    def __init__(self, width: float, height: float, dpi: float) -> None:
        super().__init__(width, height, dpi)
        self._texts: dict[object, tuple[NDArray[np.uint8], int, int]] = {}

    def draw_text(
        self,
        gc: Any,
        x: float,
        y: float,
        s: str,
        prop: Any,
        angle: float,
        ismath: Any = False,
        mtext: Any = None,
    ) -> None:
        clipped = gc.get_clip_rectangle() is not None or gc.get_clip_path()[0]
        if clipped or gc.get_alpha() != 1:
            super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
            return
        key = s, hash(prop), angle, ismath, gc.get_rgb(), gc.get_antialiased()
        if key not in self._texts:
            if len(self._texts) >= MOST_TEXTS:
                self._texts.clear()
            self._texts[key] = self._rendered(gc, s, prop, angle, ismath, mtext)
        pixels, left, below = self._texts[key]
        # The y of texts is downwards, that of images upwards.
        bottom = round(self.height) - round(y) - below
        self.draw_image(gc, round(x) - left, bottom, pixels)

    def _rendered(
        self, gc: Any, s: str, prop: Any, angle: float, ismath: Any, mtext: Any
    ) -> tuple[NDArray[np.uint8], int, int]:
        """Pixels of a text, and how far its origin is from the left and the bottom."""
        width, height, descent = self.get_text_width_height_descent(s, prop, ismath)
        turn = math.radians(angle)
        corners = [
            (x * math.cos(turn) - y * math.sin(turn),
             x * math.sin(turn) + y * math.cos(turn))
            for x in (0.0, width)
            for y in (-descent, height - descent)
        ]  # fmt: skip
        xs, ys = zip(*corners, strict=True)
        left, below = AIR - math.floor(min(xs)), AIR - math.floor(min(ys))
        columns = left + math.ceil(max(xs)) + AIR
        rows = below + math.ceil(max(ys)) + AIR
        scratch = RendererAgg(columns, rows, self.dpi)
        scratch.draw_text(gc, left, rows - below, s, prop, angle, ismath, mtext)
        # The first row of an image is the lowest.
        pixels = np.asarray(scratch.buffer_rgba())[::-1]
        return np.ascontiguousarray(pixels), left, below
