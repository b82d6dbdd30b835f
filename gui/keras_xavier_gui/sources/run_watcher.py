"""Follows runs while they are written, by looking again and again.

Polling works on every disk; notifications of the file system do not.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

from keras_xavier.runs import Run, run_path
from keras_xavier_gui.qt import QtCore, Signal
from keras_xavier_gui.sources.run_cache import Reading, RunCache, list_runs
from keras_xavier_gui.sources.worker import Worker

REFRESH_SECONDS = 0.4
"""Between two looks at the runs that are shown."""
LIST_SECONDS = 1.0
"""Between two looks for runs."""
REST = 9
"""Looking takes at most a tenth of the time: the disk may be slow."""


class Poller(QtCore.QObject):
    """Does the same work in the background again and again.

    Args:
        background: Where to do it.
        seconds: Rest between two times.
        work: Called each time in the GUI thread, as it knows what is to be done;
            returns what the background is to call.
    """

    found = Signal(object)
    """What the work returned."""
    failed = Signal(object)
    """What it raised."""

    def __init__(
        self,
        background: Worker,
        seconds: float,
        work: Callable[[], Callable[[], Any]],
        parent: QtCore.QObject,
    ) -> None:
        super().__init__(parent)
        self._background = background
        self._seconds = seconds
        self._work = work
        self._since: float | None = None
        self._again = False
        self._timer = QtCore.QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.now)

    def now(self) -> None:
        """Does the work now, or once more after what is under way."""
        if self._since is not None:
            self._again = True
            return
        self._timer.stop()
        self._again = False
        self._since = time.monotonic()
        work = self._work()

        def timed() -> tuple[Any, float]:
            start = time.monotonic()
            return work(), time.monotonic() - start

        self._background.submit(timed, self._done, self._fail)

    def stop(self) -> None:
        self._timer.stop()

    def waiting_seconds(self) -> float:
        """How long the work under way has taken so far; long if a disk hangs."""
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
    """Looks for runs, and closely at those that are shown.

    Each has a thread of its own: looking through a large folder takes long.

    Attributes:
        sources: Paths of the runs and folders that are open.
        shown: Paths of the runs to look at closely.
    """

    listed = Signal(object)
    """A new `Listing`."""
    refreshed = Signal(object)
    """A tuple of `Snapshot`, one for each run in `shown`."""
    failed = Signal(object)
    """An exception that was not foreseen."""

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self.sources: tuple[str, ...] = ()
        self.shown: tuple[str, ...] = ()
        self._library = RunCache(self.failed.emit)
        self._searching = Worker("keras-xavier searching", self)
        self._reading = Worker("keras-xavier reading", self)
        self._lists = Poller(self._searching, LIST_SECONDS, self._list, self)
        self._looks = Poller(self._reading, REFRESH_SECONDS, self._refresh, self)
        self._lists.found.connect(self.listed)
        self._looks.found.connect(self.refreshed)
        for poller in (self._lists, self._looks):
            poller.failed.connect(self.failed)

    def open(self, paths: Sequence[str]) -> None:
        """Adds runs and folders."""
        self.sources = tuple(dict.fromkeys((*self.sources, *paths)))
        self._lists.now()

    def look_for_runs(self) -> None:
        """Looks now; what is being found at this moment counts no more."""
        self._lists.now()

    def close_sources(self, paths: Sequence[str]) -> None:
        """Looks no longer for these runs and folders."""
        self.sources = tuple(one for one in self.sources if one not in paths)
        self._lists.now()

    def rename(self, old: str, new: str) -> None:
        """Follows a run to its new path."""
        self.sources = tuple(
            new if run_path(one) == old else one for one in self.sources
        )
        self.shown = tuple(new if one == old else one for one in self.shown)
        self._lists.now()
        self._looks.now()

    def show(self, paths: Sequence[str]) -> None:
        """Decides which runs are looked at closely."""
        self.shown = tuple(paths)
        self._looks.now()

    def reload(self) -> None:
        """Opens everything anew, and looks."""
        self.do(self._library.close_all, lambda _: None, self.failed.emit)
        self._lists.now()
        self._looks.now()

    def read(
        self,
        paths: Sequence[str],
        reading: Callable[[Run], Any],
        done: Callable[[Reading], None],
    ) -> None:
        """Has `reading` called with each opened run, and then `done`."""
        self.do(lambda: self._library.read(paths, reading), done, self.failed.emit)

    def do(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Has something else done in the reading thread."""
        self._reading.submit(work, done, failed)

    def waiting_seconds(self) -> float:
        """How long the disk has not answered."""
        return self._looks.waiting_seconds()

    def close(self) -> None:
        """Stops following, and ends the threads."""
        self._lists.stop()
        self._looks.stop()
        self._searching.close()
        self._reading.close()

    def _list(self) -> Callable[[], Any]:
        sources = self.sources
        return lambda: list_runs(sources)

    def _refresh(self) -> Callable[[], Any]:
        shown = self.shown
        return lambda: self._library.refresh(shown)
