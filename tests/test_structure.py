"""No files of the two packages import each other, directly or in a circle."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from keras_xavier.histogram_bins import BIN_COUNT, EDGE_COUNT

ROOT = Path(__file__).parent.parent
PACKAGES = ROOT / "keras_xavier", ROOT / "gui" / "keras_xavier_gui"
SUFFIXES = ".py", ".pyi"
"""Packages that load their parts on first use list these parts in a stub."""

Graph = Mapping[str, set[str]]


def list_modules(packages: tuple[Path, ...]) -> dict[str, list[Path]]:
    """Lists the files of each module, by its dotted name; a package is a module."""
    modules: dict[str, list[Path]] = {}
    for package in packages:
        for path in sorted(package.rglob("*.py*")):
            parts = path.relative_to(package.parent).with_suffix("").parts
            if path.suffix in SUFFIXES and all(part.isidentifier() for part in parts):
                name = ".".join(parts).removesuffix(".__init__")
                modules.setdefault(name, []).append(path)
    return modules


def list_imports(path: Path) -> Iterator[str]:
    """Yields all names that a file imports, in functions and for types, too.

    `from a import b` yields `a.b`, which is a module or a name in the module `a`.
    """
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = find_base(node, path)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def find_base(node: ast.ImportFrom, path: Path) -> str:
    """Finds the absolute name of the module in `from module import …`."""
    if node.level == 0:
        return (node.module or "").removesuffix(".__init__")
    folder = path.parents[node.level - 1]
    parts = [folder.name]
    while (folder.parent / "__init__.py").exists():
        folder = folder.parent
        parts.insert(0, folder.name)
    return ".".join([*parts, *([node.module] if node.module else [])])


def import_graph(*packages: Path) -> Graph:
    """Returns the modules that each module imports."""
    modules = list_modules(packages)
    graph: dict[str, set[str]] = {}
    for module, paths in modules.items():
        graph[module] = set()
        for name in (name for path in paths for name in list_imports(path)):
            while name and name not in modules:
                name = name.rpartition(".")[0]
            if name and name != module:
                graph[module].add(name)
    return graph


def find_circles(graph: Graph) -> list[str]:
    """Returns a shortest circle through each module that is part of one, once each."""
    circles = {}
    for start in sorted(graph):
        paths = [[start]]
        seen = {start}
        while paths:
            path = paths.pop(0)
            if start in graph[path[-1]]:
                circles.setdefault(frozenset(path), " → ".join([*path, start]))
                break
            following = sorted(graph[path[-1]] - seen)
            seen.update(following)
            paths += [[*path, module] for module in following]
    return list(circles.values())


def test_no_files_import_each_other_in_a_circle():
    circles = find_circles(import_graph(*PACKAGES))
    assert not circles, "\n".join(circles)


def test_the_number_of_bins_is_written_in_one_place():
    """Code derives sizes from the tables, so that these can change."""
    sizes = {BIN_COUNT, EDGE_COUNT, EDGE_COUNT - 1}
    folders = (*PACKAGES, ROOT / "tests", ROOT / "scripts")
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for folder in folders
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value in sizes
    ]
    assert not found
