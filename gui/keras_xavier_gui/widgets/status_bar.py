"""States and ages in words."""

import html
import time

from keras_xavier.runs import State
from keras_xavier.text import shorten
from keras_xavier_gui.qt import Qt, QtWidgets
from keras_xavier_gui.sources.run_cache import Snapshot
from keras_xavier_gui.widgets.icons import SIZE, state_icon

MINUTE, HOUR, DAY = 60, 3600, 86400

MOST_LINES = 40
LONGEST_LINE = 200
"""Of a tooltip: settings, notes and reasons may be long."""
HUNG_SECONDS = 5.0
"""Reading that takes longer is mentioned."""

STATE_NAMES = {
    State.RUNNING: "live",
    State.FINISHED: "finished",
    State.FAILED: "failed",
    State.INTERRUPTED: "interrupted",
    State.BROKEN: "broken",
}
SILENT = "no sign of life"
"""How the reason begins when a run is interrupted without having said so."""


def state_name(state: State, reason: str | None) -> str:
    """A state in a word; a run whose writer fell silent is stalled.

    >>> state_name(State.INTERRUPTED, "no sign of life from process 12")
    'stalled'
    """
    if state is State.INTERRUPTED and (reason or "").startswith(SILENT):
        return "stalled"
    return STATE_NAMES[state]


def age(seconds: float) -> str:
    """A duration in its largest unit.

    >>> age(3.4), age(150), age(2 * 86400)
    ('3 s', '2 min', '2 d')
    """
    seconds = max(seconds, 0.0)
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= unit:
            return f"{seconds // unit:.0f} {name}"
    return f"{seconds:.0f} s"


def moment(when: float, now: float) -> str:
    """Time of day, and the date unless it is today."""
    then, today = time.localtime(when), time.localtime(now)
    same_day = then[:3] == today[:3]
    return time.strftime("%H:%M:%S" if same_day else "%Y-%m-%d %H:%M:%S", then)


def describe(run: Snapshot, now: float) -> str:
    """How a run is doing, for the status bar.

    Args:
        run: What is known of it.
        now: Seconds since 1970.
    """
    name = state_name(run.state, run.reason)
    text = f"{run.name}: {name}"
    if name == "stalled":
        text += f" since {moment(run.last_update, now)}"
    elif run.state in (State.INTERRUPTED, State.FAILED):
        text += f" at {moment(run.last_update, now)}"
    if run.reason and name != "stalled":
        text += f" ({first_line(run.reason)})"
    if run.state is State.BROKEN:
        return text
    parts = [text]
    if len(run.steps):
        parts.append(f"step {run.steps[-1]:,}")
    records = len(run.steps)
    parts.append("1 record" if records == 1 else f"{records:,} records")
    if run.last_update:
        parts.append(f"last update {age(now - run.last_update)} ago")
    return "  ·  ".join(parts)


def first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def excerpt(text: str) -> str:
    """The beginning of a text that may be long, for a tooltip."""
    lines = text.splitlines()
    shown = [shorten(line, LONGEST_LINE) for line in lines[:MOST_LINES]]
    return "\n".join([*shown, "…"] if len(lines) > MOST_LINES else shown)


def plain(text: str) -> str:
    """Text shown letter by letter where Qt would look for markup in it.

    >>> plain("a < b")
    '<span style="white-space: pre-wrap">a &lt; b</span>'
    """
    escaped = html.escape(text, quote=False)
    return f'<span style="white-space: pre-wrap">{escaped}</span>'


class StatusText(QtWidgets.QWidget):
    """State of the shown run, in the status bar."""

    def __init__(self) -> None:
        super().__init__()
        self._icon = QtWidgets.QLabel()
        self.text = QtWidgets.QLabel()
        self.text.setAccessibleName("Status")
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        # A long reason must not widen the window.
        self.text.setSizePolicy(
            QtWidgets.QSizePolicy.Policy.Ignored, QtWidgets.QSizePolicy.Policy.Preferred
        )
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(6, 0, 6, 0)
        layout.addWidget(self._icon)
        layout.addWidget(self.text, 1)

    def show_run(self, run: Snapshot | None, now: float, *, waiting: float) -> None:
        """Shows how a run is doing.

        Args:
            run: What is known of it.
            now: Seconds since 1970.
            waiting: Seconds that the disk has not answered for.
        """
        self._icon.setVisible(run is not None)
        text = ""
        if run is not None:
            self._icon.setPixmap(state_icon(run.state).pixmap(SIZE, SIZE))
            text = describe(run, now)
            self.text.setToolTip(plain(excerpt(run.reason)) if run.reason else "")
        if waiting > HUNG_SECONDS:
            text = f"waiting for the disk since {age(waiting)}  ·  {text}"
        self.text.setText(text)
