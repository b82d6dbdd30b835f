"""Light and dark, and the size of texts."""

from enum import StrEnum

from keras_xavier_gui.qt import QtGui, QtWidgets

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
"""Of check boxes, radio buttons and menus in the dark, before the style darkens it."""
OUTLINED = ("QCheckBox", "QListView", "QMenu", "QRadioButton")


class Theme(StrEnum):
    """Colours of the app."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


def apply_theme(theme: Theme) -> None:
    """Gives the whole app its colours; pictures follow."""
    application = QtWidgets.QApplication.instance()
    if not hasattr(apply_theme, "system"):
        # Whatever the desktop had chosen, to come back to.
        style = application.style().objectName()
        apply_theme.system = style, QtGui.QPalette(application.palette())  # type: ignore[attr-defined]
    style, palette = apply_theme.system  # type: ignore[attr-defined]
    if theme is Theme.SYSTEM:
        application.setStyle(style)
        application.setPalette(palette)
        return
    # The one style that takes every colour from its palette.
    application.setStyle("Fusion")
    application.setPalette(dark_palette() if theme is Theme.DARK else light_palette())
    if theme is Theme.DARK:
        # The style draws outlines in a darker shade of the window's colour, which
        # nobody sees in the dark.
        outlined = dark_palette()
        outlined.setColor(QtGui.QPalette.ColorRole.Window, QtGui.QColor(OUTLINE))
        for kind in OUTLINED:
            application.setPalette(outlined, kind)


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
    """Points of the app's texts."""
    return float(QtWidgets.QApplication.instance().font().pointSizeF())


def set_font_size(points: float) -> None:
    """Changes the size of all texts."""
    application = QtWidgets.QApplication.instance()
    font = application.font()
    font.setPointSizeF(min(max(points, SMALLEST_FONT), LARGEST_FONT))
    application.setFont(font)


def system_font_size() -> float:
    """Points that the desktop has chosen."""
    font = QtGui.QFontDatabase.systemFont(QtGui.QFontDatabase.SystemFont.GeneralFont)
    return float(font.pointSizeF()) if font.pointSizeF() > 0 else 9.0


def text_scale() -> float:
    """How much larger than usual texts are."""
    return font_size() / system_font_size()


def is_dark(widget: QtWidgets.QWidget) -> bool:
    window = widget.palette().color(QtGui.QPalette.ColorRole.Window)
    return int(window.lightness()) < 128
