"""keras-xavier diagnose: finds training problems in runs."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from keras_xavier.cli.output import Commands, open_readable, run_argument, say
from keras_xavier.cli.trying import add_trying, try_on_experiment

if TYPE_CHECKING:
    from rich.console import Console

    from keras_xavier.diagnosis import Finding, Report, Thresholds
    from keras_xavier.diagnosis.finding import Line
    from keras_xavier.runs import Run

STYLES = {"error": "bold red", "warning": "bold yellow", "note": "bold"}
INDENT = 2
DESCRIPTION = """\
Diagnose training problems. Each finding is a cause: it is printed with its
consequences, a remedy, the lines of code to change, and a command that shows the
evidence. Runs are only read and may still be training. For a single run, the checks
that passed are listed, too.

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
        "runs",
        nargs="+",
        type=run_argument,
        metavar="RUN|FOLDER",
        help="runs, or folders of them; sample:NAME is a sample run, such as "
        "sample:sigmoid-standard",
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
        help="leave out findings of this name, such as wrong_initial_scale, and their "
        "consequences",
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
    found = paths(options.runs)
    for path in found:
        try:
            run = open_readable(path)
            report = diagnosis.examine(
                run, thresholds=thresholds, ignore=options.ignore
            )
        except (RunError, OSError) as failure:
            say(f"keras-xavier: {failure}")
            status = 2
            continue
        if any(one.severity in diagnosis.FAILING for one in report.findings):
            status = max(status, 1)
        if options.json:
            documents.append(document(run, report))
        else:
            print_report(console, run, report, with_passed=len(found) == 1)
        if options.try_remedies and report.findings:
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


def document(run: "Run", report: "Report") -> dict[str, Any]:
    """Returns the JSON document of a run."""
    return {
        "run": run.path,
        "state": str(run.state),
        "records": run.records,
        "findings": [finding_document(one, run.path) for one in report.findings],
        "passed": report.passed,
        "unchecked": [asdict(one) for one in report.unchecked],
    }


def finding_document(finding: "Finding", path: str) -> dict[str, Any]:
    return {
        **finding.document(),
        "view": finding.figure.view_command(path),
        "consequences": [finding_document(one, path) for one in finding.consequences],
    }


def make_console() -> "Console":
    from rich.console import Console

    from keras_xavier.cli.runs import PIPE_WIDTH

    # Markup is off: names may contain brackets.
    width = None if sys.stdout.isatty() else PIPE_WIDTH
    return Console(width=width, markup=False, highlight=False)


def print_report(
    console: "Console", run: "Run", report: "Report", *, with_passed: bool
) -> None:
    from keras_xavier.diagnosis.diagnosing import check_lines
    from keras_xavier.diagnosis.finding import finding_lines
    from keras_xavier.text import sanitize

    console.print(f"{sanitize(run.path)}: {report.headline} in {run.records:,} records")
    for finding in report.findings:
        console.print()
        for line in finding_lines(finding, run.path):
            print_line(console, line)
    if report.findings:
        console.print()
    for line in check_lines(report, with_passed=with_passed):
        print_line(console, line)


def print_line(console: "Console", line: "Line") -> None:
    from rich.padding import Padding
    from rich.text import Text

    left = INDENT * (line.level + 1)
    text = Text(line.text)
    if line.severity:
        text.stylize(STYLES[line.severity], 0, line.text.find(" ("))
    elif line.is_code:
        # On one line, to be copied.
        console.print(f"{' ' * left}{line.text}".rstrip(), soft_wrap=True)
        return
    console.print(Padding(text, (0, 0, 0, left), expand=False))
