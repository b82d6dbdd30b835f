"""One thread for all that may wait for a disk, so that the window never does."""

import queue
import threading
from collections.abc import Callable
from typing import Any

from keras_xavier_gui.qt import Qt, QtCore, Signal

CLOSE_TIMEOUT = 2.0
"""Seconds that closing waits for the work in hand."""


class Worker(QtCore.QObject):
    """Does one piece of work after another in a thread, and reports to this one.

    The thread is a daemon: a disk that hangs cannot keep the process alive.
    """

    _finished = Signal(object)

    def __init__(self, name: str, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._closed = False
        # Queued: the callbacks run where this object lives, in the GUI thread.
        self._finished.connect(self._report, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Has some work done.

        Args:
            work: Called in the thread; must touch no widget.
            done: Called in the GUI thread with what `work` returned.
            failed: Called in the GUI thread with what `work` raised.
        """

        def attempt() -> None:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 (goes to `failed`)
                # A name of an except clause is deleted at its end.
                failure = error
                self._finish(lambda: failed(failure))
            else:
                self._finish(lambda: done(result))

        if not self._closed:
            self._work.put(attempt)

    def close(self) -> None:
        """Ends the thread; callbacks that are still to come are dropped."""
        self._closed = True
        self._work.put(None)
        self._thread.join(CLOSE_TIMEOUT)

    def _run(self) -> None:
        while (work := self._work.get()) is not None and not self._closed:
            work()

    def _finish(self, callback: Callable[[], None]) -> None:
        if not self._closed:
            self._finished.emit(callback)

    def _report(self, callback: Callable[[], None]) -> None:
        if not self._closed:
            callback()
