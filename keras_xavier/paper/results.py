"""Table 1 of Glorot & Bengio (2010): the paper's test errors and ours beside them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keras_xavier.experiments.experiment import DATASET_TITLES
from keras_xavier.paper.reproduction import Reproduction
from keras_xavier.paper.schemes import SCHEMES, Scheme
from keras_xavier.paper.test_error_curves import error_curve

SIGNIFICANCE = 0.005
"""Of the test that decides what the paper prints in bold."""
TEST_EXAMPLES = 10_000
PAPER_UPDATES = 5_000_000
PAPER_UNITS = 1000


@dataclass(frozen=True)
class Result:
    """The test error of a scheme on a data set.

    Attributes:
        scheme: Activation and initialization.
        dataset: Name of the data set.
        paper: The paper's error in percent.
        errors: Ours in percent, one for each seed.
        updates: Updates of our networks when these were measured.
        units: Width of their hidden layers.
        is_best: Whether it differs from the lowest error by no more than chance.
    """

    scheme: Scheme
    dataset: str
    paper: float
    errors: tuple[float, ...]
    updates: int
    units: int
    is_best: bool

    @property
    def mean(self) -> float:
        return float(np.mean(self.errors))

    @property
    def is_smaller(self) -> bool:
        """Whether our networks are smaller, or trained for less, than the paper's."""
        return self.updates < PAPER_UPDATES or self.units < PAPER_UNITS


def results(reproduction: Reproduction) -> list[Result]:
    """Reads the test errors of all schemes and compares them, see `p_value`.

    Args:
        reproduction: Whose runs are finished.

    Returns:
        A result for each data set and scheme.

    Raises:
        RunError: If a run is missing.
    """
    found = []
    for dataset in reproduction.datasets:
        curves = {
            scheme: error_curve(reproduction.runs(scheme, dataset))
            for scheme in SCHEMES
        }
        last = {scheme: errors[:, -1] for scheme, (_, errors) in curves.items()}
        best = min(last.values(), key=lambda errors: float(errors.mean()))
        for scheme, errors in last.items():
            found.append(
                Result(
                    scheme=scheme,
                    dataset=dataset,
                    paper=scheme.errors[dataset],
                    errors=tuple(100 * errors),
                    updates=int(curves[scheme][0][-1]),
                    units=reproduction.size.units,
                    is_best=p_value(best, errors) >= SIGNIFICANCE,
                )
            )
    return found


def variance(errors: NDArray[np.floating]) -> float:
    """Variance of a mean error, of the seeds and of the test examples.

    Args:
        errors: Errors from 0 to 1 on the same 10,000 test examples, one for each seed.

    Returns:
        That of the mean over the seeds, plus the binomial one of the examples; of one
        seed only the latter is known.

    Example:

    >>> variance(np.array([0.2])) < variance(np.array([0.19, 0.21]))
    True
    """
    mean = float(errors.mean())
    of_seeds = float(errors.var(ddof=1)) / len(errors) if len(errors) > 1 else 0.0
    return of_seeds + mean * (1 - mean) / TEST_EXAMPLES


def p_value(errors: NDArray[np.floating], others: NDArray[np.floating]) -> float:
    """Chance of means at least so far apart, if the schemes do not differ.

    Args:
        errors: Errors of a scheme, see `variance`.
        others: Those of another one.

    Returns:
        A two-sided probability.

    Example:

    >>> p_value(np.array([0.16]), np.array([0.165])) > 0.005
    True
    >>> p_value(np.array([0.16]), np.array([0.27])) < 0.005
    True
    """
    gap = float(errors.mean() - others.mean())
    return chance_of(gap, variance(errors) + variance(others))


def chance_of(gap: float, variance: float) -> float:
    """Chance of a normal value at least so far from 0.

    Args:
        gap: The value.
        variance: Its variance.

    Returns:
        A two-sided probability.

    Example:

    >>> round(chance_of(1.96, 1.0), 2)
    0.05
    """
    if not gap:
        return 1.0
    return math.erfc(abs(gap) / math.sqrt(2 * variance)) if variance else 0.0


def as_markdown(found: Sequence[Result]) -> str:
    """The table: a row for each data set and scheme.

    Args:
        found: Its results.

    Returns:
        Markdown.
    """
    rows = [
        "| data set | scheme | paper, % | ours, % | seeds from – to | ours is |",
        "|---|---|---|---|---|---|",
    ]
    for one in found:
        mean = f"{one.mean:.2f}"
        size = f"{one.units} units, {one.updates:,} updates"
        rows.append(
            f"| {DATASET_TITLES[one.dataset]} | {one.scheme.name} | {one.paper:.2f} "
            f"| {f'**{mean}**' if one.is_best else mean} "
            f"| {min(one.errors):.2f} – {max(one.errors):.2f} ({len(one.errors)}) "
            f"| {'smaller: ' if one.is_smaller else ''}{size} |"
        )
    return "\n".join(rows)


def explanation(seeds: int) -> str:
    """What is bold in the table, and why.

    Args:
        seeds: Networks of each kind.

    Returns:
        A paragraph.

    Example:

    >>> explanation(1).startswith("Bold: ")
    True
    """
    rough = (
        "one seed does not tell the first part, so that it is left out"
        if seeds == 1
        else f"{seeds} seeds tell the first part only roughly"
    )
    return (
        "Bold: not different from the lowest error of the data set at p = "
        f"{SIGNIFICANCE}, the paper's level. The difference of two means is held "
        "against a normal distribution, whose variance is that of the seeds, over "
        f"their number, plus that of {TEST_EXAMPLES:,} test examples: {rough}. Errors "
        "are means over the seeds, at the last update at which all were evaluated."
    )
