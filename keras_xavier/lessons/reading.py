"""Reads lessons from their scripts, which are notebooks in the percent format.

A cell `# %% [markdown]` is a step of the guided tour. In the line of the marker may
stand `spec="--figure …"`, the picture beside the text in the words of
`keras-xavier view`, with `runs="sigmoid tanh"`, the runs that it shows; or
`answer=2`, which makes it a prediction: its text ends with a numbered list of
choices, of which this one is right. A cell `# %%` is code; with `tags=["parameters"]`
it sets `folder` and `seed`, with `tags=["check"]` it asserts what the text says.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keras_xavier.extras import require
from keras_xavier.figure_spec import FigureSpec, parse_spec
from keras_xavier.lessons.lesson import Code, Lesson, Prediction, Step

SCRIPTS = Path(__file__).parent / "scripts"
NUMBERS = tuple(sorted(int(path.stem.split("_")[0]) for path in SCRIPTS.glob("*.py")))
"""Numbers of the lessons."""
OF_STEPS = {"spec", "runs", "answer"}
OF_CODE = {"tags"}
TAGS = {"parameters", "check"}
FEWEST_CHOICES, MOST_CHOICES = 2, 4
CHOICE = re.compile(r"^\d\. ", re.MULTILINE)


def lessons() -> tuple[Lesson, ...]:
    """Reads all lessons.

    Returns:
        The lessons, by their numbers.
    """
    return tuple(read_lesson(number) for number in NUMBERS)


def read_lesson(number: int) -> Lesson:
    """Reads a lesson.

    Args:
        number: Which, from 1 on.

    Returns:
        The lesson.

    Raises:
        ValueError: If there is none of that number.
        ImportError: If jupytext, which reads it, is not there.

    Example:

    >>> read_lesson(1).title
    'Why deep sigmoid networks stall'
    """
    if number not in NUMBERS:
        raise ValueError(
            f"`number` must be one of {', '.join(map(str, NUMBERS))}. "
            f"Received: number={number!r}"
        )
    (script,) = SCRIPTS.glob(f"{number}_*.py")
    return read_script(script)


def read_script(path: Path) -> Lesson:
    """Reads a lesson from its script, whose name begins with its number.

    Raises:
        ValueError: If the script is not written as it should be.
    """
    notebook = read_notebook(path)
    cells: list[Step | Code] = []
    for number, cell in enumerate(notebook.cells, start=1):
        try:
            read = read_step if cell.cell_type == "markdown" else read_code
            cells.append(read(cell.source, cell.metadata))
        except ValueError as mistake:
            raise ValueError(f"{path.name}, cell {number}: {mistake}") from mistake
    first = cells[0] if cells else None
    if not isinstance(first, Step) or not first.text.startswith("# "):
        raise ValueError(
            f"{path.name} should begin with a cell of text whose first line is "
            "`# TITLE`"
        )
    title = first.text.splitlines()[0].removeprefix("# ")
    return Lesson(int(path.stem.split("_")[0]), title, str(path), tuple(cells))


def read_notebook(path: Path) -> Any:
    """A script as a notebook of nbformat."""
    require("A lesson", lessons="jupytext")
    import jupytext

    notebook = jupytext.reads(path.read_text("utf-8"), "py:percent")
    for cell in notebook.cells:
        # Of jupytext itself: how many lines lie between cells.
        cell.metadata.pop("lines_to_next_cell", None)
    return notebook


def read_step(text: str, metadata: Mapping[str, Any]) -> Step:
    refuse_unknown(metadata, OF_STEPS)
    spec = parse_spec(metadata["spec"]) if "spec" in metadata else FigureSpec()
    runs = tuple(str(metadata.get("runs", "")).split())
    if spec.figure and not runs:
        raise ValueError(f'`spec` needs `runs="NAME …"`. Received: spec="{spec}"')
    if "answer" not in metadata:
        return Step(text, spec, runs)
    question, *choices = CHOICE.split(text)
    if not FEWEST_CHOICES <= len(choices) <= MOST_CHOICES:
        raise ValueError(
            f"a prediction should end with a numbered list of {FEWEST_CHOICES} to "
            f"{MOST_CHOICES} choices. Received: {len(choices)}"
        )
    answer = metadata["answer"]
    if answer not in range(1, len(choices) + 1):
        raise ValueError(
            f"`answer` must be the number of a choice, 1 to {len(choices)}. "
            f"Received: answer={answer!r}"
        )
    stripped = tuple(" ".join(choice.split()) for choice in choices)
    return Step(question.strip(), spec, runs, Prediction(stripped, answer - 1))


def read_code(source: str, metadata: Mapping[str, Any]) -> Code:
    refuse_unknown(metadata, OF_CODE)
    tags = metadata.get("tags", [])
    refuse_unknown(dict.fromkeys(tags), TAGS)
    return Code(source, "check" in tags, "parameters" in tags)


def refuse_unknown(given: Mapping[str, Any], allowed: set[str]) -> None:
    if unknown := given.keys() - allowed:
        raise ValueError(
            f"only {', '.join(sorted(allowed))} may stand here. "
            f"Received: {', '.join(sorted(unknown))}"
        )
