"""What can be predicted: one of some choices."""

from collections.abc import Sequence

from keras_xavier_gui.qt import Qt, QtGui, QtWidgets, Signal


class Choices(QtWidgets.QWidget):
    """Radio buttons with texts that are Markdown, and as long as they need to be."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Your prediction")
        self._group = QtWidgets.QButtonGroup(self)
        self._group.idToggled.connect(self._tell)
        self._grid = QtWidgets.QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(1, 1)

    def buttons(self) -> list[QtWidgets.QRadioButton]:
        return self._group.buttons()

    def show_choices(self, choices: Sequence[str], chosen: int | None) -> None:
        """Offers choices, one of which may have been chosen before."""
        while (item := self._grid.takeAt(0)) is not None:
            item.widget().hide()
            item.widget().deleteLater()
        for button in self.buttons():
            self._group.removeButton(button)
        for number, text in enumerate(choices):
            button = QtWidgets.QRadioButton()
            button.setChecked(number == chosen)
            label = ChoiceText(text, button)
            button.setAccessibleName(label.plain_text())
            self._group.addButton(button, number)
            self._grid.addWidget(button, number, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(label, number, 1)
        self.setVisible(bool(choices))

    def _tell(self, number: int, is_chosen: bool) -> None:
        if is_chosen:
            self.chosen.emit(number)


class ChoiceText(QtWidgets.QLabel):
    """The text of a radio button, which a click chooses as well."""

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
