"""Phases of a run: parts between which the model was compiled again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PHASES = "phases"
"""Attribute of a run: a list of objects with the attributes of `Phase`."""
MOST_PHASES = 256
"""Maximum number of phases that are stored and read: the last ones."""


@dataclass(frozen=True)
class Phase:
    """A phase of a run after the first.

    Attributes:
        step: int. Step of the run at which the phase begins.
        iterations: int. Number of updates of the optimizer at this step.
        reason: str. The change, such as `"compiled: optimizer SGD → Adam"`.
    """

    step: int
    iterations: int
    reason: str


def read_phases(attributes: Mapping[str, Any]) -> tuple[Phase, ...]:
    """Reads the phases of a run from its attributes; skips invalid entries.

    Args:
        attributes: dict. Attributes of the run.

    Returns:
        Tuple of `Phase`, by ascending step.

    Example:

    >>> read_phases({"phases": [{"step": 8, "iterations": 0, "reason": "compiled"}]})
    (Phase(step=8, iterations=0, reason='compiled'),)
    """
    stored = attributes.get(PHASES)
    found = []
    for entry in stored[-MOST_PHASES:] if isinstance(stored, list) else []:
        if not isinstance(entry, dict):
            continue
        step, iterations, reason = map(entry.get, ("step", "iterations", "reason"))
        if type(step) is type(iterations) is int and isinstance(reason, str):
            found.append(Phase(step, iterations, reason))
    return tuple(sorted(found, key=lambda phase: phase.step))
