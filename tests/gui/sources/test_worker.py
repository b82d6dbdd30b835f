import threading

import pytest

from keras_xavier_gui.sources.worker import Worker


@pytest.fixture
def background(qapp):
    made = Worker("testing")
    yield made
    made.close()


def test_work_is_done_elsewhere_and_reported_here(qtbot, background):
    reports = []
    background.submit(
        threading.current_thread,
        lambda thread: reports.append((thread, threading.current_thread())),
        reports.append,
    )
    qtbot.waitUntil(lambda: len(reports) == 1)
    worker, here = reports[0]
    assert worker is not threading.main_thread()
    assert here is threading.main_thread()


def test_work_is_done_in_order_and_failures_are_reported(qtbot, background):
    reports = []
    background.submit(lambda: 1, reports.append, reports.append)
    background.submit(lambda: 1 / 0, reports.append, reports.append)
    background.submit(lambda: 3, reports.append, reports.append)
    qtbot.waitUntil(lambda: len(reports) == 3)
    assert reports[0] == 1
    assert isinstance(reports[1], ZeroDivisionError)
    assert reports[2] == 3


def test_nothing_is_reported_after_closing(qtbot, background):
    begun, go_on, reports = threading.Event(), threading.Event(), []

    def wait():
        begun.set()
        go_on.wait()

    background.submit(wait, reports.append, reports.append)
    begun.wait()
    go_on.set()
    background.close()
    background.submit(lambda: 2, reports.append, reports.append)
    qtbot.wait(50)
    assert reports == []
