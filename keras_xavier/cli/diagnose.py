"""keras-xavier diagnose: what is wrong with runs."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from keras_xavier.cli.output import Commands, say

if TYPE_CHECKING:
    from rich.console import Console

    from keras_xavier.diagnosis import Finding, Thresholds

STYLES = {"error": "bold red", "warning": "bold yellow", "note": "bold"}
INDENT = 2
DESCRIPTION = """\
Look for what is wrong with runs: what was found, why it is so, what to change, with a
command that shows it and one that tries the remedy. Runs are only read, and may still
be in training.

Exits with 0 if nothing was found, with 1 if errors or warnings were (notes, of what is
over, do not count), and with 2 for wrong use or a run that cannot be read.
"""


def add_diagnose(commands: Commands) -> None:
    diagnose_parser = commands.add_parser(
        "diagnose",
        help="say what is wrong with runs",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    diagnose_parser.add_argument(
        "runs", nargs="+", metavar="RUN|FOLDER", help="runs, or folders of them"
    )
    diagnose_parser.add_argument("--json", action="store_true", help="print JSON")
    diagnose_parser.add_argument(
        "--threshold",
        action="append",
        default=[],
        metavar="NAME=X",
        help="from where on something counts as wrong, such as dead_share=0.3; see "
        "keras_xavier.diagnosis.Thresholds",
    )
    diagnose_parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="NAME",
        help="a finding that is to be left out, such as wrong_initial_scale",
    )
    diagnose_parser.set_defaults(command=diagnose, parser=diagnose_parser)


def diagnose(options: argparse.Namespace) -> int:
    from keras_xavier import diagnosis
    from keras_xavier.runs import RunError, open_run

    thresholds = read_thresholds(options)
    known = list(diagnosis.FindingName)
    if unknown := [name for name in options.ignore if name not in known]:
        options.parser.error(
            f"--ignore should be one of {', '.join(known)}. Received: {unknown[0]}"
        )
    status = 0
    documents = []
    console = make_console()
    for path in paths(options.runs):
        try:
            run = open_run(path)
            found = [
                finding
                for finding in diagnosis.diagnose(run, thresholds=thresholds)
                if finding.name not in options.ignore
            ]
        except (RunError, OSError) as failure:
            say(f"keras-xavier: {failure}")
            status = 2
            continue
        if any(finding.severity in diagnosis.FAILING for finding in found):
            status = max(status, 1)
        if options.json:
            documents.append(document(run.path, str(run.state), run.records, found))
        else:
            print_findings(console, run.path, run.records, found)
    if options.json:
        print(json.dumps(documents, indent=2, ensure_ascii=False))
    return status


def read_thresholds(options: argparse.Namespace) -> "Thresholds":
    """Those that were given, and the others; exits in words if they do not fit."""
    from dataclasses import fields

    from keras_xavier.diagnosis import Thresholds

    default = Thresholds()
    types = {one.name: type(getattr(default, one.name)) for one in fields(default)}
    given: dict[str, Any] = {}
    for setting in options.threshold:
        name, _, text = setting.partition("=")
        if name not in types:
            options.parser.error(
                f"--threshold should name one of {', '.join(types)}. Received: {name}"
            )
        try:
            given[name] = types[name](text)
        except ValueError:
            options.parser.error(
                f"--threshold {name} should be a number. Received: {setting}"
            )
    try:
        chosen = Thresholds(**given)
    except ValueError as mistake:
        options.parser.error(str(mistake))
    return chosen


def paths(given: Sequence[str]) -> list[str]:
    """The runs themselves, and those in folders."""
    from keras_xavier.runs import find_runs, run_exists

    found: list[str] = []
    for path in given:
        # What is no folder here, such as a URL, is opened where failures are told.
        if not os.path.isdir(path) or run_exists(path):
            found.append(path)
            continue
        # Of none it is told when it is opened: nothing was diagnosed.
        found += [summary.path for summary in find_runs(path)] or [path]
    return found


def document(
    path: str, state: str, records: int, found: "Sequence[Finding]"
) -> dict[str, Any]:
    """What is printed of a run as JSON."""
    findings = [
        {**finding.document(), "view": finding.figure.view_command(path)}
        for finding in found
    ]
    return {"run": path, "state": state, "records": records, "findings": findings}


def make_console() -> "Console":
    from rich.console import Console

    from keras_xavier.cli.runs import UNFOLDED_WIDTH

    # Lines that go to another program are not folded. Names may have brackets.
    width = None if sys.stdout.isatty() else UNFOLDED_WIDTH
    return Console(width=width, markup=False, highlight=False)


def print_findings(
    console: "Console", path: str, records: int, found: "Sequence[Finding]"
) -> None:
    from rich.padding import Padding
    from rich.text import Text

    from keras_xavier.diagnosis.reading import listed
    from keras_xavier.text import sanitize

    how_many = {0: "nothing found", 1: "1 finding"}.get(
        len(found), f"{len(found)} findings"
    )
    console.print(f"{sanitize(path)}: {how_many} in {records:,} records")
    for finding in found:
        first, last = finding.steps
        steps = f"step {first:,}" if first == last else f"steps {first:,} to {last:,}"
        where = [listed(finding.layers)] if finding.layers else []
        head = Text(f"{finding.severity}: {finding.title}", STYLES[finding.severity])
        head.append(f" ({', '.join([*where, steps])})", "none")
        console.print()
        console.print(Padding(head, (0, 0, 0, INDENT), expand=False))
        for text in (
            finding.explanation,
            f"Numbers: {'; '.join(str(number) for number in finding.numbers)}",
            f"Remedy: {finding.remedy}",
        ):
            console.print(Padding(Text(text), (0, 0, 0, 2 * INDENT), expand=False))
        # What is to be copied stays in one line.
        for title, text in (
            ("Try it:", finding.command),
            ("See it:", finding.figure.view_command(path)),
            ("Source:", finding.source),
        ):
            console.print(f"{' ' * 2 * INDENT}{title} {sanitize(text)}", soft_wrap=True)
    if found:
        console.print()
