"""Docstrings in Keras's form, which is Markdown's, for Sphinx, which reads its own."""

from typing import Any

from sphinx.application import Sphinx

FENCE = "```"


def convert_fences(
    app: Sphinx, kind: str, name: str, thing: Any, options: Any, lines: list[str]
) -> None:
    """Turns fenced code into the directive that shows code."""
    converted: list[str] = []
    margin = None
    for line in lines:
        if line.strip().startswith(FENCE):
            indent = line[: -len(line.lstrip())]
            if margin is None:
                language = line.strip().removeprefix(FENCE)
                converted += [f"{indent}.. code-block:: {language}", ""]
                margin = "   "
            else:
                margin = None
        else:
            converted.append(f"{margin or ''}{line}" if line else line)
    lines[:] = converted


def setup(app: Sphinx) -> dict[str, bool]:
    # Before napoleon, which takes what stands in a section as it is.
    app.connect("autodoc-process-docstring", convert_fences, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
