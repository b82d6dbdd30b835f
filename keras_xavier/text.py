"""Shortens names and remarks that are too long for the available space."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain, count, takewhile
from typing import Any

import numpy as np

LONGEST_NAME = 28
"""Maximum number of characters of a name in a legend."""
WORDS = re.compile(r"[^-_/ ]*[-_/ ]|[^-_/ ]+")
"""Words of names, each with the separator after it."""
SEPARATOR = "  ·  "
"""Separator of remarks."""
LEAST_OF_WORD = 2
"""Minimum number of letters that remain of an abbreviated word."""
LEAST_LETTERS = 6
"""Minimum number of characters that remain of a shortened name."""
Fits = Callable[[str], bool]
"""Function from a text to whether it fits into the available space."""
FORMULA = ("=", "+", "-", "@")
"""First characters of a formula in a spreadsheet."""
JOINERS = "\u200c\u200d"
"""Invisible characters that belong to the spelling of some languages."""


def sanitize(name: str) -> str:
    """Replaces control characters, and characters that change the text direction.

    Names of files and layers may contain any characters.

    >>> sanitize("run\\n1"), sanitize("漢字 ü")
    ('run�1', '漢字 ü')
    """
    if name.isprintable():
        return name
    return "".join(
        character if character.isprintable() or character in JOINERS else "\ufffd"
        for character in name
    )


def sanitize_all(names: Sequence[str]) -> dict[str, str]:
    """Returns sanitized names by name; different names remain different.

    >>> sanitize_all(["a\\x00", "a\\x01"])
    {'a\\x00': 'a�', 'a\\x01': 'a� (2)'}
    """
    shown: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        if name not in shown:
            clean = sanitize(name)
            numbered = (f"{clean} ({number})" for number in count(2))
            shown[name] = next(x for x in chain([clean], numbered) if x not in taken)
            taken.add(shown[name])
    return shown


def escape_formula(text: Any) -> str:
    """Quotes a text that a spreadsheet would interpret as a formula.

    >>> escape_formula("=1+1"), escape_formula("hidden_1")
    ("'=1+1", 'hidden_1')
    """
    written = str(text)
    # Some spreadsheets skip white space and line breaks before a formula.
    starts = written.lstrip().startswith(FORMULA) or written.startswith(
        ("\t", "\r", "\n")
    )
    return f"'{written}" if starts else written


def shorten(name: str, longest: int = LONGEST_NAME) -> str:
    """Shortens and sanitizes a name by leaving out its middle.

    >>> shorten("encoder/block_12/attention/query_projection", 21)
    'encoder/bl…projection'
    """
    name = sanitize(name)
    if len(name) <= longest:
        return name
    tail = (longest - 1) // 2
    return f"{name[: longest - 1 - tail]}…{name[-tail:]}"


def shorten_all(names: Sequence[str], longest: int = LONGEST_NAME) -> list[str]:
    """Shortens and sanitizes names for a legend; keeps words that distinguish them.

    The result for a name does not depend on the order of the names, unless several
    names differ only in unprintable characters.

    >>> shorten_all([f"encoder/block_{i}/attention/projection" for i in (1, 2)])
    ['…block_1/attention…', '…block_2/attention…']
    >>> ways = ["glorot-seed1", "glorot-seed2", "standard-seed1", "standard-seed2"]
    >>> shorten_all([f"relu-{way}" for way in ways], 11)
    ['gloro-seed1', 'gloro-seed2', 'stand-seed1', 'stand-seed2']
    """
    shown = sanitize_all(names)
    first = _cut([*shown.values()], longest)
    short = dict(first)
    for group in _alike(first):
        short |= _cut(group, longest)
    still = sorted(name for group in _alike(short) for name in group)
    if still and (abbreviated := _abbreviate(first, longest)):
        return [abbreviated[shown[name]] for name in names]
    for number, name in enumerate(still, 1):
        mark = f" ({number})"
        short[name] = _leave_out_middle(first[name], longest - len(mark)) + mark
    return [short[shown[name]] for name in names]


def fit(text: str, fits: Fits, least: int = LEAST_LETTERS) -> str:
    """Shortens and sanitizes a text, by as little as possible, to make it fit.

    Args:
        text: str. Text to shorten.
        fits: Function from a text to bool. If a text fits, shorter texts must fit.
        least: int. Minimum number of characters to keep.

    >>> fit("standard deviation", lambda text: len(text) <= 12)
    'standa…ation'
    """
    text = sanitize(text)
    if fits(text):
        return text
    return shorten(text, _longest(lambda n: fits(shorten(text, n)), least, len(text)))


def fit_all(
    names: Sequence[str], fits: Sequence[Fits], least: int = LEAST_LETTERS
) -> list[str]:
    """Shortens adjacent names until each of them fits.

    Args:
        names: Sequence of str.
        fits: Sequence of functions, one for each name, from a text to whether it fits.
        least: int. Minimum number of characters to keep of each name.

    Returns:
        List of str, in the order of `names`. Different names remain different; see
        `shorten_all`.

    >>> fit_all(["mnist-tanh-seed0", "mnist-relu-seed0"], [lambda x: len(x) < 9] * 2)
    ['…tanh…', '…relu…']
    """

    def all_fit(short: Sequence[str]) -> bool:
        return all(fit(name) for name, fit in zip(short, fits, strict=True))

    shown = sanitize_all(names)
    names = [shown[name] for name in names]
    if all_fit(names):
        return names
    most = max(map(len, names))
    longest = _longest(lambda n: all_fit(shorten_all(names, n)), least, most)
    return shorten_all(names, longest)


def _longest(fits: Callable[[int], bool], least: int, most: int) -> int:
    """Returns the largest number that fits, from `least` to below `most`."""
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if fits(middle) else (least, middle)
    return least


def _cut(names: Collection[str], longest: int) -> dict[str, str]:
    """Leaves out shared words, then the middle of the remaining names."""
    cut = zip(names, without_shared(list(names), longest), strict=True)
    return {name: _leave_out_middle(left, longest) for name, left in cut}


def _abbreviate(names: Collection[str], longest: int) -> dict[str, str]:
    """Keeps the first letters of each word, and all digits.

    Returns:
        The abbreviations by name; empty if they are too long, or if some are equal.
    """
    left = [name.strip("…") for name in without_shared(list(names), longest)]
    for letters in range(longest, LEAST_OF_WORD - 1, -1):
        further = re.compile(rf"(?<=[^\W\d_]{{{letters}}})[^\W\d_]+")
        short = [further.sub("", name) for name in left]
        if max(map(len, short)) <= longest:
            if len({*short}) == len(short):
                return dict(zip(names, short, strict=True))
            break
    return {}


def _alike(short: Mapping[str, str]) -> list[list[str]]:
    """Groups names whose shortened forms are equal."""
    groups: dict[str, list[str]] = {}
    for name, found in short.items():
        groups.setdefault(found, []).append(name)
    return [group for group in groups.values() if len(group) > 1]


def without_shared(names: Sequence[str], longest: int) -> list[str]:
    """Leaves out words that all long names share, until the names are short enough.

    Args:
        names: List of str. Short names are returned unchanged.
        longest: int. Maximum number of characters of a short name. A name whose
            distinct words are longer stays longer.

    Returns:
        List of str, in the order of `names`.

    >>> without_shared(["mnist-tanh-5x1000-seed0", "mnist-relu-5x1000-seed0"], 16)
    ['…tanh-5x1000…', '…relu-5x1000…']
    """
    long = {name: WORDS.findall(name) for name in names if len(name) > longest}
    # Names are grouped by their first word, so that other names do not affect them.
    families: dict[str, dict[str, list[str]]] = {}
    for name, words in long.items():
        families.setdefault(words[0], {})[name] = words
    short: dict[str, str] = {}
    for family in families.values():
        short |= _without_shared(family, longest)
    found = [short.get(name, name) for name in names]
    if len({*found}) < len({*names}):
        short = _without_shared(long, longest)
        found = [short.get(name, name) for name in names]
    return found


def _without_shared(names: Mapping[str, Sequence[str]], longest: int) -> dict[str, str]:
    """Leaves out words that all names share; takes the words of each name."""
    short = {name: name for name in names}
    if len(names) < 2:
        return short
    shared = _shared_words(list(names.values()))
    for out in range(1, len(shared) + 1):
        if max(map(len, short.values())) <= longest:
            break
        short = {name: _joined(words, shared[:out]) for name, words in names.items()}
    return short


def _shared_words(names: Sequence[Sequence[str]]) -> list[int]:
    """Finds positions where all names share a word, farthest from differences first.

    If the names have different numbers of words, positions after the first difference
    are counted from the end, as negative numbers.
    """
    fewest = min(map(len, names))
    aligned = all(len(words) == fewest for words in names)

    def is_shared(place: int) -> bool:
        return len({words[place] for words in names}) == 1

    if aligned:
        shared = [place for place in range(fewest) if is_shared(place)]
        own = [place for place in range(fewest) if place not in shared]
        return sorted(shared, key=lambda place: -min(abs(place - one) for one in own))
    # At least one word of the shortest name is kept.
    start = sum(1 for _ in takewhile(is_shared, range(fewest - 1)))
    end = sum(1 for _ in takewhile(is_shared, range(-1, start - fewest, -1)))
    distances = {place: start - place for place in range(start)}
    distances |= {place: end + 1 + place for place in range(-end, 0)}
    return sorted(distances, key=lambda place: -distances[place])


def _joined(words: Sequence[str], left_out: Collection[int]) -> str:
    """Joins words, with … in place of omitted words."""
    places = {place % len(words) for place in left_out}
    text = ""
    for place, word in enumerate(words):
        if place not in places:
            text += word
        elif not text.endswith("…"):
            text += "…"
    return re.sub("[-_/ ]…$", "…", text)


def _leave_out_middle(name: str, longest: int) -> str:
    """Leaves out whole words in the middle, or letters if the words are long."""
    if len(name) <= longest:
        return name
    words = WORDS.findall(name)
    first, last = 0, len(words)
    room = longest - 1
    # Alternately from both ends, so that both are kept.
    while first < last:
        if (taken := len(words[first])) > room:
            break
        first, room = first + 1, room - taken
        if first == last or (taken := len(words[last - 1])) > room:
            break
        last, room = last - 1, room - taken
    if room > longest / 2:
        return shorten(name, longest)
    return re.sub("…+", "…", f"{''.join(words[:first])}…{''.join(words[last:])}")


def evenly_spaced(count: int, most: int) -> list[int]:
    """Returns at most `most` of `count` indices, evenly spaced, including both ends.

    >>> evenly_spaced(100, 3)
    [0, 50, 99]
    """
    return sorted({round(x) for x in np.linspace(0, count - 1, min(count, most))})


def wrap(remarks: Sequence[str], room: int) -> str:
    """Joins remarks on one line, or on two lines if they are longer than `room`.

    Remarks that do not fit are left out.

    >>> wrap(["3 layers", "2 steps"], 40)
    '3 layers  ·  2 steps'
    """
    lines: list[str] = []
    rest = list(remarks)
    while rest and len(lines) < 2:
        fitting = [
            i for i in range(1, len(rest) + 1) if len(SEPARATOR.join(rest[:i])) <= room
        ]
        taken = max(fitting, default=1)
        lines.append(SEPARATOR.join(rest[:taken]))
        del rest[:taken]
    return "\n".join(lines)
