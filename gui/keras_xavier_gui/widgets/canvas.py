"""A matplotlib figure in a Qt window: drawing, zooming and panning."""

import sys
from collections.abc import Callable, Sequence
from enum import Enum, auto

from matplotlib import rcParams
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import MouseButton, MouseEvent
from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from keras_xavier.figures.before_draw import BeforeDraw
from keras_xavier_gui.qt import Qt, QtCore, QtGui, Signal
from keras_xavier_gui.widgets.text_cache import CachingRenderer

ZOOM_STEP = 0.8
PAN_STEP = 0.15
"""Share of the view that one key press moves it by."""
CENTER = (0.5, 0.5)
AROUND = 4
"""Pixels around an artist that are painted again with it."""
FIGURE_DPI = 100
"""Dots per inch of figures on screens of ordinary density."""

# Noisy lines, which cross themselves often, take half the time in parts of this length.
rcParams["agg.path.chunksize"] = 200


class Overlay(Enum):
    """What is drawn over a figure without drawing it again, from back to front."""

    EMPHASIS = auto()
    CURSORS = auto()
    READING = auto()


class Canvas(FigureCanvasQTAgg):
    """Shows a figure; errors while drawing are reported like other errors."""

    reset_asked = Signal()
    pointed = Signal(object)
    """A matplotlib event with the place of the mouse."""
    clicked = Signal(object)
    """A matplotlib event with the place where the left button was clicked."""
    unclicked = Signal()
    """The last click was the first half of a double click in a panel."""
    double_clicked = Signal(object)
    """A matplotlib event with the place of a double click beside the panels."""
    painted = Signal()
    """The figure was drawn; what is drawn over it follows."""

    def __init__(self, background: str) -> None:
        super().__init__(Figure(facecolor=background, dpi=FIGURE_DPI))
        self._overlays: dict[Overlay, Sequence[Artist]] = {}
        self._repainted: dict[Overlay, Sequence[Artist]] = {}
        self._with_emphasis: object = None
        self._was_emphasis_drawn = False
        self._without_overlays: object = None
        self._rendered_for: object = None
        self._text_scale = 1.0
        self._static: Callable[[], tuple[object, list[Artist]]] = lambda: (None, [])
        self._static_key: object = None
        self._static_regions: list[object] = []
        self._pressed_at: tuple[float, float] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(240, 160)
        self.mpl_connect("scroll_event", self._scrolled)
        self.mpl_connect("button_press_event", self._pressed)
        self.mpl_connect("button_release_event", self._released)
        self.mpl_connect("motion_notify_event", self.pointed.emit)
        self.mpl_connect("figure_leave_event", self.pointed.emit)

    def sizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(800, 500)

    def minimumSizeHint(self) -> QtCore.QSize:
        return self.minimumSize()

    def draw(self) -> None:
        try:
            self._scale_texts()
            # matplotlib runs the layout after collecting the artists: a legend that
            # is created there would be missing.
            layout = self.figure.get_layout_engine()
            if isinstance(layout, BeforeDraw):
                layout.execute(self.figure)
                layout.done = True
            key, static_artists = self._static()
            for artist in static_artists:
                artist.set_animated(True)
            try:
                super().draw()
            finally:
                if isinstance(layout, BeforeDraw):
                    layout.done = False
            self._draw_static((key, tuple(self.figure.bbox.size)), static_artists)
            self._without_overlays = self.copy_from_bbox(self.figure.bbox)
            self._with_emphasis = None
            self.painted.emit()
            self._draw_overlays()
        except Exception:  # noqa: BLE001 (goes to the error log)
            # matplotlib would only print it.
            sys.excepthook(*sys.exc_info())

    def get_renderer(self) -> CachingRenderer:
        wanted = *self.get_width_height(physical=True), self.figure.dpi
        if wanted != self._rendered_for:
            self._rendered_for = wanted
            self.renderer = CachingRenderer(*wanted)
        return self.renderer

    def cache_static_artists(
        self, static_artists: Callable[[], tuple[object, list[Artist]]]
    ) -> None:
        """Sets the artists that are drawn once for each key and then pasted.

        Args:
            static_artists: Returns the key and the artists, as
                `Plot.static_artists`.
        """
        self._static = static_artists
        self._static_key = None

    def _draw_static(self, key: object, static_artists: list[Artist]) -> None:
        if key == self._static_key:
            for region in self._static_regions:
                self.restore_region(region)
            return
        renderer = self.get_renderer()
        self._static_regions = []
        for artist in static_artists:
            artist.draw(renderer)
            box = artist.get_tightbbox(renderer)
            if box is not None:
                padded = Bbox.intersection(box.padded(2), self.figure.bbox)
                self._static_regions.append(self.copy_from_bbox(padded))
        self._static_key = key

    def set_text_scale(self, scale: float) -> None:
        """Draws texts and lines larger or smaller."""
        self._text_scale = scale
        self.draw_idle()

    def _scale_texts(self) -> None:
        """Sets the density of the figure, which matplotlib resets on each screen."""
        dots = FIGURE_DPI * self._text_scale * self.device_pixel_ratio
        if self.figure.dpi != dots:
            self.figure.set_dpi(dots)
            pixels = self.width(), self.height()
            # The size in inches changes, as the window determines the size in pixels.
            width, height = (self.device_pixel_ratio * one / dots for one in pixels)
            self.figure.set_size_inches(width, height, forward=False)

    def set_overlay(self, overlay: Overlay, artists: Sequence[Artist]) -> None:
        """Sets artists to draw over the figure; `repaint_overlays` shows them."""
        self._overlays[overlay] = artists
        if overlay is Overlay.EMPHASIS:
            self._with_emphasis, self._was_emphasis_drawn = None, False

    def repaint_overlays(self) -> None:
        """Draws everything over the figure again, without drawing the figure."""
        if self._without_overlays is None:
            self.draw_idle()
            return
        before, self._repainted = self._repainted, {**self._overlays}
        self._draw_overlays()
        others = [one for one in Overlay if one is not Overlay.READING]
        if any(before.get(one) is not self._overlays.get(one) for one in others):
            self.update()
            return
        # Copying the whole canvas to the screen takes longer than drawing a mark.
        for artists in (before, self._overlays):
            for artist in artists.get(Overlay.READING, ()):
                self.update(self._area(artist))

    def _area(self, artist: Artist) -> QtCore.QRect:
        """Returns the area of an artist on the widget."""
        box, ratio = (
            artist.get_window_extent(self.get_renderer()),
            self.device_pixel_ratio,
        )
        left, top = int(box.x0 / ratio), int(self.height() - box.y1 / ratio)
        size = QtCore.QSize(int(box.width / ratio), int(box.height / ratio))
        area = QtCore.QRect(QtCore.QPoint(left, top), size)
        return area.adjusted(-AROUND, -AROUND, AROUND, AROUND)

    def draw_idle(self) -> None:
        self._without_overlays = None
        # A hidden canvas is drawn when it is shown.
        if self.isVisible():
            super().draw_idle()

    def showEvent(self, event: QtGui.QShowEvent) -> None:
        super().showEvent(event)
        if self._without_overlays is None:
            self.draw_idle()

    def _draw_overlays(self) -> None:
        self.restore_region(self._with_emphasis or self._without_overlays)
        if self._overlays.get(Overlay.EMPHASIS) and self._with_emphasis is None:
            self._draw_overlay(Overlay.EMPHASIS)
            # The mouse often moves along a line, which then need not be drawn again;
            # while it moves from line to line, copies would be of no use.
            if self._was_emphasis_drawn:
                self._with_emphasis = self.copy_from_bbox(self.figure.bbox)
            self._was_emphasis_drawn = True
        self._draw_overlay(Overlay.CURSORS)
        self._draw_overlay(Overlay.READING)

    def _draw_overlay(self, overlay: Overlay) -> None:
        for artist in self._overlays.get(overlay, ()):
            # Until the overlay is set again, its artists may have been removed.
            if artist.get_visible() and artist.get_figure() is not None:
                artist.draw(self.get_renderer())

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        keys = Qt.Key
        actions: dict[int, Callable[[], None]] = {
            keys.Key_Home: self.reset_asked.emit,
            keys.Key_Plus: self.zoom_in,
            keys.Key_Equal: self.zoom_in,
            keys.Key_Minus: self.zoom_out,
        }
        shifted = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if shifted:
            actions |= {
                keys.Key_Left: lambda: self.pan(-PAN_STEP, 0),
                keys.Key_Right: lambda: self.pan(PAN_STEP, 0),
                keys.Key_Up: lambda: self.pan(0, PAN_STEP),
                keys.Key_Down: lambda: self.pan(0, -PAN_STEP),
            }
        if event.key() in actions:
            actions[event.key()]()
        else:
            # Left to the widgets around the canvas, such as ←/→ for the step.
            event.ignore()

    def zoom(
        self,
        scale: float,
        *,
        axes: Axes | None = None,
        at: tuple[float, float] = CENTER,
    ) -> None:
        """Zooms in or out.

        Args:
            scale: float. Size of the new view relative to the present one.
            axes: Axes to zoom. Defaults to None: all axes.
            at: Point that stays where it is, as shares of the axes.
        """
        for one in [axes] if axes else self._separate_views():
            left, bottom = ((1 - scale) * share for share in at)
            set_view(one, left, bottom, left + scale, bottom + scale)
        self.draw_idle()

    def zoom_in(self) -> None:
        self.zoom(ZOOM_STEP)

    def zoom_out(self) -> None:
        self.zoom(1 / ZOOM_STEP)

    def pan(self, right: float, up: float) -> None:
        """Moves the view by shares of its size."""
        for one in self._separate_views():
            set_view(one, right, up, 1 + right, 1 + up)
        self.draw_idle()

    def _views(self) -> list[Axes]:
        """Axes that can be zoomed; a color bar cannot."""
        return [axes for axes in self.figure.axes if axes.get_navigate()]

    def _separate_views(self) -> list[Axes]:
        """One of each group of axes with shared limits."""
        chosen: list[Axes] = []
        for axes in self._views():
            x, y = axes.get_shared_x_axes(), axes.get_shared_y_axes()
            if not any(x.joined(axes, one) and y.joined(axes, one) for one in chosen):
                chosen.append(axes)
        return chosen

    def _scrolled(self, event: MouseEvent) -> None:
        if event.inaxes in self._views():
            point = event.inaxes.transAxes.inverted().transform((event.x, event.y))
            self.zoom(ZOOM_STEP**event.step, axes=event.inaxes, at=tuple(point))

    def _pressed(self, event: MouseEvent) -> None:
        self._pressed_at = None
        if event.button == MouseButton.LEFT:
            if event.dblclick and event.inaxes is None:
                self.double_clicked.emit(event)
            elif event.dblclick:
                self.unclicked.emit()
                self.reset_asked.emit()
            elif not self.widgetlock.locked():
                self._pressed_at = event.x, event.y

    def _released(self, event: MouseEvent) -> None:
        if self._pressed_at == (event.x, event.y):
            self.clicked.emit(event)


def set_view(axes: Axes, left: float, bottom: float, right: float, top: float) -> None:
    """Sets the limits of axes of any scale, given as shares of the present view."""
    corners = axes.transAxes.transform([(left, bottom), (right, top)])
    (x0, y0), (x1, y1) = axes.transData.inverted().transform(corners)
    axes.set_xlim(x0, x1)
    axes.set_ylim(y0, y1)
