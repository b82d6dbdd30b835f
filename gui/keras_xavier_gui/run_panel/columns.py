"""Columns of the list of runs: fixed ones, and slots for metrics and settings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from keras_xavier.text import sanitize


class Kind(StrEnum):
    """Kinds of columns that the user adds."""

    METRIC = "metric"
    SETTING = "setting"


@dataclass(frozen=True)
class Extra:
    """A column that shows the last value of a metric, or a setting.

    Attributes:
        kind: What it shows.
        name: Name of the metric or setting.
    """

    kind: Kind
    name: str

    @property
    def title(self) -> str:
        return sanitize(self.name)

    @property
    def about(self) -> str:
        """Tooltip of the header."""
        if self.kind is Kind.METRIC:
            return f"Last value of {self.title}"
        return f"Hyperparameter or recorded setting {self.title}"

    @property
    def key(self) -> str:
        """Text that preferences store."""
        return f"{self.kind}:{self.name}"


FIXED = (
    "Run",
    "Findings",
    "Since",
    "Loss",
    "State",
    "Hyperparameters",
    "Tags",
    "Duration",
    "Updated",
    "Records",
)
NAME, FINDINGS, SINCE, LOSS, STATE = range(5)
HYPERPARAMETERS, TAGS, DURATION, UPDATED, RECORDS = range(5, len(FIXED))
MAX_EXTRAS = 16
"""Slots for further columns. They exist from the start, hidden, as views of trees do
not support columns that are added later."""
COLUMN_COUNT = len(FIXED) + MAX_EXTRAS
NUMBERS = (SINCE, LOSS, DURATION, UPDATED, RECORDS)
HIDDEN = (RECORDS,)
"""Columns that are hidden at first."""
TIPS = {
    FINDINGS: "The most severe problem: first affected layer, number of others, name",
    SINCE: "First step with the most severe problem",
    LOSS: "The loss over the steps, and its last value",
    STATE: "State of the training run",
    HYPERPARAMETERS: "Settings in which the listed runs differ",
    DURATION: "Time from the creation of the run to its last update",
    UPDATED: "Time since the last update",
}
DEFAULT_EXTRAS = (Extra(Kind.METRIC, "val_loss"),)


def parse(key: str) -> Extra | None:
    """Returns the column of a stored key; `None` if it is invalid.

    >>> parse("metric:val_loss").title
    'val_loss'
    """
    kind, _, name = key.partition(":")
    return Extra(Kind(kind), name) if kind in list(Kind) and name else None


def unique(extras: Iterable[Extra]) -> tuple[Extra, ...]:
    """Returns different columns, as many as there are slots."""
    return tuple(dict.fromkeys(extras))[:MAX_EXTRAS]


def key_of(column: int, extras: Sequence[Extra]) -> str:
    """Returns the key of a column that preferences store; `""` for an empty slot."""
    if column < len(FIXED):
        return FIXED[column]
    slot = column - len(FIXED)
    return extras[slot].key if slot < len(extras) else ""
