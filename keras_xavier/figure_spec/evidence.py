"""Evidence of a finding, marked in a figure. No matplotlib."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReferenceLine:
    """A value that a figure marks with a line, such as a threshold.

    Attributes:
        value: float. The value, in the units of the figure.
        label: str. What the value is, such as `"threshold"`.
        panel: str. Quantity or metric of the panel. Defaults to `""`: every panel.
    """

    value: float
    label: str
    panel: str = ""


@dataclass(frozen=True)
class Evidence:
    """Steps to shade and values to mark in a figure.

    Attributes:
        title: str. Name of the finding.
        steps: Tuple of two int. First and last step of the problem; the last is `None`
            if the problem remains at the end of the run.
        lines: Tuple of `ReferenceLine`. Defaults to none.
        runs: Frozenset of int. Indices of the runs, as in the data of the figure.
            Panels of other runs stay unmarked. Defaults to `None`: all runs.
    """

    title: str
    steps: tuple[int, int | None]
    lines: tuple[ReferenceLine, ...] = ()
    runs: frozenset[int] | None = None
