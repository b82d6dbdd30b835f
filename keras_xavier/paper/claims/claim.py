"""A claim of the paper, and what became of it."""

from collections.abc import Callable
from dataclasses import dataclass

from keras_xavier.paper.reproduction import Reproduction


@dataclass(frozen=True)
class Verdict:
    """What became of a claim.

    Attributes:
        found: What was measured, in words and numbers.
        number: The number that decides; of several networks, their median.
        expected: What the number should be, and why that.
        seen: Whether it is.
        analysis: What it suggests if it is not.
    """

    found: str
    number: float
    expected: str
    seen: bool
    analysis: str


Check = Callable[[Reproduction], Verdict]


@dataclass(frozen=True)
class Claim:
    """Something that the paper says.

    Attributes:
        name: Identifies it.
        statement: What the paper says.
        place: Where it says so.
        check: Holds it against a reproduction.

    Example:

    >>> from keras_xavier.paper.claims import CLAIMS
    >>> CLAIMS[0].name
    'sigmoid-top-layer-goes-to-zero'
    """

    name: str
    statement: str
    place: str
    check: Check


def claim(statement: str, place: str) -> Callable[[Check], Claim]:
    """Makes a claim of the function that checks it, under the name of that.

    Args:
        statement: What the paper says.
        place: Where it says so.

    Returns:
        A decorator.

    Example:

    >>> @claim("Deep networks are difficult to train.", "1")
    ... def deep_is_difficult(of):
    ...     return Verdict("they are", 1.0, "1", True, "")
    >>> deep_is_difficult.name
    'deep-is-difficult'
    """

    def made(check: Check) -> Claim:
        return Claim(check.__name__.replace("_", "-"), statement, place, check)

    return made
