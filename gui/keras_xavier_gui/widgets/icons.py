"""Icons: symbols of one set, and the states of a run.

The states differ in shape, not in color alone.
"""

from collections.abc import Callable
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from keras_xavier.runs import State
from keras_xavier_gui.qt import Qt, QtCore, QtGui, running_application

SIZE = 16
AREA = QtCore.QRect(0, 0, SIZE, SIZE)
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
SHAPES = {
    State.RUNNING: "record",
    State.FINISHED: "check-bold",
    State.STOPPED: "stop",
    State.FAILED: "close-thick",
    State.INTERRUPTED: "pause",
    State.BROKEN: "alert-outline",
}
"""Names of the symbols of states."""
SELECTED = "#ffffff"
Draw = Callable[[QtGui.QPainter], None]


def state_icon(state: State) -> QtGui.QIcon:
    """Returns the symbol of a state."""
    return row_icon(SHAPES[state], COLORS[state])


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


@cache
def row_icon(name: str, color: str) -> QtGui.QIcon:
    """Returns a symbol in a color, or white in a selected row.

    Its color would hardly show on the color of the selection.

    Args:
        name: Name of one of the Material Design Icons.
        color: Color as `#rrggbb`.
    """
    icon, modes = QtGui.QIcon(), QtGui.QIcon.Mode
    for mode, shade in ((modes.Normal, color), (modes.Selected, SELECTED)):
        # Painted once: lists paint icons often, and QtAwesome lays out text each time.
        paint(icon, mode, partial(draw_symbol, name, shade))
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


def draw_symbol(name: str, color: str, painter: QtGui.QPainter) -> None:
    symbols().icon(f"{SYMBOLS}.{name}", color=color).paint(painter, AREA)


def draw_bands(painter: QtGui.QPainter) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    point = QtCore.QPointF
    for color, half in (("#9ecae1", 6.5), ("#4292c6", 3.8), ("#08306b", 1.2)):
        painter.setBrush(QtGui.QColor(color))
        painter.drawPolygon(
            QtGui.QPolygonF([point(1, 8), point(15, 8 - half), point(15, 8 + half)])
        )
