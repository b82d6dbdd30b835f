"""The selected finding: explanation, numbers, remedy, command and source."""

from collections.abc import Callable

from keras_xavier.text import sanitize
from keras_xavier_gui.diagnosis.findings import RunFinding, steps_text
from keras_xavier_gui.diagnosis.severity import severity_icon
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets, Signal
from keras_xavier_gui.widgets.icons import SIZE
from keras_xavier_gui.widgets.message_page import text_label

COMMAND_LINES = 3
"""Visible lines of the command."""
PARTS = ("Numbers", "Remedy", "Source")


class CommandField(QtWidgets.QPlainTextEdit):
    """A command to read and copy, in a monospaced font."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setAccessibleName("Command that applies the remedy")
        self.fit()

    def fit(self) -> None:
        """Applies the text size of the app."""
        font = QtGui.QFontDatabase.systemFont(QtGui.QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(QtWidgets.QApplication.font().pointSizeF())
        self.setFont(font)
        around = 2 * (self.frameWidth() + int(self.document().documentMargin()))
        lines = COMMAND_LINES * QtGui.QFontMetrics(font).lineSpacing()
        self.setFixedHeight(lines + around)


class Details(QtWidgets.QWidget):
    """Shows a finding in full.

    Args:
        notify: Shows a message in the status bar.
    """

    evidence_asked = Signal()

    def __init__(self, notify: Callable[[str], None]) -> None:
        super().__init__()
        self._notify = notify
        self._found: RunFinding | None = None
        self._icon = QtWidgets.QLabel()
        self.headline = text_label()
        self.evidence = QtWidgets.QPushButton("Show the &evidence")
        self.evidence.setToolTip("Show the plot with the evidence, at its step (Enter)")
        self.evidence.clicked.connect(lambda: self.evidence_asked.emit())
        row = QtWidgets.QHBoxLayout()
        row.setContentsMargins(8, 6, 8, 2)
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(self.headline, 1)
        row.addWidget(self.evidence)
        self.explanation = text_label()
        self.texts = {part: text_label() for part in PARTS}
        self.command = CommandField()
        self.copy_button = QtWidgets.QPushButton("Copy co&mmand")
        self.copy_button.setToolTip("Copy the command to the clipboard")
        self.copy_button.clicked.connect(lambda: self.copy())
        self.area = QtWidgets.QScrollArea()
        self.area.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setWidget(self._body())
        self.area.setAccessibleName("Details of the finding")
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addWidget(self.area, 1)
        # The scroll area comes before the widgets in it.
        QtWidgets.QWidget.setTabOrder(self.evidence, self.area)
        QtWidgets.QWidget.setTabOrder(self.area, self.command)
        QtWidgets.QWidget.setTabOrder(self.command, self.copy_button)

    def show_found(self, found: RunFinding | None) -> None:
        """Shows another finding, or the same one after the run has grown."""
        if found is None or found == self._found:
            return
        is_other = self._found is None or found.key != self._found.key
        self._found = found
        finding = found.finding
        self._icon.setPixmap(severity_icon(finding.severity).pixmap(SIZE, SIZE))
        layers = [", ".join(map(sanitize, finding.layers))] if finding.layers else []
        steps = "step" if finding.steps[0] == finding.steps[1] else "steps"
        where = [found.run, *layers, f"{steps} {steps_text(finding.steps)}"]
        title = f"{finding.severity.capitalize()}: {sanitize(finding.title)}"
        self.headline.setText("\n".join([title, "  ·  ".join(where)]))
        self.explanation.setText(finding.explanation)
        self.texts["Numbers"].setText("\n".join(map(str, finding.numbers)))
        self.texts["Remedy"].setText(finding.remedy)
        self.texts["Source"].setText(finding.source)
        command = sanitize(finding.command)
        if command != self.command.toPlainText():
            self.command.setPlainText(command)
        # Screen readers do not read the text in a scroll area.
        self.area.setAccessibleDescription(
            "\n".join(
                [
                    finding.explanation,
                    *(f"{part}: {one.text()}" for part, one in self.texts.items()),
                ]
            )
        )
        if is_other:
            self.area.verticalScrollBar().setValue(0)

    def copy(self) -> None:
        """Copies the command."""
        QtWidgets.QApplication.clipboard().setText(self.command.toPlainText())
        self._notify("Command copied")

    def changeEvent(self, event: QtCore.QEvent) -> None:
        super().changeEvent(event)
        # The event also comes during construction.
        if event.type() == QtCore.QEvent.Type.FontChange and hasattr(self, "command"):
            self.command.fit()

    def _body(self) -> QtWidgets.QWidget:
        body = QtWidgets.QWidget()
        grid = QtWidgets.QGridLayout(body)
        grid.setContentsMargins(8, 6, 8, 8)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.explanation, 0, 0, 1, 3)
        top = Qt.AlignmentFlag.AlignTop
        rows: tuple[tuple[str, QtWidgets.QWidget], ...] = (
            ("Numbers", self.texts["Numbers"]),
            ("Remedy", self.texts["Remedy"]),
            ("Command", self.command),
            ("Source", self.texts["Source"]),
        )
        for row, (title, widget) in enumerate(rows, 1):
            grid.addWidget(QtWidgets.QLabel(title), row, 0, top)
            is_command = widget is self.command
            grid.addWidget(widget, row, 1, 1, 1 if is_command else 2)
            if is_command:
                grid.addWidget(self.copy_button, row, 2, top)
        grid.setRowStretch(len(rows) + 1, 1)
        return body
