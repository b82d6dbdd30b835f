"""Watches runs while they are written, by polling.

Polling works on every disk; file system notifications do not.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

from keras_xavier.runs import Run, run_path
from keras_xavier_gui.qt import QtCore, Signal
from keras_xavier_gui.sources.listing import list_runs
from keras_xavier_gui.sources.run_cache import ReadResult, RunCache
from keras_xavier_gui.sources.summaries import SummaryCache
from keras_xavier_gui.sources.worker import Worker

REFRESH_SECONDS = 0.4
"""Pause between two refreshes of the shown runs."""
LIST_SECONDS = 1.0
"""Pause between two searches for runs."""
REST = 9
"""Polling takes at most a tenth of the time, since the disk may be slow."""


class Poller(QtCore.QObject):
    """Repeats a task in the background.

    Args:
        worker: Thread that runs the task.
        seconds: Pause between two runs of the task.
        prepare: Called in the GUI thread before each run; returns the function that
            the worker calls.
    """

    found = Signal(object)
    """The value that the task returned."""
    failed = Signal(object)
    """The exception that it raised."""

    def __init__(
        self,
        worker: Worker,
        seconds: float,
        prepare: Callable[[], Callable[[], Any]],
        parent: QtCore.QObject,
    ) -> None:
        super().__init__(parent)
        self._worker = worker
        self._seconds = seconds
        self._prepare = prepare
        self._since: float | None = None
        self._again = False
        self._timer = QtCore.QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.now)

    def now(self) -> None:
        """Runs the task now, or again as soon as the present run has ended."""
        if self._since is not None:
            self._again = True
            return
        self._timer.stop()
        self._again = False
        self._since = time.monotonic()
        work = self._prepare()

        def timed() -> tuple[Any, float]:
            start = time.monotonic()
            return work(), time.monotonic() - start

        self._worker.submit(timed, self._done, self._fail)

    def stop(self) -> None:
        self._timer.stop()

    def waiting_seconds(self) -> float:
        """Seconds that the present run has taken; many if a disk hangs."""
        return 0.0 if self._since is None else time.monotonic() - self._since

    def _done(self, timed: tuple[Any, float]) -> None:
        found, seconds = timed
        again = self._again
        self._rest(seconds)
        if not again:
            self.found.emit(found)

    def _fail(self, error: Exception) -> None:
        self._rest(0.0)
        self.failed.emit(error)

    def _rest(self, seconds: float) -> None:
        self._since = None
        rest = 0.0 if self._again else max(self._seconds, REST * seconds)
        self._timer.start(round(rest * 1000))


class RunWatcher(QtCore.QObject):
    """Searches the opened folders for runs, and refreshes the runs that are shown.

    Each has its own thread, since searching a large folder takes long.

    Attributes:
        sources: Paths of the opened runs and folders.
        shown: Paths of the runs to refresh.
    """

    listed = Signal(object)
    """A new `Listing`."""
    refreshed = Signal(object)
    """A tuple of `Snapshot`, one for each run in `shown`."""
    failed = Signal(object)
    """An unexpected exception."""

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self.sources: tuple[str, ...] = ()
        self.shown: tuple[str, ...] = ()
        self._cache = RunCache(self.failed.emit)
        # Used in the searching thread only.
        self._summaries = SummaryCache()
        self._searching = Worker("keras-xavier searching", self)
        self._reading = Worker("keras-xavier reading", self)
        self._lists = Poller(self._searching, LIST_SECONDS, self._list, self)
        self._refreshes = Poller(self._reading, REFRESH_SECONDS, self._refresh, self)
        self._lists.found.connect(self.listed)
        self._refreshes.found.connect(self.refreshed)
        for poller in (self._lists, self._refreshes):
            poller.failed.connect(self.failed)

    def open(self, paths: Sequence[str]) -> None:
        """Adds runs and folders."""
        self.sources = tuple(dict.fromkeys((*self.sources, *paths)))
        self._lists.now()

    def list_now(self) -> None:
        """Starts a new search, and drops the result of the present one."""
        self._lists.now()

    def close_sources(self, paths: Sequence[str]) -> None:
        """Removes runs and folders from the sources."""
        self.sources = tuple(one for one in self.sources if one not in paths)
        self._lists.now()

    def rename(self, old: str, new: str) -> None:
        """Replaces the path of a run."""
        self.sources = tuple(
            new if run_path(one) == old else one for one in self.sources
        )
        self.shown = tuple(new if one == old else one for one in self.shown)
        self._lists.now()
        self._refreshes.now()

    def show(self, paths: Sequence[str]) -> None:
        """Sets the runs to refresh."""
        self.shown = tuple(paths)
        self._refreshes.now()

    def reload(self) -> None:
        """Opens all runs again, and searches for runs."""
        self.do(self._cache.close_all, lambda _: None, self.failed.emit)
        self._lists.now()
        self._refreshes.now()

    def read(
        self,
        paths: Sequence[str],
        read: Callable[[Run], Any],
        done: Callable[[ReadResult], object],
    ) -> None:
        """Calls `read` with each opened run in the reading thread, then `done`."""
        self.do(lambda: self._cache.read(paths, read), done, self.failed.emit)

    def do(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], object],
        failed: Callable[[Exception], object],
    ) -> None:
        """Runs other work in the reading thread; see `Worker.submit`."""
        self._reading.submit(work, done, failed)

    def waiting_seconds(self) -> float:
        """Seconds that the disk has not responded."""
        return self._refreshes.waiting_seconds()

    def close(self) -> None:
        """Stops polling and ends the threads."""
        self._lists.stop()
        self._refreshes.stop()
        self._searching.close()
        self._reading.close()

    def _list(self) -> Callable[[], Any]:
        sources = self.sources
        return lambda: list_runs(sources, self._summaries.find_runs)

    def _refresh(self) -> Callable[[], Any]:
        shown = self.shown
        return lambda: self._cache.refresh(shown)
