"""Names and remarks that are longer than the room for them: all of the shortening."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import takewhile
from typing import Any

import numpy as np

LONGEST_NAME = 28
"""Characters of a name beyond which its middle is left out."""
WORDS = re.compile(r"[^-_/ ]*[-_/ ]|[^-_/ ]+")
"""Words of names, each with what joins it to the next one."""
SEPARATOR = "  ·  "
"""Between remarks."""
LEAST_LETTERS = 6
"""Characters that are left of a name, however little room there is."""
Fits = Callable[[str], bool]
"""Whether there is room for a text."""
JOINERS = "\u200c\u200d"
"""Are not seen, and still belong to the letters of some languages."""


def sanitize(name: str) -> str:
    """Replaces what is no letter, or would show the letters after it in another order.

    Names of files may be any bytes.

    >>> legible("run\\n1"), legible("漢字 ü")
    ('run�1', '漢字 ü')
    """
    return "".join(
        one if one.isprintable() or one in JOINERS else "\ufffd" for one in name
    )


def escape_formula(text: Any) -> str:
    """A name that no spreadsheet takes for a formula: names come from strangers."""
    written = str(text)
    return f"'{written}" if written[:1] in ("=", "+", "-", "@", "\t", "\r") else written


def shorten(name: str, longest: int = LONGEST_NAME) -> str:
    """Leaves out the middle of a name that is too long for a legend.

    >>> shorten("encoder/block_12/attention/query_projection", 21)
    'encoder/bl…projection'
    """
    if len(name) <= longest:
        return name
    tail = (longest - 1) // 2
    return f"{name[: longest - 1 - tail]}…{name[-tail:]}"


def shorten_all(names: Sequence[str], longest: int = LONGEST_NAME) -> list[str]:
    """Shortens names for a legend: words that tell them apart stay.

    Which names come out is the same in whatever order they stand.

    >>> shorten_all([f"encoder/block_{i}/attention/projection" for i in (1, 2)])
    ['…block_1/attention…', '…block_2/attention…']
    """
    first = _cut(names, longest)
    short = dict(first)
    for group in _alike(first):
        short |= _cut(group, longest)
    still = sorted(name for group in _alike(short) for name in group)
    for number, name in enumerate(still, 1):
        mark = f" ({number})"
        short[name] = _leave_out_middle(first[name], longest - len(mark)) + mark
    return [short[name] for name in names]


def fit(text: str, fits: Fits, least: int = LEAST_LETTERS) -> str:
    """Leaves out as little of the middle of a text as makes it fit.

    Args:
        text: str.
        fits: Whether there is room for a text. A shorter text fits if a longer one
            does.
        least: int. Characters that are left in any case.

    >>> fit("standard deviation", lambda text: len(text) <= 12)
    'standa…ation'
    """
    if fits(text):
        return text
    return shorten(text, _longest(lambda n: fits(shorten(text, n)), least, len(text)))


def fit_all(
    names: Sequence[str], fits: Sequence[Fits], least: int = LEAST_LETTERS
) -> list[str]:
    """Shortens names that stand beside each other until each of them fits.

    Args:
        names: Sequence of str.
        fits: For each name, whether there is room for a text in its place.
        least: int. Characters that are left of each name in any case.

    Returns:
        As many names, as different as they were; see `shorten_all`.

    >>> fit_all(["mnist-tanh-seed0", "mnist-relu-seed0"], [lambda x: len(x) < 9] * 2)
    ['…tanh…', '…relu…']
    """

    def all_fit(short: Sequence[str]) -> bool:
        return all(fit(name) for name, fit in zip(short, fits, strict=True))

    if all_fit(names):
        return list(names)
    most = max(map(len, names))
    longest = _longest(lambda n: all_fit(shorten_all(names, n)), least, most)
    return shorten_all(names, longest)


def _longest(fits: Callable[[int], bool], least: int, most: int) -> int:
    """The largest number that fits, from `least` to below `most`."""
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if fits(middle) else (least, middle)
    return least


def _cut(names: Collection[str], longest: int) -> dict[str, str]:
    """Names without what they share, and without the middle of what is left."""
    cut = zip(names, without_shared(list(names), longest), strict=True)
    return {name: _leave_out_middle(left, longest) for name, left in cut}


def _alike(short: Mapping[str, str]) -> list[list[str]]:
    """Groups of names that cannot be told apart."""
    groups: dict[str, list[str]] = {}
    for name, found in short.items():
        groups.setdefault(found, []).append(name)
    return [group for group in groups.values() if len(group) > 1]


def without_shared(names: Sequence[str], longest: int) -> list[str]:
    """Leaves words out that all long names share, as many as need be.

    Args:
        names: What to look through; those that are not long stay as they are.
        longest: Letters of a name that is not long. A name whose own words are longer
            is longer even so.

    >>> without_shared(["mnist-tanh-5x1000-seed0", "mnist-relu-5x1000-seed0"], 16)
    ['…tanh-5x1000…', '…relu-5x1000…']
    """
    long = {name: WORDS.findall(name) for name in names if len(name) > longest}
    # Those that begin alike by themselves: others beside them change nothing then.
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
    """Leaves out words that all share, of names given with their words."""
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
    """Where all have the same word: what is farthest from other words comes first.

    Places are counted from the end, as negative numbers, after the first difference
    of names that have not the same number of words.
    """
    fewest = min(map(len, names))
    aligned = all(len(words) == fewest for words in names)

    def is_shared(place: int) -> bool:
        return len({words[place] for words in names}) == 1

    if aligned:
        shared = [place for place in range(fewest) if is_shared(place)]
        own = [place for place in range(fewest) if place not in shared]
        return sorted(shared, key=lambda place: -min(abs(place - one) for one in own))
    # At least one word of the shortest name stays.
    start = sum(1 for _ in takewhile(is_shared, range(fewest - 1)))
    end = sum(1 for _ in takewhile(is_shared, range(-1, start - fewest, -1)))
    distances = {place: start - place for place in range(start)}
    distances |= {place: end + 1 + place for place in range(-end, 0)}
    return sorted(distances, key=lambda place: -distances[place])


def _joined(words: Sequence[str], left_out: Collection[int]) -> str:
    """Puts words together, with … for those that are left out."""
    places = {place % len(words) for place in left_out}
    text = ""
    for place, word in enumerate(words):
        if place not in places:
            text += word
        elif not text.endswith("…"):
            text += "…"
    return re.sub("[-_/ ]…$", "…", text)


def _leave_out_middle(name: str, longest: int) -> str:
    """Leaves whole words of the middle out, or letters if words are long."""
    if len(name) <= longest:
        return name
    words = WORDS.findall(name)
    first, last = 0, len(words)
    room = longest - 1
    # By turns from both ends, so that both are told.
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
    """At most `most` of `count` indices, evenly spread, with both ends."""
    return sorted({round(x) for x in np.linspace(0, count - 1, min(count, most))})


def wrap(remarks: Sequence[str], room: int) -> str:
    """Puts remarks in one line, or in two if they are longer than `room`.

    The last ones are left out if there is no room for them.

    >>> fold(["3 layers", "2 steps"], 40)
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
