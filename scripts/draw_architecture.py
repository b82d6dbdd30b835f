"""Draws the packages and their imports, for docs/architecture.md.

Usage: python scripts/draw_architecture.py

An arrow leads from a package to a package that it imports. Arrows that follow from
others are left out: if a imports b and b imports c, there is no arrow from a to c.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "architecture.svg"
SOURCES = {
    "keras_xavier": ROOT / "keras_xavier",
    "keras_xavier_gui": ROOT / "gui" / "keras_xavier_gui",
}
GROUPS = {
    "statistics": (
        *("statistics", "histogram_bins", "text", "layer_order", "version", "extras"),
        *("activation_table", "keras_activation_table", "initializer_table"),
        "unit_statistics",
    ),
    "models": ("models", "activations", "activation_facts", "initializers"),
}
"""Modules that share a box."""
# Box: column of its center, second line.
BOXES = {
    "cli": (1, "command line"),
    "keras_xavier_gui": (1, "desktop app"),
    "paper": (0.5, "reproduction"),
    "lessons": (1.5, "guided experiments"),
    "remedies": (2.5, "trying remedies"),
    "experiments": (1.5, "training runs, sweeps"),
    "datasets": (3.3, "Shapeset-3×2, MNIST, …"),
    "notebook": (0, "live figures, controls"),
    "recording": (1.5, "callback, custom loops"),
    "probing": (2.1, "measuring, by backend"),
    "models": (2.1, "activations, initializers"),
    "figures": (0, "matplotlib"),
    "diagnosis": (1, "rules, findings"),
    "theory": (1.4, "predictions"),
    "figure_spec": (0, "definition of each figure"),
    "network": (2.4, "recorded graph, placement"),
    "runs": (1.4, "reader, writer, exports"),
    "step_quality": (2.6, "losses, alpha, sharpness"),
    "statistics": (0.7, "quantities, bins, text"),
}
WIDTH, HEIGHT = 172, 46
COLUMN, ROW, MARGIN = 200, 82, 14

Graph = Mapping[str, set[str]]


def package_of(module: str) -> str | None:
    """The box of a module; None for other projects and for `keras_xavier` itself."""
    first, *rest = module.split(".")
    if first == "keras_xavier_gui":
        return first
    if first != "keras_xavier" or not rest or rest[0].startswith("__"):
        return None
    for group, modules in GROUPS.items():
        if rest[0] in modules:
            return group
    return rest[0]


def imported_modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "keras_xavier":
            yield from (f"keras_xavier.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""


def package_imports() -> dict[str, set[str]]:
    """The packages that each package imports, in functions and for types, too."""
    graph: dict[str, set[str]] = {}
    for name, folder in SOURCES.items():
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            source = package_of(".".join([name, *parts]))
            # Lessons are scripts of users, who import `keras_xavier` as a whole.
            if source is None or "scripts" in parts:
                continue
            targets = {package_of(module) for module in imported_modules(path)}
            graph.setdefault(source, set()).update(targets - {None, source})
    return graph


def reachable(graph: Graph, start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for target in graph.get(waiting.pop(), set()) - found:
            found.add(target)
            waiting.append(target)
    return found


def reduced(graph: Graph) -> dict[str, set[str]]:
    """The graph without the edges that follow from others."""
    return {
        source: {
            target
            for target in targets
            if not any(target in reachable(graph, other) for other in targets)
        }
        for source, targets in graph.items()
    }


def ranks(graph: Graph) -> dict[str, int]:
    """The length of the longest path from each package down to one without imports."""
    found: dict[str, int] = {}

    def rank(name: str, path: tuple[str, ...]) -> int:
        if name in path:
            raise SystemExit(f"Circular imports: {' → '.join([*path, name])}")
        if name not in found:
            below = [rank(target, (*path, name)) for target in graph.get(name, ())]
            found[name] = 1 + max(below, default=-1)
        return found[name]

    for name in graph:
        rank(name, ())
    # Datasets import nothing here: draw them near the packages that use them.
    for name in graph:
        importers = [found[one] for one, targets in graph.items() if name in targets]
        if not graph[name] and importers:
            found[name] = min(importers) - 1
    return found


def draw(graph: Graph) -> str:
    """The figure as SVG."""
    if unknown := graph.keys() ^ BOXES.keys():
        raise SystemExit(f"Add to BOXES, or remove from it: {sorted(unknown)}")
    rank = ranks(graph)
    top = max(rank.values())
    columns = [column for column, _ in BOXES.values()]
    width = round(max(columns) * COLUMN + WIDTH + 2 * MARGIN)
    height = top * ROW + HEIGHT + 2 * MARGIN
    center = {
        name: (
            MARGIN + WIDTH / 2 + column * COLUMN,
            MARGIN + HEIGHT / 2 + (top - rank[name]) * ROW,
        )
        for name, (column, _) in BOXES.items()
    }
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" '
        'text-anchor="middle">',
        "<title>Packages of keras-xavier and their imports</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#57606a"/>'
        "</marker></defs>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for source, targets in sorted(reduced(graph).items()):
        for target in sorted(targets):
            (x1, y1), (x2, y2) = center[source], center[target]
            y1, y2 = y1 + HEIGHT / 2, y2 - HEIGHT / 2
            bend = (y2 - y1) / 2
            lines.append(
                f'<path d="M{x1:g} {y1:g}C{x1:g} {y1 + bend:g} {x2:g} {y2 - bend:g} '
                f'{x2:g} {y2:g}" fill="none" stroke="#57606a" stroke-width="1.3" '
                f'marker-end="url(#tip)"><title>{source} imports {target}</title>'
                "</path>"
            )
    for name, (x, y) in center.items():
        lines += [
            f'<rect x="{x - WIDTH / 2:g}" y="{y - HEIGHT / 2:g}" width="{WIDTH}" '
            f'height="{HEIGHT}" rx="6" fill="#eaf2fb" stroke="#3b6ea5"/>',
            f'<text x="{x:g}" y="{y - 4:g}" font-size="15" font-weight="bold" '
            f'fill="#1f2328">{name}</text>',
            f'<text x="{x:g}" y="{y + 14:g}" font-size="12" fill="#424a53">'
            f"{BOXES[name][1]}</text>",
        ]
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    TARGET.write_text(draw(package_imports()), "utf-8")
    print(TARGET)
