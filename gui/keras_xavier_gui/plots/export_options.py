"""Format, size and resolution of an exported figure."""

from dataclasses import dataclass

from keras_xavier_gui.preferences_file import Preferences

CM_PER_INCH = 2.54
FORMATS = {"png": "PNG", "svg": "SVG", "pdf": "PDF"}
"""Names of the formats, by suffix."""
RASTER = "png"
SIZES = {
    "One column": (8.5, 6.0),
    "Two columns": (17.5, 9.0),
    "Slide": (25.4, 14.3),
}
"""Width and height in cm."""
SMALLEST, LARGEST = 4.0, 100.0
"""Limits of width and height in cm."""
LOWEST_DPI, HIGHEST_DPI = 50, 1200
MAX_PIXELS = 100_000_000
"""A larger image may not fit into memory."""
KEY = "export/options"


@dataclass(frozen=True)
class ExportOptions:
    """Format, size and resolution.

    Attributes:
        suffix: One of `FORMATS`.
        size: One of `SIZES`, `"Screen"`, or `"Custom"`.
        width: Width in cm.
        height: Height in cm.
        dpi: Dots per inch of a PNG.
    """

    suffix: str = RASTER
    size: str = "Screen"
    width: float = 20.0
    height: float = 12.0
    dpi: int = 200

    @property
    def inches(self) -> tuple[float, float]:
        """Width and height in inches."""
        return self.width / CM_PER_INCH, self.height / CM_PER_INCH

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height of a PNG."""
        width, height = self.inches
        # matplotlib rounds down.
        return int(width * self.dpi), int(height * self.dpi)

    def problem(self) -> str:
        """Returns why the figure cannot be exported like this; `""` if it can."""
        width, height = self.pixels
        if self.suffix == RASTER and width * height > MAX_PIXELS:
            return f"An image may have at most {MAX_PIXELS:,} pixels"
        return ""


def restore(preferences: Preferences) -> ExportOptions:
    """Returns the options of the last export; invalid values are ignored."""
    values = preferences.get(KEY)
    default = ExportOptions()
    if not isinstance(values, list) or len(values) != 5:
        return default
    suffix, size, width, height, dpi = values
    lengths_are_valid = all(
        isinstance(one, int | float) and SMALLEST <= one <= LARGEST
        for one in (width, height)
    )
    if (
        suffix in [*FORMATS]
        and size in [*SIZES, "Screen", "Custom"]
        and lengths_are_valid
        and isinstance(dpi, int)
        and LOWEST_DPI <= dpi <= HIGHEST_DPI
    ):
        return ExportOptions(suffix, size, width, height, dpi)
    return default


def store(preferences: Preferences, options: ExportOptions) -> None:
    """Stores the options for the next export."""
    one = options
    preferences.update({KEY: [one.suffix, one.size, one.width, one.height, one.dpi]})
