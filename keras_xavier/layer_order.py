"""One order for the layers of several networks."""

from collections.abc import Sequence


def merge_names(sequences: Sequence[Sequence[str]]) -> list[str]:
    """Merges the names of layers of several networks into one order.

    Args:
        sequences: Names of the layers of each network, in model order.

    Returns:
        List of str. Each name once, in the order of the longest network. Other names
        precede the next name that both networks have.

    Example:

    >>> merge_names([["a", "b", "out"], ["a", "c", "out"], ["a", "b", "out", "aux"]])
    ['a', 'b', 'c', 'out', 'aux']
    """
    merged: list[str] = []
    for names in sorted(sequences, key=len, reverse=True):
        known, waiting = set(merged), list[str]()
        before: dict[str, list[str]] = {}
        for name in dict.fromkeys(names):
            if name not in known:
                waiting.append(name)
            elif waiting:
                before[name], waiting = waiting, []
        merged = [one for name in merged for one in (*before.get(name, ()), name)]
        merged += waiting
    return merged
