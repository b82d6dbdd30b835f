"""Texts that are cut to the room they have, at words, around what tells them apart."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from matplotlib.text import Text

from keras_xavier.figures.fonts import write
from keras_xavier.text import shorten, shorten_all

Fits = Callable[[str], bool]
"""Whether there is room for a text."""

WORD = re.compile(r"[^\s\-_/,]+")
LEAST_LETTERS = 6
"""Of a name that is left, however little room there is."""
GAP = "…"
MOST_STEPS = 3
"""Steps that are named one by one."""


def fitting(text: Text, inches: float) -> Fits:
    """Tells whether there is room for other words in the place of a text.

    Args:
        text: Is measured as its figure draws it. What it says in the end is up to
            the caller.
        inches: How wide it may be.
    """
    figure = text.get_figure(root=True)
    pixels = inches * (figure.dpi if figure is not None else 72.0)

    def fits(words: str) -> bool:
        write(text, words)
        return not words or bool(text.get_window_extent().width <= pixels)

    return fits


def cut(text: str, fits: Fits, least: int = LEAST_LETTERS) -> str:
    """Leaves out the middle of a text, as little of it as it takes.

    >>> cut("standard deviation", lambda text: len(text) <= 12)
    'standa…ation'
    """
    if fits(text):
        return text
    # All that are shorter than one that fits do so, too.
    short, long = least, len(text)
    while long - short > 1:
        middle = (short + long) // 2
        short, long = (middle, long) if fits(shorten(text, middle)) else (short, middle)
    return shorten(text, short)


def elide(name: str, fits: Fits, others: Sequence[str] = ()) -> str:
    """Leaves out whole words of a name, first those that similar names have, too.

    What is left is told apart from all others. It may still not fit.

    Args:
        name: What to cut.
        fits: Whether there is room for it.
        others: Names that it stands beside.

    Returns:
        The name, or some of its words.

    >>> elide("mnist-tanh-lr0.1", lambda x: len(x) < 10, ["mnist-tanh-lr0.3"])
    '…lr0.1'
    """
    if fits(name):
        return name
    words = [match.group() for match in WORD.finditer(name)]
    apart = [set(WORD.findall(other)) for other in others if other != name]
    # What is shared with the name that is most alike tells least.
    shared: Counter[str] = Counter()
    for other in apart:
        common = other & set(words)
        shared.update(dict.fromkeys(common, len(common) ** 2))
    middle = (len(words) - 1) / 2
    # Of words that tell as little, what a name is about is in its middle.
    order = sorted(
        range(len(words)), key=lambda i: (-shared[words[i]], -abs(i - middle), -i)
    )
    kept, left_out = set(order), []
    for i in order:
        rest = kept - {i}
        told = {words[j] for j in rest}
        if not told or any(told <= other for other in apart):
            continue
        kept = rest
        left_out.append(i)
        if fits(with_gaps(name, kept)):
            break
    # One long word may have made room for others.
    for i in reversed(left_out[:-1]):
        if fits(with_gaps(name, kept | {i})):
            kept = kept | {i}
    return with_gaps(name, kept)


def with_gaps(name: str, kept: set[int]) -> str:
    """The words of a name that are kept, and a sign for all others.

    >>> with_gaps("mnist-tanh-standard-lr0.1", {1, 2})
    '…tanh-standard…'
    """
    parts, end = [], 0
    gap = False
    for i, match in enumerate(WORD.finditer(name)):
        if i in kept:
            parts.append(GAP if gap else name[end : match.start()])
            parts.append(match.group())
        gap = i not in kept
        end = match.end()
    return "".join([*parts, GAP if gap else name[end:]])


def elide_all(names: Sequence[str], fits: Sequence[Fits]) -> list[str]:
    """Cuts names that stand beside each other: at words, if these are short enough.

    Args:
        names: What to cut.
        fits: Of each, whether there is room for it.

    Returns:
        As many names, as different as they were.
    """
    pairs = list(zip(names, fits, strict=True))
    found = [elide(name, fit, names) for name, fit in pairs]
    if all(fit(name) for name, fit in zip(found, fits, strict=True)):
        return found
    longest = max(map(len, found))
    for letters in range(longest, LEAST_LETTERS - 1, -1):
        short = shorten_all(found, letters)
        if all(fit(one) for one, fit in zip(short, fits, strict=True)):
            return short
    return shorten_all(found, LEAST_LETTERS)


def at_steps(steps: Iterable[int]) -> str:
    """When something was recorded, of one run or of several.

    >>> at_steps([800, 800]), at_steps([3000, 800])
    ('at step 800', 'at steps 800 and 3,000')
    """
    found = [f"{step:,}" for step in sorted({*steps})]
    if len(found) == 1:
        return f"at step {found[0]}"
    if len(found) <= MOST_STEPS:
        return f"at steps {', '.join(found[:-1])} and {found[-1]}"
    return f"at {len(found)} steps from {found[0]} to {found[-1]}"


def step_notes(moments: Sequence[tuple[int, bool]]) -> list[str]:
    """What is to be told beside the names of runs whose steps differ.

    Args:
        moments: Of each run, its step and whether that is the last one.

    >>> step_notes([(3000, False), (800, True)]), step_notes([(0, False), (0, False)])
    ([', step 3,000', ', last step 800'], ['', ''])
    """
    if len({step for step, _ in moments}) < 2:
        return [""] * len(moments)
    return [
        f", {'last step' if is_last else 'step'} {step:,}" for step, is_last in moments
    ]
