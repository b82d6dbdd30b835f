"""What the tests of the app look for after each of them."""

import threading

from keras_xavier_gui.qt import QtCore, QtWidgets


def test_a_widget_that_nobody_deletes_is_found(find_leaks):
    parent = QtWidgets.QDialog()
    child = QtWidgets.QLabel("text", parent, objectName="forgotten")
    assert sorted(found.split()[0] for found in find_leaks()) == ["QDialog", "QLabel"]
    assert any("forgotten" in found for found in find_leaks())
    parent.hide()
    assert len(find_leaks()) == 2
    del child, parent
    assert find_leaks() == []


def test_a_timer_that_nobody_stops_is_found(find_leaks):
    parent = QtCore.QObject()
    timer = QtCore.QTimer(parent, objectName="forgotten")
    assert find_leaks() == []
    timer.start(1000)
    assert find_leaks() == ["QTimer forgotten"]
    timer.stop()
    assert find_leaks() == []


def test_a_thread_that_nobody_ends_is_found(find_leaks):
    end = threading.Event()
    thread = threading.Thread(target=end.wait, name="forgotten", daemon=True)
    thread.start()
    assert find_leaks() == ["thread forgotten"]
    end.set()
    thread.join()
    assert find_leaks() == []
    thread = QtCore.QThread(objectName="of Qt")
    thread.start()
    assert find_leaks() == ["QThread of Qt"]
    thread.quit()
    thread.wait()
    assert find_leaks() == []
