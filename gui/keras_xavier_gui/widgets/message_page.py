"""Pages of text where there is nothing else to see: they say what to do."""

from collections.abc import Sequence

from keras_xavier_gui.qt import Qt, QtGui, QtWidgets, Signal
from keras_xavier_gui.sources.listing import Listing

READING = "Reading …"
NO_NETWORKS = """\
No networks yet
Once those of the lesson are being trained, you see them here."""
TEXT_WIDTH = 620
RECORD = """\
keras-xavier train --activation tanh --run runs/tanh"""
CALLBACK = """\
import keras_xavier as kx

statistics = kx.LayerStatistics("runs/mine", probe=(x_test[:300], y_test[:300]))
model.fit(x, y, callbacks=[statistics])"""


class MessagePage(QtWidgets.QScrollArea):
    """A headline and what follows it, in the middle."""

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.headline = text_label()
        font = QtGui.QFont(self.headline.font())
        font.setPointSizeF(font.pointSizeF() * 1.3)
        self.headline.setFont(font)
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
        """Adds what comes after the text."""

    def set_text(self, text: str) -> None:
        """Shows a headline, and what follows it in further lines."""
        headline, _, rest = text.partition("\n")
        self.headline.setText(headline)
        self.text.setText(rest)
        self.text.setVisible(bool(rest))


class WelcomePage(MessagePage):
    """What one sees without any run: how to open one, how to make one."""

    open_asked = Signal()
    new_asked = Signal()
    samples_asked = Signal()
    recent_chosen = Signal(str)

    def add_more(self) -> None:
        button = QtWidgets.QPushButton("Open run or folder …")
        button.setToolTip("Ctrl+O")
        button.clicked.connect(lambda: self.open_asked.emit())
        new = QtWidgets.QPushButton("New e&xperiment …")
        new.setToolTip("Train a network, and watch it (Ctrl+N)")
        new.clicked.connect(lambda: self.new_asked.emit())
        samples = QtWidgets.QPushButton("Look at sa&mples")
        samples.setToolTip("Four small networks of the paper's kind, trained before")
        samples.clicked.connect(lambda: self.samples_asked.emit())
        row = QtWidgets.QHBoxLayout()
        row.addWidget(button)
        row.addWidget(new)
        row.addWidget(samples)
        self.lessons = QtWidgets.QPushButton("Lessons")
        self.lessons.setToolTip("Guided tours: a text beside the pictures")
        row.addWidget(self.lessons)
        row.addStretch(1)
        self.column.addLayout(row)
        self._recent_paths: tuple[str, ...] = ()
        self.recent = QtWidgets.QVBoxLayout()
        self.recent.setSpacing(2)
        self.column.addLayout(self.recent)
        for what, code in (
            ("Record a run, in a terminal:", RECORD),
            ("or with the callback, in a script of yours:", CALLBACK),
        ):
            self.column.addSpacing(8)
            label = text_label()
            label.setText(what)
            self.column.addWidget(label)
            self.column.addWidget(code_label(code))

    def set_recent(self, paths: Sequence[str]) -> None:
        """Offers what was opened before."""
        if tuple(paths) == self._recent_paths:
            return
        self._recent_paths = tuple(paths)
        while (item := self.recent.takeAt(0)) is not None:
            item.widget().hide()
            item.widget().deleteLater()
        if paths:
            label = text_label()
            label.setText("or what was open lately:")
            self.recent.addWidget(label)
        for path in paths:
            button = QtWidgets.QToolButton()
            # An ampersand in a path is no mnemonic.
            button.setText(path.replace("&", "&&"))
            button.setAutoRaise(True)
            button.setAccessibleName(f"Open {path}")
            button.clicked.connect(
                lambda _=False, path=path: self.recent_chosen.emit(path)
            )
            self.recent.addWidget(button)


def why_no_runs(sources: Sequence[str], listing: Listing | None) -> str:
    """What to say when there is no run."""
    if not sources:
        return (
            "No run is open\n"
            "Open a run or a folder of runs, or drop it here. Runs that are being "
            "trained are followed."
        )
    missing = listing.missing if listing else {}
    lines = [missing.get(one, f"{one} holds no run yet.") for one in sources]
    return "\n".join(
        ["No runs yet", *lines, "A run that is made there shows up here by itself."]
    )


def text_label() -> QtWidgets.QLabel:
    label = QtWidgets.QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def code_label(code: str) -> QtWidgets.QLabel:
    """A piece of code to read and to copy."""
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
