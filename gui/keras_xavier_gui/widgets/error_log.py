"""Logs unexpected exceptions, and shows them behind a button in the status bar.

Without a hook, PyQt5 aborts the process after an exception in a slot.
"""

import logging
import platform
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

import keras_xavier
from keras_xavier_gui.qt import QtCore, QtGui, QtWidgets, Signal
from keras_xavier_gui.widgets.status_bar import excerpt, plain

MAX_ERRORS = 50

logger = logging.getLogger("keras_xavier_gui")


class ErrorLog(QtCore.QObject):
    """Collects unexpected exceptions, each traceback once."""

    changed = Signal()
    _caught = Signal(str, str)

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self.errors: dict[str, tuple[str, int]] = {}
        """Summary and number of occurrences, by traceback."""
        # A queued call if the signal comes from another thread.
        self._caught.connect(self._add)

    def report(self, error: BaseException) -> None:
        """Adds an exception; may be called from any thread."""
        details = "".join(traceback.format_exception(error))
        logger.error("%s", details.rstrip())
        self._caught.emit(f"{type(error).__name__}: {error}", details)

    def clear(self) -> None:
        self.errors.clear()
        self.changed.emit()

    def text(self) -> str:
        """All errors and the versions, for a bug report."""
        versions = (
            f"keras-xavier {keras_xavier.__version__}, "
            f"Python {platform.python_version()}, Qt {QtCore.qVersion()}, "
            f"{platform.platform()}"
        )
        return "\n\n".join(
            [
                versions,
                *(f"{n} ×\n{details}" for details, (_, n) in self.errors.items()),
            ]
        )

    def _add(self, summary: str, details: str) -> None:
        _, times = self.errors.get(details, (summary, 0))
        if times or len(self.errors) < MAX_ERRORS:
            self.errors[details] = summary, times + 1
            self.changed.emit()


@contextmanager
def catching(log: ErrorLog) -> Iterator[None]:
    """Logs uncaught exceptions of all threads."""

    def hook(
        kind: type[BaseException],
        error: BaseException,
        where: TracebackType | None,
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QtWidgets.QApplication.quit()
        else:
            log.report(error)

    def thread_hook(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            log.report(arguments.exc_value)

    earlier = sys.excepthook, threading.excepthook
    sys.excepthook, threading.excepthook = hook, thread_hook
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook = earlier


class ErrorButton(QtWidgets.QToolButton):
    """A button that appears after an error, and shows all errors."""

    def __init__(self, log: ErrorLog, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._log = log
        self.setAutoRaise(True)
        self.hide()
        log.changed.connect(self._update)
        self.clicked.connect(self.show_details)

    def show_details(self) -> None:
        dialog = ErrorDialog(self._log, self.window())
        dialog.open()

    def _update(self) -> None:
        count = len(self._log.errors)
        self.setVisible(count > 0)
        self.setText("1 error" if count == 1 else f"{count} errors")
        if count:
            latest, _ = list(self._log.errors.values())[-1]
            self.setToolTip(plain(excerpt(f"{latest}\nClick for details.")))
            self.setAccessibleDescription(latest)


class ErrorDialog(QtWidgets.QDialog):
    """Shows all errors as text to copy."""

    def __init__(self, log: ErrorLog, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(QtCore.Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Errors")
        self.resize(760, 420)
        explanation = QtWidgets.QLabel(
            "An unexpected error occurred. The app continues to run. Please include "
            "the text below when you report the error."
        )
        explanation.setWordWrap(True)
        self.details = QtWidgets.QPlainTextEdit(log.text())
        self.details.setReadOnly(True)
        self.details.setAccessibleName("Errors")
        self.details.setFont(
            QtGui.QFontDatabase.systemFont(QtGui.QFontDatabase.SystemFont.FixedFont)
        )
        self.details.setLineWrapMode(QtWidgets.QPlainTextEdit.LineWrapMode.NoWrap)
        buttons = QtWidgets.QDialogButtonBox()
        role = QtWidgets.QDialogButtonBox.ButtonRole
        copy = buttons.addButton("&Copy", role.ActionRole)
        clear = buttons.addButton("C&lear", role.ResetRole)
        close = buttons.addButton("Close", role.RejectRole)
        close.setDefault(True)
        copy.clicked.connect(
            lambda: QtWidgets.QApplication.clipboard().setText(log.text())
        )
        clear.clicked.connect(log.clear)
        clear.clicked.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(explanation)
        layout.addWidget(self.details)
        layout.addWidget(buttons)
        # Otherwise Enter would clear the errors.
        close.setFocus()
