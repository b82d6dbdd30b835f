"""Reads lessons from scripts, which are notebooks in the percent format.

A cell `# %% [markdown]` is a step of the guided tour. The line of the marker may have

- `spec="--figure …"`: options of `keras-xavier view` for the figure beside the text;
- `runs="sigmoid tanh"`: the runs in this figure;
- `image=2`: in place of `spec`, the number of the figure that the code of the lesson
  draws for the step, counted from 1;
- `answer=2`: the step is a prediction, and the text ends with a numbered list of
  choices, of which this one is correct; each choice ends with a quotation `> …`, the
  reason why it is right or wrong;
- `folded="TITLE"`: the text belongs to the step before, and is shown on demand;
- in the first cell, `minutes=3` and `thumbnail=1`: the duration of the lesson, and the
  number of the figure that stands for it.

A cell `# %%` is code. Its tag, such as `tags=["check"]`, is a `CodeKind`. The last
cells of a script are the exercise, its solution and its check.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from keras_xavier.extras import require
from keras_xavier.figure_spec import FigureSpec, parse_spec
from keras_xavier.lessons.lesson import (
    SOLUTION,
    Choice,
    Code,
    CodeKind,
    Folded,
    Lesson,
    Prediction,
    Step,
    figure_name,
)

SCRIPTS = Path(__file__).parent / "scripts"
NUMBERS = tuple(sorted(int(path.stem.split("_")[0]) for path in SCRIPTS.glob("*.py")))
"""Numbers of the lessons."""
STEP_OPTIONS = {"spec", "runs", "image", "answer"}
LESSON_OPTIONS = {"minutes", "thumbnail"}
MIN_CHOICES, MAX_CHOICES = 2, 4
CHOICE = re.compile(r"^\d\. ", re.MULTILINE)
REASON = re.compile(r"^\s*> ?", re.MULTILINE)


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
    first = dict(notebook.cells[0].metadata) if notebook.cells else {}
    for number, cell in enumerate(notebook.cells, start=1):
        try:
            if cell.cell_type == "code":
                cells.append(read_code(cell.source, cell.metadata))
            elif "folded" in cell.metadata:
                cells.append(fold(cell.source, cell.metadata, cells))
            else:
                known = LESSON_OPTIONS if number == 1 else set()
                cells.append(read_step(cell.source, cell.metadata, known))
        except ValueError as mistake:
            raise ValueError(f"{path.name}, cell {number}: {mistake}") from mistake
    try:
        cells = with_solution(cells)
    except ValueError as mistake:
        raise ValueError(f"{path.name}: {mistake}") from mistake
    beginning = cells[0] if cells else None
    if not isinstance(beginning, Step) or not beginning.text.startswith("# "):
        raise ValueError(
            f"{path.name} must begin with a Markdown cell whose first line is `# TITLE`"
        )
    return Lesson(
        int(path.stem.split("_")[0]),
        beginning.text.splitlines()[0].removeprefix("# "),
        str(path),
        tuple(cells),
        minutes=int(first.get("minutes", 5)),
        thumbnail=figure_name(first.get("thumbnail", 1)),
    )


def read_notebook(path: Path) -> Any:
    """Reads a script as a notebook of nbformat."""
    require("A lesson", lessons="jupytext")
    import jupytext

    notebook = jupytext.reads(path.read_text("utf-8"), "py:percent")
    for cell in notebook.cells:
        # Added by jupytext: the number of lines between cells.
        cell.metadata.pop("lines_to_next_cell", None)
    return notebook


def read_step(
    text: str, metadata: Mapping[str, Any], known: set[str] | None = None
) -> Step:
    check_known(metadata, STEP_OPTIONS | (known or set()))
    spec = parse_spec(metadata["spec"]) if "spec" in metadata else FigureSpec()
    runs = tuple(str(metadata.get("runs", "")).split())
    if spec.figure and not runs:
        raise ValueError(f'`spec` requires `runs="NAME …"`. Received: spec="{spec}"')
    if spec.figure and "image" in metadata:
        raise ValueError("only one of `spec` and `image` is allowed")
    image = figure_name(metadata["image"]) if "image" in metadata else ""
    if "answer" not in metadata:
        return Step(text, spec, runs, image)
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
    prediction = Prediction(tuple(map(read_choice, choices)), answer - 1)
    return Step(question.strip(), spec, runs, image, prediction)


def read_choice(item: str) -> Choice:
    text, *reasons = REASON.split(item)
    if not reasons:
        raise ValueError(
            f"each choice must end with its reason, `> …`. Received: {item.strip()!r}"
        )
    return Choice(one_line(text), one_line(" ".join(reasons)))


def one_line(text: str) -> str:
    return " ".join(text.split())


def read_code(source: str, metadata: Mapping[str, Any]) -> Code:
    check_known(metadata, {"tags"})
    tags = metadata.get("tags", [])
    check_known(dict.fromkeys(tags), {kind.value for kind in CodeKind if kind})
    if len(tags) > 1:
        raise ValueError(f"only one tag is allowed. Received: {', '.join(tags)}")
    return Code(source, CodeKind("".join(tags)))


def fold(text: str, metadata: Mapping[str, Any], cells: list[Step | Code]) -> Step:
    """Removes the step before from the cells, and returns it with the text."""
    check_known(metadata, {"folded"})
    step = cells.pop() if cells else None
    if not isinstance(step, Step) or step.prediction:
        raise ValueError("`folded` requires a step without a prediction before it")
    return replace(step, folded=Folded(str(metadata["folded"]), text))


def with_solution(cells: list[Step | Code]) -> list[Step | Code]:
    """Returns the cells; the solution of the exercise is folded into its step."""
    if (
        not cells
        or not isinstance(cells[-1], Code)
        or cells[-1].kind is not CodeKind.EXERCISE_CHECK
    ):
        return cells
    *before, step, exercise, solution, check = cells
    kinds = [
        cell.kind if isinstance(cell, Code) else None for cell in (exercise, solution)
    ]
    if (
        not isinstance(step, Step)
        or not isinstance(solution, Code)
        or kinds != [CodeKind.EXERCISE, CodeKind.SOLUTION]
    ):
        raise ValueError(
            "the last cells must be a text, an exercise, its solution and its check"
        )
    folded = Folded(SOLUTION, f"```python\n{solution.source}\n```")
    return [*before, replace(step, folded=folded), exercise, solution, check]


def check_known(given: Mapping[str, Any], allowed: set[str]) -> None:
    if unknown := given.keys() - allowed:
        raise ValueError(
            f"only {', '.join(sorted(allowed))} are allowed here. "
            f"Received: {', '.join(sorted(unknown))}"
        )
