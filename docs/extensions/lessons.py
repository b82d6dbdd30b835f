"""Generates a page for each lesson: text, code, and the figures of a finished run."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from keras_xavier.lessons import (
    Check,
    CodeKind,
    Drawn,
    Folded,
    Lesson,
    Prediction,
    Step,
    read_lesson,
    run_lesson,
)
from keras_xavier.lessons.reading import NUMBERS
from keras_xavier.lessons.running import Part
from keras_xavier.runs import run_exists

PAGES = "lessons/pages"
TRAIN = "train_lessons"
"""Configuration value: whether to train the networks of lessons."""


SHOWN = (CodeKind.PLAIN, CodeKind.PARAMETERS, CodeKind.EXERCISE)
"""Kinds of code on the page; solutions are folded."""


def page(lesson: Lesson, parts: Iterable[Part]) -> str:
    """A lesson as Markdown, with the results of each cell below it."""
    found = [part for part in parts if isinstance(part, Step | Drawn | Check)]
    sections: list[str] = []
    for cell in lesson.cells:
        if isinstance(cell, Step):
            sections += [*results(found), cell.text]
            if cell.prediction:
                sections += prediction(cell.prediction)
            if cell.folded:
                sections.append(dropdown(cell.folded))
            if not sections[1:]:
                sections.append(introduction(lesson))
        elif cell.kind in SHOWN:
            sections.append(f"```python\n{cell.source}\n```")
    return "\n\n".join([*sections, *results(found), ""])


def results(found: list[Step | Drawn | Check]) -> Iterator[str]:
    """Removes the results before the next step, and formats them."""
    claims = []
    while found:
        part = found.pop(0)
        if isinstance(part, Step):
            break
        if isinstance(part, Drawn):
            yield f"![The figure that the code draws]({part.path.name})"
        elif part.holds:
            claims.append(f"- {part.claim}")
        else:
            raise ExtensionError(f"An assertion of a lesson fails: {part.claim}")
    if claims:
        yield "\n".join([":::{dropdown} Measurements", *claims, ":::"])


def prediction(asked: Prediction) -> Iterator[str]:
    yield "\n".join(f"1. {choice.text}" for choice in asked.choices)
    answers = "\n".join(
        f"1. {'✓' if number == asked.right else '✗'} {choice.reason}"
        for number, choice in enumerate(asked.choices)
    )
    yield f":::{{dropdown}} The answer\n{answers}\n:::"


def dropdown(folded: Folded) -> str:
    return f"::::{{dropdown}} {folded.title}\n{folded.text}\n::::"


def introduction(lesson: Lesson) -> str:
    return (
        "Take this lesson in the terminal or in the app, which ask for your "
        "predictions, or as a notebook:\n\n"
        f"```sh\nkeras-xavier lesson {lesson.number}\n"
        f"keras-xavier view --lesson {lesson.number}\n"
        f"keras-xavier lesson {lesson.number} --notebook lesson.ipynb\n```"
    )


def write_pages(app: Sphinx) -> None:
    pages = Path(app.srcdir, PAGES)
    pages.mkdir(parents=True, exist_ok=True)
    runs = Path(app.outdir).parent / "lessons"
    for lesson in map(read_lesson, NUMBERS):
        trained = all(run_exists(lesson.run_path(one, runs)) for one in lesson.runs)
        parts: list[Part] = list(lesson.steps)
        if trained or app.config[TRAIN]:
            parts = list(run_lesson(lesson, lesson.folder(runs)))
        folder = pages / f"lesson-{lesson.number}"
        folder.mkdir(exist_ok=True)
        for part in parts:
            if isinstance(part, Drawn):
                shutil.copy(part.path, folder)
        (folder / "index.md").write_text(page(lesson, parts), "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value(TRAIN, False, "env", bool)
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
