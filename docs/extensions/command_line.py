"""The page of the command line, from what its commands say of themselves."""

import argparse
import os
from pathlib import Path

from sphinx.application import Sphinx

from keras_xavier import cli

WIDTH = 84
PAGE = "reference/command-line.md"
INTRODUCTION = """\
# Command line

What `keras-xavier --help` and `keras-xavier COMMAND --help` say. Results go to
stdout, messages to stderr; the exit status is 0, or 1 for a failure, or 2 for wrong
use. `diagnose` also exits with 1 for an error or a warning that it found.
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
