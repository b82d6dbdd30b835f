"""Findings of a diagnosis, with their evidence and remedies."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from keras_xavier.figure_spec import FigureSpec


class FindingName(StrEnum):
    """Names of the findings of this package."""

    VANISHING_SIGNAL = "vanishing_signal"
    EXPLODING_SIGNAL = "exploding_signal"
    VANISHING_GRADIENT = "vanishing_gradient"
    EXPLODING_GRADIENT = "exploding_gradient"
    SATURATED_LAYER = "saturated_layer"
    TOP_LAYER_STUCK = "top_layer_stuck"
    """the top hidden sigmoid layer collapses to 0 and stays there"""
    DEAD_UNITS = "dead_units"
    WRONG_INITIAL_SCALE = "wrong_initial_scale"
    UPDATES_TOO_LARGE = "updates_too_large"
    UPDATES_TOO_SMALL = "updates_too_small"
    SYMMETRY_NOT_BROKEN = "symmetry_not_broken"
    NONFINITE_VALUES = "nonfinite_values"
    LOSS_NOT_DECREASING = "loss_not_decreasing"


class Severity(StrEnum):
    """Severity of a finding."""

    NOTE = "note"
    """the problem is over"""
    WARNING = "warning"
    """training is slower or worse than necessary"""
    ERROR = "error"
    """training fails"""


BY_SEVERITY = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
FAILING = (Severity.ERROR, Severity.WARNING)
"""Severities for which `keras-xavier diagnose` exits with status 1."""


@dataclass(frozen=True)
class Number:
    """A number that supports a finding.

    Attributes:
        name: str. Description of the number.
        value: float. May be NaN or infinite.
        unit: str. Unit, such as `"updates"`. Defaults to `""`: a ratio.
    """

    name: str
    value: float
    unit: str = ""

    def __str__(self) -> str:
        if self.unit == "step":
            return f"{self.name} step {self.value:,.0f}"
        form = ",.0f" if self.unit in WHOLE else ".3g"
        return f"{self.name} {self.value:{form}} {self.unit}".rstrip()


WHOLE = ("layers", "records", "units", "updates")
"""Units with integer values."""


@dataclass(frozen=True)
class Finding:
    """A problem of a run.

    Attributes:
        name: str. A `FindingName`, or the name of a custom rule.
        severity: `Severity`.
        layers: Tuple of str. Names of the affected layers, in the order of the model
            or in the order in which they became affected.
        steps: Tuple of two int. First and last recorded step with the problem.
        numbers: Tuple of `Number`. Evidence.
        figure: `FigureSpec`. Figure that shows the problem.
        explanation: str. Three sentences: observation, cause, consequence.
        remedy: str. Suggested changes.
        command: str. Command that tries the remedy: with the hyperparameters of the run
            if `keras-xavier train` recorded it, otherwise with a similar network.
        source: str. Literature.
    """

    name: str
    severity: Severity
    layers: tuple[str, ...]
    steps: tuple[int, int]
    numbers: tuple[Number, ...]
    figure: FigureSpec
    explanation: str
    remedy: str
    command: str
    source: str

    @property
    def title(self) -> str:
        """Name of the finding, for display.

        >>> FindingName.DEAD_UNITS.replace("_", " ").capitalize()
        'Dead units'
        """
        return self.name.replace("_", " ").capitalize()

    def document(self) -> dict[str, Any]:
        """Returns a JSON-serializable dict; `None` stands for NaN and ±Inf."""
        document = asdict(self)
        for number in document["numbers"]:
            if not abs(number["value"]) < float("inf"):
                number["value"] = None
        return document
