"""States of runs as the list shows them, each with its own name and icon."""

from enum import StrEnum
from functools import cache

from keras_xavier.runs import State
from keras_xavier_gui.qt import QtCore, QtGui
from keras_xavier_gui.sources.listing import Entry
from keras_xavier_gui.widgets.icons import COLORS, SELECTED, row_icon, state_icon
from keras_xavier_gui.widgets.status_bar import first_line, state_name


class Special(StrEnum):
    """States that a run does not record itself."""

    STALLED = "stalled"
    MISSING = "missing"
    MOVED = "moved"


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
        return special_icon(Special(name))
    return special_icon(Special.MOVED) if is_moved else state_icon(entry.run.state)


@cache
def special_icon(special: Special) -> QtGui.QIcon:
    """An hourglass for stalled, a dashed circle for missing, an arrow for moved."""
    state = {
        Special.STALLED: State.INTERRUPTED,
        Special.MISSING: State.BROKEN,
        Special.MOVED: State.FINISHED,
    }[special]
    return row_icon(
        lambda painter: draw_special(painter, special, COLORS[state]),
        lambda painter: draw_special(painter, special, SELECTED),
    )


def draw_special(painter: QtGui.QPainter, special: Special, color: str) -> None:
    pen = QtGui.QPen(QtGui.QColor(color), 1.8)
    point = QtCore.QPointF
    match special:
        case Special.STALLED:
            painter.setPen(pen)
            painter.drawPolyline(
                QtGui.QPolygonF(
                    [
                        *(point(4, 3), point(12, 3), point(4, 13), point(12, 13)),
                        point(4, 3),
                    ]
                )
            )
        case Special.MISSING:
            pen.setDashPattern([1.5, 1.5])
            painter.setPen(pen)
            painter.drawEllipse(point(8, 8), 5.2, 5.2)
        case Special.MOVED:
            painter.setPen(pen)
            painter.drawLine(point(2.6, 8), point(12.8, 8))
            painter.drawPolyline(
                QtGui.QPolygonF([point(8.8, 4), point(12.8, 8), point(8.8, 12)])
            )
