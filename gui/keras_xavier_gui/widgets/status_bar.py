"""Texts for states and ages, and the status of runs in the status bar."""

import html
import time
from collections import Counter
from collections.abc import Sequence

from keras_xavier.runs import State
from keras_xavier.text import shorten
from keras_xavier_gui.qt import Qt, QtWidgets
from keras_xavier_gui.sources.paths import MISSING
from keras_xavier_gui.sources.run_cache import Snapshot
from keras_xavier_gui.widgets.icons import SIZE, state_icon

MINUTE, HOUR, DAY = 60, 3600, 86400

MAX_LINES = 40
MAX_LINE_LENGTH = 200
"""Limits of a tooltip, since hyperparameters, notes and reasons may be long."""
HUNG_SECONDS = 5.0
"""Time to read after which the status bar reports a slow disk."""

STATE_NAMES = {
    State.RUNNING: "live",
    State.FINISHED: "finished",
    State.STOPPED: "stopped",
    State.FAILED: "failed",
    State.INTERRUPTED: "interrupted",
    State.BROKEN: "broken",
}
SILENT = "no heartbeat"
"""Start of the reason if a run ended without recording why."""


def state_name(state: State, reason: str | None) -> str:
    """Name of a state; a run without heartbeat is stalled, a deleted one missing.

    >>> state_name(State.INTERRUPTED, "no heartbeat from process 12")
    'stalled'
    """
    if reason == MISSING:
        return "missing"
    if state is State.INTERRUPTED and (reason or "").startswith(SILENT):
        return "stalled"
    return STATE_NAMES[state]


def age(seconds: float) -> str:
    """Formats a duration in its largest unit.

    >>> age(3.4), age(150), age(2 * 86400)
    ('3 s', '2 min', '2 d')
    """
    seconds = max(seconds, 0.0)
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= unit:
            return f"{seconds // unit:.0f} {name}"
    return f"{seconds:.0f} s"


def moment(when: float, now: float) -> str:
    """Formats a time of day, with the date unless it is today."""
    then, today = time.localtime(when), time.localtime(now)
    same_day = then[:3] == today[:3]
    return time.strftime("%H:%M:%S" if same_day else "%Y-%m-%d %H:%M:%S", then)


def describe(run: Snapshot, now: float) -> str:
    """Describes the status of a run in one line.

    Args:
        run: The run.
        now: Present time, in seconds since 1970.
    """
    name = state_name(run.state, run.reason)
    text = f"{run.name}: {name}"
    if name == "stalled":
        text += f" since {moment(run.last_update, now)}"
    elif run.state in (State.STOPPED, State.INTERRUPTED, State.FAILED):
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


def describe_all(runs: Sequence[Snapshot], now: float) -> str:
    """Describes the status of one run, or of several runs together, in one line.

    Args:
        runs: The runs.
        now: Present time, in seconds since 1970.
    """
    if len(runs) < 2:
        return "".join(describe(run, now) for run in runs)
    states = Counter(state_name(run.state, run.reason) for run in runs)
    counts = ", ".join(f"{count:,} {name}" for name, count in states.most_common())
    parts = [f"{len(runs):,} runs: {counts}"]
    if steps := [int(run.steps[-1]) for run in runs if len(run.steps)]:
        parts.append(last_steps(steps))
    if last := max(run.last_update for run in runs):
        parts.append(f"last update {age(now - last)} ago")
    return "  ·  ".join(parts)


def last_steps(steps: Sequence[int]) -> str:
    """Formats the last steps of several runs.

    >>> last_steps([4000, 4000]), last_steps([4000, 1200])
    ('step 4,000', 'last steps 1,200 to 4,000')
    """
    low, high = min(steps), max(steps)
    return f"step {high:,}" if low == high else f"last steps {low:,} to {high:,}"


def first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def excerpt(text: str) -> str:
    """Returns the first lines of a text, for a tooltip."""
    lines = text.splitlines()
    shown = [shorten(line, MAX_LINE_LENGTH) for line in lines[:MAX_LINES]]
    return "\n".join([*shown, "…"] if len(lines) > MAX_LINES else shown)


def plain(text: str) -> str:
    """Escapes text where Qt would interpret markup.

    >>> plain("a < b")
    '<span style="white-space: pre-wrap">a &lt; b</span>'
    """
    escaped = html.escape(text, quote=False)
    return f'<span style="white-space: pre-wrap">{escaped}</span>'


class StatusText(QtWidgets.QWidget):
    """Shows the status of the selected runs in the status bar."""

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

    def show_runs(
        self, runs: Sequence[Snapshot], now: float, *, waiting: float
    ) -> None:
        """Shows the status of the selected runs.

        Args:
            runs: The runs, if any.
            now: Present time, in seconds since 1970.
            waiting: Seconds that the disk has not responded.
        """
        self._icon.setVisible(len(runs) == 1)
        for run in runs[:1]:
            self._icon.setPixmap(state_icon(run.state).pixmap(SIZE, SIZE))
        text = describe_all(runs, now)
        details = [run.reason or "" for run in runs]
        if len(runs) > 1:
            details = [describe(run, now) for run in runs]
        self.text.setToolTip(plain(excerpt("\n".join(details))) if any(details) else "")
        if waiting > HUNG_SECONDS:
            text = f"disk not responding for {age(waiting)}  ·  {text}"
        self.text.setText(text)
