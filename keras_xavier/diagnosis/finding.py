"""What a diagnosis finds: a name, and all that is needed to judge and to mend it."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from keras_xavier.figure_spec import FigureSpec


class FindingName(StrEnum):
    """What the rules of this package find."""

    VANISHING_SIGNAL = "vanishing_signal"
    EXPLODING_SIGNAL = "exploding_signal"
    VANISHING_GRADIENT = "vanishing_gradient"
    EXPLODING_GRADIENT = "exploding_gradient"
    SATURATED_LAYER = "saturated_layer"
    TOP_LAYER_STUCK = "top_layer_stuck"
    """the sigmoid's disease: the top hidden layer goes to 0 and stays there"""
    DEAD_UNITS = "dead_units"
    WRONG_INITIAL_SCALE = "wrong_initial_scale"
    UPDATES_TOO_LARGE = "updates_too_large"
    UPDATES_TOO_SMALL = "updates_too_small"
    SYMMETRY_NOT_BROKEN = "symmetry_not_broken"
    NONFINITE = "nonfinite"
    LOSS_DOES_NOT_MOVE = "loss_does_not_move"


class Severity(StrEnum):
    """How grave it is."""

    NOTE = "note"
    """it was so for a while, and is over"""
    WARNING = "warning"
    """it slows training down, or makes it worse"""
    ERROR = "error"
    """this training leads nowhere"""


BY_SEVERITY = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
FAILING = (Severity.ERROR, Severity.WARNING)
"""Severities with which `keras-xavier diagnose` exits with 1."""


@dataclass(frozen=True)
class Number:
    """One number that a finding rests on.

    Attributes:
        name: What it is, in words.
        value: How much; NaN and infinity included.
        unit: Of what, such as `"updates"`; empty for a plain ratio.
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
"""Units that are counted."""


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a run.

    Attributes:
        name: A `FindingName`, or that of a rule of your own.
        severity: How grave it is.
        layers: Names of the layers that have it, in the order that matters: that of
            the model, or that in which they fell ill.
        steps: From which recorded step to which it was seen.
        numbers: What it rests on.
        picture: The picture that shows it.
        explanation: Three sentences: what was seen, why that is so, what follows.
        remedy: What to change.
        command: A command that tries the remedy, on the run's own settings where it
            is one of `keras-xavier train`, on such a network otherwise.
        source: Where this is known from.
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
        """The name as words.

        >>> FindingName.DEAD_UNITS.replace("_", " ").capitalize()
        'Dead units'
        """
        return self.name.replace("_", " ").capitalize()

    def document(self) -> dict[str, Any]:
        """The finding as JSON holds it, which has no NaN and no infinity."""
        document = asdict(self)
        for number in document["numbers"]:
            if not abs(number["value"]) < float("inf"):
                number["value"] = None
        return document
