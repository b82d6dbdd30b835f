"""keras-xavier lesson: runs a lesson, or lists them."""

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from keras_xavier.cli.output import Commands, say, show
from keras_xavier.extras import require

PACKAGES = {
    "lessons": "jupytext",
    "figures": "matplotlib",
    "tensorflow": "tensorflow",
}

if TYPE_CHECKING:
    from keras_xavier.lessons import Lesson, Prediction


def add_lesson(commands: Commands) -> None:
    lesson_parser = commands.add_parser(
        "lesson",
        help="take a lesson, or list the lessons",
        description="Take a lesson: read, predict, train small networks and compare "
        "their figures. Training takes 10 to 60 seconds on one core, the first time "
        "only. Without a number, list the lessons.",
    )
    lesson_parser.add_argument(
        "number", nargs="?", type=int, metavar="N", help="number of the lesson"
    )
    lesson_parser.add_argument(
        "--folder",
        default="lessons",
        help="runs and figures are saved in FOLDER/lesson-N (default: lessons)",
    )
    lesson_parser.add_argument(
        "--notebook",
        metavar="FILE.ipynb",
        type=Path,
        help="write the lesson as a notebook instead",
    )
    lesson_parser.set_defaults(command=lesson, parser=lesson_parser)


def lesson(options: argparse.Namespace) -> int:
    from keras_xavier.lessons import lessons, read_lesson

    try:
        if options.number is None:
            if options.notebook:
                options.parser.error("--notebook requires the number of a lesson")
            for one in lessons():
                print(f"{one.number}  {one.title}")
            return 0
        if not options.notebook:
            require("A lesson", **PACKAGES)
        chosen = read_lesson(options.number)
    except ValueError as mistake:
        options.parser.error(str(mistake))
    except ImportError as missing:
        say(f"keras-xavier: {missing}")
        return 1
    if options.notebook:
        return write(chosen, options)
    if "://" in options.folder:
        options.parser.error(
            f"--folder must be a local path. Received: {options.folder}"
        )
    return take(chosen, options.folder)


def write(lesson: "Lesson", options: argparse.Namespace) -> int:
    from keras_xavier.lessons import write_notebook

    if options.notebook.suffix != ".ipynb":
        options.parser.error(
            f"--notebook should end with .ipynb. Received: {options.notebook}"
        )
    try:
        write_notebook(lesson, options.notebook)
    except FileExistsError:
        options.parser.error(
            f"{options.notebook} already exists. Choose another --notebook"
        )
    except OSError as failure:
        say(f"keras-xavier: {failure}")
        return 1
    show(options.notebook)
    return 0


def take(lesson: "Lesson", folder: str) -> int:
    say("Starting TensorFlow …")
    from keras_xavier.experiments.keras_startup import start_keras

    start_keras(one_processor=True)
    from rich.console import Console
    from rich.markdown import Markdown

    from keras_xavier.lessons import Check, Drawn, run_lesson
    from keras_xavier.runs import RunError

    console = Console()
    answer, failed = "", 0
    try:
        for part in run_lesson(lesson, lesson.folder(folder)):
            if isinstance(part, Drawn):
                console.print(f"Figure: {part.path}", soft_wrap=True, highlight=False)
            elif isinstance(part, Check):
                failed += not part.holds
                mark = "✓" if part.holds else "✗"
                console.print(f"{mark} {part.claim}", highlight=False, markup=False)
            else:
                if answer:
                    console.print(f"\n{answer}", style="bold")
                console.print("", Markdown(part.text), "")
                answer = ask(part.prediction) if part.prediction else ""
    except (RunError, OSError) as failure:
        say(f"keras-xavier: {failure}")
        return 1
    words = ["view", lesson.folder(folder), "--lesson", str(lesson.number)]
    console.print(
        f"\nIn the app: {shlex.join(['keras-xavier', *words])}",
        soft_wrap=True,
        highlight=False,
    )
    if failed:
        checks = "1 check" if failed == 1 else f"{failed} checks"
        say(f"keras-xavier: {checks} of the text failed")
    return 1 if failed else 0


def ask(prediction: "Prediction") -> str:
    """Asks for a prediction in a terminal; returns the answer to show later."""
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.prompt import Prompt

    numbers = [str(i) for i in range(1, len(prediction.choices) + 1)]
    choices = zip(numbers, prediction.choices, strict=True)
    Console().print(Markdown("\n".join(f"{i}. {choice}" for i, choice in choices)))
    right = numbers[prediction.right]
    if not sys.stdin.isatty():
        return f"The answer is {right}."
    choice = Prompt.ask("Your prediction", choices=numbers)
    return (
        f"You predicted {choice}, which is correct."
        if choice == right
        else f"You predicted {choice}. The answer is {right}."
    )
