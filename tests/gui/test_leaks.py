"""Tests of the check for leaks that follows each test of the app."""

import threading

from keras_xavier_gui.qt import QtCore, QtWidgets


def test_a_leaked_widget_is_found(find_leaks):
    parent = QtWidgets.QDialog()
    child = QtWidgets.QLabel("text", parent, objectName="forgotten")
    assert sorted(found.split()[0] for found in find_leaks()) == ["QDialog", "QLabel"]
    assert any("forgotten" in found for found in find_leaks())
    parent.hide()
    assert len(find_leaks()) == 2
    del child, parent
    assert find_leaks() == []


def test_a_running_timer_is_found(find_leaks):
    parent = QtCore.QObject()
    timer = QtCore.QTimer(parent, objectName="forgotten")
    assert find_leaks() == []
    timer.start(1000)
    assert find_leaks() == ["QTimer forgotten"]
    timer.stop()
    assert find_leaks() == []


def test_a_running_thread_is_found(find_leaks):
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
