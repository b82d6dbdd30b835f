"""Light and dark theme, and the text size."""

from enum import StrEnum
from functools import cache

from keras_xavier_gui.qt import QtGui, QtWidgets, running_application

SMALLEST_FONT, LARGEST_FONT = 6.0, 32.0
"""Points."""
DARK_COLORS = {
    "Window": "#353535",
    "WindowText": "#e6e6e6",
    "Base": "#1e1e1e",
    "AlternateBase": "#272727",
    "ToolTipBase": "#1e1e1e",
    "ToolTipText": "#e6e6e6",
    "PlaceholderText": "#9a9a9a",
    "Text": "#e6e6e6",
    "Button": "#454545",
    "ButtonText": "#e6e6e6",
    "BrightText": "#ff6b6b",
    "Link": "#4aa3df",
    "Highlight": "#1f6fab",
    "HighlightedText": "#ffffff",
}
DISABLED = "#8f8f8f"
OUTLINE = "#b0b0b0"
"""Color of outlines in the dark theme, before the style darkens it."""
OUTLINED_WIDGETS = ("QCheckBox", "QListView", "QMenu", "QRadioButton")


class Theme(StrEnum):
    """Colors of the app."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


def apply_theme(theme: Theme) -> None:
    """Sets the colors of the whole app; plots follow."""
    application = running_application()
    style, palette = system_look()
    if theme is Theme.SYSTEM:
        application.setStyle(style)
        application.setPalette(palette)
        return
    # This style takes all colors from the palette.
    application.setStyle("Fusion")
    application.setPalette(dark_palette() if theme is Theme.DARK else light_palette())
    if theme is Theme.DARK:
        # The style draws outlines in a darker shade of the window's color, which is
        # invisible in the dark theme.
        outlined = dark_palette()
        outlined.setColor(QtGui.QPalette.ColorRole.Window, QtGui.QColor(OUTLINE))
        for kind in OUTLINED_WIDGETS:
            # PySide6's stubs ask for bytes, which it rejects.
            application.setPalette(outlined, kind)  # type: ignore[arg-type]


@cache
def system_look() -> tuple[str, QtGui.QPalette]:
    """Returns the style and the colors of the desktop, as the app found them."""
    application = running_application()
    style = application.style().objectName()
    return style, QtGui.QPalette(application.palette())


def light_palette() -> QtGui.QPalette:
    palette = QtGui.QPalette(QtGui.QColor("#efefef"), QtGui.QColor("#f7f7f7"))
    palette.setColor(QtGui.QPalette.ColorRole.Highlight, QtGui.QColor("#1f6fab"))
    palette.setColor(QtGui.QPalette.ColorRole.HighlightedText, QtGui.QColor("#ffffff"))
    return palette


def dark_palette() -> QtGui.QPalette:
    palette = QtGui.QPalette(QtGui.QColor("#454545"), QtGui.QColor("#353535"))
    roles = QtGui.QPalette.ColorRole
    for name, color in DARK_COLORS.items():
        palette.setColor(getattr(roles, name), QtGui.QColor(color))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        group = QtGui.QPalette.ColorGroup.Disabled
        palette.setColor(group, role, QtGui.QColor(DISABLED))
    return palette


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
    return int(window.lightness()) < 128
