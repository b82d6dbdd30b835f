"""Generates the reference of the command line from its help texts."""

import argparse
import os
from pathlib import Path

from sphinx.application import Sphinx

from keras_xavier import cli

WIDTH = 84
PAGE = "reference/command-line.md"
INTRODUCTION = """\
# Command line

The output of `keras-xavier --help` and `keras-xavier COMMAND --help`. Results are
printed to stdout, messages to stderr. Exit codes:

| code | meaning |
|---|---|
| 0 | success |
| 1 | failure; `diagnose`: a finding of severity error or warning |
| 2 | invalid arguments; `diagnose`: a run that cannot be read |
"""


def write_page(app: Sphinx) -> None:
    os.environ["COLUMNS"] = str(WIDTH)
    parser = cli.make_parser()
    (commands,) = (
        action
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    sections = [INTRODUCTION, f"```text\n{parser.format_help()}```\n"]
    for name, command in commands.choices.items():
        sections.append(f"## {name}\n\n```text\n{command.format_help()}```\n")
    page = Path(app.srcdir, PAGE)
    text = "\n".join(sections)
    if not page.exists() or page.read_text("utf-8") != text:
        page.write_text(text, "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", write_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
