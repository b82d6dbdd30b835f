"""keras-xavier diagnose: finds training problems in runs."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from keras_xavier.cli.output import Commands, open_readable, say
from keras_xavier.cli.trying import add_trying, try_on_experiment

if TYPE_CHECKING:
    from rich.console import Console

    from keras_xavier.diagnosis import Finding, Thresholds

STYLES = {"error": "bold red", "warning": "bold yellow", "note": "bold"}
INDENT = 2
DESCRIPTION = """\
Diagnose training problems. Each finding is printed with an explanation, a remedy, and
two commands: one tries the remedy, one shows the evidence. Runs are only read and may
still be training.

exit status:
  0  no problems found (notes describe past problems and do not count)
  1  errors or warnings found
  2  invalid usage, or a run cannot be read
"""


def add_diagnose(commands: Commands) -> None:
    diagnose_parser = commands.add_parser(
        "diagnose",
        help="diagnose training problems",
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
        help="override a threshold of the rules, such as dead_share=0.3; see "
        "keras_xavier.diagnosis.Thresholds",
    )
    diagnose_parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="NAME",
        help="omit findings of this name, such as wrong_initial_scale",
    )
    add_trying(diagnose_parser)
    diagnose_parser.set_defaults(command=diagnose, parser=diagnose_parser)


def diagnose(options: argparse.Namespace) -> int:
    from keras_xavier import diagnosis
    from keras_xavier.runs import RunError

    thresholds = read_thresholds(options)
    if options.try_remedies and options.json:
        options.parser.error("--try cannot be combined with --json")
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
            run = open_readable(path)
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
        if options.try_remedies and found:
            status = max(status, try_on_experiment(run, options))
    if options.json:
        print(json.dumps(documents, indent=2, ensure_ascii=False))
    return status


def read_thresholds(options: argparse.Namespace) -> "Thresholds":
    """Parses the `--threshold` options; exits with a message if one is invalid."""
    from dataclasses import fields

    from keras_xavier.diagnosis import Thresholds

    default = Thresholds()
    types = {one.name: type(getattr(default, one.name)) for one in fields(default)}
    given: dict[str, Any] = {}
    for argument in options.threshold:
        name, _, text = argument.partition("=")
        if name not in types:
            options.parser.error(
                f"--threshold should name one of {', '.join(types)}. Received: {name}"
            )
        try:
            given[name] = types[name](text)
        except ValueError:
            options.parser.error(
                f"--threshold {name} should be a number. Received: {argument}"
            )
    try:
        chosen = Thresholds(**given)
    except ValueError as mistake:
        options.parser.error(str(mistake))
    return chosen


def paths(given: Sequence[str]) -> list[str]:
    """Expands folders into the runs that they contain."""
    from keras_xavier.runs import find_runs, run_exists
    from keras_xavier.runs.store import expand_path

    found: list[str] = []
    for path in map(expand_path, given):
        # Anything but a local folder, such as a URL, is a run or fails to open.
        if not os.path.isdir(path) or run_exists(path):
            found.append(path)
            continue
        # A folder without runs fails to open later, with a message.
        found += [summary.path for summary in find_runs(path)] or [path]
    return found


def document(
    path: str, state: str, records: int, found: "Sequence[Finding]"
) -> dict[str, Any]:
    """Returns the JSON document of a run."""
    findings = [
        {**finding.document(), "view": finding.figure.view_command(path)}
        for finding in found
    ]
    return {"run": path, "state": state, "records": records, "findings": findings}


def make_console() -> "Console":
    from rich.console import Console

    from keras_xavier.cli.runs import PIPE_WIDTH

    # Markup is off: names may contain brackets.
    width = None if sys.stdout.isatty() else PIPE_WIDTH
    return Console(width=width, markup=False, highlight=False)


def print_findings(
    console: "Console", path: str, records: int, found: "Sequence[Finding]"
) -> None:
    from rich.padding import Padding
    from rich.text import Text

    from keras_xavier.diagnosis.reading import listed
    from keras_xavier.text import sanitize

    count = {0: "no problems found", 1: "1 finding"}.get(
        len(found), f"{len(found)} findings"
    )
    console.print(f"{sanitize(path)}: {count} in {records:,} records")
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
        # Commands stay on one line, to be copied.
        for title, text in (
            ("Try:", finding.command),
            ("Show:", finding.figure.view_command(path)),
            ("Source:", finding.source),
        ):
            console.print(f"{' ' * 2 * INDENT}{title} {sanitize(text)}", soft_wrap=True)
    if found:
        console.print()
