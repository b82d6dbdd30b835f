"""Exercises of lessons: a few lines to change, and a check of the result."""

import os
import re
import shlex
from pathlib import Path

from keras_xavier.lessons.lesson import CodeKind, Lesson

BEGINNING = '''\
"""Exercise of lesson {number}, {title}.

{text}

Change the lines below the heading "Exercise", and run: {command}
"""

from keras_xavier.experiments.keras_startup import start_keras

start_keras(one_processor=True)

'''


def verify(holds: object, claim: str) -> None:
    """Reports whether a requirement of an exercise is met.

    Args:
        holds: bool. Whether it is met.
        claim: str. The measured result and the requirement.

    Example:

    >>> verify(0.72 < 0.8, "An error of 72%; the goal is less than 80%.")
    ✓ An error of 72%; the goal is less than 80%.
    """
    print("✓" if holds else "✗ Not yet:", claim)


def write_exercise(lesson: Lesson, parent: str) -> Path | None:
    """Writes the exercise of a lesson as a program, unless the file exists.

    Args:
        lesson: `Lesson`.
        parent: str. Folder of the runs of all lessons.

    Returns:
        Path of the program, `None` if the lesson has no exercise.

    Raises:
        OSError: If the file cannot be written.
    """
    if not lesson.code(CodeKind.EXERCISE):
        return None
    path = Path(lesson.exercise_path(parent))
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(program(lesson, parent), "utf-8")
    return path


def exercise_command(path: str | os.PathLike[str]) -> str:
    """Returns the shell command that runs an exercise."""
    return shlex.join(["python", os.fspath(path)])


def program(lesson: Lesson, parent: str) -> str:
    """Returns the source of the program with the exercise of a lesson."""
    beginning = BEGINNING.format(
        number=lesson.number,
        title=lesson.title,
        text=next(step.text for step in lesson.steps if step.solution),
        command=exercise_command(lesson.exercise_path(parent)),
    )
    folder = f"folder = {lesson.folder(parent)!r}"
    parameters = lesson.code(CodeKind.PARAMETERS)
    return beginning + "\n\n".join(
        (
            re.sub("^folder = .*", lambda _: folder, parameters, flags=re.MULTILINE),
            "# ---- Exercise: change these lines ----",
            lesson.code(CodeKind.EXERCISE),
            "# ---- Check ----",
            lesson.code(CodeKind.EXERCISE_CHECK) + "\n",
        )
    )
