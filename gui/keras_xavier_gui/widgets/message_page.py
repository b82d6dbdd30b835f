"""Pages with a message in place of plots."""

from collections.abc import Sequence
from typing import cast

from keras_xavier_gui.qt import Qt, QtGui, QtWidgets, Signal
from keras_xavier_gui.sources.listing import Listing
from keras_xavier_gui.theme import TextSize, scaled_font

READING = "Reading …"
NO_NETWORKS = """\
No networks yet
Networks of the lesson appear here as soon as their training starts."""
NO_PLOT_YET = """\
No plot yet
The plots of the lesson appear in a later step. To look at a run now, click it on the \
left."""
TEXT_WIDTH = 620
RECORD = """\
keras-xavier train --activation tanh --run runs/tanh"""
CALLBACK = """\
import keras_xavier as kx

statistics = kx.LayerStatistics("runs/mine", probe=(x_test[:300], y_test[:300]))
model.fit(x, y, callbacks=[statistics])"""


class MessagePage(QtWidgets.QScrollArea):
    """A headline and a text in the middle of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.headline = text_label()
        self.headline.setFont(scaled_font(self.headline.font(), TextSize.LARGE))
        self.text = text_label()
        inner = QtWidgets.QWidget()
        inner.setMaximumWidth(TEXT_WIDTH)
        self.column = QtWidgets.QVBoxLayout(inner)
        self.column.setSpacing(10)
        self.column.addStretch(2)
        self.column.addWidget(self.headline)
        self.column.addWidget(self.text)
        self.add_more()
        self.column.addStretch(3)
        outer = QtWidgets.QWidget()
        row = QtWidgets.QHBoxLayout(outer)
        row.addStretch(1)
        row.addWidget(inner, 1000)
        row.addStretch(1)
        self.setWidget(outer)

    def add_more(self) -> None:
        """Adds widgets after the text."""

    def set_text(self, text: str) -> None:
        """Shows a text, whose first line is the headline."""
        headline, _, rest = text.partition("\n")
        self.headline.setText(headline)
        self.text.setText(rest)
        self.text.setVisible(bool(rest))


class WelcomePage(MessagePage):
    """Shows how to open or record a run, if there is none."""

    open_asked = Signal()
    new_asked = Signal()
    samples_asked = Signal()
    recent_chosen = Signal(str)

    def add_more(self) -> None:
        button = QtWidgets.QPushButton("Open run or folder …")
        button.setToolTip("Ctrl+O")
        button.clicked.connect(lambda: self.open_asked.emit())
        new = QtWidgets.QPushButton("New e&xperiment …")
        new.setToolTip("Train a network and watch it (Ctrl+N)")
        new.clicked.connect(lambda: self.new_asked.emit())
        samples = QtWidgets.QPushButton("Open sa&mples")
        samples.setToolTip("Four small networks trained as in the paper")
        samples.clicked.connect(lambda: self.samples_asked.emit())
        row = QtWidgets.QHBoxLayout()
        row.addWidget(button)
        row.addWidget(new)
        row.addWidget(samples)
        self.lessons = QtWidgets.QPushButton("Lessons")
        self.lessons.setToolTip("Guided tours: text beside the plots")
        row.addWidget(self.lessons)
        row.addStretch(1)
        self.column.addLayout(row)
        self._recent_paths: tuple[str, ...] = ()
        self.recent = QtWidgets.QVBoxLayout()
        self.recent.setSpacing(2)
        self.column.addLayout(self.recent)
        for what, code in (
            ("Record a run from a terminal:", RECORD),
            ("or from your own script, with the callback:", CALLBACK),
        ):
            self.column.addSpacing(8)
            label = text_label()
            label.setText(what)
            self.column.addWidget(label)
            self.column.addWidget(code_label(code))

    def set_recent(self, paths: Sequence[str]) -> None:
        """Lists runs and folders that were opened before."""
        if tuple(paths) == self._recent_paths:
            return
        self._recent_paths = tuple(paths)
        while (item := self.recent.takeAt(0)) is not None:
            widget = cast(QtWidgets.QWidget, item.widget())
            widget.hide()
            widget.deleteLater()
        if paths:
            label = text_label()
            label.setText("Recent:")
            self.recent.addWidget(label)
        for path in paths:
            button = QtWidgets.QToolButton()
            # An ampersand in a path is not a mnemonic.
            button.setText(path.replace("&", "&&"))
            button.setAutoRaise(True)
            button.setAccessibleName(f"Open {path}")
            button.clicked.connect(
                lambda _=False, path=path: self.recent_chosen.emit(path)
            )
            self.recent.addWidget(button)


def why_no_runs(sources: Sequence[str], listing: Listing | None) -> str:
    """Returns the message to show without runs."""
    if not sources:
        return (
            "No run is open\n"
            "Open a run or a folder of runs, or drop it here. Runs are updated while "
            "they are being recorded."
        )
    missing = listing.missing if listing else {}
    lines = [missing.get(one, f"{one} contains no run yet.") for one in sources]
    return "\n".join(["No runs yet", *lines, "New runs appear here automatically."])


def text_label() -> QtWidgets.QLabel:
    """Returns a label for plain text that wraps and can be selected."""
    label = QtWidgets.QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def code_label(code: str) -> QtWidgets.QLabel:
    """Returns a label for code, which can be copied."""
    label = QtWidgets.QLabel(code)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    label.setFont(
        QtGui.QFontDatabase.systemFont(QtGui.QFontDatabase.SystemFont.FixedFont)
    )
    label.setFrameShape(QtWidgets.QFrame.Shape.StyledPanel)
    label.setMargin(8)
    label.setBackgroundRole(QtGui.QPalette.ColorRole.Base)
    label.setAutoFillBackground(True)
    label.setAccessibleName("Code")
    return label
