"""Table 1 of Glorot & Bengio (2010): test errors of the paper and of our runs."""

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
"""Significance level of the paper's bold results."""
TEST_EXAMPLES = 10_000
PAPER_UPDATES = 5_000_000
PAPER_UNITS = 1000


@dataclass(frozen=True)
class Result:
    """The test error of a scheme on a data set.

    Attributes:
        scheme: `Scheme`.
        dataset: str. Name of the data set.
        paper: float. Error of the paper in percent.
        errors: Tuple of float. Our errors in percent, one for each seed.
        updates: int. Updates of our networks at the evaluation.
        units: int. Units in each hidden layer of our networks.
        is_best: bool. Whether the error does not differ significantly from the lowest.
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
        """Whether our networks have fewer units or updates than the paper's."""
        return self.updates < PAPER_UPDATES or self.units < PAPER_UNITS


def results(reproduction: Reproduction) -> list[Result]:
    """Reads the test errors of all schemes and compares them with `p_value`.

    Args:
        reproduction: `Reproduction`. All its runs must be finished.

    Returns:
        List of `Result`, one for each data set and scheme.

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
    """Returns the variance of a mean error due to seeds and test examples.

    Args:
        errors: Array of shape (seed,). Errors from 0 to 1 on the same 10,000 test
            examples.

    Returns:
        float. Variance of the mean over the seeds, plus the binomial variance of the
        examples. With one seed, the first term is 0.

    Example:

    >>> variance(np.array([0.2])) < variance(np.array([0.19, 0.21]))
    True
    """
    mean = float(errors.mean())
    seed_variance = float(errors.var(ddof=1)) / len(errors) if len(errors) > 1 else 0.0
    return seed_variance + mean * (1 - mean) / TEST_EXAMPLES


def p_value(errors: NDArray[np.floating], others: NDArray[np.floating]) -> float:
    """Returns the two-sided p-value for the difference of two mean errors.

    Args:
        errors: Array of shape (seed,). Errors of a scheme, as in `variance`.
        others: Array of shape (seed,). Errors of another scheme.

    Returns:
        float. Probability of a difference at least as large if the schemes are equal.

    Example:

    >>> p_value(np.array([0.16]), np.array([0.165])) > 0.005
    True
    >>> p_value(np.array([0.16]), np.array([0.27])) < 0.005
    True
    """
    gap = float(errors.mean() - others.mean())
    return normal_p_value(gap, variance(errors) + variance(others))


def normal_p_value(gap: float, variance: float) -> float:
    """Returns the two-sided p-value of a normally distributed difference.

    Args:
        gap: float. Observed difference.
        variance: float. Its variance.

    Returns:
        float. Probability of a value at least as far from 0.

    Example:

    >>> round(normal_p_value(1.96, 1.0), 2)
    0.05
    """
    if not gap:
        return 1.0
    return math.erfc(abs(gap) / math.sqrt(2 * variance)) if variance else 0.0


def as_markdown(found: Sequence[Result]) -> str:
    """Renders results as a Markdown table.

    Args:
        found: Sequence of `Result`.

    Returns:
        str.
    """
    rows = [
        "| data set | scheme | paper, % | ours, % | min – max (seeds) | our networks |",
        "|---|---|---|---|---|---|",
    ]
    for one in found:
        mean = f"{one.mean:.2f}"
        size = f"{one.units:,} units, {one.updates:,} updates"
        rows.append(
            f"| {DATASET_TITLES[one.dataset]} | {one.scheme.name} | {one.paper:.2f} "
            f"| {f'**{mean}**' if one.is_best else mean} "
            f"| {min(one.errors):.2f} – {max(one.errors):.2f} ({len(one.errors)}) "
            f"| {'smaller: ' if one.is_smaller else ''}{size} |"
        )
    return "\n".join(rows)


def explanation(seeds: int) -> str:
    """Explains the bold numbers of the table.

    Args:
        seeds: int. Number of networks of each scheme.

    Returns:
        str. A paragraph.

    Example:

    >>> explanation(1).startswith("Bold: ")
    True
    """
    rough = (
        "With one seed, the first term is unknown and omitted"
        if seeds == 1
        else f"With {seeds} seeds, the first term is only a rough estimate"
    )
    return (
        "Bold: not significantly different from the lowest error on the data set "
        f"(p = {SIGNIFICANCE}, the significance level of the paper). The difference of "
        "two means is compared with a normal distribution; its variance is the "
        "variance over the seeds divided by their number, plus the binomial variance "
        f"of {TEST_EXAMPLES:,} test examples. {rough}. Errors are means over the "
        "seeds at the last update at which all networks were evaluated."
    )
