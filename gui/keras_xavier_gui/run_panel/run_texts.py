"""What is told of a run in the list, and what it can be found by."""

import os

from keras_xavier.runs import State
from keras_xavier_gui.run_panel.formatting import as_text, in_words
from keras_xavier_gui.sources.run_cache import Entry
from keras_xavier_gui.widgets.status_bar import excerpt, first_line, state_name


def searchable(entry: Entry) -> str:
    """All that a run can be found by."""
    run = entry.run
    start = os.path.dirname(entry.folders[0]) if entry.folders else ""
    return "\n".join(
        [
            run.path.removeprefix(start),
            state_name(run.state, run.reason),
            *run.notes.tags,
            run.notes.text,
            *in_words(run.hyperparameters),
        ]
    )


def details(entry: Entry) -> str:
    """All that is known, for the tooltip."""
    run = entry.run
    lines = [run.path, state_name(run.state, run.reason)]
    if run.reason:
        lines[1] += f": {first_line(run.reason)}"
    if run.state is not State.BROKEN:
        lines[1] += f", {run.records:,} records"
    lines += [
        f"{name}: {as_text(value)}" for name, value in run.hyperparameters.items()
    ]
    if run.notes.tags:
        lines.append(f"Tags: {', '.join(run.notes.tags)}")
    lines += run.notes.text.splitlines()
    return excerpt("\n".join(lines))
