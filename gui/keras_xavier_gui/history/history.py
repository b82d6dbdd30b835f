"""Back and Forward: the history of the views of the window."""

import time
from collections.abc import Callable, Collection, Sequence

from keras_xavier_gui.context import AppContext
from keras_xavier_gui.history.view_state import ViewState
from keras_xavier_gui.history.views import capture, show_page, show_tab, show_zoom
from keras_xavier_gui.qt import QAction, QtCore, QtGui
from keras_xavier_gui.tabs import Tabs

SETTLE_SECONDS = 0.25
"""Time after a change until it counts as a view: one command changes several things."""
OPENING_SECONDS = 10.0
"""Time after which a view is complete without the runs that are being opened."""
MOST = 100


class History(QtCore.QObject):
    """Remembers the views of the window.

    A view is remembered when it differs from the one before in more than its step, its
    zoom and its page of panels; these are as they were last in the view.

    Args:
        context: State and services of the app.
        tabs: The tabs.
        choose: Function that selects runs by their paths.
        parent: Parent of the object.

    Attributes:
        back_action: Returns to the view before.
        forward_action: Goes to the view after.
    """

    def __init__(
        self,
        context: AppContext,
        tabs: Tabs,
        choose: Callable[[Sequence[str]], None],
        parent: QtCore.QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._tabs = tabs
        self._choose = choose
        self._states: list[ViewState] = []
        self._place = -1
        # The view that is being set.
        self._wanted: ViewState | None = None
        # Runs of it that are not listed yet, and how long to wait for them.
        self._opening: frozenset[str] = frozenset()
        self._deadline = 0.0
        self.back_action = self._action("&Back", "Alt+Left", lambda: self.go(-1))
        self.forward_action = self._action("&Forward", "Alt+Right", lambda: self.go(1))
        self._timer = QtCore.QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(round(1000 * SETTLE_SECONDS))
        self._timer.timeout.connect(self._settle)
        selection = context.selection
        for signal in (
            *(selection.runs_changed, selection.layers_changed, selection.step_changed),
            *(tabs.currentChanged, tabs.plot_changed, context.evidence.changed),
        ):
            signal.connect(self._changed)
        selection.renamed.connect(self._rename)
        self._enable()

    def remember(self) -> None:
        """Remembers the present view now, before a command changes it."""
        if self._is_settled():
            self._settle()

    def go(self, steps: int) -> None:
        """Shows the view this many steps later, or earlier if negative."""
        self.remember()
        place = self._place + steps
        if 0 <= place < len(self._states):
            self._place = place
            self._show(self._states[place])
            self._enable()

    def show(self, state: ViewState, opening: Collection[str] = ()) -> None:
        """Shows a view, such as that of a bookmark, as a new one.

        Args:
            state: The view.
            opening: Paths of its runs that are being opened.
        """
        self.remember()
        self._add(state)
        self._show(state)
        self._opening = frozenset(opening)
        self._deadline = time.monotonic() + OPENING_SECONDS

    def close(self) -> None:
        """Stops noticing changes."""
        self._timer.stop()

    def _show(self, state: ViewState) -> None:
        selection, listed = self._context.selection, self._context.runs.entries
        self._wanted, self._opening = state, frozenset()
        known = {entry.run.path for entry in listed}
        runs = [path for path in state.runs if path in known]
        if selection.hidden_runs != state.hidden_runs:
            selection.hide_runs(state.hidden_runs, among=state.runs)
        if runs and runs != [run.path for run in selection.all_runs]:
            self._choose(runs)
        selection.set_hidden(state.hidden, state.extra)
        show_tab(self._tabs, state)
        selection.set_step(state.step)
        self._context.evidence.show(state.evidence)
        self._changed()

    def _changed(self) -> None:
        # Not started again by each change: a run that plays changes all the time.
        if not self._timer.isActive():
            self._timer.start()

    def _is_settled(self) -> bool:
        plot = self._tabs.plot()
        if self._context.selection.is_awaited or not self._tabs.count():
            return False
        if self._opening and time.monotonic() < self._deadline:
            listed = {entry.run.path for entry in self._context.runs.entries}
            if not self._opening <= listed:
                return False
        return plot is None or not plot.is_reading

    def _settle(self) -> None:
        """Remembers a view that has been shown for a while."""
        if not self._is_settled():
            self._changed()
            return
        self._timer.stop()
        plot, wanted = self._tabs.plot(), self._wanted
        if wanted is not None and plot is not None:
            if show_page(plot, wanted) and plot.is_reading:
                self._changed()
                return
            show_zoom(plot, wanted)
        self._wanted, self._opening = None, frozenset()
        state = capture(self._context, self._tabs)
        if not state.runs:
            return
        if self._states and (
            wanted is not None or state.is_same_place(self._states[self._place])
        ):
            self._states[self._place] = state
        else:
            self._add(state)
        self._enable()

    def _add(self, state: ViewState) -> None:
        """Adds a view after the present one, in place of later ones."""
        kept = self._states[: self._place + 1][-MOST + 1 :]
        self._states = [*kept, state]
        self._place = len(kept)

    def _rename(self, old: str, new: str) -> None:
        self._states = [state.renamed(old, new) for state in self._states]

    def _action(self, text: str, keys: str, slot: Callable[[], None]) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QtGui.QKeySequence(keys))
        action.triggered.connect(lambda _checked=False: slot())
        return action

    def _enable(self) -> None:
        for action, place, direction in (
            (self.back_action, self._place - 1, "Back"),
            (self.forward_action, self._place + 1, "Forward"),
        ):
            is_there = 0 <= place < len(self._states)
            action.setEnabled(is_there)
            to = f" to {describe(self._states[place])}" if is_there else ""
            action.setToolTip(f"{direction}{to} ({action.shortcut().toString()})")
            action.setStatusTip(f"{direction}{to}")


def describe(state: ViewState) -> str:
    """Describes a view in a few words.

    >>> describe(ViewState(("/runs/a.zarr", "/runs/b.zarr"), "Diagnosis"))
    'Diagnosis, 2 runs'
    """
    runs = "1 run" if len(state.runs) == 1 else f"{len(state.runs):,} runs"
    title = state.evidence[0].finding.title if state.evidence else ""
    parts = [state.tab, f"evidence of “{title}”" if title else "", runs]
    return ", ".join(filter(None, parts))
