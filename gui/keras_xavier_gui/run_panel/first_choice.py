"""Selects the runs to look at first after paths have been opened."""

from collections.abc import Callable, Iterable, Sequence

from keras_xavier.runs import State
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.qt import QtCore
from keras_xavier_gui.run_panel.badges import RANK_OF_NONE, run_badge
from keras_xavier_gui.run_panel.list_view import RunList
from keras_xavier_gui.sources.listing import Entry, Listing
from keras_xavier_gui.sources.paths import is_within

WAIT_SECONDS = 3.0
"""Time after which no other run is selected: the user has begun to read."""


class FirstChoice(QtCore.QObject):
    """Selects runs once they are listed: those named, or else one of those opened.

    It selects the only live run, or else the latest run. As soon as all of several
    runs are diagnosed, it selects a run with more severe findings instead, unless the
    view has changed meanwhile.

    Args:
        context: State and services of the app.
        view: The list of runs.
        is_untouched: Function that returns whether the view is as it was at first.
        parent: Parent of the object.
    """

    def __init__(
        self,
        context: AppContext,
        view: RunList,
        is_untouched: Callable[[], bool],
        parent: QtCore.QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._context, self._view = context, view
        self._is_untouched = is_untouched
        self._opened: tuple[str, ...] = ()
        self._chosen = ""
        # The runs among which to choose by their findings.
        self._candidates: tuple[str, ...] = ()
        self._timer = QtCore.QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(round(1000 * WAIT_SECONDS))
        self._timer.timeout.connect(self._choose_by_findings)
        context.digests.changed.connect(lambda _path: self._choose_if_all_known())

    def expect(self, paths: Sequence[str]) -> None:
        """Selects runs as soon as these paths are listed, and none opened before."""
        self._opened = tuple(paths)
        self.cancel()

    def cancel(self) -> None:
        """Keeps the selected runs."""
        self._candidates = ()
        self._timer.stop()

    def choose(self, listing: Listing) -> None:
        """Selects runs of a new listing if paths have just been opened."""
        opened = [
            entry
            for entry in listing.entries
            if any(is_within(entry.run.path, source) for source in self._opened)
        ]
        if not (first := most_interesting(opened)):
            return
        paths = [entry.run.path for entry in opened]
        named = self._opened if {*self._opened} <= {*paths} else ()
        self._opened = ()
        # Users who name runs want to compare them.
        self._view.choose(*(named or [first.run.path]))
        live = [one.run.path for one in opened if one.run.state is State.RUNNING]
        candidates = live or paths
        if not named and len(candidates) > 1:
            self._chosen, self._candidates = first.run.path, tuple(candidates)
            self._timer.start()
            self._choose_if_all_known()

    def _choose_if_all_known(self) -> None:
        digests = self._context.digests
        if self._candidates and all(
            digests.report(path) or digests.problem(path) for path in self._candidates
        ):
            self._choose_by_findings()

    def _choose_by_findings(self) -> None:
        digests, candidates = self._context.digests, self._candidates
        self.cancel()
        if self._view.selected_paths() != (self._chosen,) or not self._is_untouched():
            return
        ranks = {
            path: run_badge(report).rank if report else RANK_OF_NONE
            for path, report in ((path, digests.report(path)) for path in candidates)
        }
        worst = min(candidates, key=ranks.__getitem__)
        if ranks[worst][0] >= ranks[self._chosen][0]:
            return
        self._view.choose(worst)
        name = self._view.currentIndex().data()
        self._context.notify(f"“{name}” is selected: its findings are the most severe")


def most_interesting(entries: Iterable[Entry]) -> Entry | None:
    """The run to select first: a live one, or else the one written last."""

    def interest(entry: Entry) -> tuple[bool, bool, float]:
        run = entry.run
        return run.state is State.RUNNING, run.state is not State.BROKEN, run.updated

    return max(entries, key=interest, default=None)
