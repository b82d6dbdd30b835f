"""Reads lessons from scripts, which are notebooks in the percent format.

A cell `# %% [markdown]` is a step of the guided tour. The line of the marker may have

- `spec="--figure …"`: options of `keras-xavier view` for the figure beside the text;
- `runs="sigmoid tanh"`: the runs in this figure;
- `answer=2`: the step is a prediction, and the text ends with a numbered list of
  choices, of which this one is correct.

A cell `# %%` is code. With `tags=["parameters"]` it sets `folder` and `seed`, with
`tags=["check"]` it asserts statements of the text.
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
STEP_OPTIONS = {"spec", "runs", "answer"}
CODE_OPTIONS = {"tags"}
TAGS = {"parameters", "check"}
MIN_CHOICES, MAX_CHOICES = 2, 4
CHOICE = re.compile(r"^\d\. ", re.MULTILINE)


def lessons() -> tuple[Lesson, ...]:
    """Reads all lessons.

    Returns:
        Tuple of `Lesson`, in the order of their numbers.
    """
    return tuple(read_lesson(number) for number in NUMBERS)


def read_lesson(number: int) -> Lesson:
    """Reads a lesson.

    Args:
        number: int. Number of the lesson, starting at 1.

    Returns:
        `Lesson`.

    Raises:
        ValueError: If no lesson has this number.
        ImportError: If jupytext is not installed.

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
    """Reads a lesson from a script whose file name starts with the number.

    Raises:
        ValueError: If the script is invalid.
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
            f"{path.name} must begin with a Markdown cell whose first line is `# TITLE`"
        )
    title = first.text.splitlines()[0].removeprefix("# ")
    return Lesson(int(path.stem.split("_")[0]), title, str(path), tuple(cells))


def read_notebook(path: Path) -> Any:
    """Reads a script as a notebook of nbformat."""
    require("A lesson", lessons="jupytext")
    import jupytext

    notebook = jupytext.reads(path.read_text("utf-8"), "py:percent")
    for cell in notebook.cells:
        # Added by jupytext: the number of lines between cells.
        cell.metadata.pop("lines_to_next_cell", None)
    return notebook


def read_step(text: str, metadata: Mapping[str, Any]) -> Step:
    check_known(metadata, STEP_OPTIONS)
    spec = parse_spec(metadata["spec"]) if "spec" in metadata else FigureSpec()
    runs = tuple(str(metadata.get("runs", "")).split())
    if spec.figure and not runs:
        raise ValueError(f'`spec` requires `runs="NAME …"`. Received: spec="{spec}"')
    if "answer" not in metadata:
        return Step(text, spec, runs)
    question, *choices = CHOICE.split(text)
    if not MIN_CHOICES <= len(choices) <= MAX_CHOICES:
        raise ValueError(
            f"a prediction must end with a numbered list of {MIN_CHOICES} to "
            f"{MAX_CHOICES} choices. Received: {len(choices)}"
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
    check_known(metadata, CODE_OPTIONS)
    tags = metadata.get("tags", [])
    check_known(dict.fromkeys(tags), TAGS)
    return Code(source, "check" in tags, "parameters" in tags)


def check_known(given: Mapping[str, Any], allowed: set[str]) -> None:
    if unknown := given.keys() - allowed:
        raise ValueError(
            f"only {', '.join(sorted(allowed))} are allowed here. "
            f"Received: {', '.join(sorted(unknown))}"
        )
