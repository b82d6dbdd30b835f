"""Converts lessons to notebooks."""

import os
from pathlib import Path

from keras_xavier.lessons.lesson import Lesson
from keras_xavier.lessons.reading import read_notebook

SHOW_FIGURES = "# Show figures below their cells.\n%matplotlib inline"
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def write_notebook(lesson: Lesson, path: str | os.PathLike[str]) -> None:
    """Writes a lesson as a Jupyter notebook without outputs.

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

    notebook = read_notebook(Path(lesson.script))
    notebook.cells.insert(0, nbformat.v4.new_code_cell(SHOW_FIGURES))
    for number, cell in enumerate(notebook.cells):
        # Default ids are random; equal lessons should give equal files.
        cell["id"] = f"cell-{number}"
    notebook.metadata = {"kernelspec": KERNEL}
    with open(path, "x", encoding="utf-8") as file:
        nbformat.write(notebook, file, version=4)
