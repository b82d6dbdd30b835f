"""A label beside the mouse with the values that are read."""

from collections.abc import Sequence

from keras_xavier.figures import LIGHT, Style
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets

MARGIN, GAP, STRIPE = 8, 14, 4
"""Pixels around the text, between names and values, and of the stripe at the left."""
DISTANCE = 16
"""Pixels between the place and the label."""
WIDEST = 360
"""Pixels of the longest text."""


class ReadingLabel(QtWidgets.QWidget):
    """Shows names and values beside a place, where it hides neither.

    Args:
        parent: The canvas.
    """

    def __init__(self, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self._canvas = parent
        self._title, self._color = "", ""
        self._values: Sequence[tuple[str, str]] = ()
        self._style = LIGHT
        self._shown_title = ""
        self._shown_values: list[tuple[str, str]] = []
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    @property
    def text(self) -> str:
        """The shown text, a line for each value."""
        lines = [f"{name} {value}".strip() for name, value in self._values]
        return "\n".join([self._title, *lines])

    def show_values(
        self,
        title: str,
        values: Sequence[tuple[str, str]],
        color: str,
        style: Style,
    ) -> None:
        """Sets the content.

        Args:
            title: What is read, in bold.
            values: Names and values.
            color: Color of the line, as `#rrggbb`.
            style: Colors of the plot.
        """
        shown = self._title, self._values, self._color, self._style
        if (title, values, color, style) == shown:
            return
        self._title, self._values, self._color = title, values, color
        self._style = style
        self._fit_names()
        width, height = self._measure()
        self.resize(width, height)
        self.update()

    def place(self, at: QtCore.QPoint, point: QtCore.QPoint) -> None:
        """Shows the label beside a place, inside the canvas.

        Args:
            at: The place of the mouse.
            point: The data point, which stays visible.
        """
        inside = self._canvas.rect()
        size = self.size()
        right, left = at.x() + DISTANCE, at.x() - DISTANCE - size.width()
        below, above = at.y() + DISTANCE, at.y() - DISTANCE - size.height()
        corners = [(x, y) for x in (right, left) for y in (below, above)]
        rectangles = [QtCore.QRect(QtCore.QPoint(x, y), size) for x, y in corners]
        near = QtCore.QRect(point - QtCore.QPoint(5, 5), QtCore.QSize(10, 10))
        fitting = [one for one in rectangles if inside.contains(one)]
        free = [one for one in fitting if not one.intersects(near)]
        chosen = next(iter(free or fitting), rectangles[0])
        x = min(chosen.x(), inside.width() - size.width())
        y = min(chosen.y(), inside.height() - size.height())
        self.move(max(x, 0), max(y, 0))
        self.show()

    def _fonts(self) -> tuple[QtGui.QFontMetrics, QtGui.QFontMetrics]:
        bold = QtGui.QFont(self.font())
        bold.setBold(True)
        return QtGui.QFontMetrics(bold), self.fontMetrics()

    def _fit_names(self) -> None:
        """Shortens what is too wide: names of layers and runs may have any length."""
        bold, plain = self._fonts()
        middle = Qt.TextElideMode.ElideMiddle
        self._shown_title = bold.elidedText(self._title, middle, WIDEST)
        self._shown_values = [
            (name, plain.elidedText(value, middle, WIDEST))
            for name, value in self._values
        ]

    def _measure(self) -> tuple[int, int]:
        """Width and height for the content."""
        bold, plain = self._fonts()
        names = [plain.horizontalAdvance(name) for name, _ in self._shown_values]
        values = [plain.horizontalAdvance(value) for _, value in self._shown_values]
        pairs = max(names, default=0) + GAP + max(values, default=0)
        width = max(bold.horizontalAdvance(self._shown_title), pairs)
        height = bold.height() + len(self._values) * plain.height()
        return STRIPE + 2 * MARGIN + width, MARGIN + height

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        box = QtCore.QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        outline = QtGui.QPainterPath()
        outline.addRoundedRect(box, 4, 4)
        painter.fillPath(outline, QtGui.QColor(self._style.background))
        painter.setClipPath(outline)
        stripe = QtCore.QRectF(0, 0, STRIPE, self.height())
        painter.fillRect(stripe, QtGui.QColor(self._color))
        painter.setClipping(False)
        painter.setPen(QtGui.QColor(self._style.muted))
        painter.drawPath(outline)
        self._write(painter)
        painter.end()

    def _write(self, painter: QtGui.QPainter) -> None:
        bold, plain = self._fonts()
        # matplotlib gives its canvas, and so this label, a white palette.
        text = QtGui.QColor(self._style.foreground)
        muted = QtGui.QColor(self._style.muted)
        left, right = STRIPE + MARGIN, self.width() - MARGIN
        font = QtGui.QFont(self.font())
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(text)
        top = MARGIN // 2
        painter.drawText(left, top + bold.ascent(), self._shown_title)
        top += bold.height()
        painter.setFont(self.font())
        for name, value in self._shown_values:
            painter.setPen(muted)
            painter.drawText(left, top + plain.ascent(), name)
            painter.setPen(text)
            wide = plain.horizontalAdvance(value)
            painter.drawText(right - wide, top + plain.ascent(), value)
            top += plain.height()
