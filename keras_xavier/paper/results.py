"""Table 1 of Glorot & Bengio (2010): the paper's test errors and ours beside them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keras_xavier.paper.experiment import DATASET_TITLES
from keras_xavier.paper.reproduction import Reproduction
from keras_xavier.paper.schemes import SCHEMES, Scheme
from keras_xavier.paper.test_errors import last_errors

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
        updates: Updates of our networks.
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
    """Reads the test errors of all schemes and compares them.

    Two schemes differ if a χ² test on the numbers of wrong and right answers to the
    10,000 test examples, with the mean error of the seeds, says so at p = 0.005, the
    level of the paper.

    Args:
        reproduction: Whose runs are finished.

    Returns:
        A result for each data set and scheme.

    Raises:
        RunError: If a run is missing.
    """
    found = []
    for dataset in reproduction.datasets:
        errors = {
            scheme: last_errors(reproduction.runs(scheme, dataset))
            for scheme in SCHEMES
        }
        lowest = min(float(one.mean()) for one in errors.values())
        for scheme, of_seeds in errors.items():
            found.append(
                Result(
                    scheme=scheme,
                    dataset=dataset,
                    paper=scheme.errors[dataset],
                    errors=tuple(100 * of_seeds),
                    updates=reproduction.size.updates[dataset],
                    units=reproduction.size.units,
                    is_best=p_value(lowest, float(of_seeds.mean())) >= SIGNIFICANCE,
                )
            )
    return found


def p_value(error: float, other: float, examples: int = TEST_EXAMPLES) -> float:
    """Of the χ² test that two errors on as many examples differ by chance only.

    Example:

    >>> p_value(0.16, 0.165) > 0.005 > p_value(0.16, 0.27)
    True
    """
    from scipy.stats import chi2_contingency

    wrong = np.round([examples * error, examples * other]).astype(int)
    counts = np.array([wrong, examples - wrong])
    # Without wrong answers, or right ones, in both there is nothing to tell.
    if not counts.sum(axis=1).all():
        return 1.0
    return float(chi2_contingency(counts).pvalue)


def as_markdown(found: Sequence[Result]) -> str:
    """The table: a row for each data set and scheme."""
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
