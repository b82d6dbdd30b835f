"""Code or a command to read and copy."""

import math
from collections.abc import Callable

from keras_xavier_gui.qt import Qt, QtGui, QtWidgets

MAX_LINES = 12
"""Largest number of visible lines."""


class CodeField(QtWidgets.QWidget):
    """A text in a monospaced font with a button that copies it.

    Args:
        name: Accessible name of the text.
        button: Text of the button, with its mnemonic.
        copied: Called after the text was copied.
    """

    def __init__(self, name: str, button: str, copied: Callable[[], None]) -> None:
        super().__init__()
        self._copied = copied
        self.code = CodeView(name)
        self.button = QtWidgets.QPushButton(button)
        self.button.setToolTip("Copy to the clipboard")
        self.button.clicked.connect(lambda: self.copy())
        self.buttons = [self.button]
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.code, 1, Qt.AlignmentFlag.AlignTop)
        self._column = QtWidgets.QVBoxLayout()
        self._column.addWidget(self.button)
        self._column.addStretch(1)
        row.addLayout(self._column)

    def add_button(self, text: str, tip: str) -> QtWidgets.QPushButton:
        """Adds a button below the others."""
        button = QtWidgets.QPushButton(text)
        button.setToolTip(tip)
        self._column.insertWidget(len(self.buttons), button)
        self.buttons.append(button)
        return button

    def copy(self) -> None:
        """Copies the text."""
        QtWidgets.QApplication.clipboard().setText(self.code.toPlainText())
        self._copied()


class CodeView(QtWidgets.QPlainTextEdit):
    """A text in a monospaced font, as high as its lines.

    Args:
        name: Accessible name of the text.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setWordWrapMode(QtGui.QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.apply_text_size()
        # Its size is the number of lines, wrapped ones included.
        self.document().documentLayout().documentSizeChanged.connect(
            lambda _size: self._fit()
        )

    def show_text(self, text: str) -> None:
        """Shows another text; the same text keeps its selection."""
        if text != self.toPlainText():
            self.setPlainText(text)

    def apply_text_size(self) -> None:
        """Applies the text size of the app."""
        font = QtGui.QFontDatabase.systemFont(QtGui.QFontDatabase.SystemFont.FixedFont)
        if not QtGui.QFontInfo(font).fixedPitch():
            # Without a desktop's settings, Qt returns its default font.
            font.setFamily("monospace")
        font.setPointSizeF(QtWidgets.QApplication.font().pointSizeF())
        self.setFont(font)
        self._fit()

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            # Qt does not report the size of a text that it has only wrapped again.
            self._fit()

    def _fit(self) -> None:
        lines = max(int(self.document().size().height()), 1)
        policy = Qt.ScrollBarPolicy
        is_long = lines > MAX_LINES
        self.setVerticalScrollBarPolicy(
            policy.ScrollBarAlwaysOn if is_long else policy.ScrollBarAlwaysOff
        )
        line = QtGui.QFontMetricsF(self.font()).lineSpacing()
        around = 2 * (self.frameWidth() + self.document().documentMargin())
        height = math.ceil(min(lines, MAX_LINES) * line + around) + 1
        if height != self.height():
            self.setFixedHeight(height)
            # Lines were hidden before.
            self.verticalScrollBar().setValue(0)
