"""The bar below a plot with evidence: the finding, and the ways back."""

from typing import TYPE_CHECKING

from keras_xavier.text import sanitize
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets, Signal
from keras_xavier_gui.tabs import Tabs
from keras_xavier_gui.widgets.action_button import IconButton
from keras_xavier_gui.widgets.status_bar import plain

if TYPE_CHECKING:
    from keras_xavier_gui.diagnosis.items import RunFinding

SEPARATOR = "  ·  "


class EvidenceBar(QtWidgets.QFrame):
    """Names the finding whose evidence the current plot marks; otherwise hidden.

    Args:
        context: State and services of the app.
        tabs: The tabs with plots.
    """

    diagnosis_asked = Signal()
    """The user wants to return to the finding."""

    def __init__(self, context: AppContext, tabs: Tabs) -> None:
        super().__init__()
        self._evidence = context.evidence
        self._tabs = tabs
        self.setAccessibleName("Evidence")
        self.text = QtWidgets.QLabel()
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setAccessibleName("Evidence")
        # Long texts are cut off rather than widening the window.
        policy = QtWidgets.QSizePolicy.Policy
        self.text.setSizePolicy(policy.Ignored, policy.Preferred)
        self.back = QtWidgets.QPushButton("Show in diagnosis")
        self.back.setToolTip("Return to the finding in the Diagnosis tab")
        self.back.clicked.connect(lambda: self.diagnosis_asked.emit())
        self.end = IconButton("close", "Hide the evidence")
        self.end.setToolTip("Hide the shading and the threshold")
        self.end.clicked.connect(lambda: self._evidence.show(()))
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.addWidget(self.text, 1)
        row.addWidget(self.back)
        row.addWidget(self.end)
        self.hide()
        for signal in (self._evidence.changed, tabs.currentChanged, tabs.plot_changed):
            signal.connect(self._update)

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _update(self) -> None:
        found, plot = self._evidence.found, self._tabs.plot()
        is_shown = (
            plot is not None
            and self._evidence.marks(plot.figure.name, plot.values()) is not None
        )
        self.setVisible(is_shown)
        if is_shown:
            self.text.setToolTip(plain(describe(found)))
            self._elide()

    def _elide(self) -> None:
        if self._evidence.found:
            room, cut = self.text.width(), Qt.TextElideMode.ElideRight
            text = describe(self._evidence.found)
            self.text.setText(self.text.fontMetrics().elidedText(text, cut, room))
            self.text.setAccessibleDescription(text)

    def sizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(0, super().sizeHint().height())


def describe(found: "tuple[RunFinding, ...]") -> str:
    """Returns the finding with its runs, its layers and its steps, in a line."""
    # Not before: the diagnosis takes a while to import.
    from keras_xavier_gui.diagnosis.items import place_text

    return f"{sanitize(found[0].finding.title)}{SEPARATOR}{place_text(found)}"
