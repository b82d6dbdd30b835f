"""Messages and errors of the command line."""

import argparse
import os
import re
import sys
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from keras_xavier.text import sanitize

if TYPE_CHECKING:
    from keras_xavier.runs import Run

Commands: TypeAlias = "argparse._SubParsersAction[Parser]"

SAMPLE = "sample:"
"""Prefix of the name of a sample run, in place of the path of a run."""
DATA_DIR_HELP = (
    "folder of MNIST and CIFAR-10 as prepared by tensorflow-datasets "
    "(default: $TFDS_DATA_DIR or ~/tensorflow_datasets)"
)


class Parser(argparse.ArgumentParser):
    """Reports an error in two lines, with a reference to `--help`.

    The usage message that argparse prints first would fill the terminal.
    """

    def error(self, message: str) -> NoReturn:
        text = self._name_options(message)
        self.exit(2, f"{self.prog}: error: {clean(text)}\nSee {self.prog} --help\n")

    def _name_options(self, message: str) -> str:
        """Replaces the names of Python arguments by the names of options."""

        def option(match: re.Match[str]) -> str:
            name = f"--{match[1].replace('_', '-')}"
            return name if name in self._option_string_actions else match[0]

        text = re.sub(r"`([a-z_]+)`", option, message)
        return re.sub(r"(?<=Received: )[a-z_]+=", "", text)


def say(message: str) -> None:
    """Prints a message to stderr: stdout is for results."""
    print(clean(message), file=sys.stderr, flush=True)


def run_argument(text: str) -> str:
    """Returns the path of a run; `sample:NAME` names a sample run of the package."""
    prefix, colon, name = text.partition(":")
    if prefix + colon != SAMPLE or os.path.lexists(text):
        return text
    from keras_xavier.runs.samples import sample_path

    try:
        return sample_path(name)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def open_readable(path: str) -> "Run":
    """Opens a run, and reports records that cannot be read.

    Raises:
        RunError: If the run or all of its records cannot be read.
    """
    from keras_xavier.runs import open_run
    from keras_xavier.runs.damage import readable

    run = readable(open_run(path))
    if run.damage:
        say(f"keras-xavier: {run.damage}")
    return run


def show(result: object) -> None:
    """Prints a result to stdout.

    A terminal must not interpret the names of files; a pipe gets them as they are.
    """
    text = str(result)
    print(clean(text) if sys.stdout.isatty() else text)


def clean(text: str) -> str:
    """Sanitizes each line of a text."""
    return "\n".join(map(sanitize, text.split("\n")))
