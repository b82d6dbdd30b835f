"""Curves of the test error of several schemes (figures 11 and 12)."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter
from numpy.typing import NDArray

from keras_xavier.figures.style import LIGHT, line_style, marker
from keras_xavier.runs import Run

METRIC = "test_error"
MARKERS = 8
"""Markers on each line."""
TEXT_SIZE = 9


def draw_test_errors(
    panels: Mapping[str, Mapping[str, Sequence[Run]]],
    *,
    levels: Mapping[str, float] | None = None,
    logarithmic: bool = False,
) -> Figure:
    """Plots the test errors of schemes over the updates.

    Lines are means over the seeds; bands extend from the best to the worst seed.

    Args:
        panels: dict. Runs by title of the panel and name of the scheme; one run for
            each seed.
        levels: dict. Errors from 0 to 1 to draw as dotted lines, by label. Defaults
            to None: no lines.
        logarithmic: bool. Whether the error axis is logarithmic. Defaults to False.

    Returns:
        matplotlib `Figure` with one panel below the other. Legends list the schemes
        from the highest to the lowest last error.

    Example:

    ```python
    runs = {"Tanh": [open_run("runs/tanh")], "Tanh N": [open_run("runs/tanh-n")]}
    draw_test_errors({"Shapeset-3×2": runs}).savefig("errors.pdf")
    ```
    """
    figure = Figure(figsize=(8.0, 4.2 * len(panels)), layout="constrained")
    for axes, (title, schemes) in zip(
        np.ravel(figure.subplots(len(panels), squeeze=False)),
        panels.items(),
        strict=True,
    ):
        draw_panel(axes, schemes, levels or {})
        axes.set_title(f"{title}: test error while learning", loc="left")
        if logarithmic:
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
            axes.yaxis.set_minor_formatter(lambda value, _: f"{value:g}")
            axes.tick_params(which="minor", labelsize=TEXT_SIZE - 2)
    return figure


def draw_panel(
    axes: Axes, schemes: Mapping[str, Sequence[Run]], levels: Mapping[str, float]
) -> None:
    curves = {name: error_curve(runs) for name, runs in schemes.items()}
    indices = {name: i for i, name in enumerate(schemes)}
    for name in sorted(curves, key=lambda name: -curves[name][1].mean(axis=0)[-1]):
        steps, errors = curves[name]
        color, percent = LIGHT.run_color(indices[name]), 100 * errors
        axes.fill_between(
            steps,
            percent.min(axis=0),
            percent.max(axis=0),
            color=color,
            alpha=0.2,
            linewidth=0,
        )
        axes.plot(
            steps,
            percent.mean(axis=0),
            color=color,
            linestyle=line_style(indices[name]),
            marker=marker(indices[name]),
            markevery=max(len(steps) // MARKERS, 1),
            markersize=5,
            label=f"{name}, {counted(len(schemes[name]), 'seed')}",
        )
    for name, level in levels.items():
        axes.axhline(
            100 * level, color=LIGHT.muted, linestyle=":", linewidth=1.5, label=name
        )
    axes.set_xlabel("updates")
    axes.set_ylabel("test error in %")
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.set_xlim(left=0)
    axes.grid(color=LIGHT.grid)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(
        loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=TEXT_SIZE
    )


def error_curve(
    runs: Sequence[Run],
) -> tuple[NDArray[np.integer], NDArray[np.floating]]:
    """Reads test errors at the updates at which all runs were evaluated.

    Args:
        runs: Sequence of `Run`, not empty, from `keras-xavier train`.

    Returns:
        Tuple of arrays: updates of shape (n,), errors from 0 to 1 of shape (run, n).
    """
    metrics = [run.metrics()[METRIC] for run in runs]
    steps = metrics[0][0]
    for others, _ in metrics[1:]:
        steps = np.intersect1d(steps, others)
    return steps, np.stack(
        [values[np.isin(evaluated, steps)] for evaluated, values in metrics]
    )


def last_errors(runs: Sequence[Run]) -> NDArray[np.floating]:
    """Reads test errors at the last update at which all runs were evaluated.

    Args:
        runs: Sequence of `Run`, not empty, from `keras-xavier train`.

    Returns:
        Array of shape (run,). Errors from 0 to 1.
    """
    _, errors = error_curve(runs)
    return errors[:, -1]


def counted(number: int, what: str) -> str:
    """Formats a number with a noun in singular or plural.

    Example:

    >>> counted(1, "seed"), counted(1200, "seed")
    ('1 seed', '1,200 seeds')
    """
    return f"{number:,} {what}" + ("s" if number != 1 else "")
