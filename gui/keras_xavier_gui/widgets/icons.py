"""Icons: symbols of one set, and the states of a run.

The states differ in shape, not in color alone.
"""

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from keras_xavier.runs import State
from keras_xavier_gui.qt import Qt, QtCore, QtGui, running_application

SIZE = 16
SYMBOLS = "mdi6"
"""Material Design Icons 6, by the prefix in QtAwesome."""
ICON_SCALE = 1.15
"""Size of a symbol; by default it leaves a margin."""
SCALES = (1, 2, 4)
"""Pixels per point on screens of ordinary and high density."""
COLORS = {
    State.RUNNING: "#0072b2",
    State.FINISHED: "#2a8a57",
    State.STOPPED: "#6b5b95",
    State.FAILED: "#c03a2b",
    State.INTERRUPTED: "#b26a00",
    State.BROKEN: "#777777",
}
SELECTED = "#ffffff"
Draw = Callable[[QtGui.QPainter], None]


@cache
def state_icon(state: State) -> QtGui.QIcon:
    """Returns the symbol of a state.

    A disc for live, a check mark, a square for stopped, a cross, two bars for
    interrupted, or a warning sign.
    """
    return row_icon(
        lambda one: draw_state(one, state, COLORS[state]),
        lambda one: draw_state(one, state, SELECTED),
    )


def icon(name: str) -> QtGui.QIcon:
    """Returns a symbol in the text color of the app.

    Args:
        name: Name of one of the Material Design Icons, such as `"arrow-left"`.
    """
    palette, roles = running_application().palette(), QtGui.QPalette.ColorRole
    disabled = QtGui.QPalette.ColorGroup.Disabled
    return cast(
        QtGui.QIcon,
        symbols().icon(
            f"{SYMBOLS}.{name}",
            scale_factor=ICON_SCALE,
            # Named, because QtAwesome keeps icons when the theme changes.
            color=palette.color(roles.WindowText).name(),
            color_disabled=palette.color(disabled, roles.WindowText).name(),
        ),
    )


@cache
def symbols() -> Any:
    """Loads one of the fonts of QtAwesome, which takes 10 ms rather than 40 for all."""
    from qtawesome.iconic_font import IconicFont

    fonts = Path(find_spec("qtawesome").origin).parent / "fonts"  # type: ignore
    (font,) = fonts.glob("materialdesignicons6-webfont-*.ttf")
    (names,) = fonts.glob("materialdesignicons6-webfont-charmap-*.json")
    return IconicFont((SYMBOLS, font.name, names.name))


@cache
def app_icon() -> QtGui.QIcon:
    """Returns three nested bands that grow: three layers."""
    icon = QtGui.QIcon()
    paint(icon, QtGui.QIcon.Mode.Normal, draw_bands)
    return icon


def row_icon(draw: Draw, draw_selected: Draw) -> QtGui.QIcon:
    """Returns an icon that is drawn in another way in a selected row.

    Its colors would hardly show on the color of the selection.
    """
    icon = QtGui.QIcon()
    paint(icon, QtGui.QIcon.Mode.Normal, draw)
    paint(icon, QtGui.QIcon.Mode.Selected, draw_selected)
    return icon


def paint(icon: QtGui.QIcon, mode: QtGui.QIcon.Mode, draw: Draw) -> None:
    """Draws on 16 × 16 points, at several densities."""
    for scale in SCALES:
        pixmap = QtGui.QPixmap(SIZE * scale, SIZE * scale)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QtGui.QPainter(pixmap)
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        painter.scale(scale, scale)
        draw(painter)
        painter.end()
        # Not before: the painter would scale twice.
        pixmap.setDevicePixelRatio(scale)
        icon.addPixmap(pixmap, mode)


def draw_bands(painter: QtGui.QPainter) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    point = QtCore.QPointF
    for color, half in (("#9ecae1", 6.5), ("#4292c6", 3.8), ("#08306b", 1.2)):
        painter.setBrush(QtGui.QColor(color))
        painter.drawPolygon(
            QtGui.QPolygonF([point(1, 8), point(15, 8 - half), point(15, 8 + half)])
        )


def draw_state(painter: QtGui.QPainter, state: State, name: str) -> None:
    color = QtGui.QColor(name)
    pen = QtGui.QPen(color, 2.2)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    point = QtCore.QPointF
    match state:
        case State.RUNNING:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawEllipse(point(8, 8), 4.6, 4.6)
        case State.FINISHED:
            painter.drawPolyline(
                QtGui.QPolygonF([point(3.2, 8.6), point(6.6, 12), point(12.8, 4.6)])
            )
        case State.STOPPED:
            painter.setBrush(color)
            painter.drawRect(QtCore.QRectF(4.6, 4.6, 6.8, 6.8))
        case State.FAILED:
            painter.drawLine(point(4, 4), point(12, 12))
            painter.drawLine(point(4, 12), point(12, 4))
        case State.INTERRUPTED:
            painter.drawLine(point(5.4, 4.2), point(5.4, 11.8))
            painter.drawLine(point(10.6, 4.2), point(10.6, 11.8))
        case State.BROKEN:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolygon(
                QtGui.QPolygonF([point(8, 2.4), point(14.4, 13.6), point(1.6, 13.6)])
            )
            painter.drawLine(point(8, 7), point(8, 9.6))
            painter.drawPoint(point(8, 11.8))
