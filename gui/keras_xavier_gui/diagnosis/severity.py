"""Icons for the severity of a finding, which differ in shape as well as in color."""

from functools import cache

from keras_xavier.diagnosis import Severity
from keras_xavier.runs import State
from keras_xavier_gui.qt import Qt, QtCore, QtGui
from keras_xavier_gui.widgets.icons import SELECTED, row_icon, state_icon

COLORS = {
    Severity.ERROR: "#c03a2b",
    Severity.WARNING: "#b26a00",
    Severity.NOTE: "#0072b2",
}
ON_COLOR = "#ffffff"


@cache
def severity_icon(severity: Severity) -> QtGui.QIcon:
    """A disc with a cross, a triangle with an exclamation mark, a square with an i."""
    color = COLORS[severity]
    return row_icon(
        lambda one: draw(one, severity, color, ON_COLOR),
        lambda one: draw(one, severity, SELECTED, color),
    )


def passed_icon() -> QtGui.QIcon:
    """A check mark."""
    return state_icon(State.FINISHED)


def draw(painter: QtGui.QPainter, severity: Severity, name: str, mark: str) -> None:
    """Draws a shape in one color, and its mark in another."""
    point, rect = QtCore.QPointF, QtCore.QRectF
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QtGui.QColor(name))
    match severity:
        case Severity.ERROR:
            painter.drawEllipse(point(8, 8), 7, 7)
        case Severity.WARNING:
            painter.drawPolygon(
                QtGui.QPolygonF([point(8, 0.8), point(15.6, 14.6), point(0.4, 14.6)])
            )
        case Severity.NOTE:
            painter.drawRoundedRect(rect(1.5, 1.5, 13, 13), 2.5, 2.5)
    pen = QtGui.QPen(QtGui.QColor(mark), 1.9)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    match severity:
        case Severity.ERROR:
            painter.drawLine(point(5.4, 5.4), point(10.6, 10.6))
            painter.drawLine(point(5.4, 10.6), point(10.6, 5.4))
        case Severity.WARNING:
            painter.drawLine(point(8, 5.8), point(8, 9.4))
            painter.drawPoint(point(8, 12.3))
        case Severity.NOTE:
            painter.drawPoint(point(8, 4.6))
            painter.drawLine(point(8, 7.6), point(8, 11.6))
