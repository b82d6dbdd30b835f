"""A thread for work that may wait for a disk, so that the window never does."""

import queue
import threading
from collections.abc import Callable
from typing import Any

from keras_xavier_gui.qt import Qt, QtCore, Signal

CLOSE_TIMEOUT = 2.0
"""Seconds to wait for the present task when closing."""


class Worker(QtCore.QObject):
    """Runs tasks one after another in a thread, with callbacks in the GUI thread.

    The thread is a daemon: a disk that hangs cannot keep the process alive.
    """

    _finished = Signal(object)

    def __init__(self, name: str, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._closed = False
        # Queued: the callbacks run where this object lives, in the GUI thread.
        self._finished.connect(self._call_back, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], object],
        failed: Callable[[Exception], object],
    ) -> None:
        """Adds a task.

        Args:
            work: Called in the thread; must not touch widgets.
            done: Called in the GUI thread with the value that `work` returned.
            failed: Called in the GUI thread with the exception that `work` raised.
        """

        def attempt() -> None:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 (goes to `failed`)
                # Python deletes the name of an except clause at its end.
                failure = error
                self._finish(lambda: failed(failure))
            else:
                self._finish(lambda: done(result))

        if not self._closed:
            self._tasks.put(attempt)

    def close(self) -> None:
        """Ends the thread; pending callbacks are dropped."""
        self._closed = True
        self._tasks.put(None)
        self._thread.join(CLOSE_TIMEOUT)

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None and not self._closed:
            task()

    def _finish(self, callback: Callable[[], object]) -> None:
        if not self._closed:
            self._finished.emit(callback)

    def _call_back(self, callback: Callable[[], object]) -> None:
        if not self._closed:
            callback()
