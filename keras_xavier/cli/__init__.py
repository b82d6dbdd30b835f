"""The command `keras-xavier`.

Each command imports its dependencies when it runs, so that `--help` is immediate and
viewing does not import Keras. Results go to stdout, messages to stderr.
"""

import argparse
import os
import sys
from collections.abc import Sequence

import keras_xavier
from keras_xavier.cli.diagnose import add_diagnose
from keras_xavier.cli.export import add_export
from keras_xavier.cli.figure import add_figure
from keras_xavier.cli.lesson import add_lesson
from keras_xavier.cli.output import Parser, say
from keras_xavier.cli.reproduce import add_reproduce
from keras_xavier.cli.runs import add_runs
from keras_xavier.cli.sweep import add_sweep
from keras_xavier.cli.train import add_train
from keras_xavier.cli.view import add_view
from keras_xavier.extras import MissingExtraError

EXAMPLES = """\
examples:
  keras-xavier train --activation sigmoid --units 300 --updates 5000
  keras-xavier view runs
  keras-xavier figure runs/tanh overview -o overview.svg
  keras-xavier export runs/tanh -o tanh.csv
  keras-xavier diagnose runs/tanh
  keras-xavier lesson 1
  keras-xavier runs --json
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: Sequence of str. Defaults to None: the arguments of the process.

    Returns:
        int. Exit status: 0 for success, 1 for a failure or for findings of
        `diagnose`, 2 for invalid usage, 130 after Ctrl-C.
    """
    parser = make_parser()
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        # The command's own parser names the command, and the help to read.
        used = getattr(options, "parser", parser)
        used.error(f"unrecognized arguments: {' '.join(unknown)}")
    if options.command is None:
        parser.print_help()
        return 0
    try:
        status: int = options.command(options)
        # None under pythonw, which runs keras-xavier-view on Windows.
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        # The reader, such as `head`, has closed the pipe. Python flushes again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except MissingExtraError as missing:
        say(f"keras-xavier: {missing}")
        return 1
    except KeyboardInterrupt:
        say("keras-xavier: interrupted; recorded data is kept")
        return 130
    return status


def main_view(arguments: Sequence[str] | None = None) -> int:
    """Runs the command keras-xavier-view, an alias of `keras-xavier view`.

    Args:
        arguments: Sequence of str. Arguments after the command. Defaults to None:
            the arguments of the process.

    Returns:
        The exit status, as `main`.
    """
    return main(["view", *(sys.argv[1:] if arguments is None else arguments)])


def make_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="keras-xavier",
        description=keras_xavier.__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"keras-xavier {keras_xavier.__version__}",
    )
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    add_train(commands)
    add_sweep(commands)
    add_reproduce(commands)
    add_lesson(commands)
    add_view(commands)
    add_figure(commands)
    add_export(commands)
    add_diagnose(commands)
    add_runs(commands)
    return parser
