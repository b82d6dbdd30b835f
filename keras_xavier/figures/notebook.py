"""A run as notebooks show it: its state, settings and layers, and two pictures.

Names and settings come from strangers: every text is escaped, and the pictures are
images, in which nothing runs.
"""

import base64
import io
import time
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from keras_xavier.runs.errors import RunError
from keras_xavier.text import sanitize, shorten

if TYPE_CHECKING:
    from keras_xavier.runs.reader import Run

LONGEST_TEXT = 80
"""Of a cell of a table, in letters."""
MOST_ROWS = 30
"""Of settings and of layers; a page is no place for more."""
WIDTH = 460
"""Of a picture, in pixels of the page: two stand side by side."""
SMALLER = 0.75
"""Than in a file: there is as much text in less room."""
DOTS_PER_INCH = 130


def html(run: "Run") -> str:
    """Shows a run as HTML."""
    settings = list(run.hyperparameters.items())
    layers = [
        (layer.name, layer.kind, layer.activation or "", layer.units, layer.parameters)
        for layer in run.layers
    ]
    head = ("layer", "kind", "activation", "units", "parameters")
    return "".join(
        [
            "<div>",
            f"<p><strong>{text(run.name)}</strong>: {text(summary(run))}</p>",
            *plots(run),
            folded(f"{len(settings)} settings", table(("setting", "value"), settings)),
            folded(f"{len(layers)} layers", table(head, layers)),
            "</div>",
        ]
    )


def summary(run: "Run") -> str:
    """How a run is doing, in a line."""
    told = [str(run.state), f"{run.records:,} records"]
    if run.reason:
        told[0] += f" ({run.reason})"
    try:
        if run.last_step is not None:
            told.append(f"last step {run.last_step:,}")
    except RunError as error:
        told.append(str(error))
    began = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.created))
    return ", ".join([*told, f"begun {began}"])


def plots(run: "Run") -> Iterable[str]:
    """The overview and the training curves, or why they cannot be shown."""
    try:
        from keras_xavier.figures import of_runs
    except ImportError as missing:
        yield f"<p>{text(missing)}</p>"
        return
    draw: Sequence[tuple[str, Callable[[Run], Any]]] = (
        ("Overview", of_runs.overview),
        ("Training curves", of_runs.training_curves),
    )
    for title, plot in draw:
        try:
            data = image(plot(run).figure)
        except RunError as error:
            yield f"<p>{text(title)}: {text(error)}</p>"
        else:
            yield (
                f'<img alt="{text(title)} of {text(run.name)}" width="{WIDTH}" '
                f'style="vertical-align: top; max-width: 100%" '
                f'src="data:image/png;base64,{data}">'
            )


def image(figure: Any) -> str:
    """A figure as PNG, in letters."""
    figure.set_size_inches(SMALLER * figure.get_size_inches())
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=DOTS_PER_INCH)
    return base64.b64encode(data.getvalue()).decode()


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table, of which the last rows are counted instead if there are too many."""
    lines = [cells("th", head), *(cells("td", row) for row in rows[:MOST_ROWS])]
    if len(rows) > MOST_ROWS:
        lines.append(cells("td", [f"… and {len(rows) - MOST_ROWS:,} more"]))
    return f"<table>{''.join(lines)}</table>"


def cells(tag: str, row: Sequence[Any]) -> str:
    inner = "".join(
        f"<{tag}>{text(shorten(str(cell), LONGEST_TEXT))}</{tag}>" for cell in row
    )
    return f"<tr>{inner}</tr>"


def folded(title: str, inner: str) -> str:
    return f"<details><summary>{text(title)}</summary>{inner}</details>"


def text(value: object) -> str:
    """A text that is nothing else, on the page as in attributes."""
    return escape(sanitize(str(value)))
