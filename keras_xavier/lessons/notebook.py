"""Lessons as notebooks."""

import os
from pathlib import Path

from keras_xavier.lessons.lesson import Lesson
from keras_xavier.lessons.reading import read_notebook

SHOW_PICTURES = "# Pictures appear below their cells.\n%matplotlib inline"
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def write_notebook(lesson: Lesson, path: str | os.PathLike[str]) -> None:
    """Writes a lesson as a Jupyter notebook, not yet run.

    Args:
        lesson: Which.
        path: A file `NAME.ipynb`.

    Raises:
        FileExistsError: If there is such a file; someone may have worked in it.

    Example:

    >>> from keras_xavier.lessons import read_lesson
    >>> write_notebook(read_lesson(1), "sigmoid.ipynb")
    """
    import nbformat

    notebook = read_notebook(Path(lesson.script))
    notebook.cells.insert(0, nbformat.v4.new_code_cell(SHOW_PICTURES))
    for number, cell in enumerate(notebook.cells):
        # Else random: the same lesson is the same file.
        cell["id"] = f"cell-{number}"
    notebook.metadata = {"kernelspec": KERNEL}
    with open(path, "x", encoding="utf-8") as file:
        nbformat.write(notebook, file, version=4)
