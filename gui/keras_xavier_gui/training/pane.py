"""The progress of training runs, at the bottom of the window."""

from itertools import takewhile

from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets, Signal
from keras_xavier_gui.sources.paths import name_of
from keras_xavier_gui.training.job import TrainingJob, outcome, progress
from keras_xavier_gui.widgets.message_page import text_label
from keras_xavier_gui.widgets.status_bar import plain

LOG_LINES = 9
BAR_WIDTH = 220
MAX_HEIGHT = 280
NAME_LENGTH = 32
"""Characters of the run's name; longer ones are elided."""


class TrainingPane(QtWidgets.QFrame):
    """Shows the progress and the log of a job, and a button to stop it."""

    dismissed = Signal()
    compare_asked = Signal(str)
    """The folder of runs that the user wants to compare."""

    def __init__(self, job: TrainingJob) -> None:
        super().__init__()
        self.job = job
        name = name_of(job.process.path)
        self.setFrameShape(QtWidgets.QFrame.Shape.StyledPanel)
        self.setAccessibleName(f"Training of {name}")
        self.name = text_label()
        self.name.setWordWrap(False)
        room = self.name.fontMetrics().averageCharWidth() * NAME_LENGTH
        middle = Qt.TextElideMode.ElideMiddle
        self.name.setText(self.name.fontMetrics().elidedText(name, middle, room))
        self.name.setFixedWidth(room)
        self.name.setToolTip(plain(f"{job.process.path}\nLog: {job.process.log_path}"))
        self.bar = QtWidgets.QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setFixedWidth(BAR_WIDTH)
        self.bar.setAccessibleName(f"Progress of {name}")
        self.text = text_label()
        self.show_log = QtWidgets.QToolButton()
        self.show_log.setText("Sho&w log")
        self.show_log.setCheckable(True)
        self.show_log.setToolTip("Show the output of the training process")
        if not job.process.shows_log:
            self.show_log.hide()
        self.compare = QtWidgets.QPushButton("Compare runs")
        self.compare.setToolTip(
            "Show the training curves of the original and of all remedies tried so far"
        )
        self.compare.hide()
        self.compare.clicked.connect(lambda: self.compare_asked.emit(job.process.path))
        self.stop = QtWidgets.QPushButton("Stop")
        self.stop.setToolTip("End after the current update; the run is kept (Alt+K)")
        self.stop.setShortcut("Alt+K")
        self.dismiss = QtWidgets.QPushButton("&Dismiss")
        self.dismiss.setToolTip("Remove from the window; the run and the log are kept")
        self.dismiss.hide()
        self.log = QtWidgets.QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setAccessibleName(f"Log of {name}")
        self.log.setTabChangesFocus(True)
        self.log.setFont(
            QtGui.QFontDatabase.systemFont(QtGui.QFontDatabase.SystemFont.FixedFont)
        )
        self.log.setFixedHeight(self.log.fontMetrics().lineSpacing() * LOG_LINES)
        self.log.hide()
        row = QtWidgets.QHBoxLayout()
        row.addWidget(self.name)
        row.addWidget(self.bar)
        row.addWidget(self.text, 1)
        for button in (self.compare, self.show_log, self.stop, self.dismiss):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 4)
        column.addLayout(row)
        column.addWidget(self.log)
        self.show_log.toggled.connect(self._show_log)
        self.stop.clicked.connect(self._stop)
        self.dismiss.clicked.connect(lambda: self.dismissed.emit())
        job.updated.connect(self.update_text)
        self.update_text()

    def update_text(self) -> None:
        """Shows the latest status of the job."""
        job, status = self.job, self.job.status
        has_runs = job.process.has_several_runs and status.step is not None
        self.compare.setVisible(has_runs)
        if job.is_running:
            self.text.setText(progress(job))
            if status.step is not None:
                self.bar.setRange(0, job.process.total)
                self.bar.setValue(status.step)
            if job.is_stopping:
                self.stop.setText("Kill")
                self.stop.setToolTip("End at once; recorded steps are kept")
        else:
            self.text.setText(outcome(job))
            self.bar.hide()
            self.dismiss.show()
            if self.stop.hasFocus():
                (self.show_log if job.process.shows_log else self.dismiss).setFocus()
            self.stop.hide()
        self._update_log(status.log)

    def _stop(self) -> None:
        if self.job.is_stopping:
            self.job.kill()
        else:
            self.job.stop()

    def _show_log(self, shown: bool) -> None:
        self.log.setVisible(shown)
        self._scroll_to_end()

    def _update_log(self, text: str) -> None:
        before = self.log.toPlainText()
        if text == before:
            return
        bar = self.log.verticalScrollBar()
        place = bar.value()
        at_end = place == bar.maximum()
        # Unchanged lines stay selected.
        lines = zip(before.splitlines(True), text.splitlines(True), strict=False)
        same = sum(
            len(one) for one, _ in takewhile(lambda two: two[0] == two[1], lines)
        )
        cursor = QtGui.QTextCursor(self.log.document())
        cursor.setPosition(utf16_length(before[:same]))
        cursor.movePosition(
            QtGui.QTextCursor.MoveOperation.End, QtGui.QTextCursor.MoveMode.KeepAnchor
        )
        cursor.insertText(text[same:])
        bar.setValue(place)
        if at_end:
            self._scroll_to_end()

    def _scroll_to_end(self) -> None:
        bar = self.log.verticalScrollBar()
        bar.setValue(bar.maximum())


def utf16_length(text: str) -> int:
    """Length of a text in UTF-16 code units, as Qt counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class PaneArea(QtWidgets.QScrollArea):
    """Stacks the panes; as high as necessary, up to a limit."""

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        policy = QtWidgets.QSizePolicy.Policy
        self.setSizePolicy(policy.Preferred, policy.Fixed)
        self._panes: list[TrainingPane] = []
        self._inner = QtWidgets.QWidget()
        self._rows = QtWidgets.QVBoxLayout(self._inner)
        self._rows.setContentsMargins(6, 0, 6, 4)
        self._rows.setSpacing(4)
        self.setWidget(self._inner)
        self.hide()

    def panes(self) -> list[TrainingPane]:
        """The panes, latest first."""
        return list(self._panes)

    def add(self, pane: TrainingPane) -> None:
        self._panes.insert(0, pane)
        self._rows.insertWidget(0, pane)
        self.show()
        self.verticalScrollBar().setValue(0)

    def remove(self, pane: TrainingPane) -> None:
        self._panes.remove(pane)
        self._rows.removeWidget(pane)
        pane.hide()
        pane.deleteLater()
        self.setVisible(bool(self._panes))

    def sizeHint(self) -> QtCore.QSize:
        inner = self._inner
        width = max(self.viewport().width(), inner.minimumSizeHint().width())
        height = (
            inner.heightForWidth(width)
            if inner.hasHeightForWidth()
            else inner.sizeHint().height()
        )
        return QtCore.QSize(inner.sizeHint().width(), min(height, MAX_HEIGHT))

    def minimumSizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(0, min(self.sizeHint().height(), MAX_HEIGHT))

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:
        if event.type() == QtCore.QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        super().resizeEvent(event)
        # Text takes more height in a narrower area.
        if event.oldSize().width() != event.size().width():
            self.updateGeometry()
