"""A flat tab bar: the current tab is underlined in the accent color."""

from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets

HEIGHT = 14
"""Pixels above and below the text of a tab, together."""
WIDTH, NARROW = 16, 6
"""Pixels to the left and right of the text, together: usually, and at least, in a
window that is too narrow for all tabs."""
LINE = 2
"""Height of the line below the current tab."""


class TabBar(QtWidgets.QTabBar):
    """Draws tabs without frames.

    A style sheet could do the same, but tabs with a style sheet do not follow a change
    of the theme.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setMouseTracking(True)
        self._beside = WIDTH

    def fit(self, width: int) -> None:
        """Moves the tabs closer together if they do not fit a width in pixels."""
        texts = sum(self._text_size(one).width() for one in range(self.count()))
        spare = (width - texts) // max(self.count(), 1)
        beside = min(max(spare, NARROW), WIDTH)
        if beside != self._beside:
            self._beside = beside
            # Measures all tabs again.
            self.setElideMode(Qt.TextElideMode.ElideNone)

    def _text_size(self, index: int) -> QtCore.QSize:
        flag = Qt.TextFlag.TextShowMnemonic
        return self.fontMetrics().size(flag, self.tabText(index))

    def tabSizeHint(self, index: int) -> QtCore.QSize:
        return self._text_size(index) + QtCore.QSize(self._beside, HEIGHT)

    def minimumTabSizeHint(self, index: int) -> QtCore.QSize:
        return self.tabSizeHint(index)

    def mouseMoveEvent(self, event: QtGui.QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self.update()

    def leaveEvent(self, event: QtCore.QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter, palette = QtGui.QPainter(self), self.palette()
        bottom = self.rect().bottom()
        painter.fillRect(0, bottom, self.width(), 1, palette.mid())
        under = self.tabAt(self.mapFromGlobal(QtGui.QCursor.pos()))
        for index in range(self.count()):
            rect, is_current = self.tabRect(index), index == self.currentIndex()
            if is_current:
                line = QtCore.QRect(rect.x(), bottom - LINE + 1, rect.width(), LINE)
                painter.fillRect(line, palette.link())
            elif index == under:
                painter.fillRect(rect.adjusted(0, 0, 0, -LINE), palette.midlight())
            if is_current and self.hasFocus():
                painter.fillRect(rect.adjusted(0, 0, 0, -LINE), palette.midlight())
            text = palette.text() if is_current else palette.placeholderText()
            painter.setPen(text.color())
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextShowMnemonic
            painter.drawText(rect, flags, self.tabText(index))
