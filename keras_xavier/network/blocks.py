"""Blocks of layers, recognized by the names of the layers."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

LEVEL = re.compile(r"/|(?<=\d)[a-z]?_")
"""Ends the name of a block: a path, or a number as in `conv2_block1_1_bn`."""
FEWEST_IN_PATH, FEWEST_NUMBERED = 2, 4
"""Smallest number of layers in a block that is a path, and in a numbered block."""


def blocks_of(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Returns the blocks that contain each layer.

    A block is a path such as `encoder/block_1`, or the beginning of names up to a
    number, if the layers with this beginning follow one another. Small blocks, blocks
    of all layers, and blocks with the same layers as a block around them are left out.

    Args:
        names: Sequence of str. Names of layers, in model order.

    Returns:
        Dict of names to tuples of the names of blocks, the outermost block first.

    Example:

    >>> blocks_of(["stem", "block_1/conv", "block_1/norm"])["block_1/conv"]
    ('block_1',)
    """
    found = {name: list(beginnings(name)) for name in names}
    sizes = Counter(block for of in found.values() for block, _ in of)
    pieces = Counter(
        piece for one in scattered(names, found) for piece in dict.fromkeys(one)
    )
    known = set(names)

    def is_block(block: str, is_path: bool) -> bool:
        fewest = FEWEST_IN_PATH if is_path else FEWEST_NUMBERED
        is_whole = is_path or (pieces[block] == 1 and block not in known)
        return fewest <= sizes[block] < len(known) and is_whole

    result = {}
    for name, of in found.items():
        kept = [block for block, is_path in of if is_block(block, is_path)]
        # A block may contain nothing but another block.
        result[name] = tuple(
            block
            for outer, block in zip(["", *kept], kept, strict=False)
            if sizes[block] != sizes[outer] or block in known
        )
    return result


def beginnings(name: str) -> Iterator[tuple[str, bool]]:
    """Yields the beginnings of a name, and whether each of them is a path."""
    for end in LEVEL.finditer(name):
        is_path = end.group() == "/"
        block = name[: end.end() - 1]
        if block and end.end() < len(name):
            yield block, is_path


def scattered(
    names: Sequence[str], found: dict[str, list[tuple[str, bool]]]
) -> Iterator[list[str]]:
    """Yields the blocks of each sequence of consecutive names in the same blocks."""
    before: set[str] = set()
    for blocks, _ in groupby(
        tuple(block for block, _ in found[name]) for name in names
    ):
        yield [block for block in blocks if block not in before]
        before = set(blocks)


def within(name: str, block: str) -> str:
    """Returns a name without the name of a block that contains it.

    >>> within("conv2_block1_1_bn", "conv2_block1"), within("a/b", "")
    ('1_bn', 'a/b')
    """
    return name[len(block) + 1 :] if block else name
