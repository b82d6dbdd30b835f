"""What a picture asks to have read, and of which runs."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_xavier.figures.loaders import why_absent
from keras_xavier.runs import Run, State
from keras_xavier.statistics import Quantity
from keras_xavier_gui.sources.paths import name_of
from keras_xavier_gui.sources.run_cache import Snapshot
from keras_xavier_gui.sources.selection import Selection
from keras_xavier_gui.widgets.message_page import READING


@dataclass(frozen=True)
class Request:
    """What a picture needs to have read.

    Attributes:
        subject: What the picture is about; when it changes, the view is reset.
        paths: Runs to read from.
        reading: Called with each of them, in the reading thread.
        between: Steps between which to read, if not all.
    """

    subject: tuple[Any, ...]
    paths: tuple[str, ...]
    reading: Callable[[Run], Any]
    between: tuple[float, float] | None = None


def why_nothing(selection: Selection) -> str | None:
    """Why there is nothing to see of the chosen run, if so."""
    run = selection.run
    if run is None and selection.is_awaited:
        return READING
    if run is None:
        return "Choose a run in the list at the left."
    if run.state is State.BROKEN:
        return f"{run.name} cannot be read.\n{run.reason or ''}".rstrip()
    if not len(run.steps):
        if run.state is State.RUNNING:
            return (
                f"{run.name} has no records yet.\n"
                "The first one comes with the first step; preparing the training "
                "can take a minute."
            )
        return f"{run.name} ended before its first record."
    return None


def readable(selection: Selection, quantity: Quantity | None = None) -> list[Snapshot]:
    """The chosen runs that have something to show, in a lasting order."""
    runs = [
        run
        for run in selection.runs
        if run.state is not State.BROKEN
        and len(run.steps)
        and (quantity is None or why_absent(run.layers, quantity) is None)
    ]
    return sorted(runs, key=lambda run: run.path)


def why_absent_in_all(
    selection: Selection, quantities: Iterable[Quantity]
) -> list[str | None]:
    """Why none of the chosen runs has a quantity, for each one; `None` if one has."""
    layers = [run.layers for run in selection.runs if run.layers]

    def why(quantity: Quantity) -> str | None:
        # Lazily: as a rule the first run has it.
        reasons = (why_absent(one, quantity) for one in layers)
        first = next(reasons, None)
        return first if first and all(reasons) else None

    return [why(quantity) for quantity in quantities]


def reading_each(
    selection: Selection, runs: Sequence[Snapshot], read: Callable[[Run, int], Any]
) -> Callable[[Run], Any]:
    """Has each run read, with the index of its colour."""
    indices = {run.path: selection.color_index(run.path) for run in runs}
    return lambda run: read(run, indices[run.path])


def problem_text(problems: Mapping[str, str]) -> str:
    """Says which runs cannot be read, and in further lines why."""
    names = ", ".join(map(name_of, problems))
    reasons = [f"{name_of(path)}: {reason}" for path, reason in problems.items()]
    return "\n".join([f"Cannot be read: {names}", *reasons])


def none_readable(reasons: Mapping[str, str]) -> str:
    """Says that none of the chosen runs can be read, and why."""
    runs = "run" if len(reasons) == 1 else "runs"
    return "\n".join([f"The {runs} cannot be read.", *dict.fromkeys(reasons.values())])


def visible(data: Sequence[Any], hidden: Collection[str]) -> list[str]:
    """Names of the layers that are drawn of some runs."""
    names = dict.fromkeys(name for one in data for name in one.layers)
    return [name for name in names if name not in hidden]


def nearest(steps: Any, step: int | None) -> int:
    """The record nearest to a step; the last one if there is none given."""
    if step is None:
        return len(steps) - 1
    return int(np.argmin(np.abs(np.asarray(steps) - step)))
