"""Requests to read data from runs, and why runs cannot be shown."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_xavier.figures.rows import why_absent
from keras_xavier.runs import Run, State
from keras_xavier.statistics import Quantity, Statistic
from keras_xavier.text import SEPARATOR
from keras_xavier_gui.sources.comparison import unique_names
from keras_xavier_gui.sources.paths import MISSING
from keras_xavier_gui.sources.run_cache import Snapshot
from keras_xavier_gui.sources.selection import Selection
from keras_xavier_gui.widgets.message_page import READING

NO_RUN = "Select a run in the list on the left."


@dataclass(frozen=True)
class Request:
    """Data to be read from runs.

    Attributes:
        subject: What the plot shows; if it changes, the view is reset.
        paths: Runs to read.
        reading: Called with each opened run, in the reading thread.
        between: First and last step to read. Defaults to None: all steps.
    """

    subject: tuple[Any, ...]
    paths: tuple[str, ...]
    reading: Callable[[Run], Any]
    between: tuple[float, float] | None = None


def why_nothing(selection: Selection) -> str | None:
    """Returns why the selected run has nothing to show, or None if it has."""
    run = selection.run
    if run is None and selection.is_awaited:
        return READING
    if run is None:
        return NO_RUN
    if run.is_missing:
        return f"{run.name} is missing.\n{MISSING}"
    if run.state is State.BROKEN:
        return f"{run.name} cannot be read.\n{run.reason or ''}".rstrip()
    if not len(run.steps):
        if run.state is State.RUNNING:
            return (
                f"{run.name} has no records yet.\n"
                "The first record is written at the first step; preparing the "
                "training run can take a minute."
            )
        return f"{run.name} ended before its first record."
    return None


def readable(
    runs: Iterable[Snapshot],
    quantity: Quantity | None = None,
    statistic: Statistic | None = None,
) -> list[Snapshot]:
    """Returns the runs that have records, quantity and statistic."""
    return [
        run
        for run in runs
        if run.state is not State.BROKEN
        and len(run.steps)
        and (quantity is None or why_absent(run.layers, quantity) is None)
        and (statistic is None or has_statistic(run, statistic))
    ]


def has_statistic(run: Snapshot, statistic: Statistic) -> bool:
    """Returns whether figures can show a statistic of a run.

    The standard deviation of all values takes the place of `unit_std` in runs of
    earlier versions.
    """
    return statistic is Statistic.UNIT_STD or statistic in run.statistics


def why_no_statistic(statistic: Statistic) -> str:
    """Returns why no selected run has a statistic."""
    return f"No selected run has the {statistic.label}: recorded by an earlier version"


def why_absent_in_all(
    selection: Selection, quantities: Iterable[Quantity]
) -> list[str | None]:
    """Returns for each quantity why no selected run has it, or None if one has it."""
    layers = [run.layers for run in selection.runs if run.layers]

    def why(quantity: Quantity) -> str | None:
        # Lazily: usually the first run has it.
        reasons = (why_absent(one, quantity) for one in layers)
        first = next(reasons, None)
        return first if first and all(reasons) else None

    return [why(quantity) for quantity in quantities]


def problem_text(problems: Mapping[str, str]) -> str:
    """Lists the missing and the unreadable runs, and the reasons in further lines."""
    names = unique_names([*problems])
    missing = [names[path] for path, reason in problems.items() if reason == MISSING]
    others = [names[path] for path, reason in problems.items() if reason != MISSING]
    found = [
        f"{what}: {', '.join(of)}"
        for what, of in (("Missing", missing), ("Cannot be read", others))
        if of
    ]
    reasons = [f"{names[path]}: {reason}" for path, reason in problems.items()]
    return "\n".join([SEPARATOR.join(found), *reasons])


def none_readable(reasons: Mapping[str, str]) -> str:
    """Returns a message with the reasons if no selected run can be read."""
    runs = "run" if len(reasons) == 1 else "runs"
    return "\n".join([f"The {runs} cannot be read.", *dict.fromkeys(reasons.values())])


def visible(data: Sequence[Any], hidden: Collection[str]) -> list[str]:
    """Returns the names of the visible layers of all runs."""
    names = dict.fromkeys(name for one in data for name in one.layers)
    return [name for name in names if name not in hidden]


def nearest_step(steps: Any, step: int | None) -> int:
    """Returns the recorded step nearest to a step, or the last one without a step."""
    return int(steps[nearest(steps, step)])


def nearest(steps: Any, step: int | None) -> int:
    """Returns the record nearest to a step, or the last record without a step."""
    if step is None:
        return len(steps) - 1
    return int(np.argmin(np.abs(np.asarray(steps) - step)))


def why_no_theory(data: Sequence[Any]) -> str:
    """Returns why theory predicts nothing in any run; empty if it predicts something.

    Args:
        data: Data of the runs of a figure.
    """
    reasons = [getattr(one, "no_theory", "") for one in data]
    return "; ".join(dict.fromkeys(reasons)) if all(reasons) else ""
