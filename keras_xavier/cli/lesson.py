"""keras-xavier lesson: runs a lesson, or lists them."""

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from keras_xavier.cli.lesson_screen import Quit, Screen
from keras_xavier.cli.output import Commands, say, show
from keras_xavier.extras import require

PACKAGES = {
    "lessons": "jupytext",
    "figures": "matplotlib",
    "tensorflow": "tensorflow",
}

if TYPE_CHECKING:
    from keras_xavier.lessons import Lesson


def add_lesson(commands: Commands) -> None:
    lesson_parser = commands.add_parser(
        "lesson",
        help="take a lesson, or list the lessons",
        description="Take a lesson: read, predict, train small networks and compare "
        "their figures; then solve an exercise. Training takes 20 to 80 seconds on one "
        "core, the first time only. Without a number, list the lessons.",
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
                print(f"{one.number}  {one.title} ({one.minutes} minutes)")
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
    from rich.console import Console

    from keras_xavier.cli.terminal_figures import is_interactive, shows_images

    # Before TensorFlow starts: a late answer of the terminal is read until then.
    screen = Screen(Console(), is_interactive(), shows_images())
    say("Starting TensorFlow …")
    from keras_xavier.experiments.keras_startup import start_keras

    start_keras(one_processor=True)
    from keras_xavier.lessons import Check, Step, run_lesson, write_exercise
    from keras_xavier.runs import RunError

    failed = 0
    answer = ""
    step: Step | None = None
    try:
        for part in run_lesson(lesson, lesson.folder(folder)):
            if isinstance(part, Step):
                # A prediction is a pause already.
                if step and not step.prediction:
                    screen.pause(step)
                step = part
                screen.show_step(step, answer)
                answer = screen.ask(step.prediction) if step.prediction else ""
            else:
                failed += isinstance(part, Check) and not part.holds
                screen.show(part)
        exercise = write_exercise(lesson, folder)
        if exercise:
            screen.show_exercise(exercise)
            screen.offer(step)
    except Quit:
        return 0
    except (RunError, OSError) as failure:
        say(f"keras-xavier: {failure}")
        return 1
    words = ["view", lesson.folder(folder), "--lesson", str(lesson.number)]
    screen.print(f"\nIn the app: {shlex.join(['keras-xavier', *words])}")
    if failed:
        checks = "1 check" if failed == 1 else f"{failed} checks"
        say(f"keras-xavier: {checks} of the text failed")
    return 1 if failed else 0
