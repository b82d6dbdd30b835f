"""States of runs as the list shows them, each with its own name and icon."""

from enum import StrEnum

from keras_xavier.runs import State
from keras_xavier_gui.qt import QtGui
from keras_xavier_gui.sources.listing import Entry
from keras_xavier_gui.widgets.icons import COLORS, row_icon, state_icon
from keras_xavier_gui.widgets.status_bar import first_line, state_name


class Special(StrEnum):
    """States that a run does not record itself."""

    STALLED = "stalled"
    MISSING = "missing"
    MOVED = "moved"


SYMBOLS = {
    Special.STALLED: ("timer-sand", COLORS[State.INTERRUPTED]),
    Special.MISSING: ("help-circle-outline", COLORS[State.BROKEN]),
    Special.MOVED: ("arrow-right-bold", COLORS[State.FINISHED]),
}
"""Name of the symbol of a state, and its color."""
MEANINGS = {
    "live": "Training is running.",
    "finished": "Training has finished.",
    "stopped": "Training was stopped.",
    "failed": "Training failed.",
    "interrupted": "Training was interrupted.",
    "stalled": "The training process no longer writes, and did not report its end.",
    "broken": "The run cannot be read.",
    "missing": "The run was deleted, or moved out of the opened folders.",
}


def status_name(entry: Entry, *, is_moved: bool = False) -> str:
    """Name of the state of a run, such as `"finished, moved"`."""
    name = state_name(entry.run.state, entry.run.reason)
    return f"{name}, {Special.MOVED}" if is_moved else name


def status_tip(entry: Entry, moved_from: str = "") -> str:
    """Explains the state of a run.

    Args:
        entry: The run.
        moved_from: Path of the run when it was opened, if it has been moved.
    """
    run = entry.run
    name = state_name(run.state, run.reason)
    text = f"{name.capitalize()}: {MEANINGS[name]}"
    if run.reason and name != Special.MISSING:
        text += f"\n{first_line(run.reason)}"
    return f"{text}\nMoved from {moved_from}" if moved_from else text


def status_icon(entry: Entry, *, is_moved: bool = False) -> QtGui.QIcon:
    """Symbol of the state of a run."""
    name = state_name(entry.run.state, entry.run.reason)
    if name in list(Special):
        return row_icon(*SYMBOLS[Special(name)])
    if is_moved:
        return row_icon(*SYMBOLS[Special.MOVED])
    return state_icon(entry.run.state)
