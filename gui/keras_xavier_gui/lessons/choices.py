"""The choices of a prediction."""

from collections.abc import Sequence

from keras_xavier_gui.qt import Qt, QtGui, QtWidgets, Signal


class Choices(QtWidgets.QWidget):
    """Radio buttons with Markdown text, which wraps."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Your prediction")
        self._group = QtWidgets.QButtonGroup(self)
        self._group.idToggled.connect(self._report)
        self._grid = QtWidgets.QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(1, 1)

    def buttons(self) -> list[QtWidgets.QAbstractButton]:
        return self._group.buttons()

    def show_choices(self, choices: Sequence[str], chosen: int | None) -> None:
        """Shows other choices.

        Args:
            choices: Their texts, as Markdown.
            chosen: Index of the choice made before, if any.
        """
        while (item := self._grid.takeAt(0)) is not None:
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        for button in self.buttons():
            self._group.removeButton(button)
        for number, text in enumerate(choices):
            radio = QtWidgets.QRadioButton()
            radio.setChecked(number == chosen)
            label = ChoiceText(text, radio)
            radio.setAccessibleName(label.plain_text())
            self._group.addButton(radio, number)
            self._grid.addWidget(radio, number, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(label, number, 1)
        self.setVisible(bool(choices))

    def _report(self, number: int, is_chosen: bool) -> None:
        if is_chosen:
            self.chosen.emit(number)


class ChoiceText(QtWidgets.QLabel):
    """The text of a radio button; a click on it clicks the button."""

    def __init__(self, text: str, button: QtWidgets.QRadioButton) -> None:
        super().__init__(text)
        self._button = button
        self.setTextFormat(Qt.TextFormat.MarkdownText)
        self.setWordWrap(True)

    def plain_text(self) -> str:
        document = QtGui.QTextDocument()
        document.setMarkdown(self.text())
        return document.toPlainText().strip()

    def mouseReleaseEvent(self, event: QtGui.QMouseEvent) -> None:
        if self.rect().contains(event.pos()):
            self._button.setFocus()
            self._button.click()
