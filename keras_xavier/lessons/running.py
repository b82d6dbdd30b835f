"""Runs a lesson from its first cell to its last, as a notebook would."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from keras_xavier.lessons.lesson import Code, Lesson, Step

DOTS_PER_INCH = 150


@dataclass(frozen=True)
class Drawn:
    """A picture that was saved.

    Attributes:
        path: The file.
    """

    path: Path


@dataclass(frozen=True)
class Check:
    """Something that the text says, held against the runs.

    Attributes:
        claim: What it says, with the numbers that were found.
        holds: Whether it is so.
    """

    claim: str
    holds: bool


def run_lesson(
    lesson: Lesson, folder: str, *, seed: int = 0
) -> Iterator[Step | Drawn | Check]:
    """Runs a lesson.

    Args:
        lesson: Which.
        folder: Where to keep its runs and pictures; runs that are there already are
            not made again.
        seed: Of everything that is random.

    Yields:
        Each step before what follows it is run, each picture once it is saved, and
        each check.

    Example:

    ```python
    for part in run_lesson(read_lesson(1), "lessons/lesson-1"):
        print(part)
    ```
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    names: dict[str, Any] = {"__name__": "__main__"}
    figures = 0
    for cell in lesson.cells:
        if isinstance(cell, Step):
            yield cell
        elif cell.is_check:
            yield from check(cell, names)
        elif (figure := run_code(cell, names)) is not None:
            figures += 1
            path = Path(folder, f"figure-{figures}.png")
            figure.savefig(path, dpi=DOTS_PER_INCH)
            yield Drawn(path)
        if isinstance(cell, Code) and cell.is_parameters:
            names |= {"folder": folder, "seed": seed}


def run_code(cell: Code, names: dict[str, Any]) -> Figure | None:
    """Runs a cell in which the last line may be a figure."""
    tree = ast.parse(cell.source)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        execute(tree.body, names)
        return None
    execute(tree.body[:-1], names)
    value = evaluate(last.value, names)
    return value if isinstance(value, Figure) else None


def check(cell: Code, names: dict[str, Any]) -> Iterator[Check]:
    """Runs a cell of assertions, and goes on after one that fails."""
    checks: list[Check] = []
    names["__check__"] = lambda holds, claim: checks.append(
        Check(str(claim), bool(holds))
    )
    tree = ast.fix_missing_locations(Telling().visit(ast.parse(cell.source)))
    execute(tree.body, names)
    yield from checks


class Telling(ast.NodeTransformer):
    """Has an assertion tell whether it holds, so that those after it are held too."""

    def visit_Assert(self, assertion: ast.Assert) -> ast.Expr:
        parts = [assertion.test, assertion.msg or ast.Constant(ast.unparse(assertion))]
        return ast.Expr(ast.Call(ast.Name("__check__", ast.Load()), parts, []))


# What runs here are the lessons of this package, never a file that someone names.


def execute(statements: list[ast.stmt], names: dict[str, Any]) -> None:
    code = compile(ast.Module(statements, []), "<lesson>", "exec")
    exec(code, names)  # noqa: S102


def evaluate(expression: ast.expr, names: dict[str, Any]) -> Any:
    code = compile(ast.Expression(expression), "<lesson>", "eval")
    return eval(code, names)  # noqa: S307
