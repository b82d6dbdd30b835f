"""Links the rows of a list with the lines of plots."""

from collections.abc import Callable, Iterable
from itertools import islice

from keras_xavier_gui.qt import ModelIndex, Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.sources.selection import Emphasis, Selection

MOST_ROWS = 100
"""Maximum number of marked rows."""
OPACITY, BAR = 60, 4
"""Opacity of a mark, of 255, and the width of the bar at its left in pixels."""
VEIL_OPACITY = 170
"""Opacity of the veil over a row that plots do not draw, of 255."""
Rows = Callable[[], Iterable[ModelIndex]]


class RowMarks(QtCore.QObject):
    """Draws something over some rows of a list, wherever the rows are.

    Args:
        view: The list.
        rows: Returns the rows.
        kind: Draws over a row.
    """

    def __init__(
        self,
        view: QtWidgets.QAbstractItemView,
        rows: Rows,
        kind: "type[RowMark]",
    ) -> None:
        super().__init__(view)
        self._view, self._rows, self._kind = view, rows, kind
        self._marks: list[RowMark] = []
        view.viewport().installEventFilter(self)

    @property
    def shown(self) -> list[QtCore.QRect]:
        """The areas of the marked rows."""
        return [mark.geometry() for mark in self._marks if not mark.isHidden()]

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:
        # Rows may have been sorted, folded or scrolled.
        if event.type() == QtCore.QEvent.Type.Paint:
            self.place()
        return False

    def place(self) -> None:
        """Places the marks over their rows."""
        viewport = self._view.viewport()
        boxes = []
        for index in islice(self._rows(), MOST_ROWS):
            box = self._view.visualRect(index)
            if not box.isEmpty():
                whole = QtCore.QRect(0, box.y(), viewport.width(), box.height())
                boxes.append((whole, self._view.selectionModel().isSelected(index)))
        while len(self._marks) < len(boxes):
            self._marks.append(self._kind(viewport))
        for mark in self._marks[len(boxes) :]:
            mark.hide()
        for mark, (box, is_selected) in zip(self._marks, boxes, strict=False):
            if (mark.geometry(), mark.is_selected) != (box, is_selected):
                mark.is_selected = is_selected
                mark.setGeometry(box)
                mark.update()
            mark.show()


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
        self.marks = RowMarks(view, self._emphasized, RowMark)
        view.setMouseTracking(True)
        view.viewport().installEventFilter(self)
        selection.emphasis_changed.connect(self.marks.place)

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:
        kinds = QtCore.QEvent.Type
        if event.type() == kinds.MouseMove:
            at = event.pos()  # type: ignore[attr-defined]
            index = self._view.indexAt(at)
            self._point_at(self._subject(index) if index.isValid() else None)
        elif event.type() == kinds.Leave and self._is_pointing:
            self._point_at(None)
        return False

    def _emphasized(self) -> Iterable[ModelIndex]:
        emphasis = self._selection.emphasis
        return () if emphasis is None else self._rows(emphasis)

    def _point_at(self, emphasis: Emphasis | None) -> None:
        self._is_pointing = emphasis is not None
        self._selection.point_at(emphasis)


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


class RowVeil(RowMark):
    """A veil over the row of something that plots do not draw."""

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter = QtGui.QPainter(self)
        veil = self.palette().color(QtGui.QPalette.ColorRole.Base)
        veil.setAlpha(VEIL_OPACITY)
        painter.fillRect(self.rect(), veil)
        painter.end()
