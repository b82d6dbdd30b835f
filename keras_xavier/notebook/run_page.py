"""A run in a notebook: its state, two figures, its diagnosis, its layers.

A run may come from an untrusted source, so all text is escaped, and the figures are
images, which cannot run code.
"""

import base64
import io
import time
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from keras_xavier.diagnosis import FAILING, examine
from keras_xavier.diagnosis.diagnosing import check_lines
from keras_xavier.diagnosis.finding import Line, finding_lines
from keras_xavier.runs.configuration import configuration
from keras_xavier.runs.errors import RunError
from keras_xavier.text import sanitize, shorten

if TYPE_CHECKING:
    from keras_xavier.runs.reader import Run

LONGEST_TEXT = 80
"""Characters in a cell of a table."""
MOST_ROWS = 30
"""Rows of a table."""
WIDTH = 460
"""Width of a figure in pixels of the page: two fit side by side."""
SMALLER = 0.75
"""Size relative to a figure in a file: the text is larger in comparison."""
DOTS_PER_INCH = 130
FIGURES = {"overview": "Overview", "training-curves": "Training curves"}


def html(run: "Run") -> str:
    """Returns a run as HTML."""
    hyperparameters = list(run.hyperparameters.items())
    recorded = configuration(run.attributes)
    layers = [
        (layer.name, layer.kind, layer.activation or "", layer.units, layer.parameters)
        for layer in run.layers
    ]
    head = ("layer", "kind", "activation", "units", "parameters")
    return "".join(
        [
            "<div>",
            f"<p><strong>{text(run.name)}</strong>: {text(summary(run))}</p>",
            *images(run),
            diagnosis(run),
            folded(
                f"{len(hyperparameters)} hyperparameters",
                table(("hyperparameter", "value"), hyperparameters),
            ),
            *recorded_table(recorded),
            folded(f"{len(layers)} layers", table(head, layers)),
            "</div>",
        ]
    )


def recorded_table(recorded: Mapping[str, Any]) -> Iterable[str]:
    """Returns the recorded configuration, if there is any."""
    if recorded:
        yield folded(
            "Recorded configuration", table(("name", "value"), [*recorded.items()])
        )


def summary(run: "Run") -> str:
    """Returns the state of a run in one line."""
    parts = [str(run.state), f"{run.records:,} records"]
    if run.reason:
        parts[0] += f" ({run.reason})"
    try:
        if run.last_step is not None:
            parts.append(f"last step {run.last_step:,}")
    except RunError as error:
        parts.append(str(error))
    began = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.created))
    return ", ".join([*parts, f"started {began}"])


def images(run: "Run") -> Iterable[str]:
    """Returns overview and training curves, or the reason why they cannot be drawn."""
    try:
        from keras_xavier.figures.functions import make_plot
    except ImportError as missing:
        yield f"<p>{text(missing)}</p>"
        return
    for name, title in FIGURES.items():
        try:
            data = image(make_plot(name, run).figure)
        except (RunError, ValueError) as error:
            # A run may lack the quantity or the statistic that a figure shows.
            yield f"<p>{text(title)}: {text(error)}</p>"
        else:
            yield (
                f'<img alt="{text(title)} of {text(run.name)}" width="{WIDTH}" '
                f'style="vertical-align: top; max-width: 100%" '
                f'src="data:image/png;base64,{data}">'
            )


def diagnosis(run: "Run") -> str:
    """Returns the report of the diagnosis, unfolded if there is a problem."""
    try:
        report = examine(run)
    except RunError as error:
        return f"<p>Diagnosis: {text(error)}</p>"
    lines: list[Line] = []
    for finding in report.findings:
        lines += finding_lines(finding, run.path)
    lines += check_lines(report)
    is_open = any(one.severity in FAILING for one in report.findings)
    return folded(
        f"Diagnosis: {report.headline}", "".join(map(paragraph, lines)), is_open=is_open
    )


def paragraph(line: Line) -> str:
    """Returns a line of a report, indented."""
    inner = text(line.text)
    if line.severity:
        inner = f"<strong>{inner}</strong>"
    elif line.is_code:
        inner = f'<code style="white-space: pre-wrap">{inner}</code>'
    return f'<div style="margin-left: {1 + line.level}em">{inner}</div>'


def image(figure: Any) -> str:
    """Returns a figure as a base64-encoded PNG."""
    figure.set_size_inches(SMALLER * figure.get_size_inches())
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=DOTS_PER_INCH)
    return base64.b64encode(data.getvalue()).decode()


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Returns a table; rows beyond `MOST_ROWS` are only counted."""
    lines = [cells("th", head), *(cells("td", row) for row in rows[:MOST_ROWS])]
    if len(rows) > MOST_ROWS:
        lines.append(cells("td", [f"… and {len(rows) - MOST_ROWS:,} more"]))
    return f"<table>{''.join(lines)}</table>"


def cells(tag: str, row: Sequence[Any]) -> str:
    inner = "".join(
        f"<{tag}>{text(shorten(str(cell), LONGEST_TEXT))}</{tag}>" for cell in row
    )
    return f"<tr>{inner}</tr>"


def folded(title: str, inner: str, *, is_open: bool = False) -> str:
    tag = "<details open>" if is_open else "<details>"
    return f"{tag}<summary>{text(title)}</summary>{inner}</details>"


def text(value: object) -> str:
    """Escapes a text for elements and attributes."""
    return escape(sanitize(str(value)))
