"""Light and dark theme, and the text size."""

from enum import Enum, StrEnum
from functools import cache

from keras_xavier_gui.colors import DARK_COLORS, LIGHT_COLORS, Colors
from keras_xavier_gui.qt import QtGui, QtWidgets, running_application

SMALLEST_FONT, LARGEST_FONT = 6.0, 32.0
"""Points."""
STYLE = "fusion"
MIDDLE_LIGHTNESS = 128
OUTLINE = DARK_COLORS.outline
"""Color of outlines in the dark theme, before the style darkens it."""
OUTLINED_WIDGETS = ("QCheckBox", "QListView", "QMenu", "QRadioButton", "QTreeView")


class Theme(StrEnum):
    """Colors of the app."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


def apply_theme(theme: Theme) -> None:
    """Sets the colors of the whole app; plots follow."""
    application = running_application()
    # Before any theme replaces the palette of the desktop.
    system_is_dark = is_system_dark()
    dark = system_is_dark if theme is Theme.SYSTEM else theme is Theme.DARK
    colors = DARK_COLORS if dark else LIGHT_COLORS
    # This style takes all colors from the palette.
    application.setStyle(STYLE)
    application.setPalette(palette_of(colors))
    # The style draws outlines in a darker shade of the window's color, which is
    # invisible in the dark theme.
    outlined = palette_of(colors)
    if dark:
        outlined.setColor(QtGui.QPalette.ColorRole.Window, QtGui.QColor(OUTLINE))
    for kind in OUTLINED_WIDGETS:
        # PySide6's stubs ask for bytes, which it rejects.
        application.setPalette(outlined, kind)  # type: ignore[arg-type]


@cache
def is_system_dark() -> bool:
    """Whether the desktop, as the app found it, is dark."""
    roles = QtGui.QPalette.ColorRole
    window = running_application().palette().color(roles.Window)
    return int(window.lightness()) < MIDDLE_LIGHTNESS


def palette_of(colors: Colors) -> QtGui.QPalette:
    """Returns the palette of a theme."""
    palette = QtGui.QPalette(QtGui.QColor(colors.button), QtGui.QColor(colors.window))
    roles = QtGui.QPalette.ColorRole
    for role, color in (
        (roles.Window, colors.window),
        (roles.WindowText, colors.text),
        (roles.Base, colors.base),
        (roles.AlternateBase, colors.stripe),
        (roles.ToolTipBase, colors.base),
        (roles.ToolTipText, colors.text),
        (roles.PlaceholderText, colors.quiet),
        (roles.Text, colors.text),
        (roles.Button, colors.button),
        (roles.Midlight, colors.hover),
        (roles.Mid, colors.border),
        (roles.ButtonText, colors.text),
        (roles.BrightText, colors.error),
        (roles.Link, colors.accent),
        (roles.Highlight, colors.selected),
        (roles.HighlightedText, colors.selected_text),
    ):
        palette.setColor(role, QtGui.QColor(color))
    disabled = QtGui.QPalette.ColorGroup.Disabled
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(disabled, role, QtGui.QColor(colors.disabled))
    return palette


class TextSize(Enum):
    """The three sizes of text, relative to the text size of the app."""

    SMALL = 0.9
    NORMAL = 1.0
    LARGE = 1.3


def scaled_font(
    font: QtGui.QFont, size: TextSize, *, bold: bool = False
) -> QtGui.QFont:
    """Returns a font in one of the three sizes."""
    scaled = QtGui.QFont(font)
    scaled.setPointSizeF(font.pointSizeF() * size.value)
    scaled.setBold(bold)
    return scaled


def font_size() -> float:
    """Returns the text size of the app in points."""
    return float(running_application().font().pointSizeF())


def set_font_size(points: float) -> None:
    """Sets the text size of the app in points."""
    application = running_application()
    font = application.font()
    font.setPointSizeF(min(max(points, SMALLEST_FONT), LARGEST_FONT))
    application.setFont(font)


def system_font_size() -> float:
    """Returns the text size of the desktop in points."""
    font = QtGui.QFontDatabase.systemFont(QtGui.QFontDatabase.SystemFont.GeneralFont)
    return float(font.pointSizeF()) if font.pointSizeF() > 0 else 9.0


def text_scale() -> float:
    """Returns the text size of the app relative to the text size of the desktop."""
    return font_size() / system_font_size()


def is_dark(widget: QtWidgets.QWidget) -> bool:
    """Whether a widget has a dark background."""
    window = widget.palette().color(QtGui.QPalette.ColorRole.Window)
    return int(window.lightness()) < MIDDLE_LIGHTNESS
