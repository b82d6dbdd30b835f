"""Converts docstrings in Keras's form, which is Markdown, to reStructuredText."""

from typing import Any

from sphinx.application import Sphinx

FENCE = "```"
OF_VALUES = ("attribute", "data", "property")
COLON = "\N{MODIFIER LETTER COLON}"
"""Replaces a colon where napoleon would mistake the text before it for a type."""


def prepare(
    app: Sphinx, kind: str, name: str, thing: Any, options: Any, lines: list[str]
) -> None:
    """Converts fenced code to a code-block directive, and escapes vertical bars."""
    if kind in OF_VALUES and lines:
        lines[0] = lines[0].replace(":", COLON)
    converted: list[str] = []
    is_code = False
    for line in lines:
        text = line.lstrip()
        indent = line[: -len(text)] if text else ""
        if text.startswith(FENCE):
            is_code = not is_code
            if is_code:
                language = text.strip().removeprefix(FENCE)
                converted += [f"{indent}.. code-block:: {language}", ""]
        elif is_code:
            converted.append(f"   {line}" if text else "")
        else:
            converted.append(line if text.startswith(">>>") else escape_bars(line))
    lines[:] = converted


def escape_bars(line: str) -> str:
    """Escapes `|`, which starts a substitution in reStructuredText, outside code."""
    parts = line.split("`")
    parts[::2] = [part.replace("|", r"\|") for part in parts[::2]]
    return "`".join(parts)


def restore(
    app: Sphinx, kind: str, name: str, thing: Any, options: Any, lines: list[str]
) -> None:
    lines[:] = [line.replace(COLON, ":") for line in lines]


def setup(app: Sphinx) -> dict[str, bool]:
    # Napoleon runs between the two, with priority 500.
    app.connect("autodoc-process-docstring", prepare, priority=400)
    app.connect("autodoc-process-docstring", restore, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
