"""keras-xavier runs: lists the runs in a folder."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from keras_xavier.cli.output import Commands, say

if TYPE_CHECKING:
    from keras_xavier.runs import RunSummary

PIPE_WIDTH = 1000
"""Columns of output to a pipe, which is not wrapped."""


def add_runs(commands: Commands) -> None:
    runs_parser = commands.add_parser(
        "runs",
        help="list the runs in a folder",
        description="List the runs in a folder and their state.",
    )
    runs_parser.add_argument(
        "folder", nargs="?", default="runs", help="folder of runs (default: runs)"
    )
    runs_parser.add_argument("--json", action="store_true", help="print JSON")
    runs_parser.set_defaults(command=runs, parser=runs_parser)


def runs(options: argparse.Namespace) -> int:
    from keras_xavier.runs import find_runs
    from keras_xavier.runs.store import expand_path

    folder = expand_path(options.folder)
    if not os.path.isdir(folder):
        say(f"keras-xavier: folder {folder} does not exist")
        return 1
    found = find_runs(folder)
    if options.json:
        print(json.dumps([asdict(summary) for summary in found], indent=2))
    elif found:
        print_table(found)
    else:
        say(f"No runs in {folder}. To train one: keras-xavier train --help")
    return 0


def print_table(found: "Sequence[RunSummary]") -> None:
    import time

    from rich.console import Console
    from rich.table import Table

    from keras_xavier.text import sanitize

    table = Table(box=None, pad_edge=False)
    table.add_column("run", overflow="fold")
    table.add_column("state", no_wrap=True)
    table.add_column("records", justify="right", no_wrap=True)
    table.add_column("last step", justify="right", no_wrap=True)
    table.add_column("updated", no_wrap=True)
    if any(run.reason for run in found):
        table.add_column("reason", overflow="fold")
    for run in found:
        updated = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.updated))
        table.add_row(
            sanitize(run.path),
            run.state,
            str(run.records),
            "" if run.last_step is None else str(run.last_step),
            updated if run.updated else "",
            *([sanitize(run.reason or "")] if len(table.columns) > 5 else []),
        )
    # Markup is off: names may contain brackets.
    width = None if sys.stdout.isatty() else PIPE_WIDTH
    Console(width=width, markup=False).print(table)
