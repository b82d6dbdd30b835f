"""Links the rows of a list with the lines of plots."""

from collections.abc import Callable, Iterable

from keras_xavier_gui.qt import ModelIndex, Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.sources.selection import Emphasis, Selection

MOST_ROWS = 100
"""Maximum number of marked rows."""
OPACITY, BAR = 60, 4
"""Opacity of a mark, of 255, and the width of the bar at its left in pixels."""


class RowEmphasis(QtCore.QObject):
    """Marks the emphasized rows of a list, and emphasizes the row under the mouse.

    Args:
        view: The list.
        selection: The selection.
        subject: Returns what a row shows; `None` if it is neither a run nor a layer.
        rows: Returns the rows that show emphasized runs and layers.
    """

    def __init__(
        self,
        view: QtWidgets.QAbstractItemView,
        selection: Selection,
        subject: Callable[[ModelIndex], Emphasis | None],
        rows: Callable[[Emphasis], Iterable[ModelIndex]],
    ) -> None:
        super().__init__(view)
        self._view, self._selection = view, selection
        self._subject, self._rows = subject, rows
        self._is_pointing = False
        self.marks: list[RowMark] = []
        view.setMouseTracking(True)
        view.viewport().installEventFilter(self)
        selection.emphasis_changed.connect(self._mark)

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:
        kinds = QtCore.QEvent.Type
        if event.type() == kinds.MouseMove:
            at = event.pos()  # type: ignore[attr-defined]
            index = self._view.indexAt(at)
            self._point_at(self._subject(index) if index.isValid() else None)
        elif event.type() == kinds.Leave and self._is_pointing:
            self._point_at(None)
        elif event.type() == kinds.Resize:
            self._mark()
        return False

    def _point_at(self, emphasis: Emphasis | None) -> None:
        self._is_pointing = emphasis is not None
        self._selection.point_at(emphasis)

    def _mark(self) -> None:
        emphasis = self._selection.emphasis
        found = [] if emphasis is None else self._rows(emphasis)
        viewport = self._view.viewport()
        boxes = []
        for index, _ in zip(found, range(MOST_ROWS), strict=False):
            box = self._view.visualRect(index)
            if not box.isEmpty():
                whole = QtCore.QRect(0, box.y(), viewport.width(), box.height())
                boxes.append((whole, self._view.selectionModel().isSelected(index)))
        while len(self.marks) < len(boxes):
            self.marks.append(RowMark(viewport))
        for mark in self.marks[len(boxes) :]:
            mark.hide()
        # The view moves its children when it scrolls.
        for mark, (box, is_selected) in zip(self.marks, boxes, strict=False):
            mark.is_selected = is_selected
            mark.setGeometry(box)
            mark.show()
            mark.update()


class RowMark(QtWidgets.QWidget):
    """A translucent mark over a row."""

    def __init__(self, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.is_selected = False

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter = QtGui.QPainter(self)
        roles = QtGui.QPalette.ColorRole
        # A selected row has the color of highlights already.
        role = roles.HighlightedText if self.is_selected else roles.Highlight
        accent = self.palette().color(role)
        painter.fillRect(QtCore.QRect(0, 0, BAR, self.height()), accent)
        accent.setAlpha(OPACITY)
        painter.fillRect(self.rect(), accent)
        painter.end()
