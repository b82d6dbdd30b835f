"""Colors of the light and the dark theme: docs/development/visual-language.md."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Colors:
    """The colors of a theme.

    Attributes:
        window: Background of panels and toolbars.
        base: Background of lists and figures.
        stripe: Background of every other row.
        button: Background of buttons.
        hover: Background under the mouse.
        border: Frames and lines between panels.
        outline: Outlines of check boxes and menus.
        text: Text.
        quiet: Text of secondary importance.
        disabled: Text and symbols of disabled controls.
        accent: Selected tabs, and options that differ from their defaults.
        selected: Background of selected rows.
        selected_text: Text of selected rows.
        error: Text of errors.
    """

    window: str
    base: str
    stripe: str
    button: str
    hover: str
    border: str
    outline: str
    text: str
    quiet: str
    disabled: str
    accent: str
    selected: str
    selected_text: str
    error: str


LIGHT_COLORS = Colors(
    window="#f5f6f7",
    base="#ffffff",
    stripe="#f7f8fa",
    button="#fbfbfc",
    hover="#e6e9ec",
    border="#d5d9de",
    outline="#8b9199",
    text="#1d2125",
    quiet="#5b626b",
    disabled="#9aa0a7",
    accent="#1f6fab",
    selected="#1f6fab",
    selected_text="#ffffff",
    error="#b3261e",
)
DARK_COLORS = Colors(
    window="#26282b",
    base="#1e1e1e",
    stripe="#232527",
    button="#34373b",
    hover="#3a3e43",
    border="#3c4045",
    outline="#8f949a",
    text="#e6e6e6",
    quiet="#a7adb5",
    disabled="#7f858c",
    accent="#5aaee6",
    selected="#1f6fab",
    selected_text="#ffffff",
    error="#ff6b6b",
)
