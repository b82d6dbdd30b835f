"""Marks of the phases of runs, in panels with steps."""

from collections.abc import Collection, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from keras_xavier.runs.phases import Phase
from keras_xavier.text import sanitize, shorten

PHASE = "phase"
"""Identifier of the artists."""
MOST_LABELS = 8
"""Number of marks up to which they have labels."""
LABEL_LENGTH = 40


def mark_phases(panels: Collection[Axes], runs: Sequence[Any], color: str) -> None:
    """Marks the steps at which the phases of runs begin.

    Args:
        panels: Axes whose x axis shows steps.
        runs: Data of the runs.
        color: str. Color of the marks.
    """
    found = {one.step: one.reason for run in runs for one in phases_of(run)}
    for axes in panels:
        for artist in [one for one in axes.get_children() if one.get_gid() == PHASE]:
            artist.remove()
        for step, reason in found.items():
            add_line(axes, step, color)
            if len(found) <= MOST_LABELS:
                # The details after the colon are in the attributes of the run.
                text = shorten(sanitize(reason.partition(":")[0]), LABEL_LENGTH)
                add_label(axes, step, text, color)


def phases_of(run: Any) -> Sequence[Phase]:
    return getattr(run, "phases", ())


def add_line(axes: Axes, step: int, color: str) -> None:
    # Unlike `axvline`, this does not change the limits.
    axes.add_artist(
        Line2D(
            [step, step],
            [0, 1],
            transform=axes.get_xaxis_transform(),
            color=color,
            alpha=0.6,
            linewidth=0.8,
            linestyle=(0, (4, 3)),
            gid=PHASE,
        )
    )


def add_label(axes: Axes, step: int, text: str, color: str) -> None:
    axes.annotate(
        text,
        (step, 0.98),
        xycoords=axes.get_xaxis_transform(),
        xytext=(-2, 0),
        textcoords="offset points",
        color=color,
        rotation="vertical",
        ha="right",
        va="top",
        fontsize=7,
        annotation_clip=True,
        parse_math=False,
        gid=PHASE,
    ).set_in_layout(False)
