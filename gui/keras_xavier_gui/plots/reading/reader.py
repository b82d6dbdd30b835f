"""Reads the values of a plot at the mouse, or where the keyboard moves."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.backend_bases import LocationEvent

from keras_xavier.figures.legend import Entry
from keras_xavier.figures.reading import (
    Cells,
    Group,
    Reading,
    Spot,
    color_of,
    emphasis_artists,
    emphasized,
    entry_at,
    find_nearest,
    first_spot,
    line_above,
    line_after,
    mark_of,
    place_of,
    point_after,
    read,
    readable,
    run_names,
)
from keras_xavier_gui.plots.reading.label import ReadingLabel
from keras_xavier_gui.plots.reading.pages import Page
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.sources.selection import Emphasis
from keras_xavier_gui.widgets.canvas import Overlay

Keys = Qt.Key
LEGEND_HINT = "click to hide or show, double-click to show alone"


class Reader(QtCore.QObject):
    """Shows the values nearest to the mouse, and emphasizes their line everywhere.

    ↑ and ↓ start reading with the keyboard and move between lines, ← and → between
    points; Tab moves to the next line, also in other panels. Enter selects the step,
    Esc ends reading.

    Args:
        page: The page.
    """

    def __init__(self, page: Page) -> None:
        super().__init__(page.canvas)
        self._page = page
        self._canvas, self._selection = page.canvas, page.selection
        self._groups: list[Group] | None = None
        self._spot: Spot | None = None
        self._by_keyboard = self._is_pointing = False
        self._emphasized: tuple[list[tuple[int, int]], frozenset[str]] | None = None
        self.entry: Entry | None = None
        self._mouse: tuple[float, float] | None = None
        self._axes: Axes | None = None
        self._description = ""
        self.reading: Reading | None = None
        self.label = ReadingLabel(page.canvas)
        self._canvas.pointed.connect(self._point)
        self._canvas.painted.connect(self._read_again)
        self._canvas.installEventFilter(self)
        self._selection.emphasis_changed.connect(self._show_emphasis)

    def describe(self, text: str) -> None:
        """Sets the description of the plot while no value is read."""
        self._description = text
        if self.reading is None:
            self._canvas.setAccessibleDescription(text)

    def stop(self) -> None:
        """Hides the values."""
        self._by_keyboard = False
        self._show(None)

    # Mouse

    def _point(self, event: LocationEvent) -> None:
        is_inside = event.name == "motion_notify_event"
        self._mouse = (event.x, event.y) if is_inside else None
        self._axes = event.inaxes
        self._by_keyboard = False
        is_dragging = bool(getattr(event, "buttons", ()))
        if is_dragging:
            self._show(None)
        else:
            self._read_at_mouse()

    def _point_at_legend(self) -> None:
        """Emphasizes what the entry of the legend under the mouse stands for."""
        entry, before = None, self.entry
        if self._mouse is not None and self._page.has_current_data:
            entry = entry_at(self._page.plot.layout, *self._mouse)
        self.entry = entry
        if entry is before:
            return
        if entry is None:
            self._canvas.unsetCursor()
            self._announce("")
            self._selection.point_at(None)
            return
        self._canvas.setCursor(Qt.CursorShape.PointingHandCursor)
        self._announce(f"{entry.layer or entry.run}: {LEGEND_HINT}")
        self._selection.point_at(self._emphasis(entry.run, entry.layer))

    def _spot_at_mouse(self) -> Spot | None:
        axes = self._axes_at_mouse()
        if axes is None or self._mouse is None:
            return None
        return find_nearest(self.groups(), axes, *self._mouse)

    def _axes_at_mouse(self) -> Axes | None:
        axes = self._axes if self._mouse else None
        return axes if axes is not None and axes.get_navigate() else None

    def point_at(self, place: QtCore.QPoint) -> None:
        """Reads the values at a place on the canvas, as if the mouse were there."""
        ratio = self._canvas.device_pixel_ratio
        up = self._canvas.height() - place.y()
        self._mouse = place.x() * ratio, up * ratio
        self._axes = self._canvas.inaxes(self._mouse)
        self._by_keyboard = False
        self._read_at_mouse()

    def _read_at_mouse(self) -> None:
        self._show(self._spot_at_mouse())
        if self._spot is None:
            self._point_at_legend()

    # Keyboard

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:
        if event.type() == QtCore.QEvent.Type.KeyPress:
            return self._press(event)  # type: ignore[arg-type]
        if event.type() == QtCore.QEvent.Type.FocusOut and self._by_keyboard:
            self.stop()
        return False

    def _press(self, event: QtGui.QKeyEvent) -> bool:
        """Moves to another value; returns whether the key was used."""
        key, modifiers = event.key(), event.modifiers()
        keypad = Qt.KeyboardModifier.KeypadModifier
        if modifiers & ~keypad not in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.ShiftModifier,
        ):
            return False
        if key in (Keys.Key_Tab, Keys.Key_Backtab):
            return self._by_keyboard and self._move_to_line(
                1 if key == Keys.Key_Tab else -1
            )
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            return False
        if key in (Keys.Key_Up, Keys.Key_Down):
            return self._move_up(1 if key == Keys.Key_Up else -1)
        if not self._by_keyboard or self._spot is None:
            return False
        if key in (Keys.Key_Left, Keys.Key_Right):
            by = 1 if key == Keys.Key_Right else -1
            self._show(point_after(self.groups(), self._spot, by))
        elif key == Keys.Key_Escape:
            self.stop()
        elif key in (Keys.Key_Return, Keys.Key_Enter):
            if self.reading is not None and self.reading.step is not None:
                self._selection.go_to(self.reading.step)
        else:
            return False
        return True

    def _move_up(self, by: int) -> bool:
        groups = self.groups()
        if not groups:
            return False
        if self._by_keyboard and self._spot is not None:
            self._show(line_above(groups, self._spot, by))
            return True
        spot = self._spot or self._first()
        self._by_keyboard = spot is not None
        self._show(spot)
        return True

    def _first(self) -> Spot | None:
        """The value at the selected step, or the last one in the first panel."""
        groups = self.groups()
        axes = groups[0].axes
        box = axes.bbox
        x = box.x1 - 1
        if self._selection.step is not None and self._page.plot.has_steps(axes):
            place = axes.transData.transform((self._selection.step, 0.0))
            x = min(max(float(place[0]), box.x0), box.x1 - 1)
        return first_spot(groups, axes, x, (box.y0 + box.y1) / 2)

    def _move_to_line(self, by: int) -> bool:
        if self._spot is None:
            return False
        spot = line_after(self.groups(), self._spot, by)
        if spot is None:
            # Tab leaves the plot after its last line.
            self.stop()
            return False
        self._show(spot)
        return True

    # Values

    def groups(self) -> list[Group]:
        """What can be read in the plot as it was drawn last."""
        if self._groups is None:
            has_data = self._page.has_current_data
            self._groups = readable(self._page.plot) if has_data else []
        return self._groups

    def _read_again(self) -> None:
        """Reads the values of a plot that was drawn again."""
        self._groups = None
        if self._by_keyboard:
            if not self._is_same():
                self.stop()
                return
            self._show(self._spot)
        elif self._mouse is not None and self._canvas.underMouse():
            # The panels may be others now.
            self._axes = self._canvas.inaxes(self._mouse)
            self._read_at_mouse()
        elif self._spot is not None:
            self._show(None)
        self._emphasized = None
        self._update_emphasis()

    def _is_same(self) -> bool:
        """Whether the value that was read is still at the same spot."""
        groups, before = self.groups(), self.reading
        if self._spot is None or before is None or self._spot.group >= len(groups):
            return False
        lines, points = groups[self._spot.group].shape
        if self._spot.line >= lines or self._spot.point >= points:
            return False
        if not all(map(math.isfinite, place_of(groups, self._spot))):
            # Other values may not be defined there.
            return False
        now = read(groups, self._spot)
        return now is not None and now.names(with_run=True) == before.names(
            with_run=True
        )

    def _show(self, spot: Spot | None) -> None:
        """Shows the values at a spot, or hides them."""
        was_reading = self.reading is not None
        self._spot = spot
        self.reading = None if spot is None else read(self.groups(), spot)
        if spot is None or self.reading is None:
            if was_reading:
                self.label.hide()
                self._canvas.set_overlay(Overlay.READING, ())
                self._announce("")
                self._point_selection_at(None)
            return
        with_run = len(self._selection.runs) > 1
        groups, style = self.groups(), self._page.plot.style
        mark = mark_of(groups, spot, style)
        self._canvas.set_overlay(Overlay.READING, (mark,))
        title = ", ".join(self.reading.names(with_run=False))
        run = (("run", self.reading.run),) if with_run and self.reading.run else ()
        values = (*run, *self.reading.values)
        self.label.show_values(title, values, color_of(groups, spot, style), style)
        point = self._to_widget(*place_of(groups, spot))
        mouse = None if self._by_keyboard else self._mouse
        self.label.place(self._to_widget(*mouse) if mouse else point, point)
        self._announce(self.reading.text(with_run=with_run))
        emphasis = self._emphasis(self.reading.run, self.reading.layer)
        self._point_selection_at(emphasis)

    def _point_selection_at(self, emphasis: Emphasis | None) -> None:
        """Emphasizes runs and layers everywhere, and paints this plot once."""
        self._is_pointing = True
        self._selection.point_at(emphasis)
        self._is_pointing = False
        # The line may differ although run and layer are the same.
        self._update_emphasis()
        self._canvas.repaint_overlays()

    def _to_widget(self, x: float, y: float) -> QtCore.QPoint:
        """Returns a place on the canvas as Qt counts it."""
        ratio = self._canvas.device_pixel_ratio
        return QtCore.QPoint(round(x / ratio), round(self._canvas.height() - y / ratio))

    def _announce(self, text: str) -> None:
        """Shows a text in the status bar, and describes the plot with it."""
        self._canvas.setAccessibleDescription(text or self._description)
        tip = QtGui.QStatusTipEvent(text)
        QtWidgets.QApplication.sendEvent(self._canvas, tip)

    # Emphasis

    def _emphasis(self, run: str, layer: str) -> Emphasis:
        runs = self._selection.runs
        # The only run does not differ from any other.
        paths = {one.path for one in runs if one.name == run and len(runs) > 1}
        return Emphasis(frozenset(paths), frozenset({layer} - {""}))

    def _show_emphasis(self) -> None:
        """Emphasizes lines as the selection asks for, if the plot is visible."""
        if self._canvas.isVisible() and not self._is_pointing:
            self._update_emphasis()
            self._canvas.repaint_overlays()

    def _update_emphasis(self) -> None:
        emphasis = self._selection.emphasis
        groups = [] if emphasis is None else self.groups()
        chosen: list[tuple[int, int]] = []
        if emphasis is not None and groups:
            chosen = emphasized(groups, self._runs(emphasis), emphasis.layers)
            if self.reading is not None and self._spot is not None:
                chosen = with_own_line(groups, chosen, self._spot)
        layers = frozenset() if emphasis is None else emphasis.layers
        if (chosen, layers) != self._emphasized:
            self._emphasized = chosen, layers
            style = self._page.plot.style
            artists = emphasis_artists(groups, chosen, layers, style)
            self._canvas.set_overlay(Overlay.EMPHASIS, artists)

    def _runs(self, emphasis: Emphasis) -> set[int] | None:
        """Indices of emphasized runs in the plot; `None` for all or the only run."""
        every = run_names(self._page.plot)
        if not emphasis.runs or len(every) < 2:
            return None
        names = {run.name for run in self._selection.runs if run.path in emphasis.runs}
        return {i for i, name in enumerate(every) if name in names}


def with_own_line(
    groups: Sequence[Group], chosen: Sequence[tuple[int, int]], spot: Spot
) -> list[tuple[int, int]]:
    """Emphasizes the line of a spot alone in its panel.

    Args:
        groups: What can be read in the figure.
        chosen: Emphasized lines, as pairs of group and line.
        spot: The data point that is read.
    """
    if isinstance(groups[spot.group], Cells):
        return [*chosen]
    axes = groups[spot.group].axes
    others = [one for one in chosen if groups[one[0]].axes is not axes]
    return [*others, (spot.group, spot.line)]
