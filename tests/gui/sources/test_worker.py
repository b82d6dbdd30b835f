import threading

import pytest

from keras_xavier_gui.sources.worker import Worker


@pytest.fixture
def worker(qapp):
    made = Worker("testing")
    yield made
    made.close()


def test_work_runs_in_a_thread_and_callbacks_in_the_main_thread(qtbot, worker):
    reports = []
    worker.submit(
        threading.current_thread,
        lambda thread: reports.append((thread, threading.current_thread())),
        reports.append,
    )
    qtbot.waitUntil(lambda: len(reports) == 1)
    thread, here = reports[0]
    assert thread is not threading.main_thread()
    assert here is threading.main_thread()


def test_work_runs_in_order_and_exceptions_are_reported(qtbot, worker):
    reports = []
    worker.submit(lambda: 1, reports.append, reports.append)
    worker.submit(lambda: 1 / 0, reports.append, reports.append)
    worker.submit(lambda: 3, reports.append, reports.append)
    qtbot.waitUntil(lambda: len(reports) == 3)
    assert reports[0] == 1
    assert isinstance(reports[1], ZeroDivisionError)
    assert reports[2] == 3


def test_nothing_is_reported_after_closing(qtbot, worker):
    started, proceed, reports = threading.Event(), threading.Event(), []

    def wait():
        started.set()
        proceed.wait()

    worker.submit(wait, reports.append, reports.append)
    started.wait()
    proceed.set()
    worker.close()
    worker.submit(lambda: 2, reports.append, reports.append)
    qtbot.wait(50)
    assert reports == []
