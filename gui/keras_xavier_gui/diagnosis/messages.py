"""What the diagnosis says beside the findings."""

from collections import Counter
from collections.abc import Sequence

from keras_xavier.diagnosis import Thresholds
from keras_xavier.diagnosis.finding import BY_SEVERITY
from keras_xavier.diagnosis.reading import listed
from keras_xavier.figures.loaders import why_absent
from keras_xavier.runs import State
from keras_xavier.statistics import QUANTITIES, Quantity
from keras_xavier_gui.diagnosis.findings import Found
from keras_xavier_gui.sources.run_cache import Snapshot

MOST_NAMES = 3
"""Of runs in a line."""


def summary(found: Sequence[Found], runs: Sequence[Snapshot]) -> str:
    """How many findings there are, how grave, and which runs have none."""
    severities = Counter(one.finding.severity for one in found)
    parts = [
        counted(severities[severity], severity.value)
        for severity in BY_SEVERITY
        if severities[severity]
    ]
    text = f"{counted(len(found), 'finding')}: {', '.join(parts)}."
    ill = {one.path for one in found}
    sound = tuple(run.name for run in runs if run.path not in ill)
    if len(sound) > MOST_NAMES:
        return f"{text} Nothing found in {len(sound)} of {len(runs)} runs."
    return f"{text} Nothing found in {listed(sound)}." if sound else text


def counted(number: int, what: str) -> str:
    """A number of things.

    >>> counted(1, "finding"), counted(2, "error")
    ('1 finding', '2 errors')
    """
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def nothing_found(runs: Sequence[Snapshot]) -> str:
    """That all is well, as far as can be told of these runs."""
    is_live = any(run.state is State.RUNNING for run in runs)
    lines = ["Nothing found so far" if is_live else "Nothing found"]
    names = listed(tuple(run.name for run in runs))
    lines.append(f"None of the rules has anything to say against {names}.")
    if is_live:
        lines.append("It is looked at again while training goes on.")
    reasons: dict[str, list[str]] = {}
    for run in runs:
        for reason in not_judged(run):
            reasons.setdefault(reason, []).append(run.name)
    if reasons:
        lines += ["", "What could not be judged:"]
        lines += [
            reason if len(those) == len(runs) else f"{listed(tuple(those))}: {reason}"
            for reason, those in reasons.items()
        ]
    return "\n".join(lines)


def not_judged(run: Snapshot) -> list[str]:
    """Why rules had to be silent on some of a run; none if all could speak."""
    reasons = [
        reason
        for quantity in map(Quantity, QUANTITIES)
        if (reason := why_absent(run.layers, quantity))
    ]
    updates = int(run.steps[-1] - run.steps[0])
    if updates < (least := Thresholds().min_updates):
        reasons.append(
            f"Whether the loss and the weights move: that is told after {least} "
            f"updates, and {updates} are recorded."
        )
    return list(dict.fromkeys(reasons))
