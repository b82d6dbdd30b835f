"""Values of several runs in one cell: mean and spread, and equal findings."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keras_xavier_gui.run_panel.settings import spread


@dataclass(frozen=True)
class Mean:
    """Mean and spread of the last values of a metric.

    Attributes:
        text: Text of the cell.
        tip: Text of the tooltip.
        value: The mean, for sorting; NaN without finite values.
    """

    text: str
    tip: str
    value: float


def number(value: float) -> str:
    """Formats a value of a metric.

    >>> number(0.123456), number(float("nan")), number(1234567.0)
    ('0.123', 'NaN', '1.23e+06')
    """
    if math.isnan(value):
        return "NaN"
    return f"{value:#.3g}" if math.isfinite(value) else "Inf" if value > 0 else "-Inf"


def mean_of(values: Sequence[float], steps: Sequence[int]) -> Mean:
    """Returns mean and spread of the last values of runs.

    Values that are not finite do not count, and are mentioned.

    Args:
        values: The last value of each run.
        steps: The step of each value.
    """
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return Mean("NaN" if values else "", "", math.nan)
    mean, deviation = spread(finite)
    text = number(mean)
    if deviation is not None:
        text += f" ± {deviation:#.2g}"
    lines = [f"{text}: mean ± sample standard deviation of {len(finite):,} runs"]
    if len(finite) < len(values):
        text += f" ({len(finite)} of {len(values)})"
        lines.append(f"{len(values) - len(finite):,} values are NaN or infinite.")
    if len({*steps}) > 1:
        lines.append(
            f"The runs have different lengths: steps {min(steps):,} to {max(steps):,}."
        )
    return Mean(text, "\n".join(lines), mean)


def shared(settings: Sequence[Mapping[str, object]], name: str) -> object | None:
    """Returns the value of a setting that all runs share; else `None`."""
    values = [one.get(name) for one in settings]
    return values[0] if values and all(one == values[0] for one in values) else None
