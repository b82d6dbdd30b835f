"""Texts on a figure: their fonts, their widths, and phrases for steps.

The default font lacks some letters, such as Chinese characters.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

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

from keras_xavier.text import Fits, sanitize

MOST_STEPS = 3
"""Maximum number of steps that are listed individually."""
NO_LETTER = "\ufffd"
LAST_RESORT = "Last Resort"
"""A font that draws a box for each letter."""


def write(text: Text, words: str) -> None:
    """Sets the string of a text artist, in fonts that have its letters."""
    # Control characters make invalid SVG and PDF files.
    shown, families = drawable("\n".join(map(sanitize, words.split("\n"))))
    if families:
        text.set_fontfamily([*mpl.rcParams["font.family"], *families])
    text.set_text(shown)


def drawable(words: str) -> tuple[str, tuple[str, ...]]:
    """Returns the string that can be drawn, and the font families that it needs.

    Fonts are searched only if the default fonts lack a letter.

    Returns:
        The string, with � for letters that no font has, and families in addition to
        the default families.
    """
    if words.isascii():
        return words, ()
    chosen = (mpl.rcParams[name] for name in ("font.family", "font.sans-serif"))
    return _drawable(words, *map(tuple, chosen))


@lru_cache(maxsize=1024)
def _drawable(words: str, *chosen: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    # `chosen` is part of the key of the cache: matplotlib looks it up itself.
    usual = [get_font(findfont(FontProperties(family=[one]))) for one in chosen[0]]
    families, unknown = find_families(lacking(words, usual))
    return words.translate(dict.fromkeys(map(ord, unknown), NO_LETTER)), families


def lacking(letters: Iterable[str], fonts: Sequence[FT2Font]) -> frozenset[str]:
    """Returns the letters that none of the fonts has."""
    return frozenset(
        letter
        for letter in letters
        if letter != "\n"
        and not any(font.get_char_index(ord(letter)) for font in fonts)
    )


@lru_cache(maxsize=256)
def find_families(letters: frozenset[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Finds the fewest installed fonts for letters.

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
        # The first of several such fonts is the plainest.
        best = min(lacks, key=lambda name: len(lacks[name] & letters))
        if letters <= lacks[best]:
            break
        families.append(best)
        letters &= lacks[best]
    return tuple(families), letters


def opened(entry: FontEntry) -> list[FT2Font]:
    """Returns the font, if it still exists: matplotlib caches its list of fonts."""
    try:
        return [FT2Font(entry.fname)]
    except (OSError, RuntimeError):
        return []


def plainness(entry: FontEntry) -> tuple[bool, bool, bool, str]:
    """Sort key: fonts similar to the default font come first."""
    return (
        "Sans" not in entry.name,
        entry.style != "normal",
        entry.weight not in (400, "normal"),
        entry.name,
    )


def fitting(text: Text, inches: float) -> Fits:
    """Returns a function from a string to whether it fits in place of a text.

    Args:
        text: matplotlib `Text`. The function sets its string to measure the width.
        inches: float. Available width.
    """
    figure = text.get_figure(root=True)
    pixels = inches * (figure.dpi if figure is not None else 72.0)

    def fits(words: str) -> bool:
        write(text, words)
        return not words or bool(text.get_window_extent().width <= pixels)

    return fits


class Shown(NamedTuple):
    """The numbers of runs and of layers that a figure draws.

    Attributes:
        runs: int. Number of runs with lines or colors on this page.
        layers: int. Number of layers on this page. Defaults to 0.
        all_layers: int. Number of layers of all runs, drawn or not. Defaults to 0.
        noun: str. What is counted as layers, in the plural.
    """

    runs: int
    layers: int = 0
    all_layers: int = 0
    noun: str = "layers"

    def of_runs(self, names: Sequence[str], all_runs: int) -> str:
        """Returns the name of the run or the number of runs, for a title.

        Args:
            names: Names of the runs whose data is known.
            all_runs: Number of runs.

        >>> Shown(1).of_runs(["tanh"], 1), Shown(1).of_runs(["tanh"], 2)
        ('tanh', 'tanh, 1 of 2 runs')
        >>> Shown(2).of_runs(["tanh", "relu"], 2)
        '2 runs'
        """
        some = f"{self.runs:,} of " if self.runs < all_runs else ""
        several = f"{some}{all_runs:,} runs"
        if len(names) != 1:
            return several if names else ""
        return f"{names[0]}, {several}" if all_runs > 1 else names[0]

    @property
    def of_layers(self) -> str:
        """The number of layers for a title; empty if all are drawn.

        >>> Shown(1, 6, 40).of_layers, Shown(1, 40, 40).of_layers
        (', 6 of 40 layers', '')
        """
        if self.layers >= self.all_layers:
            return ""
        return f", {self.layers:,} of {self.all_layers:,} {self.noun}"


def at_steps(steps: Iterable[int]) -> str:
    """Returns a phrase for the steps of one or more runs.

    >>> at_steps([800, 800]), at_steps([3000, 800])
    ('at step 800', 'at steps 800 and 3,000')
    """
    found = [f"{step:,}" for step in sorted({*steps})]
    if len(found) == 1:
        return f"at step {found[0]}"
    if len(found) <= MOST_STEPS:
        return f"at steps {', '.join(found[:-1])} and {found[-1]}"
    return f"at {len(found)} steps from {found[0]} to {found[-1]}"


def counted_remarks(data: Iterable[Any]) -> list[str]:
    """Returns a remark on values that were counted in part.

    Args:
        data: Sequence of data of plots, some with the attribute `counted`.

    Example:

    >>> from types import SimpleNamespace
    >>> weights = SimpleNamespace(counted=((65_536, 1_000_000), (65_536, 4_000_000)))
    >>> counted_remarks([weights])
    ['65,536 of up to 4,000,000 values counted']
    """
    found = {pair for one in data for pair in getattr(one, "counted", ())}
    if not found:
        return []
    most = max(of for _, of in found)
    up_to = "" if len(found) == 1 else "up to "
    return [f"{min(part for part, _ in found):,} of {up_to}{most:,} values counted"]


def step_notes(moments: Sequence[tuple[int, bool]]) -> list[str]:
    """Returns notes after the names of runs, if their steps differ.

    Args:
        moments: The step of each run, and whether it is the last one.

    >>> step_notes([(3000, False), (800, True)]), step_notes([(0, False), (0, False)])
    ([', step 3,000', ', last step 800'], ['', ''])
    """
    if len({step for step, _ in moments}) < 2:
        return [""] * len(moments)
    return [
        f", {'last step' if is_last else 'step'} {step:,}" for step, is_last in moments
    ]
