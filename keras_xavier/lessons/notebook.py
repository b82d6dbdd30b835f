"""Converts lessons to notebooks."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from keras_xavier.lessons.lesson import Code, CodeKind, Folded, Lesson, Step

BEGINNING = """\
# Show figures below their cells, and start Keras without messages about the machine.
%matplotlib inline
from keras_xavier.experiments.keras_startup import start_keras

start_keras()"""
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def write_notebook(lesson: Lesson, path: str | os.PathLike[str]) -> None:
    """Writes a lesson as a Jupyter notebook without outputs.

    Cells with a call of `kx.lessons.ask` ask for the predictions. Executed without a
    person, the notebook runs to its end.

    Args:
        lesson: `Lesson`.
        path: str or path. File `NAME.ipynb` to create.

    Raises:
        FileExistsError: If the file exists; existing work is never overwritten.

    Example:

    >>> from keras_xavier.lessons import read_lesson
    >>> write_notebook(read_lesson(1), "sigmoid.ipynb")
    """
    import nbformat

    cells = [nbformat.v4.new_code_cell(BEGINNING), *cells_of(lesson)]
    for number, cell in enumerate(cells):
        # Default ids are random; equal lessons should give equal files.
        cell["id"] = f"cell-{number}"
    notebook = nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": dict(KERNEL)}
    )
    with Path(path).open("x", encoding="utf-8") as file:
        nbformat.write(notebook, file)


def cells_of(lesson: Lesson) -> Iterator[Any]:
    """Yields the cells of a notebook; the solution follows the exercise."""
    from nbformat.v4 import new_code_cell, new_markdown_cell

    questions = 0
    solution: Folded | None = None
    for cell in lesson.cells:
        if isinstance(cell, Step):
            solution = cell.solution
            yield new_markdown_cell(markdown_of(cell))
            if cell.prediction:
                questions += 1
                yield new_code_cell(
                    "from keras_xavier.lessons import ask\n\n"
                    f"ask(lesson={lesson.number}, question={questions})"
                )
        elif cell.kind is not CodeKind.SOLUTION:
            yield new_code_cell(cell.source, metadata=tags_of(cell))
            if cell.kind is CodeKind.EXERCISE_CHECK and solution:
                yield new_markdown_cell(solution.details)


def markdown_of(step: Step) -> str:
    parts = [step.text]
    if step.prediction:
        choices = enumerate(step.prediction.choices, start=1)
        parts.append("\n".join(f"{i}. {choice.text}" for i, choice in choices))
    if step.folded and not step.solution:
        parts.append(step.folded.details)
    return "\n\n".join(parts)


def tags_of(cell: Code) -> dict[str, list[str]]:
    return {"tags": [cell.kind.value]} if cell.kind else {}
