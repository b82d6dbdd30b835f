"""A claim of the paper and the verdict of a reproduction."""

from collections.abc import Callable
from dataclasses import dataclass

from keras_xavier.paper.reproduction import SHAPESET, Reproduction


@dataclass(frozen=True)
class Verdict:
    """Result of checking a claim.

    Attributes:
        found: str. The measurement, with numbers.
        number: float. The number that decides; the median of several networks.
        expected: str. The expected range of the number, with its reason.
        reproduced: bool. Whether the number is in this range.
        analysis: str. Possible reasons if the claim is not reproduced.
    """

    found: str
    number: float
    expected: str
    reproduced: bool
    analysis: str


Check = Callable[[Reproduction], Verdict]


@dataclass(frozen=True)
class Claim:
    """A claim of the paper.

    Attributes:
        name: str. Unique name, such as `"sigmoid-is-worst"`.
        statement: str. The claim in one sentence.
        place: str. Section of the paper, with figure or table.
        check: Function from a `Reproduction` to a `Verdict`.
        dataset: str. Data set of the networks. Defaults to Shapeset-3×2.

    Example:

    >>> from keras_xavier.paper.claims import CLAIMS
    >>> CLAIMS[0].name
    'sigmoid-top-layer-goes-to-zero'
    """

    name: str
    statement: str
    place: str
    check: Check
    dataset: str = SHAPESET


def claim(statement: str, place: str) -> Callable[[Check], Claim]:
    """Decorates a check and makes it a `Claim` of the same name.

    Args:
        statement: str. The claim in one sentence.
        place: str. Section of the paper, with figure or table.

    Returns:
        Decorator of a function from a `Reproduction` to a `Verdict`.

    Example:

    >>> @claim("Deep networks are difficult to train.", "1")
    ... def deep_is_difficult(of):
    ...     return Verdict("it diverged", 1.0, "1", True, "")
    >>> deep_is_difficult.name
    'deep-is-difficult'
    """

    def made(check: Check) -> Claim:
        return Claim(check.__name__.replace("_", "-"), statement, place, check)

    return made
