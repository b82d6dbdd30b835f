"""The text of a lesson, beside the plots."""

import itertools
import math

from keras_xavier_gui.lessons.choices import Choices
from keras_xavier_gui.lessons.tour import NetworkCounts, Tour
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets, Signal
from keras_xavier_gui.widgets.message_page import text_label

LINE_LENGTH = 46
"""Characters in a line at the default width."""
MARGIN = 8
MAX_HEIGHT = (1 << 24) - 1
"""Largest height that Qt supports, in pixels."""
STARTING_SECONDS, NETWORK_SECONDS = 10, 10
"""Approximate time to start training, and to train a network."""


class LessonPanel(QtWidgets.QFrame):
    """Shows one step of a lesson, and asks for predictions."""

    moved = Signal(int)
    """Number of steps to move."""
    predicted = Signal(int)
    train_asked = Signal()
    exercise_asked = Signal()
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
        self.fold = FoldButton()
        self.fold.toggled.connect(self._unfold)
        self.choices = Choices()
        self.choices.chosen.connect(self.predicted)
        self.networks = text_label()
        self.networks.setAccessibleName("Networks of the lesson")
        self.train = QtWidgets.QPushButton()
        self.train.clicked.connect(lambda: self.train_asked.emit())
        self.exercise = QtWidgets.QPushButton("Write the exercise as a program")
        self.exercise.clicked.connect(lambda: self.exercise_asked.emit())
        self.program = text_label()
        self.program.setAccessibleName("Program of the exercise")
        self.program.hide()
        self._tour: Tour | None = None
        self.back = self._button("Back", -1, "Previous step (Alt+Page Up)")
        self.next = self._button("Next", 1, "Next step (Alt+Page Down)")
        self.skip = self._button("Skip", 1, "Continue without a prediction")
        self.where = QtWidgets.QLabel()
        self._build()

    def show_message(self, title: str, text: str) -> None:
        """Shows a message instead of a step."""
        self.title.setText(title)
        self.text.setPlainText(text)
        self.text.set_fits_text(False)
        self.choices.show_choices((), None)
        self.where.clear()
        for button in (self.back, self.next, self.skip, self.fold, self.exercise):
            button.hide()
        self.program.hide()
        self.show_networks(None)

    def show_tour(self, tour: Tour) -> None:
        """Shows the present step of a tour."""
        forward = (self.next, self.skip, *self.choices.buttons())
        had_focus = any(one.hasFocus() for one in forward)
        self._tour = tour
        prediction = tour.step.prediction
        texts = [choice.text for choice in prediction.choices] if prediction else []
        # The first step begins with the title.
        title = f" · {tour.lesson.title}" if tour.position else ""
        self.title.setText(f"Lesson {tour.lesson.number}{title}")
        self.text.show_markdown(tour.text)
        # The choices are right below the question.
        self.text.set_fits_text(prediction is not None)
        self.fold.show_title(tour.step.folded.title if tour.step.folded else "")
        self.exercise.setVisible(tour.is_exercise)
        self.program.hide()
        self.choices.show_choices(texts, tour.choice)
        self._order_focus()
        self.where.setText(f"Step {tour.position + 1} of {len(tour.lesson.steps)}")
        self.back.show()
        self.next.show()
        self.allow_moves(tour)
        # Qt would move the focus from a hidden or disabled button to an arbitrary one.
        if had_focus:
            choices = self.choices.buttons() if tour.is_awaited else []
            (*choices, self.text if tour.is_last else self.next)[0].setFocus()

    def allow_moves(self, tour: Tour) -> None:
        """Enables the buttons: an awaited prediction must be made or skipped."""
        self.back.setEnabled(tour.position > 0)
        self.next.setEnabled(not (tour.is_awaited or tour.is_last))
        self.skip.setVisible(tour.is_awaited)

    def show_networks(
        self,
        networks: NetworkCounts | None,
        *,
        may_train: bool = True,
        problem: str = "",
    ) -> None:
        """Shows how many networks are trained, and offers to train the others.

        Args:
            networks: Number of networks in each state.
            may_train: Whether training can be started.
            problem: Why training cannot start.
        """
        text = problem or str(networks or "")
        self.networks.setText(text)
        self.networks.setVisible(bool(text))
        missing = networks.missing if networks else 0
        seconds = STARTING_SECONDS + missing * NETWORK_SECONDS
        self.train.setText(f"Train the networks (about {seconds:,} s)")
        self.train.setVisible(bool(missing) and may_train)

    def sizeHint(self) -> QtCore.QSize:
        bar = self.text.verticalScrollBar().sizeHint().width()
        line = self.fontMetrics().averageCharWidth() * LINE_LENGTH
        return QtCore.QSize(line + bar + 4 * MARGIN, super().sizeHint().height())

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def show_exercise(self, text: str) -> None:
        """Shows where the exercise was written, or why it was not."""
        self.program.setText(text)
        self.program.show()

    def _unfold(self, is_unfolded: bool) -> None:
        """Shows the folded text below the text of the step, or hides it."""
        if self._tour is None or self._tour.step.folded is None:
            return
        folded = self._tour.step.folded
        if is_unfolded:
            self.text.show_markdown(f"{self._tour.text}\n\n---\n\n{folded.text}")
            self.text.scroll_past(self._tour.text)
        else:
            self.text.show_markdown(self._tour.text)

    def _button(self, text: str, steps: int, tip: str) -> QtWidgets.QPushButton:
        # No mnemonics: controls beside it use all letters of these words.
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
        column.addWidget(self.fold)
        column.addWidget(self.choices)
        column.addStretch(0)
        column.addWidget(self.networks)
        column.addWidget(self.train)
        column.addWidget(self.exercise)
        column.addWidget(self.program)
        column.addLayout(bottom)

    def _order_focus(self) -> None:
        """Sets the tab order from top to bottom; each step has new choices."""
        buttons = (self.train, self.exercise, self.back, self.skip, self.next)
        choices = self.choices.buttons()
        chain = (self.close_button, self.text, self.fold, *choices, *buttons)
        for first, second in itertools.pairwise(chain):
            QtWidgets.QWidget.setTabOrder(first, second)


class FoldButton(QtWidgets.QToolButton):
    """Shows or hides a text, with an arrow as in a tree."""

    def __init__(self) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setAutoRaise(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.toggled.connect(self._turn)
        self._turn(False)
        self.hide()

    def show_title(self, title: str) -> None:
        """Shows a title, folded; `""` hides the button."""
        self.setChecked(False)
        self.setText(title)
        self.setVisible(bool(title))

    def _turn(self, is_unfolded: bool) -> None:
        arrow = Qt.ArrowType.DownArrow if is_unfolded else Qt.ArrowType.RightArrow
        self.setArrowType(arrow)


class LessonText(QtWidgets.QTextBrowser):
    """Shows Markdown, and wraps long lines."""

    def __init__(self) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.setTabChangesFocus(True)
        self.setAccessibleName("Text of the lesson")
        self.document().setDocumentMargin(MARGIN)
        self.setWordWrapMode(QtGui.QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._fits_text = False
        self.document().documentLayout().documentSizeChanged.connect(self._fit)

    def set_fits_text(self, fits: bool) -> None:
        """Makes the widget as high as its text, or as high as possible."""
        self._fits_text = fits
        self._fit()

    def _fit(self) -> None:
        height = math.ceil(self.document().size().height()) + 2 * self.frameWidth()
        self.setMaximumHeight(height if self._fits_text else MAX_HEIGHT)

    def scroll_past(self, text: str) -> None:
        """Scrolls to the text that follows this Markdown."""
        before = QtGui.QTextDocument()
        before.setMarkdown(text)
        block = self.document().findBlockByNumber(before.blockCount())
        self.setTextCursor(QtGui.QTextCursor(self.document().lastBlock()))
        self.ensureCursorVisible()
        self.setTextCursor(QtGui.QTextCursor(block))
        self.ensureCursorVisible()

    def show_markdown(self, text: str) -> None:
        """Shows a text, scrolled to its beginning."""
        self.setMarkdown(text)
        # Code is wrapped, too: scrolling it sideways is inconvenient.
        block = self.document().begin()
        while block.isValid():
            if block.blockFormat().nonBreakableLines():
                form = block.blockFormat()
                form.setNonBreakableLines(False)
                QtGui.QTextCursor(block).setBlockFormat(form)
            block = block.next()
        self.moveCursor(QtGui.QTextCursor.MoveOperation.Start)
