"""Generates a page for each lesson: text, code, and the figures of a finished run.

Also generates the cards of the index, and shows the progress of training. As a program,
trains the networks of one lesson and writes its page.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import redirect_stdout
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from keras_xavier.experiments.keras_startup import start_keras
from keras_xavier.lessons import (
    Check,
    Code,
    CodeKind,
    Drawn,
    Folded,
    Lesson,
    Prediction,
    Printed,
    Step,
    read_lesson,
    run_lesson,
)
from keras_xavier.lessons import lessons as read_lessons
from keras_xavier.lessons.running import Part
from keras_xavier.runs import run_exists

PAGES = "lessons/pages"
CARDS = "cards.md"
CARD = """\
:::{{grid-item-card}}
:link: pages/lesson-{number}/index
:link-type: doc
{image}
[{number}]{{.lesson-number}} **{title}**

{summary}

*{minutes} minutes*
:::
"""
TRAIN = "train_lessons"
"""Configuration value: whether to train the networks of lessons."""
SHOWN = (CodeKind.PLAIN, CodeKind.PARAMETERS, CodeKind.EXERCISE)
"""Kinds of code on the page; solutions are folded."""


def page(lesson: Lesson, parts: Iterable[Part]) -> str:
    """A lesson as Markdown, with the results of each cell below it."""
    found = [part for part in parts if not isinstance(part, Code)]
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


def results(found: list[Step | Printed | Drawn | Check]) -> Iterator[str]:
    """Removes the results before the next step, and formats them."""
    claims = []
    while found:
        part = found.pop(0)
        if isinstance(part, Step):
            break
        if isinstance(part, Printed):
            yield f"```text\n{part.text}\n```"
        elif isinstance(part, Drawn):
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


def card(lesson: Lesson, pages: Path) -> str:
    """The card of a lesson in the index, as Markdown."""
    text = lesson.steps[0].text.partition("\n\n")[2]
    text = text.partition("\n\n")[0].replace("\n", " ")
    purpose = re.search(r"This lesson .*?\.(?=\s|$)", text)
    summary = purpose[0] if purpose else f"{text.rstrip(':.')}."
    thumbnail = f"lesson-{lesson.number}/{lesson.thumbnail}"
    image = f":img-top: pages/{thumbnail}\n" if (pages / thumbnail).exists() else ""
    return CARD.format(
        number=lesson.number,
        title=lesson.title,
        minutes=lesson.minutes,
        summary=summary,
        image=image,
    )


def train(lessons: list[Lesson], runs: Path, pages: Path) -> None:
    """Trains the networks of lessons and writes their pages, one process per core."""
    workers = min(os.cpu_count() or 1, len(lessons))
    print(
        f"Training the networks of {len(lessons)} lessons in {workers} processes; "
        "later builds reuse them …",
        flush=True,
    )
    start = time.monotonic()
    with ThreadPoolExecutor(workers) as pool:
        tasks = {pool.submit(train_one, one, runs, pages): one for one in lessons}
        for count, task in enumerate(as_completed(tasks), 1):
            task.result()
            seconds = f"{time.monotonic() - start:.0f} s"
            title = tasks[task].title
            print(f"{count} of {len(lessons)} after {seconds}: {title}", flush=True)


def train_one(lesson: Lesson, runs: Path, pages: Path) -> None:
    finished = subprocess.run(  # noqa: S603 - this module
        [sys.executable, __file__, str(lesson.number), runs, pages],
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise ExtensionError(f"Lesson {lesson.number} fails:\n{finished.stderr}")


def is_trained(lesson: Lesson, runs: Path) -> bool:
    return all(run_exists(lesson.run_path(one, runs)) for one in lesson.runs)


def write_page(lesson: Lesson, parts: Iterable[Part], pages: Path) -> None:
    parts = list(parts)
    folder = pages / f"lesson-{lesson.number}"
    folder.mkdir(exist_ok=True)
    for part in parts:
        if isinstance(part, Drawn):
            shutil.copy(part.path, folder)
    (folder / "index.md").write_text(page(lesson, parts), "utf-8")


def write_pages(app: Sphinx) -> None:
    pages = Path(app.srcdir, PAGES)
    pages.mkdir(parents=True, exist_ok=True)
    runs = Path(app.outdir).parent / "lessons"
    lessons = read_lessons()
    untrained = [one for one in lessons if not is_trained(one, runs)]
    for lesson in lessons:
        if lesson in untrained:
            write_page(lesson, lesson.steps, pages)
            continue
        # What the code of a lesson prints is not part of its page.
        with redirect_stdout(io.StringIO()):
            write_page(lesson, run_lesson(lesson, lesson.folder(runs)), pages)
    if untrained and app.config[TRAIN]:
        train(untrained, runs, pages)
    cards = "\n".join(card(lesson, pages) for lesson in lessons)
    (pages / CARDS).write_text(
        f"::::{{grid}} 1 2 2 3\n:gutter: 3\n\n{cards}::::\n", "utf-8"
    )


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value(TRAIN, False, "env", bool)
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    number, runs, pages = sys.argv[1:]
    start_keras(one_processor=True)
    lesson = read_lesson(int(number))
    write_page(lesson, run_lesson(lesson, lesson.folder(runs)), Path(pages))
