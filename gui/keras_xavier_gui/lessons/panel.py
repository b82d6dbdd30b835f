"""The text of a lesson, beside the pictures."""

import itertools
import math

from keras_xavier_gui.lessons.choices import Choices
from keras_xavier_gui.lessons.tour import Networks, Tour
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets, Signal
from keras_xavier_gui.widgets.message_page import text_label

LETTERS = 46
"""In a line, unless the user makes it wider or narrower."""
MARGIN = 8
MOST = (1 << 24) - 1
"""Pixels that Qt allows."""
STARTING_SECONDS, NETWORK_SECONDS = 10, 10
"""That training takes to start, and for each network, roughly."""


class LessonPanel(QtWidgets.QFrame):
    """Shows one step of a lesson, and asks what is to come next."""

    moved = Signal(int)
    """By how many steps."""
    predicted = Signal(int)
    train_asked = Signal()
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Lesson")
        self.title = text_label()
        self.close_button = QtWidgets.QToolButton()
        self.close_button.setText("✕")
        self.close_button.setAutoRaise(True)
        self.close_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.close_button.setAccessibleName("Close the lesson")
        self.close_button.setToolTip("Close the lesson (Esc)")
        self.close_button.clicked.connect(lambda: self.closed.emit())
        self.text = LessonText()
        self.choices = Choices()
        self.choices.chosen.connect(self.predicted)
        self.networks = text_label()
        self.networks.setAccessibleName("Networks of the lesson")
        self.train = QtWidgets.QPushButton()
        self.train.clicked.connect(lambda: self.train_asked.emit())
        self.back = self._button("Back", -1, "The step before (Alt+Page Up)")
        self.next = self._button("Next", 1, "The next step (Alt+Page Down)")
        self.skip = self._button("Skip", 1, "Go on without a prediction")
        self.where = QtWidgets.QLabel()
        self._build()

    def say(self, title: str, text: str) -> None:
        """Shows a text in place of a lesson."""
        self.title.setText(title)
        self.text.setPlainText(text)
        self.text.set_as_high_as_its_text(False)
        self.choices.show_choices((), None)
        self.where.clear()
        for button in (self.back, self.next, self.skip):
            button.hide()
        self.show_networks(None)

    def show_tour(self, tour: Tour) -> None:
        """Shows the present step of a tour."""
        going_on = (self.next, self.skip, *self.choices.buttons())
        had_focus = any(one.hasFocus() for one in going_on)
        prediction = tour.step.prediction
        # The first step begins with the title.
        title = f" · {tour.lesson.title}" if tour.place else ""
        self.title.setText(f"Lesson {tour.lesson.number}{title}")
        self.text.show_markdown(tour.text)
        # What can be said stands right below what is asked.
        self.text.set_as_high_as_its_text(prediction is not None)
        self.choices.show_choices(prediction.choices if prediction else (), tour.choice)
        self._order_focus()
        self.where.setText(f"Step {tour.place + 1} of {len(tour.lesson.steps)}")
        self.back.show()
        self.next.show()
        self.allow_moves(tour)
        # A button that goes or is greyed out would hand the focus to any other.
        if had_focus:
            choices = self.choices.buttons() if tour.is_awaited else []
            (*choices, self.text if tour.is_last else self.next)[0].setFocus()

    def allow_moves(self, tour: Tour) -> None:
        """Lets the user go on once a prediction is made, or is skipped."""
        self.back.setEnabled(tour.place > 0)
        self.next.setEnabled(not (tour.is_awaited or tour.is_last))
        self.skip.setVisible(tour.is_awaited)

    def show_networks(
        self,
        networks: Networks | None,
        *,
        may_train: bool = True,
        complaint: str = "",
    ) -> None:
        """Says which networks are still to be trained, and offers to train them.

        Args:
            networks: How they are doing.
            may_train: Whether training can be asked for.
            complaint: Why training could not start.
        """
        text = complaint or str(networks or "")
        self.networks.setText(text)
        self.networks.setVisible(bool(text))
        missing = networks.missing if networks else 0
        seconds = STARTING_SECONDS + missing * NETWORK_SECONDS
        self.train.setText(f"Train the networks (about {seconds:,} s)")
        self.train.setVisible(bool(missing) and may_train)

    def sizeHint(self) -> QtCore.QSize:
        bar = self.text.verticalScrollBar().sizeHint().width()
        line = self.fontMetrics().averageCharWidth() * LETTERS
        return QtCore.QSize(line + bar + 4 * MARGIN, super().sizeHint().height())

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _button(self, text: str, steps: int, tip: str) -> QtWidgets.QPushButton:
        # No mnemonics: all letters of these words are taken by what lies beside it.
        button = QtWidgets.QPushButton(text)
        button.setToolTip(tip)
        button.clicked.connect(lambda: self.moved.emit(steps))
        return button

    def _build(self) -> None:
        top = QtWidgets.QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.close_button)
        bottom = QtWidgets.QHBoxLayout()
        bottom.addWidget(self.back)
        bottom.addStretch(1)
        bottom.addWidget(self.where)
        bottom.addStretch(1)
        bottom.addWidget(self.skip)
        bottom.addWidget(self.next)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(MARGIN, 6, MARGIN, 6)
        column.addLayout(top)
        column.addWidget(self.text, 1)
        column.addWidget(self.choices)
        column.addStretch(0)
        column.addWidget(self.networks)
        column.addWidget(self.train)
        column.addLayout(bottom)

    def _order_focus(self) -> None:
        """Lets Tab go from top to bottom: choices are made anew at each step."""
        buttons = (self.train, self.back, self.skip, self.next)
        chain = (self.close_button, self.text, *self.choices.buttons(), *buttons)
        for first, second in itertools.pairwise(chain):
            QtWidgets.QWidget.setTabOrder(first, second)


class LessonText(QtWidgets.QTextBrowser):
    """Markdown to be read; what is too long for a line goes on in the next."""

    def __init__(self) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.setTabChangesFocus(True)
        self.setAccessibleName("Text of the lesson")
        self.document().setDocumentMargin(MARGIN)
        self.setWordWrapMode(QtGui.QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._is_as_high_as_its_text = False
        self.document().documentLayout().documentSizeChanged.connect(self._fit)

    def set_as_high_as_its_text(self, as_high: bool) -> None:
        """Leaves no room below the text, or takes all that there is."""
        self._is_as_high_as_its_text = as_high
        self._fit()

    def _fit(self) -> None:
        height = math.ceil(self.document().size().height()) + 2 * self.frameWidth()
        self.setMaximumHeight(height if self._is_as_high_as_its_text else MOST)

    def show_markdown(self, text: str) -> None:
        """Shows a text from its beginning."""
        self.setMarkdown(text)
        # Commands, too: nobody reads them by scrolling to and fro.
        block = self.document().begin()
        while block.isValid():
            if block.blockFormat().nonBreakableLines():
                form = block.blockFormat()
                form.setNonBreakableLines(False)
                QtGui.QTextCursor(block).setBlockFormat(form)
            block = block.next()
        self.moveCursor(QtGui.QTextCursor.MoveOperation.Start)
