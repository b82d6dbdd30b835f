import threading

import pytest

from keras_xavier_gui.qt import Qt, QtCore, QtWidgets
from keras_xavier_gui.widgets.error_log import (
    ErrorButton,
    ErrorDialog,
    ErrorLog,
    catching,
)


@pytest.fixture
def log(qapp):
    return ErrorLog()


@pytest.fixture
def button(qtbot, log):
    made = ErrorButton(log)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.hide()


def fail(message="the disk is on fire"):
    raise RuntimeError(message)


def test_an_exception_in_a_slot_is_logged_and_shown(qtbot, log, button):
    button.hide()
    with catching(log):
        QtCore.QTimer.singleShot(0, fail)
        qtbot.waitUntil(lambda: bool(log.errors))
    assert button.isVisible()
    assert button.text() == "1 error"
    assert "the disk is on fire" in button.toolTip()


def test_markup_in_error_messages_is_escaped(qtbot, log, button):
    log.report(RuntimeError("<img src='x'> & more"))
    assert "&lt;img src='x'&gt; &amp; more" in button.toolTip()


def test_the_same_error_again_is_counted(qtbot, log):
    for _ in range(3):
        try:
            fail()
        except RuntimeError as error:
            log.report(error)
    ((_, times),) = log.errors.values()
    assert times == 3


def test_an_exception_in_a_thread_is_logged(qtbot, log):
    with catching(log):
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        qtbot.waitUntil(lambda: bool(log.errors))


def test_the_hooks_are_restored(log):
    import sys

    before = sys.excepthook, threading.excepthook
    with catching(log):
        assert sys.excepthook is not before[0]
    assert (sys.excepthook, threading.excepthook) == before


def test_enter_closes_the_details_and_keeps_the_errors(qtbot, log):
    log.report(RuntimeError("no such layer"))
    dialog = ErrorDialog(log)
    qtbot.addWidget(dialog)
    dialog.open()
    assert dialog.focusWidget().text() == "Close"
    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)
    assert log.errors


def test_the_details_can_be_copied_and_cleared(qtbot, log, button):
    log.report(RuntimeError("no such layer"))
    dialog = ErrorDialog(log)
    qtbot.addWidget(dialog)
    buttons = {one.text(): one for one in dialog.findChildren(QtWidgets.QPushButton)}
    buttons["&Copy"].click()
    copied = QtWidgets.QApplication.clipboard().text()
    assert "no such layer" in copied
    assert "keras-xavier" in copied
    buttons["C&lear"].click()
    assert not log.errors
    assert not button.isVisible()
