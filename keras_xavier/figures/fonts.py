"""Letters that the usual font lacks, such as those of Chinese names."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import matplotlib as mpl
from matplotlib.font_manager import (
    FontEntry,
    FontProperties,
    findfont,
    fontManager,
    get_font,
)
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

NO_LETTER = "\ufffd"
LAST_RESORT = "Last Resort"
"""A font that has a box for each letter."""


def write(text: Text, words: str) -> None:
    """Sets what a text says, in fonts that have its letters."""
    shown, families = drawable(words)
    if families:
        text.set_fontfamily([*mpl.rcParams["font.family"], *families])
    text.set_text(shown)


def drawable(words: str) -> tuple[str, tuple[str, ...]]:
    """Words as they can be drawn, and in which font families beside the usual ones.

    Fonts are looked through only if the usual ones do not do.

    Returns:
        The words, with � for letters that no font has, and the families.
    """
    if words.isascii():
        return words, ()
    chosen = (mpl.rcParams[name] for name in ("font.family", "font.sans-serif"))
    return _drawable(words, *map(tuple, chosen))


@lru_cache(maxsize=1024)
def _drawable(words: str, *chosen: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    # What is chosen tells the results apart: matplotlib looks it up itself.
    usual = [get_font(findfont(FontProperties(family=[one]))) for one in chosen[0]]
    families, unknown = find_families(lacking(words, usual))
    return words.translate(dict.fromkeys(map(ord, unknown), NO_LETTER)), families


def lacking(letters: Iterable[str], fonts: Sequence[FT2Font]) -> frozenset[str]:
    """Letters that none of the fonts has."""
    return frozenset(
        letter
        for letter in letters
        if letter != "\n"
        and not any(font.get_char_index(ord(letter)) for font in fonts)
    )


@lru_cache(maxsize=256)
def find_families(letters: frozenset[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Finds installed fonts for letters, as few as will do.

    Returns:
        Their families, and the letters that none of them has.
    """
    if not letters:
        return (), letters
    faces: dict[str, FontEntry] = {}
    for entry in sorted(fontManager.ttflist, key=plainness):
        if entry.size == "scalable" and not entry.name.startswith(LAST_RESORT):
            faces.setdefault(entry.name, entry)
    lacks = {name: lacking(letters, opened(entry)) for name, entry in faces.items()}
    families: list[str] = []
    while letters and lacks:
        # Of fonts that have as many of them, the plainest one, which is the first.
        best = min(lacks, key=lambda name: len(lacks[name] & letters))
        if letters <= lacks[best]:
            break
        families.append(best)
        letters &= lacks[best]
    return tuple(families), letters


def opened(entry: FontEntry) -> list[FT2Font]:
    """The font, if it is still there: matplotlib keeps its list for long."""
    try:
        return [FT2Font(entry.fname)]
    except (OSError, RuntimeError):
        return []


def plainness(entry: FontEntry) -> tuple[bool, bool, bool, str]:
    """Sorts fonts that look like the usual one before the others."""
    return (
        "Sans" not in entry.name,
        entry.style != "normal",
        entry.weight not in (400, "normal"),
        entry.name,
    )
